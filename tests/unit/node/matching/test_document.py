"""A matching's document says what is compared, and its request holds exactly that."""

import base64
from typing import Any

import pytest

from dataledger.errors import QueryError
from dataledger.hashing import Digest, canonical_bytes, parse_canonical
from dataledger.node.kinds import parse_work
from dataledger.node.matching import (
    MatchingDocument,
    MatchingWork,
    Normalisation,
    Reveal,
    parse_matching,
)
from dataledger.node.matching.items import MAX_ITEMS
from dataledger.node.matching.messages import REQUEST_TAG, write_points

POINTS = [bytes([2 + number % 2]) + bytes([number]) * 32 for number in range(5)]
REQUEST = write_points(POINTS, REQUEST_TAG)
IDS_REQUEST = b"\x08\x01" + REQUEST


def document(**changes: Any) -> bytes:
    value: dict[str, Any] = {
        "column": "email",
        "format": "dataledger/matching/1",
        "from": "people.csv",
        "items": 5,
        "request": base64.b64encode(REQUEST).decode(),
        "reveal": "size",
    }
    value |= changes
    return canonical_bytes({name: part for name, part in value.items() if part is not None})


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    "data",
    [
        document(),
        document(normalise="nfc-casefold-trim"),
        document(reveal="ids", request=encoded(IDS_REQUEST)),
    ],
)
def test_what_is_read_is_written_again(data: bytes) -> None:
    read = MatchingDocument.parse(data)
    assert read.to_bytes() == data
    assert read.points() == POINTS


def test_a_document_is_found_by_its_format() -> None:
    work = parse_work(document())
    assert isinstance(work, MatchingWork)
    assert work.document.column == "email"
    assert work.document.normalise is Normalisation.EXACT
    assert work.document.reveal is Reveal.SIZE


def test_its_code_is_the_digest_of_all_but_the_request() -> None:
    value = parse_canonical(document())
    assert isinstance(value, dict)
    del value["request"]
    expected = Digest.of(canonical_bytes(value))
    assert parse_matching(document()).code == expected
    other = write_points([b"\x02" + b"\x77" * 32, *POINTS[1:]], REQUEST_TAG)
    assert parse_matching(document(request=encoded(other))).code == expected
    assert parse_matching(document(column="phone")).code != expected
    assert parse_matching(document(normalise="nfc-casefold-trim")).code != expected


def test_neither_repr_shows_the_request() -> None:
    assert "request" not in repr(parse_matching(document()))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"items": 4}, "declares 4 items, and its request has 5"),
        ({"items": 6}, "declares 6 items, and its request has 5"),
        ({"items": 0}, "declares 0 items"),
        ({"items": MAX_ITEMS + 1}, "1 to 1000000 can be compared"),
        ({"items": -1}, "stands where a number"),
        ({"items": "5"}, "stands where a number"),
        ({"reveal": "ids"}, "declares to reveal ids, and its request is for size"),
        ({"request": encoded(IDS_REQUEST)}, "declares to reveal size, and its request is for ids"),
        ({"reveal": "all"}, "neither size nor ids"),
        ({"request": encoded(REQUEST + REQUEST[:35]), "items": 6}, "an element twice"),
        ({"request": encoded(REQUEST[:-1])}, "no sequence of elements"),
        ({"request": encoded(b"")}, "declares 5 items, and its request has 0"),
        ({"request": encoded(b"\x12\x21" + bytes(33)), "items": 1}, "no compressed point"),
        ({"request": "not base64!"}, "not base64"),
        ({"request": "é"}, "not base64"),
        ({"request": encoded(REQUEST)[:-2] + "=\n"}, "not base64"),
        ({"request": "AB=="}, "not the one base64 form"),
        ({"request": None}, "lacks the member 'request'"),
        ({"normalise": "exact"}, "no way of making texts alike"),
        ({"normalise": "lower"}, "no way of making texts alike"),
        ({"column": ""}, "no name of a column"),
        ({"column": "x" * 1025}, "no name of a column"),
        ({"from": "../people.csv"}, "people.csv"),
        ({"from": ""}, "refused"),
        ({"format": "dataledger/matching/2"}, "its format is 'dataledger/matching/2'"),
        ({"fast": True}, "unknown member 'fast'"),
    ],
)
def test_whatever_breaks_a_rule_is_refused_with_its_reason(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(QueryError, match=reason) as refused:
        parse_matching(document(**changes))
    assert refused.value.remedy


def test_what_is_not_canonical_is_refused() -> None:
    with pytest.raises(QueryError, match="canonical form"):
        parse_matching(document() + b"\n")
