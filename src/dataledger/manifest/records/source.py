"""What a file of records looks like to those who hash it: a plan of blocks, read as batches.

A reader of a format offers two functions: one that plans a file, and `read_block(plan, block)`,
which yields the block's batches in order. Plans and blocks are small and can be pickled, so that
any process that sees the file can read any block of it.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol, TypeAlias

from dataledger.manifest.record_set import RecordFormat

BLOCK_RECORDS = 65_536
"""Records in a block, but for the last one of a file: a complete, aligned subtree."""

GROUP_RECORDS = 256
"""Records under the smallest node that is kept; a divisor of `BLOCK_RECORDS`."""

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""The longest canonical form of a record that is read."""

BATCH_BYTES = 16 * 1024 * 1024
"""About as much of a block as a reader puts into one batch, so that memory stays bounded.

A batch has at least one record, and so may be larger by up to `MAX_RECORD_BYTES`.
"""


_RUN_RECORDS = 1024


class Column(NamedTuple):
    """A column of a table."""

    name: str
    type: str
    """As `docs/records.md` spells it; not how the file happens to store it."""


class Block(NamedTuple):
    """Up to `BLOCK_RECORDS` neighbouring records, and where in the file they are."""

    number: int
    first_record: int
    """Counted from 0, and always `number * BLOCK_RECORDS`."""
    record_count: int
    locator: tuple[int, ...]
    """Parquet: row group, and first row within it. Arrow: batch, and first row within it.
    Text: the first byte, and the byte after the last."""


class Plan(NamedTuple):
    """All that is needed to read a file block by block."""

    path: str
    format: RecordFormat
    columns: tuple[Column, ...]
    """In the table's order; empty for `RecordFormat.JSONL`."""
    record_count: int
    blocks: tuple[Block, ...]


class ColumnValues(NamedTuple):
    """The encodings of neighbouring values of one column; each part is contiguous."""

    heads: bytes | memoryview
    """Of all values, one after another."""
    bodies: bytes | memoryview
    """Likewise."""


Span: TypeAlias = tuple[memoryview, memoryview, memoryview]
"""Bytes, and where in them each record begins and ends.

The last two are of signed 64-bit integers, one for each record: record i is
`data[begins[i]:ends[i]]`. Between two records there may be bytes of neither.
"""


class Batch(Protocol):
    """Neighbouring records of one block, in their canonical form."""

    @property
    def columns(self) -> Sequence[ColumnValues]:
        """For each of the plan's columns, the batch's values."""

    def records(self) -> list[bytes]:
        """Return the records one by one."""

    def runs(self) -> Iterator[list[bytes]]:
        """Yield the records one by one, so few at a time that they fit into a processor's cache."""

    def spans(self) -> Iterator[Span]:
        """Yield bytes that hold records, and where in them each begins and ends."""


class EncodedBatch:
    """A batch that was made as one buffer.

    `data` holds the records one after another. `offsets` holds one more signed 64-bit integer than
    there are records: record i is `data[offsets[i]:offsets[i + 1]]`. Both may come from numpy
    arrays, as `memoryview(array)`.
    """

    def __init__(
        self,
        data: bytes | memoryview,
        offsets: memoryview,
        columns: Sequence[ColumnValues] = (),
    ) -> None:
        self._data = data
        self._offsets = offsets
        self.columns = columns

    def records(self) -> list[bytes]:
        """Return the records one by one."""
        return [record for run in self.runs() for record in run]

    def runs(self) -> Iterator[list[bytes]]:
        """Yield the records one by one, so few at a time that they fit into a processor's cache."""
        # Slices of bytes are bytes, and made at a third of the cost of slices of a view.
        data = self._data if isinstance(self._data, bytes) else bytes(self._data)
        for first in range(0, len(self._offsets) - 1, _RUN_RECORDS):
            offsets = self._offsets[first : first + _RUN_RECORDS + 1].tolist()
            yield [data[begin:end] for begin, end in pairwise(offsets)]

    def spans(self) -> Iterator[Span]:
        """Yield bytes that hold records, and where in them each begins and ends."""
        yield memoryview(self._data), self._offsets[:-1], self._offsets[1:]
