"""Arrow's record batches as canonical rows; `docs/records.md` is the specification.

No Python object is made for a row or a value: heads are filled by numpy, column by column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataledger.errors import RecordError, shown
from dataledger.manifest.records.heads import heads_of, heads_with_lengths, set_null
from dataledger.manifest.records.layout import (
    Indirection,
    arrow_integers,
    as_list,
    indirection,
    integers,
    nulls,
    offsets_of,
    weights,
    without_extension,
)
from dataledger.manifest.records.rows import NOTHING, RowBatch, Values, byte_strings, join
from dataledger.manifest.records.schema import tag_of
from dataledger.manifest.records.source import BATCH_BYTES, MAX_RECORD_BYTES
from dataledger.manifest.records.tags import WITH_BODY, Tag

if TYPE_CHECKING:
    from collections.abc import Iterator


def encode(batch: pa.RecordBatch, first_record: int) -> Iterator[RowBatch]:
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


def _encode_at_once(batch: pa.RecordBatch) -> RowBatch:
    return RowBatch([_encode_values(column) for column in batch.columns], batch.num_rows)


def _encode_values(array: Any) -> Values:
    array = without_extension(array)
    tag = tag_of(array.type)
    indirect = indirection(array)
    if indirect is not None:
        return _take(tag, _encode_values(indirect.values), indirect)
    if tag not in WITH_BODY:
        return Values(heads_of(tag, array), None)
    bodies = _BODIES.get(tag, _string_bodies)(array)
    return Values(heads_with_lengths(tag, array, np.diff(offsets_of(bodies))), bodies)


def _take(tag: Tag, values: Values, indirect: Indirection) -> Values:
    # Heads and bodies can be taken whatever the type; Arrow cannot take arrays of every type.
    heads = values.heads[indirect.indices]
    bodies = None
    if values.bodies is not None:
        bodies = values.bodies.take(arrow_integers(indirect.indices))
    if indirect.missing is not None:
        set_null(tag, heads, indirect.missing)
        if bodies is not None:
            is_there = arrow_integers((~indirect.missing).view(np.uint8)).cast(pa.bool_())
            bodies = pc.if_else(is_there, bodies, NOTHING)
    return Values(heads, bodies)


# -------------------------------------------------------------------------------------- bodies


def _string_bodies(array: Any) -> Any:
    array = array.cast(pa.large_binary())
    return array.fill_null(b"") if array.null_count else array


def _list_bodies(array: Any) -> Any:
    array = as_list(array)
    elements = array.flatten()
    rows = join([_encode_values(elements)], len(elements))
    lengths = integers(pc.list_value_length(array).fill_null(0))
    ends = np.zeros(len(array) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    return byte_strings(offsets_of(rows)[ends], rows.buffers()[2])


def _struct_bodies(array: Any) -> Any:
    fields = [array.field(number) for number in range(array.type.num_fields)]
    rows = join([_encode_values(field) for field in fields], len(array))
    # What stands below a missing struct is no part of the table.
    return rows if nulls(array) is None else pc.if_else(array.is_valid(), rows, NOTHING)


_BODIES = {Tag.LIST: _list_bodies, Tag.STRUCT: _struct_bodies}
