"""Tables among the data that lies beside the node: read by columns, and forgiving row by row.

What a row holds never ends the reading: a computation that fails because of one row tells about it.
A value that cannot be what is asked for counts as absent, a line of another form as a row without
values. What is refused, is refused for the whole file.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dataledger.errors import ManifestMismatch, NodeRefused, NotFound, shown
from dataledger.manifest.content import hash_stream
from dataledger.manifest.identity import identity, newest_change_ns, settled
from dataledger.manifest.proving.data import open_data
from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records.formats import format_of
from dataledger.manifest.records.tables import require_pyarrow
from dataledger.node.table_files import BLOCK_BYTES, column_names, decoded, read_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from dataledger.manifest import FileEntry
    from dataledger.node.work import Holding

_MAX_REMEMBERED = 10_000

_DECIMAL = r"^-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"

_known: dict[tuple[str, str], bytes] = {}
"""Files that were compared with their digest, and their identity then."""


def read_table(holding: Holding, path: str, columns: Sequence[str]) -> pa.Table:
    """Return these columns of a file, in this order, and all its rows.

    What a column holds is for `numbers` and `texts` to say, however it is stored. In JSON Lines, a
    column is the member of that name: numbers and truth values as they are written, and absent
    where there is none, or an array or an object. So there, any name is a column.

    Raises:
        NotFound: the manifest has no such file, it is no table, or the table no such column.
        ManifestMismatch: the file differs from the manifest, or is written meanwhile.
        SourceUnreadable: it cannot be read.
        RecordError: it is not of the format that its name or the manifest says.
        DependencyMissing: pyarrow is not installed.
    """
    require_pyarrow()
    entry, record_format = _entry(holding, path)
    place = holding.folder / path
    with _as_recorded(place, entry):
        _require_columns(path, columns, column_names(str(place), record_format))
        return read_columns(place, record_format, columns)


def read_own_table(place: Path, columns: Sequence[str]) -> pa.Table:
    """Return these columns of a file of one's own, which no manifest speaks of.

    Raises:
        NotFound: it is no table, or has no such column.
        SourceUnreadable: it is not there, or cannot be read.
        RecordError: it is not of the format that its name says.
        DependencyMissing: pyarrow is not installed.
    """
    require_pyarrow()
    record_format = format_of(place.name)
    if record_format is None:
        raise _no_table(str(place))
    with open_data(place):
        _require_columns(str(place), columns, column_names(str(place), record_format))
        return read_columns(place, record_format, columns)


def require_table(holding: Holding, path: str, columns: Sequence[str]) -> None:
    """Return only if there is such a table with such columns. Reads none of its rows.

    Raises:
        DataLedgerError: as `read_table`, without comparing the file with the manifest.
    """
    require_pyarrow()
    _, record_format = _entry(holding, path)
    _require_columns(path, columns, column_names(str(holding.folder / path), record_format))


def require_steady(holding: Holding, path: str) -> None:
    """Return only if no row can end the reading of this table: whether it ends would tell of it.

    A quote that is left open joins the rows after it into one, which may be longer than what is
    read at a time. That there is none is known where the records were fingerprinted.

    Raises:
        NotFound: there is no such table.
        NodeRefused: it is a large CSV file without recorded records (`records-missing`).
    """
    entry, record_format = _entry(holding, path)
    is_text = record_format is RecordFormat.CSV
    if is_text and entry.records is None and entry.size_bytes > BLOCK_BYTES:
        raise NodeRefused(
            f"The table {shown(path)} is a CSV file of over {BLOCK_BYTES >> 20} MiB, and its "
            "version does not say what records it has.",
            remedy="Have its owner record a version that was fingerprinted with records, or that "
            "holds Parquet.",
            reason="records-missing",
        )


def numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return the column's values as numbers; NaN for what is absent, not finite, or no number."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = pa.types
    column = _plain(column)
    if _is_text(column.type):
        trimmed = pc.ascii_trim_whitespace(texts(column))
        fits = pc.match_substring_regex(trimmed, _DECIMAL)
        column = pc.if_else(fits, trimmed, pa.scalar(None, trimmed.type))
    elif not (
        kind.is_boolean(column.type)
        or kind.is_integer(column.type)
        or kind.is_floating(column.type)
        or kind.is_decimal(column.type)
    ):
        return np.full(len(column), np.nan)
    values = np.asarray(pc.cast(column, pa.float64(), safe=False).to_numpy())
    return np.where(np.isfinite(values), values, np.nan)


def texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the column's values as text (`large_string`); null for what is absent or no text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = _plain(column)
    if pa.types.is_nested(column.type) or pa.types.is_null(column.type):
        return pa.chunked_array([pa.nulls(len(column), pa.large_string())])
    try:
        return pc.cast(column, pa.large_string())
    except pa.ArrowNotImplementedError:
        return pa.chunked_array([pa.nulls(len(column), pa.large_string())])
    except pa.ArrowInvalid:  # some bytes are not UTF-8
        found = [[decoded(value) for value in chunk.to_pylist()] for chunk in column.chunks]
        return pa.chunked_array(found, pa.large_string())


# ------------------------------------------------------------------------------ finding the file


def _entry(holding: Holding, path: str) -> tuple[FileEntry, RecordFormat]:
    entry = holding.manifest.entries[holding.manifest.index_of(path)]
    record_format = entry.records.format if entry.records else format_of(path)
    if record_format is None:
        raise _no_table(path)
    return entry, record_format


def _no_table(path: str) -> NotFound:
    return NotFound(
        f"The file {shown(path)} is no table.",
        remedy="Name a file that ends in .jsonl, .csv, .parquet or .arrow.",
    )


def _require_columns(path: str, columns: Sequence[str], there: Sequence[str] | None) -> None:
    for name in columns:
        if there is not None and name not in there:
            raise NotFound(
                f"The table {shown(path)} has no column {shown(name)}.",
                remedy="Name a column as the table spells it.",
            )


@contextmanager
def _as_recorded(place: Path, entry: FileEntry) -> Iterator[None]:
    """Run what reads a file that is, before and after, as the manifest says.

    Raises:
        ManifestMismatch: it is not.
        SourceUnreadable: it cannot be read.
    """
    begun_at_ns = time.time_ns()
    with open_data(place) as file:
        before = identity(os.fstat(file.fileno()))
        key = (str(place), str(entry.digest))
        if _known.get(key) != before:
            hashes = hash_stream(
                file.fileno(),
                range(entry.size_bytes),
                [entry.digest.algorithm],
                1,
                lambda _files, _bytes: None,
            )
            if hashes != [entry.digest.value] or os.read(file.fileno(), 1):
                raise _differs(entry)
            if settled(newest_change_ns(before), begun_at_ns):
                if len(_known) >= _MAX_REMEMBERED:
                    _known.clear()
                _known[key] = before
        yield
    with open_data(place) as file:
        if identity(os.fstat(file.fileno())) != before:
            raise _differs(entry)


def _differs(entry: FileEntry) -> ManifestMismatch:
    return ManifestMismatch(
        f"The file {shown(entry.path)} beside the node differs from the manifest.",
        remedy="Restore the file as the version was recorded, or record a new version.",
    )


# ------------------------------------------------------------------------------ looking at values


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the column without what only says how its values are stored."""
    import pyarrow as pa
    import pyarrow.compute as pc

    while True:
        stored = column.type
        if isinstance(stored, pa.BaseExtensionType):
            chunks = [chunk.storage for chunk in column.chunks]
            column = pa.chunked_array(chunks, stored.storage_type)
        elif pa.types.is_dictionary(stored):
            column = pc.cast(column, stored.value_type)
        elif pa.types.is_run_end_encoded(stored):
            column = pc.run_end_decode(column)
        else:
            return column


def _is_text(stored: pa.DataType) -> bool:
    import pyarrow as pa

    kind = pa.types
    return bool(
        kind.is_string(stored)
        or kind.is_large_string(stored)
        or kind.is_string_view(stored)
        or kind.is_binary(stored)
        or kind.is_large_binary(stored)
        or kind.is_binary_view(stored)
        or kind.is_fixed_size_binary(stored)
    )
