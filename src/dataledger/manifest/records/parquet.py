"""What a Parquet file holds: its columns, its row groups, and their rows as checked batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from dataledger.manifest.records.contents import Contents, reading
from dataledger.manifest.records.int96 import exact, int96_columns
from dataledger.manifest.records.schema import columns_of
from dataledger.manifest.records.source import BATCH_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataledger.manifest.records.source import Column

_NAME = "Parquet"

_BUFFER_BYTES = 1024 * 1024
"""Read at a time of each column, so that no column chunk need be in memory as a whole."""

_BUFFERED_FROM_BYTES = 64 * 1024 * 1024
"""A smaller file's column chunks are read as they are: where they are read bit by bit, a torn page
takes as much memory as it says it needs, up to 2 GiB."""

_READ_ROWS = 4096
"""Decoded at a time, at most. A dictionary lets long values take next to no room in the file: what
they decode to is known only afterwards."""


def outline(path: str) -> tuple[tuple[Column, ...], list[int]]:
    """Return the columns, and the number of rows in each row group.

    Raises:
        SourceUnreadable: the file cannot be read.
        RecordError: it is no Parquet file, or has columns that records cannot have.
    """
    with reading(path, _NAME):
        file = _open(path)
        counts = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        if sum(counts) != file.metadata.num_rows:
            raise ValueError("the row groups do not add up to the number of rows")
        int96_columns(file)
        return columns_of(file.schema_arrow), counts


def read_from(path: str, row_group: int) -> Contents:
    """Return the columns, and the rows from a row group on.

    Raises:
        SourceUnreadable: the file cannot be read.
        RecordError: it is torn.
    """
    with reading(path, _NAME):
        file = _open(path)
        columns = columns_of(file.schema_arrow)
    return Contents(path, _NAME, columns, _batches(path, file, row_group))


def _open(path: str, **options: Any) -> Any:
    # Not mapped into memory: whoever cuts a mapped file short kills those who read it.
    file = pa.OSFile(path)
    buffer_size = _BUFFER_BYTES if file.size() >= _BUFFERED_FROM_BYTES else 0
    return pq.ParquetFile(
        file, memory_map=False, pre_buffer=False, buffer_size=buffer_size, **options
    )


def _batches(path: str, file: Any, first: int) -> Iterator[Any]:
    row_groups = range(first, file.num_row_groups)
    rows = min((_rows_in_a_batch(file.metadata.row_group(n)) for n in row_groups), default=1)
    options = {"batch_size": min(rows, _READ_ROWS), "use_threads": False}
    old_times = int96_columns(file)
    in_seconds = _open(path, coerce_int96_timestamp_unit="s") if old_times else None
    # One by one: across row groups, a column that lacks a value takes it from the next one, and
    # what a row holds would depend on where reading began.
    for number in row_groups:
        missing = file.metadata.row_group(number).num_rows
        batches = file.iter_batches(row_groups=[number], **options)
        if in_seconds is not None:
            seconds = in_seconds.iter_batches(row_groups=[number], columns=old_times, **options)
            batches = map(exact, batches, seconds)
        for batch in batches:
            missing -= batch.num_rows
            if missing < 0:
                break
            yield batch
        if missing:
            raise ValueError(f"row group {number} has other rows than it promises")


def _rows_in_a_batch(row_group: Any) -> int:
    """Return how many rows make a batch, going by what the row group takes uncompressed."""
    per_row: int = max(1, row_group.total_byte_size // max(1, row_group.num_rows))
    return max(1, BATCH_BYTES // per_row)
