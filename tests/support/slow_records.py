"""What docs/records.md says, once more: value by value, with nothing but the standard library.

It shares no code with the package, and takes its time. Tables come as Arrow scalars, whose `value`
is the stored number where Python's own types would round it.
"""

import hashlib
import hmac
import math
import struct
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

# -------------------------------------------------------------------------------- one encoding


def head_and_body(kind: Any, scalar: Any) -> tuple[bytes, bytes]:
    """Return a value's encoding; the scalar is one of Arrow's, or None where there is no value."""
    if isinstance(kind, pa.BaseExtensionType):
        return head_and_body(kind.storage_type, scalar.value)
    if pa.types.is_dictionary(kind):
        return head_and_body(kind.value_type, scalar.value if scalar.is_valid else scalar)
    tag, slot_bytes = tag_and_slot(kind)
    if not scalar.is_valid:
        return bytes([tag | 0x80]) + bytes(slot_bytes), b""
    slot, body = slot_and_body(tag, kind, scalar)
    assert len(slot) == slot_bytes
    return bytes([tag]) + slot, body


def tag_and_slot(kind: Any) -> tuple[int, int]:
    types = pa.types
    table = [
        (types.is_null, 0x00, 0),
        (types.is_boolean, 0x01, 1),
        (types.is_uint64, 0x03, 8),
        (types.is_integer, 0x02, 8),
        (types.is_floating, 0x04, 8),
        (types.is_decimal, 0x05, 33),
        (types.is_string, 0x06, 4),
        (types.is_large_string, 0x06, 4),
        (types.is_string_view, 0x06, 4),
        (types.is_binary, 0x07, 4),
        (types.is_large_binary, 0x07, 4),
        (types.is_binary_view, 0x07, 4),
        (types.is_fixed_size_binary, 0x07, 4),
        (lambda kind: types.is_timestamp(kind) and kind.tz is None, 0x08, 12),
        (types.is_timestamp, 0x09, 12),
        (types.is_date, 0x0A, 8),
        (types.is_time, 0x0B, 8),
        (types.is_duration, 0x0C, 12),
        (types.is_struct, 0x0E, 4),
    ]
    for applies, tag, slot_bytes in table:
        if applies(kind):
            return tag, slot_bytes
    return 0x0D, 4  # every kind of list


def slot_and_body(  # noqa: PLR0911  # one step for each type
    tag: int, kind: Any, scalar: Any
) -> tuple[bytes, bytes]:
    if tag == 0x01:
        return (b"\x01" if scalar.as_py() else b"\x00"), b""
    if tag == 0x02:
        return scalar.as_py().to_bytes(8, "big", signed=True), b""
    if tag == 0x03:
        return scalar.as_py().to_bytes(8, "big"), b""
    if tag == 0x04:
        number = float(scalar.as_py())
        return bytes.fromhex("7ff8000000000000") if math.isnan(number) else struct.pack(
            ">d", number
        ), b""
    if tag == 0x05:
        sign, digits, exponent = scalar.as_py().as_tuple()
        unscaled = int("".join(map(str, digits))) * (-1 if sign else 1)
        unscaled *= 10 ** (exponent + kind.scale)
        return struct.pack(">b", kind.scale) + unscaled.to_bytes(32, "big", signed=True), b""
    if tag in (0x06, 0x07):
        value = scalar.as_py()
        body = value.encode() if isinstance(value, str) else value
        return len(body).to_bytes(4, "big"), body
    if tag in (0x08, 0x09, 0x0C):
        per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
        seconds, rest = divmod(scalar.value, per_second)
        nanoseconds = rest * (10**9 // per_second)
        return seconds.to_bytes(8, "big", signed=True) + nanoseconds.to_bytes(4, "big"), b""
    if tag == 0x0A:
        days = scalar.value if pa.types.is_date32(kind) else scalar.value // 86_400_000
        return days.to_bytes(8, "big", signed=True), b""
    if tag == 0x0B:
        per_unit = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[kind.unit]
        return (scalar.value * per_unit).to_bytes(8, "big", signed=True), b""
    if tag == 0x0D:
        elements = scalar.values
        body = b"".join(b"".join(head_and_body(elements.type, each)) for each in elements)
        return len(body).to_bytes(4, "big"), body
    fields = [kind.field(number) for number in range(kind.num_fields)]
    # By position: names may repeat.
    body = row([(field.type, scalar[number]) for number, field in enumerate(fields)])
    return len(body).to_bytes(4, "big"), body


def row(values: Sequence[tuple[Any, Any]]) -> bytes:
    encoded = [head_and_body(kind, scalar) for kind, scalar in values]
    return b"".join(head for head, _ in encoded) + b"".join(body for _, body in encoded)


def rows(table: Any) -> list[bytes]:
    """Return the canonical rows of a table or record batch."""
    kinds = [field.type for field in table.schema]
    return [
        row([(kind, column[i]) for kind, column in zip(kinds, table.columns, strict=True)])
        for i in range(table.num_rows)
    ]


def column_values(table: Any) -> list[tuple[bytes, bytes]]:
    """Return for each column its values' heads, one after another, and likewise their bodies."""
    columns = []
    for field, column in zip(table.schema, table.columns, strict=True):
        encoded = [head_and_body(field.type, value) for value in column]
        columns.append((b"".join(h for h, _ in encoded), b"".join(b for _, b in encoded)))
    return columns


# --------------------------------------------------------------------------- salts and trees


def hkdf(secret: bytes, info: bytes, size: int) -> bytes:
    """RFC 5869 with an empty salt."""
    key = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    output = block = b""
    counter = 1
    while len(output) < size:
        block = hmac.new(key, block + info + bytes([counter]), hashlib.sha256).digest()
        output += block
        counter += 1
    return output[:size]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def merkle_root(entries: Sequence[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, word for word."""
    if not entries:
        return sha256(b"")
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0])
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\x01" + merkle_root(entries[:split]) + merkle_root(entries[split:]))


def record_root(secret: bytes, records: Sequence[bytes]) -> bytes:
    key = hkdf(secret, b"dataledger/record-salt/1", 64)
    return merkle_root(
        [
            sha256(key + index.to_bytes(8, "big") + record)[:16] + record
            for index, record in enumerate(records)
        ]
    )


def label_root(secret: bytes, records: Sequence[bytes]) -> bytes:
    key = hkdf(secret, b"dataledger/record-label/1", 32)
    return merkle_root(
        sorted({hmac.new(key, record, hashlib.sha256).digest() for record in records})
    )
