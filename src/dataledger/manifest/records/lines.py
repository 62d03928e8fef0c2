"""Records of JSON Lines: each line is one, exactly as it stands, without its line break."""

import os
from collections.abc import Iterator
from typing import NamedTuple

from dataledger.errors import RecordError, shown
from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records.boundaries import (
    Region,
    Run,
    count_breaks,
    find_blocks,
    open_text,
    read_span,
    too_long,
)
from dataledger.manifest.records.source import (
    MAX_RECORD_BYTES,
    Block,
    Column,
    ColumnValues,
    Plan,
    Span,
)

READ_BYTES = 1024 * 1024


def plan_text(path: str, record_format: RecordFormat, run: Run) -> Plan:
    """Return the plan of a JSON Lines or CSV file; `run` calls functions side by side.

    Raises:
        SourceUnreadable: the file cannot be read.
        SourceChanged: it became shorter meanwhile.
        RecordError: a record is too long, a quote is left open, or CSV has no proper header.
        DependencyMissing: it is CSV, and pyarrow is not installed.
    """
    columns: tuple[Column, ...] = ()
    begin = 0
    quoted = record_format is RecordFormat.CSV
    if quoted:
        columns, begin = next(iter(run(_read_csv_header, [path])))
    descriptor = open_text(path)
    try:
        end = os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    record_count, blocks = find_blocks(Region(path, begin, end, quoted), run)
    return Plan(path, record_format, columns, record_count, blocks)


def read_block(plan: Plan, block: Block) -> Iterator["LineBatch"]:
    """Yield the block's lines, some `READ_BYTES` at a time.

    Raises:
        SourceUnreadable: the file cannot be read.
        SourceChanged: it became shorter meanwhile.
        RecordError: a line is not UTF-8, or longer than `MAX_RECORD_BYTES`; or, once the batch is
            looked into, a line is empty.
    """
    position, end = block.locator
    rest = b""
    descriptor = open_text(plan.path)
    try:
        while position < end:
            data = read_span(descriptor, plan.path, position, min(position + READ_BYTES, end))
            position += len(data)
            text = rest + data
            cut = text.rfind(b"\n") + 1
            # Any line but the first came with this one read, and so is short enough.
            first = len(text[: text.find(b"\n")].removesuffix(b"\r")) if cut else len(rest)
            rest, text = text[cut:], text[:cut]
            place = _Place(plan.path, block, position - len(rest) - len(text))
            if max(first, len(rest.removesuffix(b"\r"))) > MAX_RECORD_BYTES:
                raise place.too_long()
            if text:
                yield LineBatch(place, text.replace(b"\r\n", b"\n") if b"\r" in text else text)
    finally:
        os.close(descriptor)
    if rest:
        # Without a line feed, a carriage return at its end is part of the record.
        place = _Place(plan.path, block, end - len(rest))
        if len(rest) > MAX_RECORD_BYTES:
            raise place.too_long()
        yield LineBatch(place, rest + b"\n")


def read_part(plan: Plan, block: Block, begin: int, end: int) -> list[bytes]:
    """Return some lines of a block, counted from its first. Raises as `read_block`."""
    records: list[bytes] = []
    position = 0
    for batch in read_block(plan, block):
        found = batch.records()
        records += found[max(begin - position, 0) : max(end - position, 0)]
        position += len(found)
        if position >= end:
            break
    return records


class _Place(NamedTuple):
    """A line's begin: which line of the file that is, is found out when it is asked for."""

    path: str
    block: Block
    begin: int

    def line_number(self) -> int:
        """Return the line's number, counted from 1."""
        before = Region(self.path, self.block.locator[0], self.begin, quoted=False)
        return self.block.first_record + count_breaks(before) + 1

    def too_long(self) -> RecordError:
        """Return the error for a line that begins here and does not end in time."""
        return too_long(f"Line {self.line_number()}", self.path, self.begin)


class LineBatch:
    """Neighbouring lines of a text, each ended by a line feed alone."""

    columns: tuple[ColumnValues, ...] = ()

    def __init__(self, place: _Place, text: bytes) -> None:
        """Hold the lines, of which the first begins at `place`.

        Raises:
            RecordError: a line is not UTF-8.
        """
        self._place = place
        self._text = text
        if not text.isascii():
            try:
                text.decode()
            except UnicodeDecodeError as error:
                number = place.line_number() + text.count(b"\n", 0, error.start)
                raise RecordError(
                    f"Line {number} of {shown(place.path)} is not UTF-8.",
                    remedy="Convert the file to UTF-8.",
                ) from None

    def records(self) -> list[bytes]:
        """Return the lines.

        Raises:
            RecordError: one is empty.
        """
        lines = self._text.split(b"\n")
        lines.pop()  # what follows the last line feed: nothing
        if not all(lines):
            raise self._empty(lines.index(b""))
        return lines

    def runs(self) -> Iterator[list[bytes]]:
        """Yield the lines. Raises as `records`."""
        yield self.records()

    def spans(self) -> Iterator[Span]:
        """Yield the text, and where in it each line begins and ends.

        Raises:
            RecordError: a line is empty.
        """
        import numpy as np

        ends = np.flatnonzero(np.frombuffer(self._text, np.uint8) == ord("\n"))
        begins = np.zeros_like(ends)
        np.add(ends[:-1], 1, out=begins[1:])
        empty = np.flatnonzero(begins == ends)
        if len(empty):
            raise self._empty(int(empty[0]))
        yield memoryview(self._text), begins.data, ends.data

    def _empty(self, index: int) -> RecordError:
        return RecordError(
            f"Line {self._place.line_number() + index} of {shown(self._place.path)} is empty.",
            remedy="Remove empty lines: each line is one record.",
        )


def _read_csv_header(path: str) -> tuple[tuple[Column, ...], int]:
    from dataledger.manifest.records.csv import read_header

    return read_header(path)
