"""A range of blocks into the database, below the network.

What is read from the database, computed, and written belongs to one cursor: where another indexer
moved it in between, nothing is written, and the range counts for nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from dataledger.chain.answers import Block, Log
from dataledger.contracts.identifiers import DatasetId, Head
from dataledger.errors import NodeError
from dataledger.index import schema
from dataledger.index.changes import Row
from dataledger.index.cursor import (
    Cursor,
    Pins,
    advance,
    block_row,
    first_event_after,
    lock_cursor,
    read_cursor,
)
from dataledger.index.decoding import decode, recorded_at
from dataledger.index.projection import Projection
from dataledger.index.rows import known_of, save
from dataledger.index.store import Store


class CursorMoved(Exception):
    """Another indexer was faster. Never leaves the package."""


@dataclass(frozen=True, slots=True)
class Range:
    """The logs of a range of blocks, and what they do to the index at `cursor`."""

    cursor: Cursor | None
    last: Block
    """The range's last block."""
    blocks: list[Row]
    """The blocks that have logs."""
    projection: Projection
    heads: dict[DatasetId, Head]
    """The heads, after the range, of all datasets that were not yet compared."""


def prepare(
    store: Store,
    pins: Pins,
    cursor: Cursor | None,
    last: Block,
    logs: Sequence[Log],
    *,
    compare: bool = True,
) -> Range:
    """Return what the logs after `cursor` up to `last`, all there are, do to the index.

    `compare` is false where the heads will not be compared after this range.

    Raises:
        HistoryBroken: a dataset's event does not follow from the one before it.
        NodeError: a log is not as a contract writes it, or not where it should be.
        CursorMoved: the index does not stand at `cursor`.
    """
    decoded = [(log, decode(log)) for log in logs]
    blocks: dict[int, Row] = {}
    for log, event in decoded:
        row = blocks.get(log.block_number)
        if row is None:
            row = block_row(log.block_number, log.block_hash, recorded_at(event))
            blocks[log.block_number] = row
        if (row["hash"], row["timestamp_unix"]) != (log.block_hash, recorded_at(event)):
            raise _torn(log.block_number)
        row["event_count"] += 1
    at_end = blocks.get(last.number)
    if at_end is not None and at_end["hash"] != last.hash:
        raise _torn(last.number)
    heads: dict[DatasetId, Head] = {}
    with store.read() as connection:
        if read_cursor(connection) != cursor:
            raise CursorMoved
        known = known_of(connection, (event for _, event in decoded))
        if compare:
            heads = _unchecked(connection, cursor)
    projection = Projection(known, pins.contracts)
    for log, event in decoded:
        projection.apply(log, event)
    if compare:
        heads.update(projection.datasets.heads())
    return Range(cursor, last, list(blocks.values()), projection, heads)


def commit(store: Store, found: Range, *, checked: bool) -> None:
    """Write a range and move the cursor, in one transaction.

    `checked`: the contract confirmed `found.heads` at the range's end.

    Raises:
        CursorMoved: the index does not stand where it stood when the range was prepared.
    """
    with store.write() as connection:
        if lock_cursor(connection) != found.cursor:
            raise CursorMoved
        save(connection, found.projection)
        events = len(found.projection.events)
        advance(connection, found.last, found.blocks, events=events, checked=checked)


def mark_compared(store: Store, cursor: Cursor) -> None:
    """Note that the contract confirmed all heads at the cursor. Raises as `commit` does."""
    with store.write() as connection:
        if lock_cursor(connection) != cursor:
            raise CursorMoved
        connection.execute(update(schema.chain).values(checked_block=cursor.number))


def _unchecked(connection: Connection, cursor: Cursor | None) -> dict[DatasetId, Head]:
    """Return the heads that earlier ranges left without a comparison."""
    datasets = schema.datasets.c
    query = select(datasets.dataset, datasets.head)
    if cursor is not None and cursor.checked_block is not None:
        query = query.where(datasets.last_event >= first_event_after(cursor.checked_block))
    return {row.dataset: row.head for row in connection.execute(query)}


def _torn(block: int) -> NodeError:
    return NodeError(
        f"The node's logs of block {block} belong to different blocks.",
        remedy="Try again: the chain was reorganised while it was read. If it goes on, ask another "
        "node.",
    )
