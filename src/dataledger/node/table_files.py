"""Columns of CSV, JSON Lines, Parquet and Arrow files, where no row ends the reading."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataledger.hashing import TREE_CHUNK_BYTES
from dataledger.manifest.proving.data import open_data
from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records.csv import read_header

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

BLOCK_BYTES = 32 * 1024 * 1024
"""Read at a time of CSV; longer than any record that has a canonical form."""

_JSON_ROWS = 65_536
"""Turned into a batch at a time."""

_AS_WRITTEN = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
"""Made once: to make one takes longer than to read a line."""


def column_names(place: str, record_format: RecordFormat) -> list[str] | None:
    """Return the names of the table's columns; None where rows say which they have.

    Raises:
        SourceUnreadable: the file cannot be read.
        RecordError: it is not of that format, or two columns have one name.
    """
    if record_format is RecordFormat.JSONL:
        return None
    if record_format is RecordFormat.CSV:
        return [column.name for column in read_header(place)[0]]
    from dataledger.manifest.records.contents import reading
    from dataledger.manifest.records.schema import check_names

    with reading(place, record_format.value):
        names: list[str] = _open_typed(place, record_format).schema_arrow.names
    check_names(names)
    return names


def read_columns(place: Path, record_format: RecordFormat, columns: Sequence[str]) -> pa.Table:
    """Return these columns of a file that has them, in this order; without any, some one.

    Raises:
        SourceUnreadable: it cannot be read.
        RecordError: it is not of that format.
    """
    if record_format is RecordFormat.JSONL:
        return _read_jsonl(place, columns)
    if record_format is RecordFormat.CSV:
        return _read_csv(str(place), columns)
    return _read_typed(str(place), record_format, columns)


def _read_csv(place: str, columns: Sequence[str]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.csv

    from dataledger.manifest.records.contents import reading

    names = [column.name for column in read_header(place)[0]]
    if not columns:
        # Without any column, nothing would say how many rows there are.
        return _read_csv(place, names[:1])
    # A row that is left out is turned into text, which must not end the reading: in ISO 8859-1, all
    # bytes are characters.
    is_utf8 = _is_utf8(place)
    with reading(place, "CSV"):
        table = pa.csv.read_csv(
            place,
            read_options=pa.csv.ReadOptions(
                block_size=BLOCK_BYTES,
                column_names=names,
                skip_rows_after_names=1,
                encoding="utf8" if is_utf8 else "latin-1",
            ),
            parse_options=pa.csv.ParseOptions(
                newlines_in_values=True,
                invalid_row_handler=lambda _row: "skip",
            ),
            convert_options=pa.csv.ConvertOptions(
                include_columns=list(dict.fromkeys(columns)),
                column_types=dict.fromkeys(names, pa.large_string()),
                null_values=[],
                strings_can_be_null=False,
            ),
        )
    if not is_utf8:
        table = pa.table({name: _as_utf8(table.column(name)) for name in table.column_names})
    return table.select(list(columns))


def _is_utf8(place: str) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_data(Path(place)) as file:
        try:
            while chunk := file.read(TREE_CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _as_utf8(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return what was taken for ISO 8859-1 as the UTF-8 that it is; null where it is not."""
    import pyarrow as pa

    found = [
        [decoded(value.encode("latin-1")) for value in chunk.to_pylist()] for chunk in column.chunks
    ]
    return pa.chunked_array(found, pa.large_string())


def _read_jsonl(place: Path, columns: Sequence[str]) -> pa.Table:
    import pyarrow as pa

    schema = pa.schema([(name, pa.large_string()) for name in columns or ["row"]])
    batches = []
    rows: list[list[str | None]] = []
    with place.open("rb") as lines:
        for line in lines:
            found = _json_object(line)
            rows.append([_scalar(found.get(name)) for name in schema.names])
            if len(rows) == _JSON_ROWS:
                batches.append(_batch(rows, schema))
                rows = []
    return pa.Table.from_batches([*batches, _batch(rows, schema)], schema)


def _batch(rows: list[list[str | None]], schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    values = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pa.record_batch([pa.array(column, pa.large_string()) for column in values], schema)


def _json_object(line: bytes) -> dict[str, Any]:
    try:
        found = _AS_WRITTEN.decode(line.decode())
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _scalar(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return None
    return value if value.isascii() else decoded(value.encode("utf-8", "surrogatepass"))


def decoded(value: bytes | None) -> str | None:
    """Return the text that the bytes are; None where they are no UTF-8."""
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


class _ArrowFile:
    """An Arrow file or stream, with the face of a `ParquetFile`."""

    def __init__(self, place: str) -> None:
        import pyarrow as pa

        # Not mapped into memory: whoever cuts a mapped file short kills those who read it.
        file = pa.OSFile(place)
        is_file = file.read(6) == b"ARROW1"
        file.seek(0)
        self._reader = pa.ipc.open_file(file) if is_file else pa.ipc.open_stream(file)
        self.schema_arrow = self._reader.schema

    def read(self, columns: Sequence[str]) -> pa.Table:
        return self._reader.read_all().select(list(columns))


def _open_typed(place: str, record_format: RecordFormat) -> Any:
    import pyarrow as pa

    if record_format is RecordFormat.ARROW:
        return _ArrowFile(place)
    import pyarrow.parquet as pq

    return pq.ParquetFile(pa.OSFile(place), memory_map=False)


def _read_typed(place: str, record_format: RecordFormat, columns: Sequence[str]) -> pa.Table:
    import pyarrow as pa

    from dataledger.manifest.records.contents import reading

    with reading(place, record_format.value):
        file = _open_typed(place, record_format)
        wanted = list(columns) or file.schema_arrow.names[:1]
        table = file.read(columns=list(dict.fromkeys(wanted))).select(wanted)
        table = pa.table([_as_bytes(column) for column in table.columns], names=wanted)
        table.validate(full=True)
    return table


def _as_bytes(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return texts as bytes, among which some that are no UTF-8 do not make the file invalid."""
    import pyarrow as pa

    for is_text, stored in (
        (pa.types.is_string, pa.binary()),
        (pa.types.is_large_string, pa.large_binary()),
        (pa.types.is_string_view, pa.binary_view()),
    ):
        if is_text(column.type):
            return column.cast(stored)
    return column
