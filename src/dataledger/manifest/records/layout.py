"""Arrow's arrays as numpy sees them: buffers, offsets, and how long each value will be encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from dataledger.manifest.records.schema import tag_of
from dataledger.manifest.records.source import MAX_RECORD_BYTES
from dataledger.manifest.records.tags import SLOT_BYTES, WITH_BODY, Tag

if TYPE_CHECKING:
    from numpy.typing import NDArray

_VIEW_BYTES = 16
"""Of a view of a string or of bytes; the first four are its length."""


def fixed_width_values(array: Any, dtype: str) -> NDArray[Any]:
    """Return the values of an array that has one buffer of them; anything where there is null."""
    buffer = array.buffers()[1]
    if buffer is None:
        return np.zeros(len(array), dtype)
    size = np.dtype(dtype).itemsize
    return np.frombuffer(buffer, dtype, count=len(array), offset=array.offset * size)


def integers(array: Any) -> NDArray[Any]:
    """Return an array of integers; anything where there is null."""
    # By its buffer: Arrow's own way to numpy imports pandas, wherever that is installed.
    sign = "u" if pa.types.is_unsigned_integer(array.type) else "i"
    return fixed_width_values(array, f"<{sign}{array.type.bit_width // 8}")


def arrow_integers(values: NDArray[Any]) -> Any:
    """Return integers as Arrow's, without a copy."""
    # By its buffer, as `integers` does.
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, data])


def nulls(array: Any) -> NDArray[np.bool_] | None:
    """Return where the array is null; None if it nowhere is."""
    if not array.null_count:
        return None
    return integers(array.is_null().cast(pa.uint8())).view(np.bool_)


def without_extension(array: Any) -> Any:
    """Return the array's storage, if its type is an extension."""
    while isinstance(array, pa.ExtensionArray):
        array = array.storage
    return array


def as_list(array: Any) -> Any:
    """Return a map as the list of structs that it is stored as; any other list as it is."""
    if not pa.types.is_map(array.type):
        return array
    return pa.Array.from_buffers(
        pa.list_(array.values.type),
        len(array),
        array.buffers()[:2],
        offset=array.offset,
        children=[array.values],
    )


class Indirection(NamedTuple):
    """An array as values, and which of them stands where."""

    values: Any
    indices: NDArray[Any]
    missing: NDArray[np.bool_] | None
    """Where there is null, and the index means nothing."""


def indirection(array: Any) -> Indirection | None:
    """Return a dictionary's or run-end encoded array's values; None for any other array."""
    kind = array.type
    if pa.types.is_run_end_encoded(kind):
        positions = array.offset + np.arange(len(array))
        runs = np.searchsorted(integers(array.run_ends), positions, side="right")
        return Indirection(array.values, runs, None)
    if not pa.types.is_dictionary(kind):
        return None
    indices = array.indices
    values = array.dictionary if len(array.dictionary) else pa.nulls(1, kind.value_type)
    missing = nulls(indices)
    if missing is not None:
        indices = indices.fill_null(0)
    return Indirection(values, integers(indices), missing)


# ------------------------------------------------------------------------------------- weights


def weights(array: Any) -> NDArray[np.int64]:
    """Return the size in bytes, head and body, of each value's canonical encoding.

    It costs next to nothing: whatever a few bytes of a dictionary or a list view stand for is known
    before it is made. Sizes above `MAX_RECORD_BYTES` are all told as one more than that.
    """
    array = without_extension(array)
    kind = array.type
    indirect = indirection(array)
    if indirect is not None:
        sizes: NDArray[np.int64] = weights(indirect.values)[indirect.indices]
        if indirect.missing is not None:
            sizes[indirect.missing] = 1 + SLOT_BYTES[tag_of(kind)]
        return sizes
    tag = tag_of(kind)
    sizes = np.full(len(array), 1 + SLOT_BYTES[tag], np.int64)
    if tag in WITH_BODY and len(array):
        bodies = _body_sizes(tag, array)
        missing = nulls(array)
        if missing is not None:
            bodies = np.where(missing, 0, bodies)
        sizes += bodies
        np.minimum(sizes, MAX_RECORD_BYTES + 1, out=sizes)
    return sizes


def _body_sizes(tag: Tag, array: Any) -> NDArray[np.int64]:
    if tag is Tag.STRUCT:
        sizes = np.zeros(len(array), np.int64)
        for number in range(array.type.num_fields):
            sizes += weights(array.field(number))
        return sizes
    if tag is Tag.LIST:
        begins, ends = _element_ranges(array)
        first, last = int(begins.min()), int(ends.max())
        summed = np.zeros(last - first + 1, np.int64)
        np.cumsum(weights(array.values.slice(first, last - first)), out=summed[1:])
        sums: NDArray[np.int64] = summed[ends - first] - summed[begins - first]
        return sums
    return _string_sizes(array)


def _string_sizes(array: Any) -> NDArray[np.int64]:
    kind = array.type
    if pa.types.is_fixed_size_binary(kind):
        return np.full(len(array), kind.byte_width, np.int64)
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        views = np.frombuffer(array.buffers()[1], "<i4").reshape(-1, _VIEW_BYTES // 4)
        return views[array.offset : array.offset + len(array), 0].astype(np.int64)
    return np.diff(offsets_of(array)).astype(np.int64, copy=False)


def offsets_of(array: Any) -> NDArray[Any]:
    """Return where the values of an array of strings or bytes begin in its data, and the end."""
    large = pa.types.is_large_binary(array.type) or pa.types.is_large_string(array.type)
    dtype = np.dtype("<i8" if large else "<i4")
    buffer = array.buffers()[1]
    if buffer is None or not buffer.size:
        return np.zeros(1, dtype)
    return np.frombuffer(buffer, dtype, len(array) + 1, array.offset * dtype.itemsize)


def _element_ranges(array: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    kind = array.type
    if pa.types.is_fixed_size_list(kind):
        begins = (array.offset + np.arange(len(array))) * kind.list_size
        return begins, begins + kind.list_size
    offsets = integers(array.offsets).astype(np.int64, copy=False)
    if pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind):
        return offsets, offsets + integers(array.sizes)
    return offsets[:-1], offsets[1:]
