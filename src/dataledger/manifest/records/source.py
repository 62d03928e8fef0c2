"""What a file of records looks like to those who hash it: a plan of blocks, read as batches.

A reader of a format offers two functions: one that plans a file, and `read_block(plan, block)`,
which yields the block's batches in order. Plans and blocks are small and can be pickled, so that
any process that sees the file can read any block of it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

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


class Batch(Protocol):
    """Neighbouring records of one block, in their canonical form."""

    @property
    def columns(self) -> Sequence[ColumnValues]:
        """For each of the plan's columns, the batch's values."""

    def records(self) -> list[bytes]:
        """Return the records one by one."""

    def spans(self) -> tuple[memoryview, memoryview, memoryview]:
        """Return bytes that hold all the records, and where in them each begins and ends.

        The last two are of signed 64-bit integers, one for each record: record i is
        `data[begins[i]:ends[i]]`. Between two records there may be bytes of neither.
        """


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
        # Slices of bytes are bytes, and made at a third of the cost of slices of a view.
        data = self._data if isinstance(self._data, bytes) else bytes(self._data)
        return [data[begin:end] for begin, end in pairwise(self._offsets.tolist())]

    def spans(self) -> tuple[memoryview, memoryview, memoryview]:
        """Return bytes that hold all the records, and where in them each begins and ends."""
        return memoryview(self._data), self._offsets[:-1], self._offsets[1:]
