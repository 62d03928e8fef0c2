"""What is said of datasets: by their owners, at any time, and read back as it was said."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from consortium import Consortium, evidence, manifest, new_signer, org_of

from dataledger.contracts.events import DatasetDescribed
from dataledger.errors import CommitmentMismatch, NotFound, Refused
from dataledger.hashing import Digest, Hash32
from dataledger.ledger import Capability, DatasetId, Ledger, PolicyDocument, Severity, SignedAction
from dataledger.ledger.actions import Describe
from dataledger.manifest.description import Description

ROADS = Description(title="Roads", licence="CC-BY-4.0", keywords=("streets", "\x1b[31m\u202e"))
STREETS = Description(title="Streets", description="The same roads by another name.")


@pytest.fixture(scope="module")
def owner(consortium: Consortium) -> Ledger:
    return consortium.join(Capability.CUSTODIAN)


@pytest.fixture
def dataset(consortium: Consortium, owner: Ledger) -> DatasetId:
    return owner.datasets.register(consortium.new_slug(), manifest("x")).event.dataset


def test_what_was_said_last_describes_a_dataset(
    consortium: Consortium, owner: Ledger, dataset: DatasetId
) -> None:
    assert owner.datasets.description(dataset) is None
    before = owner.datasets.get(dataset)
    first = owner.datasets.describe(dataset, ROADS)
    assert owner.signer is not None
    assert (first.event.by, first.event.org) == (owner.signer.address, org_of(owner))
    assert first.event.description == ROADS.digest
    assert 0 < first.gas_used <= 45_000
    assert consortium.open().datasets.description(dataset) == ROADS
    owner.datasets.describe(dataset, STREETS)
    assert owner.datasets.description(dataset) == STREETS

    after = owner.datasets.get(dataset)
    assert after.head != before.head
    assert (after.updated_at_unix, after.stage) == (before.updated_at_unix, before.stage)


def test_the_same_is_said_once_until_something_else_was_said(
    consortium: Consortium, owner: Ledger, dataset: DatasetId
) -> None:
    first = owner.datasets.describe(dataset, ROADS)
    again = owner.datasets.describe(str(dataset), ROADS)
    assert (again.already_there, again.transaction_hash) == (True, first.transaction_hash)
    assert consortium.open(owner.signer).datasets.describe(dataset, ROADS).already_there
    owner.datasets.describe(dataset, STREETS)
    back = owner.datasets.describe(dataset, ROADS)
    assert not back.already_there
    assert back.transaction_hash != first.transaction_hash
    assert owner.datasets.description(dataset) == ROADS
    assert len(owner.datasets.history(dataset).events) == 4


def test_others_say_nothing_of_a_dataset(
    consortium: Consortium, owner: Ledger, dataset: DatasetId
) -> None:
    owner.datasets.describe(dataset, ROADS)
    stranger = consortium.open(new_signer())
    refusals: list[tuple[Ledger, str, str]] = [
        (consortium.join(Capability.CUSTODIAN), "NotOwner", "Only the owner of the dataset"),
        (consortium.join(Capability.REGULATOR), "MissingCapability", "needs CUSTODIAN"),
        (stranger, "NotMember", "is a member of no organisation"),
    ]
    for other, name, words in refusals:
        # Not even what the owner said already.
        with pytest.raises(Refused, match=words) as caught:
            other.datasets.describe(dataset, ROADS)
        assert caught.value.error_name == name


def test_a_suspended_organisation_says_nothing(consortium: Consortium) -> None:
    owner = consortium.join(Capability.CUSTODIAN)
    dataset = owner.datasets.register(consortium.new_slug()).event.dataset
    consortium.root.organisations.suspend(org_of(owner), "a look")
    with pytest.raises(Refused, match="is suspended by") as caught:
        owner.datasets.describe(dataset, ROADS)
    assert caught.value.error_name == "OrganisationIsSuspended"


def test_what_does_not_exist_is_not_described(owner: Ledger) -> None:
    unknown = DatasetId(evidence("nowhere").value)
    with pytest.raises(Refused, match=f"no dataset {unknown}"):
        owner.datasets.describe(unknown, ROADS)
    with pytest.raises(NotFound, match=f"no dataset {unknown}"):
        owner.datasets.description(unknown)


def test_a_digest_of_nothing_is_refused_in_words(owner: Ledger, dataset: DatasetId) -> None:
    nothing = Digest(ROADS.digest.algorithm, Hash32(bytes(32)))
    with pytest.raises(Refused, match="cannot be described by nothing") as caught:
        owner._acting.do(Describe(dataset, nothing), DatasetDescribed)
    assert caught.value.error_name == "DescriptionMissing"


def test_a_suspended_or_recalled_dataset_can_be_described(
    consortium: Consortium, owner: Ledger, dataset: DatasetId
) -> None:
    regulator = consortium.join(Capability.REGULATOR)
    regulator.lifecycle.suspend(dataset, "a look")
    owner.datasets.describe(dataset, ROADS)
    regulator.lifecycle.reinstate(dataset, "fine")
    regulator.lifecycle.recall(dataset, 1, Severity.CRITICAL, "no consent")
    owner.datasets.describe(dataset, STREETS)
    assert owner.datasets.get(dataset).stage_name == "RECALLED"


def test_approvals_outlive_a_description(consortium: Consortium, owner: Ledger) -> None:
    document = PolicyDocument.parse(
        b"""{"format": "dataledger/policy/1", "name": "described", "stages": ["A", "B"],
        "entry": "A", "after_version": {"A": "A"},
        "edges": [{"from": "A", "to": "B", "capabilities": ["CUSTODIAN"], "approvals": 1,
                   "approver_capabilities": ["AUDITOR"]}]}"""
    )
    policy = consortium.root.policies.publish(document).event.policy
    registered = owner.datasets.register(consortium.new_slug(), manifest("x"), policy=policy)
    dataset = registered.event.dataset
    auditor = consortium.join(Capability.AUDITOR)
    auditor.lifecycle.approve(dataset, "B", evidence("1"))
    owner.datasets.describe(dataset, ROADS)
    assert not owner.lifecycle.advance(dataset, "B", evidence("1")).already_there


def test_a_description_is_signed_and_relayed(
    consortium: Consortium, owner: Ledger, dataset: DatasetId
) -> None:
    relayer = consortium.open(new_signer())
    deadline_unix = int(time.time()) + 1_000_000
    signed = owner.datasets.sign_describe(dataset, ROADS, deadline_unix=deadline_unix)
    signed = SignedAction.parse(signed.to_bytes())
    signed.verify()
    done = relayer.relay(signed)
    assert isinstance(done.event, DatasetDescribed)
    assert (done.event.org, done.event.description) == (org_of(owner), ROADS.digest)
    assert relayer.relay(signed).already_there
    assert owner.datasets.describe(dataset, ROADS).already_there
    assert owner.datasets.description(dataset) == ROADS


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (Path.unlink, NotFound),
        (lambda path: path.write_bytes(STREETS.to_bytes()), CommitmentMismatch),
    ],
)
def test_a_document_that_is_lost_or_altered_is_noticed(
    owner: Ledger, dataset: DatasetId, harm: Callable[[Path], object], error: type[Exception]
) -> None:
    described = Description(title=f"Roads of {dataset}")
    owner.datasets.describe(dataset, described)
    (path,) = owner.documents.folder.rglob(f"{described.digest.hex}.json")
    harm(path)
    with pytest.raises(error):
        owner.datasets.description(dataset)
    # Whoever has the document can say it again, which keeps it.
    assert owner.datasets.describe(dataset, described).already_there
    assert owner.datasets.description(dataset) == described
