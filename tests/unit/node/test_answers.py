"""What travels between a node and whoever asks it comes back as it went, and nothing else does."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.contracts.identifiers import (
    Commitment,
    DatasetId,
    GrantId,
    OrgId,
    RunId,
    to_address,
)
from dataledger.contracts.use_types import Cost, Input, Outcome, Receipt
from dataledger.errors import CanonicalisationError, UseDocumentError
from dataledger.hashing import Digest, Hash32, JsonValue
from dataledger.ledger import UnsignedReceipt
from dataledger.node.answers import (
    MAX_OFFER_BYTES,
    MAX_PARTIES,
    AnswerDocument,
    Asked,
    NodeInfo,
    joined_bytes,
    parse_joined,
    parse_start,
    start_bytes,
)
from dataledger.node.holdings import HeldDataset
from dataledger.node.requests import NodeRequest, SignedRequest

KEY = to_address("0x" + "5b" * 20)
HASHES = st.binary(min_size=32, max_size=32).map(Hash32)
NATURALS = st.integers(0, 2**53 - 1)
TEXTS = st.text(max_size=40)

REQUESTS = st.builds(
    SignedRequest,
    st.builds(
        NodeRequest,
        action=TEXTS,
        grant=HASHES.map(GrantId),
        run=HASHES.map(RunId),
        version=NATURALS,
        body=st.binary().map(Digest.of),
        issued_at_unix=NATURALS,
        nonce=HASHES,
    ),
    st.just(KEY),
    st.binary(min_size=65, max_size=65),
)
RECEIPT = UnsignedReceipt(
    1,
    KEY,
    Receipt(
        grant=GrantId(Hash32(bytes(32))),
        run=RunId(Hash32(bytes(32))),
        code=Digest.of(b"code"),
        environment=Digest.of(b"environment"),
        inputs=(Input(DatasetId(Hash32(bytes(32))), 1, Commitment(Hash32(bytes(32)))),),
        output=Digest.of(b"answer"),
        spent=Cost(1, 2),
        outcome=Outcome.RELEASED,
    ),
)
ANSWER = AnswerDocument(b"answer", "application/json", RECEIPT, "0x" + "ab" * 32)
INFO = NodeInfo(
    organisation=OrgId(2),
    name="acme",
    operator=KEY,
    chain_id=1,
    contract=KEY,
    datasets=(HeldDataset(DatasetId(Hash32(bytes(32))), "acme/roads", (1, 2)),),
    kinds=("dataledger/query/1",),
    body_bytes=10,
    age_seconds=300,
    now_unix=1_790_000_000,
)
OFFERS = st.lists(st.dictionaries(TEXTS, NATURALS, max_size=3), min_size=1, max_size=5)


@given(signed=REQUESTS, document=st.binary(max_size=200))
def test_what_is_asked_comes_back(signed: SignedRequest, document: bytes) -> None:
    asked = Asked(signed, document)
    assert Asked.parse(asked.to_bytes(), max_bytes=10_000) == asked


@given(content=st.binary(max_size=200))
def test_an_answer_comes_back(content: bytes) -> None:
    answer = AnswerDocument(content, "text/csv", RECEIPT, "0x" + "00" * 32)
    assert AnswerDocument.parse(answer.to_bytes()) == answer


def test_what_a_node_says_of_itself_comes_back() -> None:
    assert NodeInfo.parse(INFO.to_bytes()) == INFO


@given(offers=OFFERS)
def test_offers_come_back(offers: list[Any]) -> None:
    assert list(parse_start(start_bytes(offers))) == offers
    assert parse_joined(joined_bytes(offers[0])) == offers[0]


ASKED = Asked(
    SignedRequest(
        NodeRequest(
            *("run", GrantId(Hash32(bytes(32))), RunId(Hash32(bytes(32))), 0),
            *(Digest.of(b""), 0, Hash32(bytes(32))),
        ),
        KEY,
        bytes(65),
    )
).to_bytes()


def test_no_document_is_the_same_as_none() -> None:
    assert b"document" not in ASKED
    assert Asked.parse(ASKED, max_bytes=10_000).document == b""


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'{"request":1,"request":2}', b'{"request":NaN}', b"[" * 1000]
)
def test_what_is_no_strict_json_is_told_apart(body: bytes) -> None:
    with pytest.raises(CanonicalisationError) as caught:
        Asked.parse(body, max_bytes=10_000)
    assert type(caught.value) is CanonicalisationError


def test_more_than_the_limit_is_not_parsed() -> None:
    with pytest.raises(CanonicalisationError, match="at most 10"):
        Asked.parse(ASKED, max_bytes=10)


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"request": None},
        {"request": {}},
        {"document": 1},
        {"document": "not base64!"},
        {"document": "YQ==\n"},
        {"document": "\u00e9"},
    ],
)
def test_other_forms_are_refused(change: dict[str, Any]) -> None:
    body = json.dumps({**json.loads(ASKED), **change}).encode()
    with pytest.raises(UseDocumentError):
        Asked.parse(body, max_bytes=10_000)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", True),
        ("version", -1),
        ("version", 1.5),
        ("issued_at_unix", "now"),
        ("nonce", "0x00"),
        ("grant", "0x" + "AB" * 32),
        ("by", "0x" + "5B" * 20),
        ("signature", "0x" + "00" * 64),
        ("signature", "zz" * 65),
        ("body", "sm3:" + "00" * 32),
        ("action", 1),
    ],
)
def test_a_request_of_another_form_is_refused(field: str, value: object) -> None:
    body = json.loads(ASKED)
    body["request"][field] = value
    with pytest.raises(UseDocumentError):
        Asked.parse(json.dumps(body).encode(), max_bytes=10_000)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "dataledger/answer/2"},
        {"media_type": "text/html\r\nSet-Cookie: a=b"},
        {"media_type": "nothing"},
        {"transaction_hash": "0x00"},
        {"receipt": {}},
        {"content": None},
    ],
)
def test_an_answer_of_another_form_is_refused(change: dict[str, Any]) -> None:
    body = json.dumps({**json.loads(ANSWER.to_bytes()), **change}).encode()
    with pytest.raises(UseDocumentError):
        AnswerDocument.parse(body)


def test_an_unknown_format_is_refused_with_the_known_one() -> None:
    for parse in (AnswerDocument.parse, NodeInfo.parse, parse_joined, parse_start):
        with pytest.raises(UseDocumentError, match="known is dataledger/"):
            parse(b'{"format":"dataledger/new/1"}')


@pytest.mark.parametrize("count", [0, MAX_PARTIES + 1])
def test_a_start_has_a_few_offers(count: int) -> None:
    offers: list[JsonValue] = [{}] * count
    with pytest.raises(UseDocumentError, match=f"{count} offers"):
        parse_start(start_bytes(offers))


def test_values_that_would_fill_the_memory_are_not_read() -> None:
    """Of three bytes each: the whole of them would become 80 times as much."""
    for parse in (AnswerDocument.parse, parse_start):
        with pytest.raises(UseDocumentError, match="has more than"):
            parse(b'{"format":[' + b"[]," * 10_001 + b"[]]}")


@pytest.mark.parametrize("parse", [parse_joined, parse_start])
def test_offers_are_short(parse: Callable[[bytes], object]) -> None:
    with pytest.raises(UseDocumentError, match="at most"):
        parse(joined_bytes("a" * MAX_PARTIES * MAX_OFFER_BYTES))


def test_what_was_asked_and_answered_stays_out_of_reprs() -> None:
    assert "answer" not in repr(ANSWER).replace("AnswerDocument", "")
    assert "secret" not in repr(Asked(Asked.parse(ASKED, max_bytes=9_999).signed, b"secret"))
