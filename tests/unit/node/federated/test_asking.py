import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from fake_uses import RECEIPT
from sharing import Parties

from dataledger.contracts.identifiers import Address, GrantId, RunId
from dataledger.errors import (
    AnswerWithheld,
    InvalidArgument,
    NodeRefused,
    OwnerNodeError,
    UseDocumentError,
)
from dataledger.hashing import Digest, Hash32, JsonValue, canonical_bytes
from dataledger.node.client import Answered
from dataledger.node.federated import Offer, SignedOffer, ask_together

GRANTS = [GrantId(Hash32(bytes([number]) * 32)) for number in (1, 2, 3)]
DOCUMENT = canonical_bytes({"format": "any", "parties": [str(grant) for grant in GRANTS]})
BY = Address("0x5FbDB2315678afecb367f032d93F642f64180aa3")
REFUSED = NodeRefused("No.", remedy="Wait.", reason="rate-limited")
NOT_MET = NodeRefused("The others did not come.", remedy="Wait.", reason="not-met")
BROKEN = AnswerWithheld("It broke off.", remedy="Ask anew.")


@dataclass
class FakeNode:
    """Waits in each step for the others, as nodes that compute together do."""

    joined: threading.Barrier
    started: threading.Barrier
    content: bytes = b"42"
    refuses: Exception | None = None
    breaks: Exception | None = None
    offers: str = "what was asked"
    calls: list[str] = field(default_factory=list)
    seen: Sequence[JsonValue] = ()

    def join(
        self, grant: GrantId, document: bytes, *, run: RunId, version: int | None = None
    ) -> JsonValue:
        self.calls.append(f"join {version}")
        self.joined.wait(10)
        if self.refuses is not None:
            raise self.refuses
        offer = Offer(grant, run, Digest.of(document), "localhost", 1, b"DER", 1)
        if self.offers == "another run":
            offer = replace(offer, run=RunId(grant.value))
        if self.offers == "another grant":
            offer = replace(offer, grant=GRANTS[0])
        if self.offers == "another document":
            offer = replace(offer, document=Digest.of(b""))
        return {} if self.offers == "nonsense" else SignedOffer(offer, BY, bytes(65)).to_json()

    def start(
        self, grant: GrantId, run: RunId, document: bytes, offers: Sequence[JsonValue]
    ) -> Answered:
        assert document == DOCUMENT
        if len(offers) < 3:
            self.calls.append(f"give up {SignedOffer.from_json(offers[0]).offer.grant == grant}")
            raise REFUSED
        self.calls.append("start")
        self.seen = offers
        self.started.wait(10)
        if self.breaks is not None:
            raise self.breaks
        return Answered(grant, run, self.content, "application/json", RECEIPT, "0x")


@pytest.fixture
def nodes() -> list[FakeNode]:
    joined, started = threading.Barrier(3), threading.Barrier(3)
    return [FakeNode(joined, started) for _ in GRANTS]


def test_all_join_then_all_start_at_once_with_the_offers_of_all(nodes: list[FakeNode]) -> None:
    answers = ask_together(nodes, GRANTS, DOCUMENT, versions=[None, 2, None])
    assert [answer.grant for answer in answers] == GRANTS
    assert [answer.content for answer in answers] == [b"42"] * 3
    assert [node.calls for node in nodes] == [
        ["join None", "start"],
        ["join 2", "start"],
        ["join None", "start"],
    ]
    offers = [SignedOffer.from_json(offer).offer for offer in nodes[0].seen]
    assert [offer.grant for offer in offers] == GRANTS
    assert [offer.run for offer in offers] == [answer.run for answer in answers]
    assert len({answer.run for answer in answers}) == 3
    assert nodes[0].seen == nodes[1].seen == nodes[2].seen


def test_where_one_does_not_join_the_others_give_up(nodes: list[FakeNode]) -> None:
    nodes[1].refuses = REFUSED
    with pytest.raises(NodeRefused) as refused:
        ask_together(nodes, GRANTS, DOCUMENT)
    assert refused.value.reason == "rate-limited"
    gave_up = ["join None", "give up True"]
    assert [node.calls for node in nodes] == [gave_up, ["join None"], gave_up]


@pytest.mark.parametrize("what", ["another run", "another grant", "another document", "nonsense"])
def test_an_offer_for_something_else_starts_nothing(nodes: list[FakeNode], what: str) -> None:
    nodes[2].offers = what
    with pytest.raises(OwnerNodeError, match=str(GRANTS[2])):
        ask_together(nodes, GRANTS, DOCUMENT)
    assert nodes[0].calls == ["join None", "give up True"]
    assert nodes[2].calls == ["join None"]


def test_answers_that_differ_are_none(nodes: list[FakeNode]) -> None:
    nodes[0].content = b"43"
    with pytest.raises(AnswerWithheld, match="do not answer the same") as withheld:
        ask_together(nodes, GRANTS, DOCUMENT)
    assert str(Digest.of(b"43")) in str(withheld.value)


def test_of_several_failures_the_cause_is_told(nodes: list[FakeNode]) -> None:
    nodes[0].breaks, nodes[1].breaks, nodes[2].breaks = BROKEN, NOT_MET, REFUSED
    with pytest.raises(NodeRefused) as refused:
        ask_together(nodes, GRANTS, DOCUMENT)
    assert refused.value.reason == "rate-limited"
    nodes[2].breaks = BROKEN
    with pytest.raises(NodeRefused) as refused:
        ask_together(nodes, GRANTS, DOCUMENT)
    assert refused.value.reason == "not-met"
    nodes[0].breaks = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        ask_together(nodes, GRANTS, DOCUMENT)


def test_one_that_breaks_off_breaks_it_off(nodes: list[FakeNode]) -> None:
    nodes[2].breaks = BROKEN
    with pytest.raises(AnswerWithheld, match="broke off"):
        ask_together(nodes, GRANTS, DOCUMENT)


def test_there_is_one_node_and_one_grant_for_each_party(nodes: list[FakeNode]) -> None:
    for asked, grants, versions in [
        (nodes[:2], GRANTS, None),
        (nodes, GRANTS[:2], None),
        (nodes, GRANTS[::-1], None),
        (nodes, GRANTS, [1, 2]),
    ]:
        with pytest.raises(InvalidArgument, match="not the document's parties"):
            ask_together(asked, grants, DOCUMENT, versions=versions)
    with pytest.raises(UseDocumentError):
        ask_together(nodes, GRANTS, b"{}")
    assert not any(node.calls for node in nodes)


def test_nothing_that_is_printed_shows_a_key() -> None:
    with Parties(1) as parties:
        [party] = parties.all
        shown = repr(party.own) + repr(party.offer)
        assert party.own.key_pem not in shown
        assert party.own.passphrase not in shown
        assert "ENCRYPTED" in party.own.key_pem
