"""Canonical rows read backwards: what is told encodes to the same bytes again."""

import struct
from collections.abc import Iterator, Mapping
from datetime import date
from math import isnan
from random import Random
from typing import Any

import pyarrow as pa
import slow_records
from fuzzing import accepted

from dataledger.manifest.records.decoding import decode_row

_TAGS = {
    "null": (0x00, 0), "bool": (0x01, 1), "int": (0x02, 8), "uint64": (0x03, 8), "float": (0x04, 8),
    "decimal": (0x05, 33), "string": (0x06, 4), "binary": (0x07, 4), "timestamp": (0x08, 12),
    "timestamp[UTC]": (0x09, 12), "date": (0x0A, 8), "time": (0x0B, 8), "duration": (0x0C, 12),
    "list": (0x0D, 4), "struct": (0x0E, 4),
}  # fmt: skip
_UNTOLD = {"decimal", "timestamp", "timestamp[UTC]", "date", "time", "duration"}
"""Scalars whose text is checked by its form alone."""

MAX_BYTES = 600


def check(data: bytes) -> None:
    values = accepted(decode_row, data)
    if values is None:
        return
    told: list[Any] = [value.to_json() for value in values]
    heads = [_head(value) for value in told]
    bodies = [_body(value) for value in told]
    position = 0
    for value, head in zip(told, heads, strict=True):
        tag, slot_bytes = _TAGS[value["type"]]
        assert data[position] & 0x7F == tag
        if head is not None:
            assert data[position : position + 1 + slot_bytes] == head
        position += 1 + slot_bytes
    # A body with a scalar in it that is not told exactly is not made again.
    if None not in bodies:
        assert data[position:] == b"".join(body for body in bodies if body is not None)
    for value in told:
        _check_text(value)


def _head(value: Mapping[str, Any]) -> bytes | None:
    kind, content = value["type"], value["value"]
    tag, slot_bytes = _TAGS[kind]
    if content is None:
        return bytes([tag | 0x80]) + bytes(slot_bytes)
    if kind in _UNTOLD:
        return None
    if kind == "bool":
        return bytes([tag, content])
    if kind in ("int", "uint64"):
        return bytes([tag]) + int(content).to_bytes(8, signed=kind == "int")
    if kind == "float":
        number = float(content)
        return bytes([tag]) + (
            bytes.fromhex("7ff8000000000000") if isnan(number) else struct.pack(">d", number)
        )
    body = _body(value)
    return None if body is None else bytes([tag]) + len(body).to_bytes(4)


def _body(value: Mapping[str, Any]) -> bytes | None:
    kind, content = value["type"], value["value"]
    if content is None or kind not in ("string", "binary", "list", "struct"):
        return b""
    if kind == "string":
        return bytes(content.encode())
    if kind == "binary":
        return bytes.fromhex(content.removeprefix("0x"))
    heads = [_head(item) for item in content]
    bodies = [_body(item) for item in content]
    if None in heads or None in bodies:
        return None
    pairs = [(h, b) for h, b in zip(heads, bodies, strict=True) if h is not None and b is not None]
    if kind == "list":
        return b"".join(head + body for head, body in pairs)
    return b"".join(head for head, _ in pairs) + b"".join(body for _, body in pairs)


def _check_text(value: Mapping[str, Any]) -> None:
    kind, content = value["type"], value["value"]
    if kind in ("list", "struct"):
        for item in content or ():
            _check_text(item)
    elif content is not None and kind in _UNTOLD:
        assert content.isprintable()
        if kind == "date" and len(content) == len("2026-01-31"):
            year = int(content[:4])
            assert year == 0 or date.fromisoformat(content).isoformat() == content


def seeds() -> Iterator[bytes]:
    columns = {
        "b": pa.array([True, None]),
        "i": pa.array([-1, 2**62]),
        "u": pa.array([2**64 - 1, 0], pa.uint64()),
        "f": pa.array([float("nan"), -0.0]),
        "s": pa.array(["é", ""]),
        "y": pa.array([b"\xff", None]),
        "t": pa.array([0, -1], pa.timestamp("ns")),
        "z": pa.array([1_700_000_000, None], pa.timestamp("s", "UTC")),
        "d": pa.array([0, -719_529], pa.date32()),
        "c": pa.array([0, 86_399_999_999], pa.time64("us")),
        "p": pa.array([-1, 10**12], pa.duration("us")),
        "l": pa.array([[1, None], []], pa.list_(pa.int8())),
        "o": pa.array([{"a": 1, "b": ["x"]}, None]),
        "m": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
        "n": pa.nulls(2),
        "e": pa.array(["1.50", None]).cast(pa.decimal128(9, 2)),
    }
    table = pa.table(columns)
    yield b""
    yield from slow_records.rows(table)
    for name in columns:
        yield from slow_records.rows(table.select([name]))
    yield b"\x0d\x00\x00\x00\x05" * 70


def mutate(data: bytes, random: Random) -> bytes:
    """Change tags and lengths; wrap a row in a struct or a list."""
    changed = bytearray(data)
    kind = random.randrange(4)
    if kind == 0:
        return bytes([random.choice((0x0D, 0x0E))]) + len(data).to_bytes(4) + data
    if kind == 1 and changed:
        changed[random.randrange(len(changed))] = random.choice((*range(0x0F), 0x80, 0x8D, 0xFF))
    elif kind == 2 and len(changed) > 4:
        changed[random.randrange(len(changed))] = random.randrange(256)
    else:
        tag, slot_bytes = random.choice(list(_TAGS.values()))
        head = bytes([tag]) + random.randbytes(slot_bytes)
        changed = bytearray(head) + changed
    return bytes(changed)
