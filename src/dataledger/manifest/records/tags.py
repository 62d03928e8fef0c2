"""The tags of the canonical row encoding, and the widths that go with them.

`docs/records.md` is the specification. This module is plain Python: whoever checks a proof needs
neither numpy nor pyarrow.
"""

from enum import IntEnum

NULL_FLAG = 0x80
"""Added to the tag of a value's type where there is no value; its slot is zero."""

MAX_DEPTH = 32
"""Levels of lists and structs below a column: `list<list<int>>` has two."""

LENGTH_BYTES = 4

CANONICAL_NAN = bytes.fromhex("7ff8000000000000")

NANOSECONDS_PER_SECOND = 1_000_000_000
SECONDS_PER_DAY = 86_400


class Tag(IntEnum):
    """The first byte of a value's head: what type it has."""

    NULL = 0x00
    """The type that has no values: it occurs with `NULL_FLAG` only."""
    BOOL = 0x01
    INT = 0x02
    UINT64 = 0x03
    FLOAT = 0x04
    DECIMAL = 0x05
    STRING = 0x06
    BINARY = 0x07
    TIMESTAMP = 0x08
    """Date and time of day without a zone."""
    INSTANT = 0x09
    """A point in time, in UTC."""
    DATE = 0x0A
    TIME = 0x0B
    DURATION = 0x0C
    LIST = 0x0D
    STRUCT = 0x0E


SLOT_BYTES = {
    Tag.NULL: 0,
    Tag.BOOL: 1,
    Tag.INT: 8,
    Tag.UINT64: 8,
    Tag.FLOAT: 8,
    Tag.DECIMAL: 33,
    Tag.STRING: LENGTH_BYTES,
    Tag.BINARY: LENGTH_BYTES,
    Tag.TIMESTAMP: 12,
    Tag.INSTANT: 12,
    Tag.DATE: 8,
    Tag.TIME: 8,
    Tag.DURATION: 12,
    Tag.LIST: LENGTH_BYTES,
    Tag.STRUCT: LENGTH_BYTES,
}
"""Bytes of a head after its tag."""

WITH_BODY = frozenset({Tag.STRING, Tag.BINARY, Tag.LIST, Tag.STRUCT})
"""Types whose slot is the length of a body."""
