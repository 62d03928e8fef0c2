"""The library's messages are read in their one form, and whatever else arrives is refused."""

import private_set_intersection.python as psi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.node.matching.messages import (
    ANSWER_TAG,
    ELEMENT_BYTES,
    REQUEST_TAG,
    read_points,
    read_request,
    write_points,
)

POINTS = [bytes([2 + number % 2]) + bytes([number]) * 32 for number in range(5)]

points = st.lists(
    st.builds(
        lambda sign, rest: bytes([sign]) + rest,
        st.sampled_from([2, 3]),
        st.binary(min_size=32, max_size=32),
    ),
    max_size=5,
    unique=True,
)


@given(points=points, ids=st.booleans())
def test_requests_are_those_of_the_library_byte_for_byte(points: list[bytes], *, ids: bool) -> None:
    made = psi.Request(reveal_intersection=ids, encrypted_elements=points).SerializeToString()
    assert read_request(made) == (ids, points)
    assert (b"\x08\x01" if ids else b"") + write_points(points, REQUEST_TAG) == made


@given(points)
def test_responses_and_setups_are_those_of_the_library_byte_for_byte(points: list[bytes]) -> None:
    response = psi.Response(encrypted_elements=points).SerializeToString()
    setup = psi.ServerSetup()
    setup.raw.encrypted_elements.extend(points)
    assert write_points(points, ANSWER_TAG) == response == setup.raw.SerializeToString()
    assert read_points(response, ANSWER_TAG) == points


@given(st.binary(max_size=3 * ELEMENT_BYTES))
def test_whatever_is_read_is_written_as_it_was(data: bytes) -> None:
    try:
        ids, points = read_request(data)
    except ValueError:
        return
    assert (b"\x08\x01" if ids else b"") + write_points(points, REQUEST_TAG) == data


WHOLE = write_points(POINTS, REQUEST_TAG)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (WHOLE[:-1], "no sequence"),
        (WHOLE + b"\0", "no sequence"),
        (b"\x08\x00" + WHOLE, "no sequence"),
        (b"\x08\x01" * 2 + WHOLE, "no sequence"),
        (write_points(POINTS, ANSWER_TAG), "no sequence"),
        (b"\x12\x20" + bytes(33), "no sequence"),
        (b"\x12\x21" + b"\x04" + bytes(32), "no compressed point"),
        (b"\x12\x21" + bytes(33), "no compressed point"),
        (WHOLE + WHOLE[:ELEMENT_BYTES], "twice"),
        (b"not protobuf at all", "no sequence"),
    ],
)
def test_any_other_request_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_request(data)
