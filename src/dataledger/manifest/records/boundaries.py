"""Where the records of a text file begin, found by counting line breaks in parallel.

In CSV, a line break between two quotes is part of a field (RFC 4180). Whether a region of the file
begins between quotes is known only once all before it has been counted; so each piece is counted
under both assumptions, and the right count is chosen afterwards.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple, Protocol, TypeVar

from dataledger.errors import RecordError, shown
from dataledger.manifest.records.source import BLOCK_RECORDS, MAX_RECORD_BYTES, Block
from dataledger.manifest.scan import changed, unreadable

REGION_BYTES = 8 * 1024 * 1024
"""What one worker counts at a time: some milliseconds of work."""

PIECE_BYTES = 64 * 1024
"""What has a count of its own, and is read again if a block begins in it."""

_QUOTES_AND_BREAKS_REMOVED = bytes(value for value in range(256) if value not in b'"\n')

# As for whole files: a link is not followed, and a FIFO is not waited for.
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY

T = TypeVar("T")
R = TypeVar("R")


class Run(Protocol):
    """Calls a function for each item, possibly side by side; `map` is one."""

    def __call__(self, function: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]:
        """Yield the results in the order of the items."""


class Region(NamedTuple):
    """A stretch of a text file."""

    path: str
    begin: int
    end: int
    quoted: bool
    """Whether quotes hide line breaks, as in CSV."""


class Piece(NamedTuple):
    """What stands in a small part of a region."""

    begin: int
    end: int
    breaks: tuple[int, int]
    """Line breaks that end a record, if the piece begins outside of quotes, and if inside."""
    flips: int
    """1 if it ends on the other side of a quote than it begins on, else 0."""


def find_blocks(region: Region, run: Run) -> tuple[int, tuple[Block, ...]]:
    """Return how many records the region holds, and its blocks.

    Raises:
        SourceUnreadable: the file cannot be read.
        SourceChanged: it is shorter than the region.
        RecordError: a record is longer than `MAX_RECORD_BYTES`, or a quote is left open.
    """
    begins = [region.begin]
    records = inside = 0
    last_break: tuple[Piece, int] | None = None
    for piece in _pieces(region, run):
        found = piece.breaks[inside]
        while len(begins) * BLOCK_RECORDS <= records + found:
            number = len(begins) * BLOCK_RECORDS - records
            begins.append(_after_break(region, piece, number, inside))
        if found:
            last_break = piece, inside
        known = last_break[0].end if last_break else region.begin
        records += found
        inside ^= piece.flips
        if piece.end - known > MAX_RECORD_BYTES:
            record = f"Record {records}" if region.quoted else f"Line {records + 1}"
            raise too_long(record, region.path, _last_begin(region, last_break))
    if inside:
        raise RecordError(
            f"{shown(region.path)} ends inside a quoted field.",
            remedy="Close the quote, or restore the file's end.",
        )
    if _last_begin(region, last_break) < region.end:
        records += 1  # the last record may lack a line break
    if begins[-1] == region.end:
        begins.pop()
    return records, tuple(
        Block(
            number=number,
            first_record=number * BLOCK_RECORDS,
            record_count=min(BLOCK_RECORDS, records - number * BLOCK_RECORDS),
            locator=(begin, end),
        )
        for number, (begin, end) in enumerate(pairwise([*begins, region.end]))
    )


def too_long(record: str, path: str, begin: int) -> RecordError:
    """Return the error for a record longer than any may be, which begins at byte `begin`."""
    return RecordError(
        f"{record} of {shown(path)}, at byte {begin}, is longer than {MAX_RECORD_BYTES} bytes.",
        remedy="Check that there are line breaks between the records, or split the record.",
    )


# ------------------------------------------------------------------------------------- reading


def open_text(path: str) -> int:
    """Return a descriptor of the file, to be closed by the caller.

    Raises:
        SourceUnreadable: it cannot be opened.
    """
    try:
        return os.open(path, _FLAGS)
    except OSError as error:
        raise unreadable(path, error) from error


def read_span(descriptor: int, path: str, begin: int, end: int) -> bytes:
    """Return the bytes from `begin` to `end`.

    Raises:
        SourceUnreadable: the file cannot be read.
        SourceChanged: it ends before `end`.
    """
    parts = []
    while begin < end:
        try:
            part = os.pread(descriptor, end - begin, begin)
        except OSError as error:
            raise unreadable(path, error) from error
        if not part:
            raise changed(path, "became shorter while it was being read")
        parts.append(part)
        begin += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


# ------------------------------------------------------------------------------------- counting


def _pieces(region: Region, run: Run) -> Iterator[Piece]:
    regions = (
        region._replace(begin=begin, end=min(begin + REGION_BYTES, region.end))
        for begin in range(region.begin, region.end, REGION_BYTES)
    )
    for pieces in run(count_region, regions):
        yield from pieces


def count_region(region: Region) -> list[Piece]:
    """Return the counts of the region's pieces."""
    descriptor = open_text(region.path)
    try:
        data = read_span(descriptor, region.path, region.begin, region.end)
    finally:
        os.close(descriptor)
    pieces = []
    for begin in range(0, len(data), PIECE_BYTES):
        end = min(begin + PIECE_BYTES, len(data))
        breaks, flips = _count(data, begin, end, quoted=region.quoted)
        pieces.append(Piece(region.begin + begin, region.begin + end, breaks, flips))
    return pieces


def count_breaks(region: Region) -> int:
    """Return how many line breaks end a record, in a region that begins outside of quotes."""
    count = inside = 0
    for piece in _pieces(region, map):
        count += piece.breaks[inside]
        inside ^= piece.flips
    return count


def _count(data: bytes, begin: int, end: int, *, quoted: bool) -> tuple[tuple[int, int], int]:
    if not quoted or data.find(b'"', begin, end) < 0:
        count = data.count(b"\n", begin, end)
        return (count, 0 if quoted else count), 0
    marks = data[begin:end].translate(None, _QUOTES_AND_BREAKS_REMOVED)
    # Two quotes with no break between them change nothing; hardly any are left after this.
    parts = marks.replace(b'""', b"").split(b'"')
    outside = sum(map(len, parts[::2]))
    inside = sum(map(len, parts[1::2]))
    return (outside, inside), (len(parts) - 1) % 2


def _after_break(region: Region, piece: Piece, number: int, inside: int) -> int:
    """Return the byte after the piece's break number `number`, counted from 1."""
    descriptor = open_text(region.path)
    try:
        data = read_span(descriptor, region.path, piece.begin, piece.end)
    finally:
        os.close(descriptor)
    for mark in re.finditer(rb'["\n]' if region.quoted else rb"\n", data):
        if mark[0] == b'"':
            inside ^= 1
        elif not (region.quoted and inside):
            number -= 1
            if number == 0:
                return piece.begin + mark.end()
    raise changed(region.path, "was written while it was being read")


def _last_begin(region: Region, found: tuple[Piece, int] | None) -> int:
    """Return where the record begins that follows the last break; `found` is that break's piece."""
    if found is None:
        return region.begin
    piece, inside = found
    return _after_break(region, piece, piece.breaks[inside], inside)
