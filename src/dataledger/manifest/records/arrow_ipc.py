"""What an Arrow IPC file or stream holds: its columns, and its record batches, checked."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.ipc

from dataledger.manifest.records.contents import Contents, reading
from dataledger.manifest.records.schema import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataledger.manifest.records.source import Column

_NAME = "Arrow IPC"

_FILE_MAGIC = b"ARROW1"


def outline(path: str) -> tuple[tuple[Column, ...], list[int]]:
    """Return the columns, and the number of rows in each record batch.

    Raises:
        SourceUnreadable: the file cannot be read.
        RecordError: it is neither an Arrow IPC file nor a stream, is torn, or has columns that
            records cannot have.
    """
    with reading(path, _NAME):
        schema = _open(path).schema
        columns = columns_of(schema)
        # No index says how many rows a batch has; one column of it does.
        options = pa.ipc.IpcReadOptions(
            included_fields=[_smallest(schema)] if len(schema) else None, use_threads=False
        )
        return columns, [batch.num_rows for batch in _batches(_open(path, options), 0)]


def read_from(path: str, batch_number: int) -> Contents:
    """Return the columns, and the rows from a record batch on.

    Raises:
        SourceUnreadable: the file cannot be read.
        RecordError: it is torn.
    """
    with reading(path, _NAME):
        reader = _open(path)
        columns = columns_of(reader.schema)
    return Contents(path, _NAME, columns, _batches(reader, batch_number))


def _open(path: str, options: Any = None) -> Any:
    # Not mapped into memory: whoever cuts a mapped file short kills those who read it, and a batch
    # must not change once it was found to be valid.
    file = pa.OSFile(path)
    is_file = file.read(len(_FILE_MAGIC)) == _FILE_MAGIC
    file.seek(0)
    options = options or pa.ipc.IpcReadOptions(use_threads=False)
    open_it = pa.ipc.open_file if is_file else pa.ipc.open_stream
    return open_it(file, options=options)


def _batches(reader: Any, first: int) -> Iterator[Any]:
    if isinstance(reader, pa.ipc.RecordBatchFileReader):
        for number in range(first, reader.num_record_batches):
            yield reader.get_batch(number)
        return
    for number in count():
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        if number >= first:
            yield batch


def _smallest(schema: Any) -> int:
    """Return the number of a column that is quickly read."""
    flat = (n for n, field in enumerate(schema) if pa.types.is_primitive(field.type))
    return next(flat, 0)
