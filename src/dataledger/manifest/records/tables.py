"""Records of Parquet files and of Arrow IPC files and streams: planned, and read block by block."""

from __future__ import annotations

import os
import stat
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from dataledger.errors import DependencyMissing, RecordError, UnsafeFile, shown
from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records.source import BATCH_BYTES, BLOCK_RECORDS, Block, Plan
from dataledger.manifest.scan import FoundFile, changed, found_file, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dataledger.manifest.records.contents import Contents
    from dataledger.manifest.records.rows import RowBatch

MAX_TABLE_RECORDS = 2**36
"""More rows than a file can well have. A few bytes can promise more, and plan blocks for ever."""

BATCH_ROWS = 32_768
"""Encoded at a time, at most: beyond, there is nothing to be gained."""


def plan_table(path: str, record_format: RecordFormat) -> Plan:
    """Return the plan of a Parquet or Arrow file.

    Raises:
        SourceUnreadable: the file cannot be opened or read.
        UnsafeFile: it is no regular file.
        RecordError: it is not of that format, is torn, or has columns that records cannot have.
        DependencyMissing: pyarrow is not installed.
    """
    require_pyarrow()
    from dataledger.manifest.records import arrow_ipc, parquet

    _signature(path)
    reader = arrow_ipc if record_format is RecordFormat.ARROW else parquet
    columns, counts = reader.outline(path)
    blocks = tuple(_blocks(path, counts))
    return Plan(path, record_format, columns, sum(counts), blocks)


def read_block(plan: Plan, block: Block) -> Iterator[RowBatch]:
    """Yield a block's rows, encoded, in batches.

    Reading on, block after block, decodes nothing twice: each thread keeps its last file open.

    Raises:
        SourceUnreadable: the file cannot be opened or read.
        SourceChanged: its columns are no more those of the plan.
        UnsafeFile: it is no regular file.
        RecordError: it is torn, holds other rows than it promised, or a row is too long.
        DependencyMissing: pyarrow is not installed.
    """
    require_pyarrow()
    from dataledger.manifest.records.encoding import encode

    rows = _rows_at(plan, block)
    position = block.first_record
    for batch in rows.take(block.record_count):
        yield from encode(batch, position)
        position += batch.num_rows
    if position < plan.record_count:
        _kept.rows = rows
    else:
        rows.check_end()


def read_part(plan: Plan, block: Block, begin: int, end: int) -> list[bytes]:
    """Return some records of a block, counted from its first, and encode no others.

    Raises as `read_block`.
    """
    require_pyarrow()
    from dataledger.manifest.records.encoding import encode

    rows = _begin_rows(_Source(plan, _signature(plan.path)), block)
    position = block.first_record + begin
    rows.skip(position - rows.position)
    records: list[bytes] = []
    for batch in rows.take(end - begin):
        for encoded in encode(batch, position):
            records += encoded.records()
        position += batch.num_rows
    return records


def require_pyarrow() -> None:
    """Return if pyarrow and numpy can be imported.

    Raises:
        DependencyMissing: they are not installed.
    """
    try:
        import numpy  # noqa: F401, ICN001
        import pyarrow  # noqa: F401, ICN001
    except ImportError as error:
        raise DependencyMissing(
            "Records of tables are read by pyarrow, which is not installed.",
            remedy='Install it: pip install "dataledger[tables]".',
        ) from error


def _blocks(path: str, counts: Sequence[int]) -> Iterator[Block]:
    """Yield blocks over parts of these numbers of rows, such as row groups."""
    total = sum(counts)
    if min(counts, default=0) < 0 or total > MAX_TABLE_RECORDS:
        raise RecordError(
            f"{shown(path)} promises {total} rows, which cannot be.",
            remedy="Restore the file, or write the table again.",
        )
    part = begin = 0
    for number, first in enumerate(range(0, total, BLOCK_RECORDS)):
        while begin + counts[part] <= first:
            begin += counts[part]
            part += 1
        yield Block(number, first, min(BLOCK_RECORDS, total - first), (part, first - begin))


# ----------------------------------------------------------------------------- reading onwards


class _Kept(threading.local):
    """What this thread read last, and may go on reading."""

    rows: _Rows | None = None


_kept = _Kept()


class _Source(NamedTuple):
    """What a stream of rows was made from; an equal one may go on with it."""

    plan: Plan
    signature: FoundFile


class _Rows:
    """A table's rows from some record on, in batches that end where the caller wants."""

    def __init__(self, source: _Source, position: int, contents: Contents) -> None:
        self.source = source
        self.position = position
        self._contents = contents
        self._rest: Any = None
        self._rest_is_valid = False

    def take(self, count: int) -> Iterator[Any]:
        """Yield the next `count` rows, in valid batches that are worth encoding at once.

        Raises:
            RecordError: the file has fewer, or is torn.
        """
        parts: list[Any] = []
        rows = size = 0
        for part in self._next(count):
            parts.append(part)
            rows += part.num_rows
            size += part.nbytes
            if rows >= BATCH_ROWS or size >= BATCH_BYTES:
                yield from self._contents.joined(parts)
                parts, rows, size = [], 0, 0
        yield from self._contents.joined(parts)

    def skip(self, count: int) -> None:
        """Pass over the next `count` rows, which need not be valid.

        Raises:
            RecordError: the file has fewer, or is torn.
        """
        for _ in self._next(count, limit=count, check=False):
            pass

    def _next(self, count: int, limit: int = BATCH_ROWS, *, check: bool = True) -> Iterator[Any]:
        while count:
            if self._rest is None or not self._rest.num_rows:
                self._rest = next(self._contents.batches, None)
                self._rest_is_valid = False
                if self._rest is None:
                    raise self._other_rows("fewer")
            if check and not self._rest_is_valid:
                self._contents.check(self._rest)
                self._rest_is_valid = True
            part = self._rest.slice(0, min(count, limit))
            self._rest = self._rest.slice(part.num_rows)
            self.position += part.num_rows
            count -= part.num_rows
            yield part

    def check_end(self) -> None:
        """Return if there are no more rows.

        Raises:
            RecordError: there are.
        """
        if (self._rest is not None and self._rest.num_rows) or any(
            batch.num_rows for batch in self._contents.batches
        ):
            raise self._other_rows("more")

    def _other_rows(self, how_many: str) -> RecordError:
        plan = self.source.plan
        return RecordError(
            f"{shown(plan.path)} has {how_many} rows than the {plan.record_count} it promises.",
            remedy="Restore the file, or write the table again.",
        )


def _rows_at(plan: Plan, block: Block) -> _Rows:
    """Return rows that begin with the block's, read on from the last ones where that is shorter."""
    source = _Source(plan, _signature(plan.path))
    rows, _kept.rows = _kept.rows, None
    if rows is None or rows.source != source or not _is_on_the_way(rows, block):
        rows = None  # let go of what is decoded, before more is
        rows = _begin_rows(source, block)
    rows.skip(block.first_record - rows.position)
    return rows


def _is_on_the_way(rows: _Rows, block: Block) -> bool:
    _, first_row = block.locator
    return block.first_record - first_row <= rows.position <= block.first_record


def _begin_rows(source: _Source, block: Block) -> _Rows:
    """Return the rows of the part of the file in which the block begins."""
    from dataledger.manifest.records import arrow_ipc, parquet

    plan = source.plan
    part, first_row = block.locator
    reader = arrow_ipc if plan.format is RecordFormat.ARROW else parquet
    contents: Contents = reader.read_from(plan.path, part)
    if contents.columns != plan.columns:
        raise changed(plan.path, "was written or replaced after it was planned")
    return _Rows(source, block.first_record - first_row, contents)


def _signature(path: str) -> FoundFile:
    try:
        info = os.stat(path, follow_symlinks=False)  # noqa: PTH116  # a path is given as text
    except OSError as error:
        raise unreadable(path, error) from error
    if not stat.S_ISREG(info.st_mode):
        raise UnsafeFile(
            f"{shown(path)} is no regular file.", remedy="Give the path of the file itself."
        )
    return found_file(path, info)
