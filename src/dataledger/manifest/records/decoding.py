"""Canonical rows as people can read them: what `docs/records.md` specifies, read backwards.

Plain Python, for whoever checks a proof. Every byte is checked: what is decoded here encodes to
exactly these bytes.
"""

import struct
from collections.abc import Callable
from typing import NamedTuple

from dataledger.errors import RecordError
from dataledger.hashing import JsonValue
from dataledger.manifest.records.source import MAX_RECORD_BYTES
from dataledger.manifest.records.tags import (
    CANONICAL_NAN,
    MAX_DEPTH,
    NANOSECONDS_PER_SECOND,
    NULL_FLAG,
    SECONDS_PER_DAY,
    SLOT_BYTES,
    WITH_BODY,
    Tag,
)

_SAFE_INTEGERS = range(-(2**53) + 1, 2**53)
"""Integers that every JSON parser reads exactly; others are told as strings."""


class Value(NamedTuple):
    """One value of a row."""

    type: str
    """As in the grammar of types, without what the bytes do not tell: the precision of decimals,
    the types of elements, and the names of fields."""
    value: JsonValue
    """None where there is none. Lists hold the values of their elements, structs those of their
    fields, as `to_json` tells them."""

    def to_json(self) -> dict[str, JsonValue]:
        """Return the value as a JSON object."""
        return {"type": self.type, "value": self.value}


def decode_row(row: bytes) -> list[Value]:
    """Return the values of a canonical row, in the order of the columns.

    Raises:
        RecordError: the bytes are not the canonical form of any row.
    """
    if len(row) > MAX_RECORD_BYTES:
        raise _not_canonical(f"it is longer than {MAX_RECORD_BYTES} bytes")
    return [value for _, value in _row(memoryview(row), MAX_DEPTH)]


class _Head(NamedTuple):
    tag: Tag
    missing: bool
    slot: memoryview
    body_bytes: int


_Tagged = tuple[Tag, Value]


def _row(data: memoryview, depth: int) -> list[_Tagged]:
    """Decode heads until they and the bodies they promise fill the row; then the bodies."""
    heads = []
    position = bodies = 0
    while position + bodies < len(data):
        head = _head(data[position:])
        heads.append(head)
        position += 1 + len(head.slot)
        bodies += head.body_bytes
    if position + bodies > len(data):
        raise _torn()
    values = []
    for head in heads:
        values.append(_value(head, data[position : position + head.body_bytes], depth))
        position += head.body_bytes
    return values


def _elements(data: memoryview, depth: int) -> list[_Tagged]:
    values = []
    while data:
        head = _head(data)
        begin = 1 + len(head.slot)
        end = begin + head.body_bytes
        if end > len(data):
            raise _torn()
        values.append(_value(head, data[begin:end], depth))
        data = data[end:]
    if len({tag for tag, _ in values}) > 1:
        raise _not_canonical("a list has elements of several types")
    return values


def _head(data: memoryview) -> _Head:
    missing = bool(data[0] & NULL_FLAG)
    try:
        tag = Tag(data[0] & ~NULL_FLAG)
    except ValueError:
        raise _not_canonical(f"there is no type of tag {data[0]:#04x}") from None
    slot = data[1 : 1 + SLOT_BYTES[tag]]
    if len(slot) < SLOT_BYTES[tag]:
        raise _torn()
    if missing and any(slot):
        raise _not_canonical("a missing value has a slot that is not zero")
    if tag is Tag.NULL and not missing:
        raise _not_canonical("a value has the type that has none")
    return _Head(tag, missing, slot, int.from_bytes(slot) if tag in WITH_BODY else 0)


def _value(head: _Head, body: memoryview, depth: int) -> _Tagged:
    name = _NAMES[head.tag]
    if head.missing:
        return head.tag, Value(name, None)
    if head.tag in {Tag.LIST, Tag.STRUCT}:
        if not depth:
            raise _not_canonical(f"it has more than {MAX_DEPTH} levels of lists and structs")
        inner = (_elements if head.tag is Tag.LIST else _row)(body, depth - 1)
        return head.tag, Value(name, [value.to_json() for _, value in inner])
    if head.tag is Tag.STRING:
        return head.tag, Value(name, _text(body))
    if head.tag is Tag.BINARY:
        return head.tag, Value(name, f"0x{body.hex()}")
    return head.tag, Value(name, _SCALARS[head.tag](bytes(head.slot)))


# --------------------------------------------------------------------------------------- scalars


def _text(body: memoryview) -> str:
    try:
        return str(body, "utf-8")
    except UnicodeDecodeError:
        raise _not_canonical("a string is not UTF-8") from None


def _bool(slot: bytes) -> JsonValue:
    if slot[0] > 1:
        raise _not_canonical("a boolean is neither 0 nor 1")
    return bool(slot[0])


def _integer(number: int) -> JsonValue:
    return number if number in _SAFE_INTEGERS else str(number)


def _int(slot: bytes) -> JsonValue:
    return _integer(int.from_bytes(slot, signed=True))


def _uint64(slot: bytes) -> JsonValue:
    return _integer(int.from_bytes(slot))


def _float(slot: bytes) -> JsonValue:
    number: float = struct.unpack(">d", slot)[0]
    if number != number:  # noqa: PLR0124  # so is NaN alone
        if slot != CANONICAL_NAN:
            raise _not_canonical("a NaN has other bits than the canonical one")
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    # As text: JSON has no integers of its own, and -0.0 and 1e300 would not survive as numbers.
    return repr(number)


def _decimal(slot: bytes) -> JsonValue:
    scale = int.from_bytes(slot[:1], signed=True)
    unscaled = int.from_bytes(slot[1:], signed=True)
    sign = "-" if unscaled < 0 else ""
    digits = str(abs(unscaled))
    if scale <= 0:
        return sign + digits + "0" * (-scale if unscaled else 0)
    digits = digits.rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}"


def _date(slot: bytes) -> JsonValue:
    return _calendar_day(int.from_bytes(slot, signed=True))


def _time(slot: bytes) -> JsonValue:
    nanoseconds = int.from_bytes(slot, signed=True)
    seconds, rest = divmod(nanoseconds, NANOSECONDS_PER_SECOND)
    if not 0 <= seconds < SECONDS_PER_DAY:
        raise _not_canonical("a time lies outside of the day")
    return _clock(seconds, rest)


def _timestamp(slot: bytes) -> str:
    seconds, nanoseconds = _seconds(slot)
    day, second = divmod(seconds, SECONDS_PER_DAY)
    return f"{_calendar_day(day)}T{_clock(second, nanoseconds)}"


def _instant(slot: bytes) -> JsonValue:
    return f"{_timestamp(slot)}Z"


def _duration(slot: bytes) -> JsonValue:
    seconds, rest = _seconds(slot)
    total = seconds * NANOSECONDS_PER_SECOND + rest
    sign = "-" if total < 0 else ""
    seconds, rest = divmod(abs(total), NANOSECONDS_PER_SECOND)
    return f"{sign}{seconds}{_fraction(rest)} s"


def _seconds(slot: bytes) -> tuple[int, int]:
    nanoseconds = int.from_bytes(slot[8:])
    if nanoseconds >= NANOSECONDS_PER_SECOND:
        raise _not_canonical("a time has a second or more of nanoseconds")
    return int.from_bytes(slot[:8], signed=True), nanoseconds


def _clock(seconds: int, nanoseconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}{_fraction(nanoseconds)}"


def _fraction(nanoseconds: int) -> str:
    return f".{nanoseconds:09}".rstrip("0").rstrip(".")


def _calendar_day(day: int) -> str:
    """Return the date of the proleptic Gregorian calendar, of any year, as ISO 8601 writes it."""
    # Days are counted from 1970-01-01; here from 0000-03-01, so that leap days end the year.
    era, day_of_era = divmod(day + 719_468, 146_097)
    year_of_era = (
        day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    month = shifted_month + (3 if shifted_month < 10 else -9)  # noqa: PLR2004  # from March on
    year = era * 400 + year_of_era + (month <= 2)  # noqa: PLR2004  # January and February
    spelled = f"{year:04}" if 0 <= year <= 9999 else f"{year:+05}"  # noqa: PLR2004
    return f"{spelled}-{month:02}-{day_of_year - (153 * shifted_month + 2) // 5 + 1:02}"


_SCALARS: dict[Tag, Callable[[bytes], JsonValue]] = {
    Tag.BOOL: _bool,
    Tag.INT: _int,
    Tag.UINT64: _uint64,
    Tag.FLOAT: _float,
    Tag.DECIMAL: _decimal,
    Tag.TIMESTAMP: _timestamp,
    Tag.INSTANT: _instant,
    Tag.DATE: _date,
    Tag.TIME: _time,
    Tag.DURATION: _duration,
}

_NAMES = {tag: tag.name.lower() for tag in Tag} | {Tag.INSTANT: "timestamp[UTC]"}


def _torn() -> RecordError:
    return _not_canonical("it ends before its last value does")


def _not_canonical(reason: str) -> RecordError:
    return RecordError(
        f"The bytes are no canonical row: {reason}.",
        remedy="Ask for the record again; what was checked is not what docs/records.md specifies.",
    )
