"""Arrow's record batches as canonical rows; `docs/records.md` is the specification.

No Python object is made for a row or a value: heads are filled by numpy, column by column, and rows
are put together by Arrow's joining of byte strings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataledger.errors import RecordError, shown
from dataledger.manifest.records.heads import heads_of, heads_with_lengths, set_null
from dataledger.manifest.records.layout import (
    Indirection,
    as_list,
    indirection,
    nulls,
    offsets_of,
    weights,
    without_extension,
)
from dataledger.manifest.records.schema import tag_of
from dataledger.manifest.records.source import (
    BATCH_BYTES,
    MAX_RECORD_BYTES,
    ColumnValues,
    EncodedBatch,
)
from dataledger.manifest.records.tags import WITH_BODY, Tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_NOTHING = pa.scalar(b"", pa.large_binary())


def encode(batch: pa.RecordBatch, first_record: int) -> Iterator[EncodedBatch]:
    """Yield the batch's rows in their canonical form, at most about `BATCH_BYTES` at a time.

    The batch must be valid (`validate(full=True)`), with types that `schema.columns_of` took.
    `first_record` is the number of its first row.

    Raises:
        RecordError: a row is longer than `MAX_RECORD_BYTES`, or a type is beyond this pyarrow.
    """
    sizes = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        sizes += weights(column)
    too_long = np.flatnonzero(sizes > MAX_RECORD_BYTES)
    if len(too_long):
        raise RecordError(
            f"Record {first_record + int(too_long[0])} takes more than {MAX_RECORD_BYTES} bytes.",
            remedy="Keep large values in files of their own, and their names in the table.",
        )
    ends = np.cumsum(sizes)
    begin = 0
    while begin < batch.num_rows:
        before = int(ends[begin - 1]) if begin else 0
        end = int(np.searchsorted(ends, before + BATCH_BYTES, side="right"))
        end = max(end, begin + 1)
        try:
            encoded = _encode_at_once(batch.slice(begin, end - begin))
        except pa.ArrowNotImplementedError as error:
            raise RecordError(
                f"The installed pyarrow {pa.__version__} cannot read a column: {shown(str(error))}",
                remedy="Install a newer pyarrow, or write the table with plainer types.",
            ) from error
        yield encoded
        begin = end


class _Values(NamedTuple):
    """Encoded values: a matrix of heads, and the bodies, if the type has any."""

    heads: NDArray[np.uint8]
    bodies: Any


def _encode_at_once(batch: pa.RecordBatch) -> EncodedBatch:
    encoded = [_encode_values(column) for column in batch.columns]
    rows = _join(encoded, batch.num_rows)
    columns = [
        ColumnValues(
            values.heads.reshape(-1).data, b"" if values.bodies is None else _data(values.bodies)
        )
        for values in encoded
    ]
    return EncodedBatch(_data(rows), offsets_of(rows).data, columns)


def _encode_values(array: Any) -> _Values:
    array = without_extension(array)
    tag = tag_of(array.type)
    indirect = indirection(array)
    if indirect is not None:
        return _take(tag, _encode_values(indirect.values), indirect)
    if tag not in WITH_BODY:
        return _Values(heads_of(tag, array), None)
    bodies = _BODIES.get(tag, _string_bodies)(array)
    return _Values(heads_with_lengths(tag, array, np.diff(offsets_of(bodies))), bodies)


def _take(tag: Tag, values: _Values, indirect: Indirection) -> _Values:
    # Heads and bodies can be taken whatever the type; Arrow cannot take arrays of every type.
    heads = values.heads[indirect.indices]
    bodies = None
    if values.bodies is not None:
        bodies = values.bodies.take(pa.array(indirect.indices))
    if indirect.missing is not None:
        set_null(tag, heads, indirect.missing)
        if bodies is not None:
            bodies = pc.if_else(pa.array(~indirect.missing), bodies, _NOTHING)
    return _Values(heads, bodies)


def _join(encoded: Sequence[_Values], count: int) -> Any:
    """Return rows: all heads, then all bodies."""
    heads = _side_by_side([values.heads for values in encoded], count)
    offsets = np.arange(count + 1, dtype=np.int64) * heads.dtype.itemsize
    data = pa.py_buffer(heads.view(np.uint8)) if heads.nbytes else pa.py_buffer(b"")
    bodies = [values.bodies for values in encoded if values.bodies is not None]
    rows = _byte_strings(offsets, data)
    return pc.binary_join_element_wise(rows, *bodies, _NOTHING) if bodies else rows


def _side_by_side(matrices: Sequence[NDArray[np.uint8]], count: int) -> NDArray[np.void]:
    # Copied as opaque items: several times faster than numpy joins matrices.
    kinds = [f"V{matrix.shape[1]}" for matrix in matrices]
    rows = np.empty(count, np.dtype([(f"c{n}", kind) for n, kind in enumerate(kinds)]))
    for number, (matrix, kind) in enumerate(zip(matrices, kinds, strict=True)):
        rows[f"c{number}"] = matrix.view(kind).reshape(count)
    return rows


def _byte_strings(offsets: NDArray[np.int64], data: Any) -> Any:
    count = len(offsets) - 1
    return pa.Array.from_buffers(pa.large_binary(), count, [None, pa.py_buffer(offsets), data])


def _data(rows: Any) -> memoryview:
    """Return the bytes of all rows, one after another."""
    offsets = offsets_of(rows)
    return memoryview(rows.buffers()[2] or b"")[int(offsets[0]) : int(offsets[-1])]


# -------------------------------------------------------------------------------------- bodies


def _string_bodies(array: Any) -> Any:
    array = array.cast(pa.large_binary())
    return array.fill_null(b"") if array.null_count else array


def _list_bodies(array: Any) -> Any:
    array = as_list(array)
    elements = array.flatten()
    rows = _join([_encode_values(elements)], len(elements))
    lengths = np.asarray(pc.list_value_length(array).fill_null(0))
    ends = np.zeros(len(array) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    return _byte_strings(offsets_of(rows)[ends], rows.buffers()[2])


def _struct_bodies(array: Any) -> Any:
    fields = [array.field(number) for number in range(array.type.num_fields)]
    rows = _join([_encode_values(field) for field in fields], len(array))
    # What stands below a missing struct is no part of the table.
    return rows if nulls(array) is None else pc.if_else(array.is_valid(), rows, _NOTHING)


_BODIES = {Tag.LIST: _list_bodies, Tag.STRUCT: _struct_bodies}
