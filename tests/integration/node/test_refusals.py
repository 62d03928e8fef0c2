"""What a node refuses over HTTP, by the real chain: each for its own reason, and for free.

The data is not even there: had any of it been read, the run would have failed, and not been
refused. No test here changes what is counted.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from asking import PATHS, Question, Said, ask, send, undone
from consortium import Consortium, manifest, new_signer, org_of
from nodes import RunningNode, Site
from queries import document as query_document
from tiny_work import tiny
from uses import TRAINING, Parties

from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.types import Role
from dataledger.contracts.use_types import Cost
from dataledger.hashing import Digest, canonical_bytes
from dataledger.ledger import Capability, GrantId, Ledger, ProjectId, Severity
from dataledger.node.sandbox import AlgorithmDocument

BODY_BYTES = 64 * 1024
BURST = 48
RULES = f"[limits]\nrequests_per_minute = 60\nburst = {BURST}\nbody_bytes = {BODY_BYTES}\n"
DOCUMENT = tiny()
LATER_SECONDS = 3


class Door:
    """A node that listens, and a consumer who may ask it."""

    def __init__(self, site: Site, node: RunningNode, parties: Parties) -> None:
        self.site = site
        self.node = node
        self.parties = parties
        self.consumer = parties.consumer
        self.project = site.project(parties.consumer, parties.regulator)
        self.grant = site.grant(self.consumer, self.project)
        self.question = Question(self.consumer, self.grant, DOCUMENT)
        self._numbers = iter(range(1, 1000))

    def other_grant(self, project: ProjectId | None = None, **terms: Any) -> GrantId:
        """Return another grant, on other terms."""
        return self.site.grant(
            self.consumer, project or self.project, number=next(self._numbers), **terms
        )

    def refuses(self, **changes: Any) -> str:
        """Ask with these changes, which must be refused, and return why."""
        said = ask(self.node.url, replace(self.question, **changes))
        assert said.status == 403, said.body
        return reason_of(said)


def reason_of(said: Said) -> str:
    """Return why a node refused, in words that help."""
    error = said.body["error"]
    assert error["code"] == "node-refused", error
    assert error["message"]
    assert error["remedy"]
    return said.reason


@pytest.fixture(scope="module")
def door(
    consortium: Consortium, parties: Parties, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("refusals")
    site = Site.build(consortium, folder / "acme", {"people.csv": "name\nann\n"}, rules=RULES)
    site.owner.datasets.add_version(site.dataset, manifest("the next, which lies elsewhere"))
    (site.data / "people.csv").unlink()
    with site.serving(tiny=True) as node:
        yield Door(site, node, parties)
    assert not any("computing" in line for line in (site.state / "audit.log").read_text().split())


@pytest.fixture(autouse=True)
def nothing_spent(door: Door) -> Iterator[None]:
    yield
    assert door.site.counted() == Cost()
    assert door.site.owner.runs.list(dataset=door.site.dataset) == ()


# -------------------------------------------------------------------------------------- the grant


def test_a_grant_that_is_unknown_asked_for_refused_or_revoked(door: Door) -> None:
    site, nobody = door.site, GrantId(Digest.of(b"nobody").value)
    asked = site.request(door.consumer, door.project, number=1001)
    denied = site.request(door.consumer, door.project, number=1002)
    site.owner.uses.refuse(denied, "no")
    revoked = door.other_grant()
    site.owner.uses.revoke(revoked, "misuse")
    assert door.refuses(grant=nobody) == "UnknownGrant"
    assert door.refuses(grant=asked) == "NotGranted"
    assert door.refuses(grant=denied) == "NotGranted"
    assert door.refuses(grant=revoked) == "NotGranted"


def test_a_grant_or_a_project_that_is_over(door: Door) -> None:
    soon = door.site.owner.connection.head().timestamp_unix + LATER_SECONDS
    project = door.site.project(door.consumer, door.parties.regulator, valid_until_unix=soon)
    by_project = door.other_grant(project)
    by_grant = door.other_grant(valid_until_unix=soon)
    ended = door.site.project(door.consumer, door.parties.regulator)
    by_end = door.other_grant(ended)
    door.consumer.projects.end(ended, "done")
    assert door.refuses(grant=by_end) == "ProjectIsEnded"
    while door.site.owner.connection.head().timestamp_unix < soon:
        time.sleep(max(0.1, soon - time.time()))
        door.site.owner.connection.transport.request("evm_mine")
    assert door.refuses(grant=by_grant) == "GrantExpired"
    assert door.refuses(grant=by_project) == "ProjectExpired"


def test_a_suspended_dataset_consumer_or_owner(door: Door, consortium: Consortium) -> None:
    dataset, lifecycle = door.site.dataset, door.parties.regulator.lifecycle
    lifecycle.suspend(dataset, "inquiry")
    with undone(lifecycle.reinstate, dataset, "cleared"):
        assert door.refuses() == "StageNotAllowed"
    for ledger in (door.consumer, door.site.owner):
        org, organisations = org_of(ledger), consortium.root.organisations
        organisations.suspend(org, "inquiry")
        with undone(organisations.reinstate, org):
            assert door.refuses() == "OrganisationIsSuspended"


def test_more_than_is_left(door: Door) -> None:
    small = door.other_grant(limit=Cost(1_000))
    assert door.refuses(grant=small, document=tiny(1_001)) == "GrantLimitExceeded"
    vast = door.other_grant(limit=Cost(10**9))
    assert door.refuses(grant=vast, document=tiny(10**8)) == "ConsumerBudgetExceeded"


def test_another_purpose_code_or_version_than_granted(door: Door) -> None:
    training = door.other_grant(purpose=TRAINING)
    assert door.refuses(grant=training) == "wrong-purpose"
    other_code = door.other_grant(code=Digest.of(b"other code"))
    assert door.refuses(grant=other_code) == "OtherCode"
    algorithm = AlgorithmDocument(b"pass", None).to_bytes()
    assert door.refuses(document=algorithm) == "code-not-granted"
    first = door.other_grant(version=1)
    assert door.refuses(grant=first, version=2) == "VersionNotGranted"


def test_what_the_node_does_not_hold(door: Door) -> None:
    assert door.refuses(version=2) == "not-held"
    elsewhere = door.parties.dataset()
    grant = door.parties.grant(door.project, elsewhere)
    assert door.refuses(grant=grant) == "not-held"


def test_what_has_no_bound_or_no_place_in_the_data(door: Door) -> None:
    mean = {"column": "age", "kind": "mean", "name": "age"}
    unbounded = canonical_bytes(query_document(mean))
    absent = tiny(file="absent.csv")
    for document in (unbounded, tiny(0), absent, canonical_bytes({"format": "new/1"}), b"{"):
        said = ask(door.node.url, replace(door.question, document=document))
        assert (said.status, said.reason) == (422, "query-error"), said.body
    known = ask(door.node.url, replace(door.question, document=canonical_bytes({"format": "x"})))
    assert "dataledger/query/1" in known.body["error"]["remedy"]


# ---------------------------------------------------------------------------------------- the key


def test_keys_that_do_not_act_for_the_consumer(door: Door, consortium: Consortium) -> None:
    stranger, ended = new_signer(), new_signer()
    other = consortium.join(Capability.CONSUMER)
    members = door.consumer.members
    members.add(org_of(door.consumer), ended.address, Role.OPERATOR)
    members.end(ended.address)
    assert door.refuses(signer=stranger) == "not-a-member"
    # Nobody reads what they wrote.
    assert door.refuses(signer=stranger, document=b"{") == "not-a-member"
    assert door.refuses(signer=other.signer) == "not-a-member"
    assert door.refuses(signer=ended) == "not-a-member"
    assert door.refuses(signer=door.site.operator) == "not-a-member"


def test_signatures_by_others_for_other_chains_and_over_other_words(door: Door) -> None:
    profile = door.consumer.profile
    for wrong in (
        {"by": door.site.operator.address},
        {"chain_id": profile.chain_id + 1},
        {"contract": profile.contract(ContractName.DATASET_LEDGER).address},
    ):
        said = ask(door.node.url, replace(door.question, **wrong))
        assert (said.status, said.reason) == (401, "signature-invalid"), wrong


def test_a_request_that_is_replayed_old_or_from_the_future(door: Door) -> None:
    body = replace(door.question, document=tiny(file="absent.csv")).asked().to_bytes()
    assert send(door.node.url, body).status == 422
    replayed = send(door.node.url, body)
    assert (replayed.status, reason_of(replayed)) == (409, "replayed")
    assert door.refuses(age_seconds=400) == "too-old"
    assert door.refuses(age_seconds=-400) == "too-early"


def test_another_document_or_action_than_signed(door: Door) -> None:
    assert door.refuses(body=Digest.of(b"other")) == "other-document"
    said = send(door.node.url, door.question.asked().to_bytes(), PATHS["fetch"])
    assert (said.status, reason_of(said)) == (403, "wrong-action")


# --------------------------------------------------------------------------------------- how much


def test_a_body_that_is_too_large(door: Door) -> None:
    said = ask(door.node.url, replace(door.question, document=b"x" * BODY_BYTES))
    assert (said.status, reason_of(said)) == (413, "body-too-large")


def test_one_organisation_that_asks_too_often(door: Door, consortium: Consortium) -> None:
    eager: Ledger = consortium.join(Capability.CONSUMER)
    body = replace(door.question, signer=eager.signer).asked().to_bytes()
    statuses = []
    while 429 not in statuses:
        said = send(door.node.url, body)
        statuses.append(said.status)
        assert len(statuses) < 3 * BURST
    assert reason_of(said) == "rate-limited"
    assert set(statuses) == {403, 429}
    # Others are not kept waiting for it.
    assert door.refuses(version=2) == "not-held"


# --------------------------------------------------------------------------- last: it is for good


def test_a_version_that_is_recalled(door: Door) -> None:
    first = door.other_grant(version=1)
    dataset = door.site.dataset
    door.parties.regulator.lifecycle.recall(dataset, 1, Severity.SERIOUS, "wrong sensor")
    assert door.refuses(grant=first) == "VersionIsRecalled"
    assert door.refuses(version=1) == "VersionIsRecalled"
