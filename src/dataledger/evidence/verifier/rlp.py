"""Recursive Length Prefix, the encoding of headers and tries: canonical encodings and no others.

Appendix B of the Ethereum yellow paper. An item is bytes, or a list of items.
"""

from typing import TypeAlias

from dataledger.evidence.verifier.refusal import refused

Item: TypeAlias = "bytes | list[Item]"

MAX_LEVELS = 8
"""Lists inside one another: headers and tries need four."""

_STRING, _LIST = 0x80, 0xC0
_SHORT = 55


def decode(data: bytes) -> Item:
    """Return the item that `data` encodes, all of it and in the one canonical way.

    Raises:
        ProofInvalid: anything else.
    """
    item, end = _read(data, 0, len(data), MAX_LEVELS)
    if end != len(data):
        raise refused(f"{len(data) - end} bytes follow an RLP item.")
    return item


def encode(item: Item) -> bytes:
    """Return the canonical encoding."""
    if isinstance(item, list):
        content = b"".join(map(encode, item))
        return _prefix(len(content), _LIST) + content
    if len(item) == 1 and item[0] < _STRING:
        return item
    return _prefix(len(item), _STRING) + item


def integer(value: int) -> bytes:
    """Return an integer as RLP's users write it: big-endian, without leading zeros."""
    return value.to_bytes((value.bit_length() + 7) // 8)


def to_integer(item: Item) -> int:
    """Read what `integer` writes, of at most 32 bytes. Raises `ProofInvalid` on anything else."""
    if not isinstance(item, bytes) or len(item) > 32 or item[:1] == b"\0":  # noqa: PLR2004 - a word
        raise refused("An RLP item is no integer.")
    return int.from_bytes(item)


def _prefix(length: int, kind: int) -> bytes:
    if length <= _SHORT:
        return bytes([kind + length])
    size = integer(length)
    return bytes([kind + _SHORT + len(size)]) + size


def _read(data: bytes, at: int, end: int, levels_left: int) -> tuple[Item, int]:
    """Return the item at `at`, which must end by `end`, and where it ends."""
    if at >= end:
        raise refused("An RLP item is missing.")
    first = data[at]
    if first < _STRING:
        return data[at : at + 1], at + 1
    kind = _STRING if first < _LIST else _LIST
    begin, length = at + 1, first - kind
    if length > _SHORT:
        begin, length = _long_length(data, begin, length - _SHORT)
    stop = begin + length
    if stop > end:
        raise refused("An RLP item is cut off.")
    if kind == _STRING:
        if length == 1 and data[begin] < _STRING:
            raise refused("An RLP item is not in its shortest form.")
        return data[begin:stop], stop
    if levels_left == 0:
        raise refused(f"RLP lists nest deeper than {MAX_LEVELS} levels.")
    items: list[Item] = []
    while begin < stop:
        item, begin = _read(data, begin, stop, levels_left - 1)
        items.append(item)
    return items, stop


def _long_length(data: bytes, at: int, size: int) -> tuple[int, int]:
    written = data[at : at + size]
    length = int.from_bytes(written)
    if len(written) < size or written[:1] == b"\0" or length <= _SHORT:
        raise refused("An RLP length is not in its shortest form.")
    return at + size, length
