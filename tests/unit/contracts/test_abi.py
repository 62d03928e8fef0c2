"""Bytes from a node: decoded only if a contract would have written them, in little memory."""

import tracemalloc

import pytest

from dataledger.contracts.abi import decode, encode
from dataledger.errors import NodeError

LONG = 1000
"""Elements of an array, and words of the string that they all point to."""


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(32) for number in numbers)


def test_long_arrays_are_decoded() -> None:
    texts = (b"", b"x" * 33, b"y") * LONG
    assert decode(["string[]", "uint8"], encode(["string[]", "uint8"], [texts, 7])) == (texts, 7)
    assert decode(["string[]"], encode(["string[]"], [[b""] * LONG])) == ((b"",) * LONG,)


def test_elements_that_all_point_to_one_long_string_are_refused_in_little_memory() -> None:
    data = words(32, LONG, *[32 * LONG] * LONG, 32 * LONG) + bytes(32 * LONG)
    tracemalloc.start()
    with pytest.raises(NodeError, match="its parts overlap"):
        decode(["string[]"], data)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_bytes < LONG * 32 * LONG / 10
