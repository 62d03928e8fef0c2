"""The rows of a dataset's files, in the one form in which they are compared with an output.

A row is what a person would call one: a line of CSV or JSON Lines as it stands, and its cells, as
those of a table, joined as `row_bytes` does.
"""

from __future__ import annotations

import csv
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records.source import MAX_RECORD_BYTES
from dataledger.node.sandbox.data import open_pieces
from dataledger.node.sandbox.output import json_row, parse_json, row_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIECE_BYTES = 4 * 1024 * 1024

csv.field_size_limit(MAX_RECORD_BYTES)


def rows_of(path: Path, record_format: RecordFormat) -> Iterator[list[bytes]]:
    """Yield the rows of a file, many at a time. What is no row of its format is left out.

    Raises:
        SourceUnreadable: it cannot be read.
        RecordError: it is a table that is torn.
        DependencyMissing: it is a table, and pyarrow is not installed.
    """
    if record_format in (RecordFormat.PARQUET, RecordFormat.ARROW):
        yield from _table_rows(path, record_format)
        return
    for number, lines in enumerate(_lines(path)):
        if number == 0 and record_format is RecordFormat.CSV:
            del lines[:1]  # the names of the columns
        yield [line.strip() for line in lines]
        if record_format is RecordFormat.JSONL:
            yield list(_json_rows(lines))
        elif any(b'"' in line for line in lines):  # else its rows are the lines
            yield list(_csv_rows(lines))


def _lines(path: Path) -> Iterator[list[bytes]]:
    """Yield the lines of a file, many at a time, with what ends them."""
    rest = b""
    for piece in open_pieces(path, PIECE_BYTES):
        lines = (rest + piece).splitlines(keepends=True)
        rest = lines.pop()
        yield lines
    yield [rest]


def _json_rows(lines: list[bytes]) -> Iterator[bytes]:
    for line in lines:
        with suppress(ValueError):
            yield json_row(parse_json(line))


def _csv_rows(lines: list[bytes]) -> Iterator[bytes]:
    # A row whose cell goes over the end of the lines is cut in two, each compared on its own.
    texts = (line.decode("utf-8", "surrogateescape") for line in lines)
    with suppress(csv.Error):
        for cells in csv.reader(texts):
            yield row_bytes(cells)


def _table_rows(path: Path, record_format: RecordFormat) -> Iterator[list[bytes]]:
    from dataledger.manifest.records.tables import require_pyarrow

    require_pyarrow()
    from dataledger.manifest.records import arrow_ipc, parquet

    reader = arrow_ipc if record_format is RecordFormat.ARROW else parquet
    for batch in reader.read_from(str(path), 0).batches:
        columns = [_texts(column) for column in batch.columns]
        yield [row_bytes(cells) for cells in zip(*columns, strict=True)]


def _texts(column: Any) -> list[str]:
    """Return the values of a column as texts; what has no text, as an empty one."""
    import pyarrow as pa

    with suppress(pa.ArrowException):
        return [text or "" for text in column.cast(pa.large_string()).to_pylist()]
    return [""] * len(column)
