"""From the chain into the index: ranges of blocks, up to the newest one.

The newest block is indexed as soon as it is there, whatever the profile's `confirmations` say: a
block that leaves the chain is taken back. What an answer rests on is told by `IndexStatus`.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import select

from dataledger.chain.answers import Block, Log
from dataledger.chain.connection import Connection
from dataledger.chain.identifiers import BlockHash
from dataledger.contracts.artifacts import ContractName
from dataledger.errors import CheckFailed, NodeError, RequestRefused
from dataledger.index.cursor import Cursor, Pins, lock_cursor, read_cursor
from dataledger.index.heads import StateUnavailable, compare_heads
from dataledger.index.ingest import CursorMoved, Range, commit, mark_compared, prepare
from dataledger.index.results import SyncProgress
from dataledger.index.rollback import roll_back
from dataledger.index.schema import blocks
from dataledger.index.store import Store

MAX_BLOCK = 2**43
"""Beyond every block: event keys leave this much room."""
FIRST_SPAN_BLOCKS = 500
MAX_SPAN_BLOCKS = 100_000
RANGE_EVENTS = 10_000
"""What a range should hold: enough to write quickly, little enough to do again after a crash."""

_ATTEMPTS = 10
_PAUSE_SECONDS = 0.05
_ANCESTORS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did to the tables that follow from the chain."""

    before: Cursor | None
    after: Cursor | None
    events: int
    rolled_back_to: int | None


class _Reorganised(Exception):
    """The blocks that were being read left the chain."""


class Syncer:
    """Brings one index to the newest block of its chain; each run goes on from where it is.

    For one thread.
    """

    def __init__(self, store: Store, connection: Connection, pins: Pins) -> None:
        """Stand between a checked connection and a store that is claimed for its chain."""
        self._store = store
        self._connection = connection
        self._pins = pins
        self._ledger = connection.profile.contract(ContractName.DATASET_LEDGER).address
        self._span = FIRST_SPAN_BLOCKS
        self._compares_old_blocks = True
        """Whether the node still has what the contracts held at the end of old blocks."""

    def run(self, progress: Callable[[SyncProgress], None] | None = None) -> Synced:
        """Index every event up to the block that is the newest one now, or to a later one.

        What was committed on the way stays, whatever is raised.

        Raises:
            HistoryBroken: the node's logs do not lead to what the contracts hold.
            NodeError: the node's logs are malformed, or the chain does not hold still.
            ConnectionFailed: no node answers.
            IndexUnusable: the database fails.
        """
        before = cursor = self._cursor()
        goal = self._connection.head().number
        events, lowest, failures = 0, None, 0
        while True:
            head = self._connection.head()
            if _is_done(cursor, head, goal, self._pins.first_block):
                return Synced(before, cursor, events, lowest)
            try:
                if cursor is not None and head.number < cursor.number:
                    self._require_caught_up(cursor, head)
                if cursor is None or self._is_in_chain(cursor, head):
                    events += self._forward(cursor, head)
                    failures = 0
                else:
                    ancestor = self._back(cursor)
                    lowest = ancestor if lowest is None else min(lowest, ancestor)
            except _Reorganised:
                failures += 1
                if failures == _ATTEMPTS:
                    raise _restless() from None
                time.sleep(_PAUSE_SECONDS)
            except CursorMoved:
                pass  # Another indexer was faster: go on from where it is.
            cursor = self._cursor()
            if progress is not None and cursor is not None:
                first = self._pins.first_block if before is None else before.number
                progress(SyncProgress(cursor.number, first, max(goal, cursor.number), events))

    def _cursor(self) -> Cursor | None:
        with self._store.read() as connection:
            return read_cursor(connection)

    # -------------------------------------------------------------------------------------- forward

    def _forward(self, cursor: Cursor | None, head: Block) -> int:
        """Index the next range after `cursor`, and return how many events it had."""
        if cursor is not None and cursor.number == head.number:
            # All is there, but was not yet compared.
            self._compare(prepare(self._store, self._pins, cursor, head, []), head)
            mark_compared(self._store, cursor)
            return 0
        first = self._pins.first_block if cursor is None else cursor.number + 1
        last, logs = self._read(first, head)
        is_newest = last.number == head.number
        compare = is_newest or self._compares_old_blocks
        try:
            found = prepare(self._store, self._pins, cursor, last, logs, compare=compare)
            compared = compare and self._compare(found, head)
        except (CheckFailed, NodeError):
            self._require(cursor, last)
            raise
        self._require(cursor, last)
        commit(self._store, found, checked=compared)
        self._adapt_span(len(logs))
        return len(logs)

    def _read(self, first: int, head: Block) -> tuple[Block, list[Log]]:
        """Return the logs from `first` on, and the block where they end."""
        while True:
            number = min(first + self._span - 1, head.number)
            last = head if number == head.number else self._connection.block(number)
            if last is None:
                raise _Reorganised
            try:
                logs = self._connection.get_logs(list(self._pins.contracts), first, number)
            except RequestRefused:
                raise
            except NodeError:
                # Among other reasons, because the answer is too long.
                if number == first:
                    raise
                self._span = max(1, (number - first + 1) // 4)
                continue
            logs.sort(key=lambda log: (log.block_number, log.log_index))
            if any(not first <= log.block_number <= number for log in logs):
                raise NodeError(
                    "The node answers with logs of blocks that were not asked for.",
                    remedy="Ask another node.",
                )
            return last, logs

    def _compare(self, found: Range, head: Block) -> bool:
        """Compare the heads that a range led to; False where the node cannot tell any more.

        Then they are compared after a later range, at the latest after one that ends at `head`.
        """
        try:
            compare_heads(self._connection, self._ledger, found.heads, block=found.last.number)
        except StateUnavailable as error:
            if found.last.number == head.number:
                raise NodeError(
                    f"The node does not tell what the contracts held at block {head.number}, "
                    "which was its newest one.",
                    remedy="Try again; if it goes on, use a node that keeps the state of more "
                    "blocks.",
                ) from error
            self._compares_old_blocks = False
            return False
        return True

    def _require(self, cursor: Cursor | None, last: Block) -> None:
        """Return only if the chain still holds the range that was read."""
        ends = [] if cursor is None else [(cursor.number, cursor.hash)]
        ends.append((last.number, last.hash))
        found = self._blocks([number for number, _ in ends])
        if any(block != hash_ for block, (_, hash_) in zip(found, ends, strict=True)):
            raise _Reorganised

    def _adapt_span(self, events: int) -> None:
        if events > RANGE_EVENTS:
            self._span = max(1, self._span * RANGE_EVENTS // events)
        elif events < RANGE_EVENTS // 2:
            self._span = min(2 * self._span, MAX_SPAN_BLOCKS)

    # ----------------------------------------------------------------------------------------- back

    def _require_caught_up(self, cursor: Cursor, head: Block) -> None:
        """Return only if a node that has fewer blocks than the index does not know of more.

        One that was made anew begins at block 0: following it back would empty the index.
        """
        try:
            state = self._connection.transport.request("eth_syncing", [])
        except RequestRefused:
            return  # Not every node tells.
        if state is not False:
            raise NodeError(
                f"The node is still catching up: it has blocks up to {head.number}, and the index "
                f"stands at block {cursor.number}.",
                remedy="Wait for the node, or ask another one.",
            )

    def _is_in_chain(self, cursor: Cursor, head: Block) -> bool:
        if head.number <= cursor.number:
            return (head.number, head.hash) == (cursor.number, cursor.hash)
        return self._blocks([cursor.number]) == [cursor.hash]

    def _back(self, cursor: Cursor) -> int:
        """Take back what left the chain, and return the newest block of the index that did not."""
        ancestor = next(
            (number for number, is_in_chain in self._known_blocks() if is_in_chain),
            self._pins.first_block - 1,
        )
        with self._store.write() as connection:
            if lock_cursor(connection) != cursor:
                raise CursorMoved
            roll_back(connection, ancestor, self._pins.contracts)
        return ancestor

    def _known_blocks(self) -> Iterator[tuple[int, bool]]:
        """Return the blocks of the index from the newest down, and whether each is in the chain."""
        below, size = MAX_BLOCK, 1
        while True:
            with self._store.read() as connection:
                known = connection.execute(
                    select(blocks.c.number, blocks.c.hash)
                    .where(blocks.c.number < below)
                    .order_by(blocks.c.number.desc())
                    .limit(size)
                ).all()
            if not known:
                return
            found = self._blocks([number for number, _ in known])
            for (number, hash_), now in zip(known, found, strict=True):
                yield number, now == hash_
            below, size = known[-1].number, min(2 * size, _ANCESTORS_AT_ONCE)

    def _blocks(self, numbers: list[int]) -> list[BlockHash | None]:
        """Return the hashes of the chain's blocks at these numbers; None beyond its head."""
        answers = self._connection.transport.batch(
            [("eth_getBlockByNumber", [hex(number), False]) for number in numbers]
        )
        found: list[BlockHash | None] = []
        for answer in answers:
            if isinstance(answer, RequestRefused):
                raise answer
            found.append(None if answer is None else Block.parse(answer).hash)
        return found


def _is_done(cursor: Cursor | None, head: Block, goal: int, first_block: int) -> bool:
    if cursor is None:
        return head.number < first_block
    if head.number <= cursor.number and head.hash != cursor.hash:
        return False
    return cursor.number >= min(goal, head.number) and cursor.checked_block == cursor.number


def _restless() -> NodeError:
    return NodeError(
        "The chain was reorganised under every attempt to index it.",
        remedy="Try again; if it goes on, check the validators.",
    )
