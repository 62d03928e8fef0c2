"""Whether an output holds a part of the data: whole rows, or many bytes in a row.

Rows and bytes are compared as they are, since the data lies here: what is equal has equal labels,
with whatever secret they are made. The output is small and is taken apart; the data is read once.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property

from dataledger.errors import AnswerWithheld
from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records.formats import format_of
from dataledger.node.sandbox.data import open_pieces
from dataledger.node.sandbox.output import pieces, readings
from dataledger.node.sandbox.rows import rows_of
from dataledger.node.work import Holding

LEAST_ROW_BYTES = 8
"""A shorter row is no sign of a copy: a number, a class, a yes or no."""

WITHIN_BYTES = 16
"""From this length on, a row is looked for anywhere in the output, not only as a piece of it."""

WINDOW_BYTES = 48
"""So many bytes in a row, in any file, are a part of the data wherever they stand."""

_STEP_BYTES = WINDOW_BYTES // 2
"""Of any window, a part of this length lies at a multiple of it."""

_PIECE_BYTES = _STEP_BYTES * 65_536
_LEAST_DIFFERENT = 3
"""A run of one or two different bytes, such as zeros, is a part of nothing."""

_MOST_PLACES = 64


class Overlap:
    """An output, ready to be compared with data.

    Raises:
        AnswerWithheld: it unfolds into more than is looked at.
    """

    def __init__(self, output: bytes) -> None:
        self._readings = readings(output)

    @cached_property
    def _pieces(self) -> set[bytes]:
        return {
            piece
            for reading in self._readings
            for piece in pieces(reading)
            if len(piece) >= LEAST_ROW_BYTES
        }

    @cached_property
    def _row_parts(self) -> set[bytes]:
        return set(self._parts(WITHIN_BYTES))  # so that no shorter row is among them

    @cached_property
    def _steps(self) -> set[bytes]:
        return {part for part in self._parts(_STEP_BYTES) if _is_some(part)}

    def _parts(self, size_bytes: int) -> Iterator[bytes]:
        for reading in self._readings:
            for begin in range(len(reading) - size_bytes + 1):
                yield reading[begin : begin + size_bytes]

    def has_row(self, rows: Iterable[bytes]) -> bool:
        """Tell whether one of the rows stands in the output."""
        long = [row for row in rows if len(row) >= LEAST_ROW_BYTES]
        if not self._pieces.isdisjoint(long):
            return True
        # Searched for only where it is likely to be: many rows of one file may begin alike.
        parts = self._row_parts
        likely = (
            row
            for row in long
            if row[-WITHIN_BYTES:] in parts
            and row[:WITHIN_BYTES] in parts
            and _middle(row) in parts
        )
        return any(row in reading for row in likely for reading in self._readings)

    def has_bytes(self, content: Iterable[bytes]) -> bool:
        """Tell whether `WINDOW_BYTES` in a row of the content stand in the output.

        The content comes in pieces, each but the last of a multiple of half of that.
        """
        before = b""
        for piece in content if self._steps else ():
            here = before + piece
            steps = [
                here[begin : begin + _STEP_BYTES]
                for begin in range(0, len(here) - _STEP_BYTES + 1, _STEP_BYTES)
            ]
            if not self._steps.isdisjoint(steps):
                for number, step in enumerate(steps):
                    if step in self._steps and self._reaches(here, number * _STEP_BYTES):
                        return True
            before = here[-WINDOW_BYTES:]
        return False

    def _reaches(self, here: bytes, begin: int) -> bool:
        """Tell whether what is equal there goes on for a whole window."""
        end = begin + _STEP_BYTES
        left, right = here[max(0, begin - _STEP_BYTES) : begin], here[end : end + _STEP_BYTES]
        for reading in self._readings:
            for place in _places(reading, here[begin:end]):
                before = reading[max(0, place - _STEP_BYTES) : place]
                behind = reading[place + _STEP_BYTES : place + WINDOW_BYTES]
                equal = _common(left[::-1], before[::-1]) + _common(right, behind)
                if equal >= WINDOW_BYTES - _STEP_BYTES:
                    return True
        return False


def require_apart(output: bytes, holding: Holding) -> None:
    """Return only if the output holds no row, and no window, of any file of the version.

    Raises:
        AnswerWithheld: it does, or unfolds into more than is looked at.
        SourceUnreadable, RecordError, DependencyMissing: a file cannot be read.
    """
    overlap = Overlap(output)
    for entry in holding.manifest.entries:
        path = holding.folder / entry.path
        record_format = entry.records.format if entry.records else format_of(entry.path)
        content = open_pieces(path, _PIECE_BYTES)
        if record_format is RecordFormat.CSV:
            content = _without_header(content)
        if overlap.has_bytes(content) or (
            record_format is not None
            and any(overlap.has_row(rows) for rows in rows_of(path, record_format))
        ):
            raise AnswerWithheld(
                "The algorithm's answer overlaps with the data.",
                remedy="An answer may hold nothing of the data itself; see docs/algorithms.md.",
            )


def _without_header(content: Iterator[bytes]) -> Iterator[bytes]:
    """Leave out the first line: names of columns are no data."""
    first = next(content, b"")
    header = first.find(b"\n") + 1
    # Steps stay where they are.
    yield b"\0" * header + first[header:]
    yield from content


def _middle(row: bytes) -> bytes:
    begin = (len(row) - WITHIN_BYTES) // 2
    return row[begin : begin + WITHIN_BYTES]


def _places(reading: bytes, part: bytes) -> Iterator[int]:
    place = -1
    for _ in range(_MOST_PLACES):
        place = reading.find(part, place + 1)
        if place < 0:
            return
        yield place


def _common(one: bytes, other: bytes) -> int:
    """Return how many bytes both begin with."""
    for count, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return count
    return min(len(one), len(other))


def _is_some(part: bytes) -> bool:
    return len(set(part)) >= _LEAST_DIFFERENT
