"""An answer is read in its one form, and only as the answer to what was asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import OwnerNodeError
from dataledger.hashing import JsonValue, canonical_bytes
from dataledger.node.matching import answer as answers
from dataledger.node.matching.answer import MatchingAnswer
from dataledger.node.matching.messages import ANSWER_TAG, REQUEST_TAG, write_points

POINTS = [b"\x02" + bytes([number]) * 32 for number in range(9)]
WHOLE = MatchingAnswer(POINTS[:6], POINTS[6:]).to_bytes()


def framed(owners: bytes, response: bytes, /, **changes: JsonValue) -> bytes:
    head: dict[str, JsonValue] = {
        "format": "dataledger/matching-answer/1",
        "owners": len(owners),
        "response": len(response),
        **changes,
    }
    return canonical_bytes(head) + b"\n" + owners + response


def test_what_is_read_is_what_was_written() -> None:
    read = MatchingAnswer.parse(WHOLE, items=3)
    assert (read.owners, read.response) == (POINTS[:6], POINTS[6:])


def test_a_large_answer_grows_by_35_bytes_an_item() -> None:
    points = [b"\x02" + number.to_bytes(32) for number in range(1000)]
    assert len(MatchingAnswer(points, points).to_bytes()) - 2000 * 35 < 100


def test_points_are_as_the_frame_says() -> None:
    assert (
        framed(write_points(POINTS[:6], ANSWER_TAG), write_points(POINTS[6:], ANSWER_TAG)) == WHOLE
    )


OWNERS, RESPONSE = write_points(POINTS[:6], ANSWER_TAG), write_points(POINTS[6:], ANSWER_TAG)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "format|JSON"),
        (b"{}\n", "lacks the member"),
        (b"x" * 1000, "JSON"),
        (WHOLE[:-1], "not as long as it says"),
        (WHOLE + b"\0", "not as long as it says"),
        (framed(OWNERS, RESPONSE, owners=2**52), "not as long as it says"),
        (framed(OWNERS, RESPONSE, format="dataledger/matching-answer/2"), "its format is"),
        (framed(OWNERS, RESPONSE, more=1), "unknown member"),
        (framed(OWNERS, RESPONSE[:-35]), "answers for 2 items, and 3 were asked about"),
        (framed(OWNERS, RESPONSE + RESPONSE), "answers for 6 items"),
        (framed(OWNERS[:-1], RESPONSE + b"\0"), "no sequence of elements"),
        (framed(write_points(POINTS[:6], REQUEST_TAG), RESPONSE), "no sequence of elements"),
        (framed(write_points(POINTS[5::-1], ANSWER_TAG), RESPONSE), "not sorted"),
        (framed(OWNERS[:35] * 6, RESPONSE), "not sorted, or not different"),
    ],
)
def test_whatever_else_a_node_answers_is_nonsense(data: bytes, reason: str) -> None:
    with pytest.raises(OwnerNodeError, match=reason):
        MatchingAnswer.parse(data, items=3)


def test_more_items_than_a_node_compares_are_nonsense(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_ITEMS", 5)
    with pytest.raises(OwnerNodeError, match="more than 5 items"):
        MatchingAnswer.parse(WHOLE, items=3)


@given(st.binary(max_size=300))
def test_no_bytes_end_otherwise_than_as_an_answer_or_as_nonsense(data: bytes) -> None:
    try:
        MatchingAnswer.parse(data, items=3)
    except OwnerNodeError:
        return
