from typing import Any

import pytest

from dataledger.contracts.identifiers import GrantId
from dataledger.errors import QueryError, UseDocumentError
from dataledger.hashing import Hash32, canonical_bytes
from dataledger.node.federated import MAX_PARTIES, parties_from_json, parties_of

GRANTS = [f"0x{number:064x}" for number in range(1, MAX_PARTIES + 2)]


@pytest.mark.parametrize("count", [3, 4, MAX_PARTIES])
def test_three_or_more_grants_are_parties(count: int) -> None:
    assert [str(grant) for grant in parties_from_json(GRANTS[:count])] == GRANTS[:count]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (GRANTS[:2], "2 parties"),
        ([], "0 parties"),
        (GRANTS, f"{MAX_PARTIES + 1} parties"),
        ([*GRANTS[:2], GRANTS[0]], "stands twice"),
        ([*GRANTS[:2], "0x12"], "is no grant"),
        ([*GRANTS[:2], 7], "is no grant"),
        ([*GRANTS[:2], GRANTS[2].upper()], "is no grant"),
        (None, "belong"),
        ({"a": 1}, "belong"),
        (GRANTS[0], "belong"),
    ],
)
def test_anything_else_is_refused(value: Any, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        parties_from_json(value)


def test_the_parties_of_a_document_are_read_whatever_its_format() -> None:
    document = canonical_bytes({"format": "of tomorrow", "parties": GRANTS[:3], "rounds": 3})
    assert parties_of(document) == tuple(GrantId(Hash32(n.to_bytes(32))) for n in (1, 2, 3))


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"7", b'{"parties": []}', b'{"parties":[]}', b'{"format":"x"}', b"\xff"],
)
def test_a_document_that_does_not_say_who_takes_part_is_refused(document: bytes) -> None:
    with pytest.raises(UseDocumentError, match="does not say who takes part"):
        parties_of(document)
