"""The fixed-width heads of a column's values: a matrix of bytes, one row for each value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dataledger.manifest.records.layout import fixed_width_values, integers, nulls
from dataledger.manifest.records.tags import (
    NANOSECONDS_PER_SECOND,
    NULL_FLAG,
    SECONDS_PER_DAY,
    SLOT_BYTES,
    Tag,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Slot = tuple[str, NDArray[Any] | int]
    """The type of a part of the slot, as numpy spells it, and its values."""

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": NANOSECONDS_PER_SECOND}

_MILLISECONDS_PER_DAY = SECONDS_PER_DAY * 1_000


def heads_of(tag: Tag, array: Any) -> NDArray[np.uint8]:
    """Return the heads of an array whose values have no bodies."""
    return _heads(tag, array, _SLOTS[tag](array))


def heads_with_lengths(tag: Tag, array: Any, lengths: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the heads of an array whose values have bodies of these lengths."""
    return _heads(tag, array, [(">u4", lengths)])


def _heads(tag: Tag, array: Any, slots: Sequence[Slot]) -> NDArray[np.uint8]:
    names = [f"slot{number}" for number in range(len(slots))]
    fields = [("tag", "u1"), *zip(names, (kind for kind, _ in slots), strict=True)]
    heads = np.empty(len(array), np.dtype(fields))
    heads["tag"] = tag
    for name, (_, values) in zip(names, slots, strict=True):
        heads[name] = values
    matrix = heads.view(np.uint8).reshape(len(array), 1 + SLOT_BYTES[tag])
    missing = nulls(array)
    if missing is not None:
        set_null(tag, matrix, missing)
    return matrix


def set_null(tag: Tag, heads: NDArray[np.uint8], missing: NDArray[np.bool_]) -> None:
    """Make the heads those of missing values, where `missing` says so."""
    heads[missing] = 0
    heads[missing, 0] = tag | NULL_FLAG


# --------------------------------------------------------------------------------------- slots


def _null_slots(_array: Any) -> list[Slot]:
    return []


def _bool_slots(array: Any) -> list[Slot]:
    return [("u1", fixed_width_values(array.cast(pa.uint8()), "u1"))]


def _int_slots(array: Any) -> list[Slot]:
    return [(">i8", integers(array))]


def _uint64_slots(array: Any) -> list[Slot]:
    return [(">u8", fixed_width_values(array, "<u8"))]


def _float_slots(array: Any) -> list[Slot]:
    values = fixed_width_values(array, f"<f{array.type.bit_width // 8}")
    nan = np.isnan(values)
    if nan.any():
        # Whatever bits it had: the one that Python and numpy write.
        values = np.where(nan, 0, values).astype("<f8")
        values[nan] = np.nan
    return [(">f8", values)]


def _decimal_slots(array: Any) -> list[Slot]:
    size = array.type.bit_width // 8
    if size < 8:  # noqa: PLR2004  # a machine word
        words = fixed_width_values(array, f"<i{size}").astype("<i8").reshape(-1, 1)
    else:
        rows = fixed_width_values(array, f"V{size}")
        words = rows.view("<i8").reshape(len(array), size // 8)
    count = words.shape[1]
    sign = words[:, -1] >> 63
    return [
        ("i1", array.type.scale),
        *[(">i8", sign)] * (4 - count),
        *[(">i8", words[:, number]) for number in reversed(range(count))],
    ]


def _timestamp_slots(array: Any) -> list[Slot]:
    units = fixed_width_values(array, "<i8")
    per_second = _PER_SECOND[array.type.unit]
    seconds = units // per_second
    return [
        (">i8", seconds),
        (">u4", (units - seconds * per_second) * (NANOSECONDS_PER_SECOND // per_second)),
    ]


def _date_slots(array: Any) -> list[Slot]:
    if pa.types.is_date64(array.type):
        return [(">i8", fixed_width_values(array, "<i8") // _MILLISECONDS_PER_DAY)]
    return [(">i8", fixed_width_values(array, "<i4"))]


def _time_slots(array: Any) -> list[Slot]:
    values = fixed_width_values(array, f"<i{array.type.bit_width // 8}").astype("<i8")
    return [(">i8", values * (NANOSECONDS_PER_SECOND // _PER_SECOND[array.type.unit]))]


_SLOTS = {
    Tag.NULL: _null_slots,
    Tag.BOOL: _bool_slots,
    Tag.INT: _int_slots,
    Tag.UINT64: _uint64_slots,
    Tag.FLOAT: _float_slots,
    Tag.DECIMAL: _decimal_slots,
    Tag.TIMESTAMP: _timestamp_slots,
    Tag.INSTANT: _timestamp_slots,
    Tag.DATE: _date_slots,
    Tag.TIME: _time_slots,
    Tag.DURATION: _timestamp_slots,
}
