"""Nodes that meet: who may take part, and which offers are refused, by what the chain says."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from consortium import Consortium, new_signer, org_of
from sharing import at_once
from sharing_owners import CHEAP, SECONDS, Owners
from uses import FAR_UNIX, MACHINE, Parties

from dataledger.contracts.types import Role
from dataledger.errors import (
    AnswerWithheld,
    KeystoreError,
    NodeRefused,
    SignatureInvalid,
    UseDocumentError,
)
from dataledger.hashing import Digest, JsonValue
from dataledger.ledger import GrantId, RunId
from dataledger.node.federated import SignedOffer
from dataledger.node.federated.meetings import MAX_WAITING, FederatedMeetings
from dataledger.node.rules import FederatedRules


@pytest.fixture(scope="module")
def shared(consortium: Consortium) -> Owners:
    return Owners(consortium)


@pytest.fixture
def owners(shared: Owners) -> Iterator[Owners]:
    yield shared
    shared.close()


def sums(
    owners: Owners, document: bytes, runs: list[RunId], offers: list[list[JsonValue]]
) -> list[list[int]]:
    """Return what each owner gets when it adds its number to the others'."""

    def one(at: int) -> list[int]:
        owner = owners.all[at]
        with owner.meetings.meet(owner.grant, runs[at], document, offers[at]) as add:
            return add([at + 1, 10 * at])

    return at_once(*(lambda at=at: one(at) for at in range(3)))


def test_owners_that_joined_meet_and_add(owners: Owners) -> None:
    document = owners.document()
    runs, offers = owners.join(document)
    for at, owner in enumerate(owners.all):
        assert owner.meetings.parties(owner.grant, runs[at], document, offers) == 3
    assert sums(owners, document, runs, [offers] * 3) == [[6, 30]] * 3


def test_an_offer_is_signed_by_the_node_s_operator_and_holds_for_a_while(owners: Owners) -> None:
    document = owners.document()
    run = owners.reserve(0, document)
    owner = owners.all[0]
    signed = SignedOffer.from_json(owner.meetings.offer(owner.grant, run, document))
    assert owner.ledger.signer is not None
    assert signed.by == owner.ledger.signer.address
    assert (signed.offer.grant, signed.offer.run) == (owner.grant, run)
    assert signed.offer.document == Digest.of(document)
    assert signed.offer.expires_at_unix == FAR_UNIX + SECONDS
    with socket.create_connection((signed.offer.host, signed.offer.port), timeout=5):
        pass


def test_who_is_no_party_does_not_join(owners: Owners) -> None:
    outsider = owners.owner(Parties.join(owners.consortium).owner)
    document = owners.document()
    with pytest.raises(NodeRefused, match="none of the document's 3 parties") as refused:
        outsider.meetings.offer(outsider.grant, RunId(outsider.grant.value), document)
    assert refused.value.reason == "not-a-party"


def test_two_datasets_of_one_owner_do_not_take_part_together(owners: Owners) -> None:
    again = owners.owner(owners.all[0].ledger)
    document = owners.document(*owners.grants, again.grant)
    with pytest.raises(NodeRefused) as refused:
        owners.all[1].meetings.offer(owners.grants[1], RunId(again.grant.value), document)
    assert refused.value.reason == "same-owner"


def test_a_party_that_the_chain_does_not_know_takes_no_part(owners: Owners) -> None:
    unknown = GrantId(Digest.of(b"nobody's").value)
    document = owners.document(*owners.grants, unknown)
    with pytest.raises(NodeRefused) as refused:
        owners.all[0].meetings.offer(owners.grants[0], RunId(unknown.value), document)
    assert refused.value.reason == "unknown-party"


def test_fewer_than_three_do_not_compute_together(owners: Owners) -> None:
    document = owners.document(*owners.grants[:2])
    with pytest.raises(UseDocumentError, match="2 parties cannot compute together"):
        owners.all[0].meetings.offer(owners.grants[0], RunId(owners.grants[0].value), document)


def refusal(owners: Owners, document: bytes, run: RunId, offers: list[JsonValue]) -> str:
    """Return the reason for which the first owner refuses."""
    owner = owners.all[0]
    with pytest.raises(NodeRefused) as refused:
        owner.meetings.parties(owner.grant, run, document, offers)
    return refused.value.reason


def signed_again(owners: Owners, offer: JsonValue, by: Any, **changed: Any) -> JsonValue:
    """Return an offer with other words, signed by another key."""
    from dataclasses import replace

    from dataledger.contracts.artifacts import ContractName

    found = replace(SignedOffer.from_json(offer).offer, **changed)
    profile = owners.consortium.profile
    contract = profile.contract(ContractName.DATA_USE).address
    return SignedOffer.sign(found, by, profile.chain_id, contract).to_json()


def test_all_offers_are_there_in_order(owners: Owners) -> None:
    document = owners.document()
    runs, offers = owners.join(document)
    for order in [(0, 1), (2, 1, 0), (0, 1, 2, 0), (0, 0, 0), ()]:
        given = [offers[at] for at in order]
        assert refusal(owners, document, runs[0], given) == "other-parties"


def test_who_is_not_asked_first_is_refused_as_well(owners: Owners) -> None:
    document = owners.document()
    runs, offers = owners.join(document)
    owner = owners.all[0]
    with (
        pytest.raises(NodeRefused) as refused,
        owner.meetings.meet(owner.grant, runs[0], document, offers[::-1]),
    ):
        raise AssertionError("they met")
    assert refused.value.reason == "other-parties"


def test_an_offer_for_another_document_is_refused(owners: Owners) -> None:
    document, other = owners.document(), owners.document()
    runs, offers = owners.join(document)
    _, others = owners.join(other)
    given = [offers[0], others[1], offers[2]]
    assert refusal(owners, document, runs[0], given) == "other-document"


def test_the_node_s_own_offer_is_the_one_that_it_made(owners: Owners) -> None:
    document = owners.document()
    _, earlier = owners.join(document)
    runs, offers = owners.join(document)
    assert refusal(owners, document, runs[0], [earlier[0], *offers[1:]]) == "other-offer"


def test_an_offer_by_somebody_else_is_refused(owners: Owners) -> None:
    document = owners.document()
    runs, offers = owners.join(document)
    for by in [new_signer(), owners.all[2].ledger.signer, owners.consumer.signer]:
        given = [offers[0], signed_again(owners, offers[1], by), offers[2]]
        assert refusal(owners, document, runs[0], given) == "not-a-member"


def test_an_offer_by_a_member_whose_time_is_over_is_refused(owners: Owners) -> None:
    document = owners.document()
    runs, offers = owners.join(document)
    ledger, old = owners.all[1].ledger, new_signer()
    ledger.members.add(org_of(ledger), old.address, Role.OPERATOR)
    given = [offers[0], signed_again(owners, offers[1], old), offers[2]]
    first = owners.all[0]
    assert first.meetings.parties(first.grant, runs[0], document, given) == 3
    ledger.members.end(old.address)
    assert refusal(owners, document, runs[0], given) == "not-a-member"


def test_an_offer_that_was_changed_is_refused(owners: Owners) -> None:
    document = owners.document()
    runs, offers = owners.join(document)
    owner, found = owners.all[0], offers[1]
    assert isinstance(found, dict)
    given: list[JsonValue] = [offers[0], {**found, "port": 9}, offers[2]]
    with pytest.raises(SignatureInvalid):
        owner.meetings.parties(owner.grant, runs[0], document, given)
    given = [offers[0], signed_again(owners, offers[1], new_signer(), certificate=b"x"), offers[2]]
    with pytest.raises(UseDocumentError, match="certificate is none"):
        owner.meetings.parties(owner.grant, runs[0], document, given)


def test_a_node_calls_only_the_hosts_that_it_was_told(
    owners: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = owners.all[0]
    for peers, refused in ((("127.0.0.1",), None), (("node.example",), "other-host")):
        monkeypatch.setattr(first, "meetings", owners.meetings(first.ledger, peers=peers))
        document = owners.document()
        runs, offers = owners.join(document)
        if refused is None:
            assert first.meetings.parties(first.grant, runs[0], document, offers) == len(offers)
        else:
            assert refusal(owners, document, runs[0], offers) == refused
        first.meetings.close()


def test_an_offer_that_has_expired_is_refused(owners: Owners) -> None:
    document = owners.document()
    runs, offers = owners.join(document)
    owners.now_unix = FAR_UNIX + SECONDS
    assert refusal(owners, document, runs[0], offers) == "offer-expired"


def test_an_offer_of_a_run_that_is_over_is_refused(owners: Owners) -> None:
    document = owners.document()
    runs, offers = owners.join(document)
    other = owners.all[1]
    other.ledger.runs.settle(
        other.ledger.runs.prepare(other.grant, runs[1], environment=MACHINE, spent=CHEAP)
    )
    assert refusal(owners, document, runs[0], offers) == "run-not-open"


def test_an_offer_of_a_run_that_reserved_for_something_else_is_refused(owners: Owners) -> None:
    document = owners.document()
    runs, offers = owners.join(document)
    elsewhere = owners.reserve(1, owners.document())
    given = [
        offers[0],
        signed_again(owners, offers[1], owners.all[1].ledger.signer, run=elsewhere),
        offers[2],
    ]
    assert refusal(owners, document, runs[0], given) == "run-not-open"


def test_one_certificate_is_not_two_parties(owners: Owners) -> None:
    document = owners.document()
    runs, offers = owners.join(document)
    certificate = SignedOffer.from_json(offers[2]).offer.certificate
    by = owners.all[1].ledger.signer
    given = [offers[0], signed_again(owners, offers[1], by, certificate=certificate), offers[2]]
    assert refusal(owners, document, runs[0], given) == "same-certificate"


def test_an_offer_that_was_used_leads_nowhere(owners: Owners) -> None:
    document = owners.document()
    runs, offers = owners.join(document)
    sums(owners, document, runs, [offers] * 3)
    # The first owner joins again; the others' offers, shown once more, hold by the chain still.
    run = owners.reserve(0, document)
    first = owners.all[0]
    again = first.meetings.offer(first.grant, run, document)
    given = [again, *offers[1:]]
    assert first.meetings.parties(first.grant, run, document, given) == 3
    with (
        pytest.raises(AnswerWithheld, match="cannot be met"),
        first.meetings.meet(first.grant, run, document, given),
    ):
        raise AssertionError("they met")
    second = owners.all[1]
    with pytest.raises(NodeRefused) as refused:
        second.meetings.parties(second.grant, runs[1], document, offers)
    assert refused.value.reason == "unknown-run"


def test_who_is_told_of_other_offers_than_the_rest_meets_nobody(
    owners: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hurried in owners.all:
        monkeypatch.setattr(hurried, "meetings", owners.meetings(hurried.ledger, seconds=4))
    document = owners.document()
    runs, offers = owners.join(document)
    by = owners.all[2].ledger.signer
    _, others = owners.join(document)
    elsewhere = SignedOffer.from_json(others[2]).offer.certificate
    mixed = [*offers[:2], signed_again(owners, offers[2], by, certificate=elsewhere)]

    def told(at: int, given: list[JsonValue]) -> str:
        owner = owners.all[at]
        try:
            with owner.meetings.meet(owner.grant, runs[at], document, given) as add:
                return str(add([1]))
        except AnswerWithheld as error:
            return str(error)

    words = at_once(lambda: told(0, mixed), lambda: told(1, offers), lambda: told(2, offers))
    assert "party 2 cannot be met" in words[0]
    assert all("could not compute together" in word for word in words)
    owners.close()


def test_what_is_forgotten_or_expired_is_closed(owners: Owners) -> None:
    document = owners.document()
    owner, runs = owners.all[0], [owners.reserve(0, document) for _ in range(3)]
    ports = []
    for run in runs[:2]:
        offer = SignedOffer.from_json(owner.meetings.offer(owner.grant, run, document)).offer
        ports.append(offer.port)
    owner.meetings.forget(owner.grant, runs[0])
    owner.meetings.forget(owner.grant, runs[0])
    owners.now_unix = FAR_UNIX + SECONDS
    owner.meetings.offer(owner.grant, runs[2], document)
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_node_waits_for_so_many_and_for_each_run_once(
    owners: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataledger.node.federated.meetings.MAX_WAITING", 2)
    assert MAX_WAITING > 2
    document, owner = owners.document(), owners.all[0]
    runs = [RunId(Digest.of(bytes([number])).value) for number in range(3)]
    owner.meetings.offer(owner.grant, runs[0], document)
    for run in [runs[0], runs[0]]:
        with pytest.raises(NodeRefused) as refused:
            owner.meetings.offer(owner.grant, run, document)
        assert refused.value.reason == "busy"
    owner.meetings.offer(owner.grant, runs[1], document)
    with pytest.raises(NodeRefused) as refused:
        owner.meetings.offer(owner.grant, runs[2], document)
    assert refused.value.reason == "busy"


def test_a_node_starts_with_the_document_that_it_joined_for(owners: Owners) -> None:
    document = owners.document()
    runs, offers = owners.join(document)
    owner = owners.all[0]
    with pytest.raises(UseDocumentError, match="joined for"):
        owner.meetings.parties(owner.grant, runs[0], owners.document(), offers)


def test_a_node_without_a_key_offers_nothing(owners: Owners) -> None:
    with pytest.raises(KeystoreError):
        FederatedMeetings(owners.consortium.open(), FederatedRules())
