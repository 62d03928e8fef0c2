"""The one door to an index: `Index.open(ledger)`, then sync, status, and what is behind it."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlalchemy import Connection, func, select, update

from dataledger.chain.answers import Block, Log
from dataledger.chain.profile import Profile
from dataledger.contracts.artifacts import ContractName
from dataledger.errors import ConnectionFailed, NodeError
from dataledger.index import documents, schema
from dataledger.index.audit import Audit
from dataledger.index.check import check
from dataledger.index.cursor import Pins, claim, lock_cursor, read_cursor
from dataledger.index.ingest import commit, prepare
from dataledger.index.lineage import LineageIndex
from dataledger.index.migrations import migrate
from dataledger.index.results import CheckResult, IndexStatus, SyncProgress, SyncResult
from dataledger.index.store import Store, sqlite_url
from dataledger.index.sync import Syncer
from dataledger.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

POLL_SECONDS = 1.0
_DOCUMENTS_AGAIN_SECONDS = 30.0

# Everything that follows from the chain.
_DERIVED = tuple(
    table
    for table in schema.metadata.sorted_tables
    if table is not schema.chain and table is not schema.documents
)


class _Stopped(Exception):
    """Following ends between two ranges. Never leaves `follow`."""


class Index:
    """The events of one chain in a database, as a sync last left them.

    Reading may go on in any thread, and in other processes, while one or several of them sync.

        with Ledger.connect() as ledger, Index.open(ledger) as index:
            index.sync()
    """

    def __init__(self, ledger: Ledger, store: Store) -> None:
        """Stand on a store that has its tables and is of the ledger's chain; see `open`."""
        self._ledger = ledger
        self._pins = Pins.of(ledger.profile)
        self._syncing = threading.Lock()
        self._documents_at: float | None = None
        self.store = store

    @classmethod
    def open(cls, ledger: Ledger, url: str | None = None) -> Self:
        """Return the index at `url`, which is made where there is none.

        Args:
            ledger: Of the chain to index; its documents are looked through for descriptions.
            url: `sqlite:////absolute/path` or `postgresql://user:password@host/database`; by
                default, a file of SQLite in the ledger's home.

        Raises:
            InvalidArgument: the URL is malformed, or of another kind of database.
            DependencyMissing: PostgreSQL's driver is not installed.
            IndexUnusable: the database fails, or is of another chain or a later release.
        """
        store = Store(sqlite_url(default_path(ledger)) if url is None else url)
        try:
            migrate(store)
            index = cls(ledger, store)
            claim(store, index._pins)
        except BaseException:
            store.close()
            raise
        return index

    # -------------------------------------------------------------------------------------- syncing

    def sync(self, progress: Callable[[SyncProgress], None] | None = None) -> SyncResult:
        """Bring the index to the chain's newest block, and return what was done.

        Each range of blocks is one transaction: a process that breaks off loses nothing, and the
        next sync goes on from there. Blocks that left the chain are taken back; so are those that
        the node does not have, for it may know better: the index says what its node says. A node
        that says that it is still catching up is refused. Several indexers may work on one index.

        Raises:
            HistoryBroken: an event is missing, moved or altered; what was found is not kept.
            NodeError, ConnectionFailed: no node answers properly.
            IndexUnusable: the database fails.
        """
        return self._sync(progress, look_for_documents=True)

    def follow(
        self,
        on_sync: Callable[[SyncResult], None],
        *,
        stop: threading.Event,
        poll_seconds: float = POLL_SECONDS,
        on_failure: Callable[[NodeError | ConnectionFailed], None] | None = None,
    ) -> None:
        """Sync again and again until `stop` is set.

        Args:
            on_sync: Is told of the first sync, and of each one that changed something.
            stop: Ends it, at the latest after the range in work.
            poll_seconds: How long to wait between two looks at the chain.
            on_failure: Is told when a node fails; then it is tried again. Without it, that raises.

        Raises:
            HistoryBroken, IndexUnusable: as `sync` does; NodeError and ConnectionFailed also.
        """
        told = False

        def break_off(_progress: SyncProgress) -> None:
            if stop.is_set():
                raise _Stopped

        while not stop.is_set():
            try:
                result = self._sync(break_off, look_for_documents=not told)
            except _Stopped:
                return
            except (NodeError, ConnectionFailed) as error:
                if on_failure is None:
                    raise
                on_failure(error)
            else:
                taken_back = result.rolled_back_to is not None
                if not told or result.events or result.documents or taken_back:
                    on_sync(result)
                    told = True
            stop.wait(poll_seconds)

    def rebuild(self, progress: Callable[[SyncProgress], None] | None = None) -> SyncResult:
        """Throw away all that came from the chain, and sync from the contracts' first block.

        Meanwhile, readers see an index that has not come far. Raises as `sync` does.
        """
        with self.store.write() as connection:
            lock_cursor(connection)
            for table in _DERIVED:
                connection.execute(table.delete())
            connection.execute(
                update(schema.chain).values(
                    event_count=0,
                    **dict.fromkeys(
                        ("block_number", "block_hash", "block_timestamp_unix", "checked_block")
                    ),
                )
            )
        return self.sync(progress)

    def ingest(self, last: Block, logs: Sequence[Log]) -> int:
        """Index the logs of all blocks after the present one up to `last`, given in their order.

        The part of a sync below the network, for logs that are at hand in bulk. Each dataset's hash
        chain is checked; what the contracts hold is left to the next `sync`. Returns how many
        events there were.

        Raises:
            HistoryBroken, NodeError: as `sync` does.
        """
        with self.store.read() as connection:
            cursor = read_cursor(connection)
        found = prepare(self.store, self._pins, cursor, last, logs, compare=False)
        commit(self.store, found, checked=False)
        return len(logs)

    @cached_property
    def _syncer(self) -> Syncer:
        return Syncer(self.store, self._ledger.connection, self._pins)

    def _sync(
        self, progress: Callable[[SyncProgress], None] | None, *, look_for_documents: bool
    ) -> SyncResult:
        with self._syncing:
            done = self._syncer.run(progress)
            found = self._fill_documents(always=look_for_documents or done.events > 0)
        return SyncResult(
            from_block=None if done.before is None else done.before.number,
            to_block=None if done.after is None else done.after.number,
            events=done.events,
            documents=found,
            rolled_back_to=done.rolled_back_to,
        )

    def _fill_documents(self, *, always: bool) -> int:
        now = time.monotonic()
        last = self._documents_at
        if not always and last is not None and now - last < _DOCUMENTS_AGAIN_SECONDS:
            return 0
        self._documents_at = now
        return documents.fill(self.store, self._ledger.documents)

    # -------------------------------------------------------------------------------------- reading

    @cached_property
    def audit(self) -> Audit:
        """What happened, who did it, what stood when, and what is unusual."""
        return Audit(self.store)

    @cached_property
    def lineage(self) -> LineageIndex:
        """Where versions came from, what came from them, and what a recall taints."""
        return LineageIndex(self.store)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Offer a transaction that sees one state of the index. Raises `IndexUnusable`."""
        with self.store.read() as connection:
            yield connection

    def status(self) -> IndexStatus:
        """Return how far the index has come, and the chain's newest block.

        Raises:
            IndexUnusable, NodeError, ConnectionFailed: database or node fail.
        """
        with self.read() as connection:
            row = connection.execute(select(schema.chain)).one()
            datasets, organisations, found = (
                connection.scalar(select(func.count()).select_from(table)) or 0
                for table in (schema.datasets, schema.organisations, schema.documents)
            )
        return IndexStatus(
            url=self.store.shown_url,
            chain_id=row.chain_id,
            block_number=row.block_number,
            block_hash=row.block_hash,
            block_timestamp_unix=row.block_timestamp_unix,
            checked_block=row.checked_block,
            head_block=self._ledger.connection.head().number,
            synced_at_unix=row.synced_at_unix,
            events=row.event_count,
            datasets=datasets,
            organisations=organisations,
            documents=found,
        )

    def check(self) -> CheckResult:
        """Compare the whole index with itself and with the contracts, event by event.

        The rows are made anew from the logs that were kept, every dataset's head is computed from
        them, and the contracts are asked for the same. Takes about as long as a rebuild.

        Raises:
            HistoryBroken: something differs; the message says what.
            NodeError: the index stands at a block whose state the node no longer has: sync first.
        """
        return check(self.store, self._ledger.connection, self._pins)

    def close(self) -> None:
        """Let go of the database. Closing twice is no error."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def default_path(ledger: Ledger) -> "Path":
    """Return where the index of a ledger's chain is kept: beside its documents."""
    return path_in(ledger.documents.folder.parent, ledger.profile)


def path_in(home: "Path", profile: Profile) -> "Path":
    """Return where the index of a profile's chain is kept under `home`."""
    return home / "index" / f"{_name(profile)}.sqlite3"


def _name(profile: Profile) -> str:
    # One chain can hold several pairs of contracts.
    ledger = profile.contract(ContractName.DATASET_LEDGER).address
    return f"{profile.chain_id}-{profile.genesis_hash[2:18]}-{ledger[2:18].lower()}"
