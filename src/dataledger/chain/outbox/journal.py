"""The outbox's file: every signed transaction, written before it is sent.

SQLite with a write-ahead log, flushed to the disk at every commit. Several threads and processes
share one file: whoever chooses a nonce holds the file's write lock from reading the nonces in use
to committing the signed transaction, so no two can choose the same.

The file must lie on a local disk: SQLite's write-ahead log does not work over a network.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dataledger.chain.answers import Receipt
from dataledger.chain.home import begin_private_file
from dataledger.chain.identifiers import (
    BlockHash,
    ChainIdentity,
    OperationId,
    TransactionHash,
)
from dataledger.chain.outbox.states import NONCE_FREED, SETTLED, UNRESOLVED, WATCHED, Entry, State
from dataledger.contracts.identifiers import Address
from dataledger.errors import OutboxError

APPLICATION_ID = 0x444C_4F42  # "DLOB"
SCHEMA_VERSION = 1
LOCK_TIMEOUT_SECONDS = 30.0

_SCHEMA = """
CREATE TABLE chain (chain_id INTEGER NOT NULL, genesis_hash TEXT NOT NULL) STRICT;
CREATE TABLE entry (
    sequence         INTEGER PRIMARY KEY AUTOINCREMENT,
    operation_id     TEXT    NOT NULL,
    sender           TEXT    NOT NULL,
    nonce            INTEGER NOT NULL,
    transaction_hash TEXT    NOT NULL UNIQUE,
    raw              BLOB    NOT NULL,
    recipient        TEXT,
    data             BLOB    NOT NULL,
    gas              INTEGER NOT NULL,
    signed_at_block  INTEGER NOT NULL,
    signed_at_unix   REAL    NOT NULL,
    state            TEXT    NOT NULL,
    sends            INTEGER NOT NULL,
    sent_at_unix     REAL,
    block_number     INTEGER,
    block_hash       TEXT,
    receipt          TEXT,
    revert_data      BLOB    NOT NULL,
    refusal          TEXT
) STRICT;
CREATE INDEX entry_by_operation ON entry (operation_id, sequence);
CREATE INDEX entry_by_nonce ON entry (sender, nonce);
CREATE INDEX entry_by_state ON entry (state, block_number);
"""


def _listed(states: Iterable[State]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


# Parts of statements: constants of this module, never input, which is what S608 warns of below.
_IS_WATCHED = f"state IN ({_listed(WATCHED)})"
_IS_SETTLED = f"state IN ({_listed(SETTLED)})"
_HOLDS_NONCE = f"state NOT IN ({_listed(NONCE_FREED)})"
_CURRENT_FIRST = (
    f"CASE WHEN state IN ({_listed(UNRESOLVED)}) THEN 0 WHEN state = 'confirmed' THEN 1 ELSE 2 END,"
    " sequence DESC"
)


class Journal:
    """The entries of one chain; safe to share between threads, and its file between processes."""

    def __init__(self, path: Path, identity: ChainIdentity) -> None:
        """Open the file at `path`, or make it.

        Raises:
            OutboxError: It is locked, damaged, of another version, or of another chain.
        """
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        with self._translated_errors():
            # SQLite gives its side files the mode of this one.
            begin_private_file(path)
            self._database = sqlite3.connect(
                path,
                timeout=LOCK_TIMEOUT_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                self._database.row_factory = sqlite3.Row
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = FULL")
                self._prepare(identity)
            except BaseException:
                self._database.close()
                raise

    def _prepare(self, identity: ChainIdentity) -> None:
        with self.exclusive():
            [version] = self._database.execute("PRAGMA user_version").fetchone()
            [application] = self._database.execute("PRAGMA application_id").fetchone()
            if (version, application) == (0, 0):
                for statement in _SCHEMA.split(";"):
                    self._database.execute(statement)
                self._database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                self._database.execute(
                    "INSERT INTO chain VALUES (?, ?)", (identity.chain_id, identity.genesis_hash)
                )
            elif (version, application) != (SCHEMA_VERSION, APPLICATION_ID):
                raise OutboxError(
                    f"The file {self.path} is no outbox of this version (it says {version}).",
                    remedy="Use the release of DataLedger that wrote it.",
                )
            row = self._database.execute("SELECT * FROM chain").fetchone()
        found = ChainIdentity(row["chain_id"], BlockHash(row["genesis_hash"]))
        if found != identity:
            raise OutboxError(
                f"The outbox {self.path} is of {found}, not of {identity}.",
                remedy="Give each chain its own outbox file.",
            )

    def close(self) -> None:
        """Close the file. What it holds stays."""
        with self._lock:
            self._database.close()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the file's write lock; commit at the end, or undo everything on an exception."""
        with self._lock:
            if self._depth:
                yield
                return
            with self._translated_errors():
                self._database.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            else:
                with self._translated_errors():
                    self._database.execute("COMMIT")
            finally:
                self._depth = 0

    def current(self, operation_id: OperationId) -> Entry | None:
        """Return an operation's entry: the unresolved one, else the confirmed, else the newest."""
        return self._first("operation_id = ?", (operation_id,), _CURRENT_FIRST)

    def get(self, transaction_hash: TransactionHash) -> Entry | None:
        """Return the entry of a transaction."""
        return self._first("transaction_hash = ?", (transaction_hash,), "sequence")

    def watched(self) -> list[Entry]:
        """Return the entries about which the chain must be asked, by sender and nonce."""
        return self._entries(_IS_WATCHED, (), "sender, nonce, sequence")

    def held_nonces(self, sender: Address, start: int) -> set[int]:
        """Return the nonces from `start` on that entries of `sender` hold."""
        rows = self._rows(
            f"SELECT nonce FROM entry WHERE sender = ? AND nonce >= ? AND {_HOLDS_NONCE}",  # noqa: S608 - of our own constants alone
            (sender, start),
        )
        return {row["nonce"] for row in rows}

    def free_nonce(self, sender: Address, start: int) -> int:
        """Return the smallest nonce from `start` on that no entry of `sender` holds."""
        held = self.held_nonces(sender, start)
        nonce = start
        while nonce in held:
            nonce += 1
        return nonce

    def settled_nonces(self, sender: Address) -> int:
        """Return how many nonces of `sender` the chain must have used: 1 + the highest settled."""
        [row] = self._rows(
            f"SELECT max(nonce) AS nonce FROM entry WHERE sender = ? AND {_IS_SETTLED}",  # noqa: S608 - of our own constants alone
            (sender,),
        )
        return 0 if row["nonce"] is None else int(row["nonce"]) + 1

    def settled_blocks(self, below: int | None, limit: int) -> list[tuple[int, BlockHash]]:
        """Return the newest blocks (below a number) that hold settled entries, newest first."""
        rows = self._rows(
            f"SELECT DISTINCT block_number, block_hash FROM entry WHERE {_IS_SETTLED}"  # noqa: S608 - of our own constants alone
            " AND block_number < ? ORDER BY block_number DESC LIMIT ?",
            (2**62 if below is None else below, limit),
        )
        return [(row["block_number"], BlockHash(row["block_hash"])) for row in rows]

    def insert(self, entry: Entry) -> None:
        """Add a newly signed entry, in place of a rejected one with the very same bytes."""
        with self.exclusive():
            self._run(
                f"DELETE FROM entry WHERE transaction_hash = ? AND operation_id = ?"  # noqa: S608 - of our own constants alone
                f" AND NOT ({_HOLDS_NONCE})",
                (entry.transaction_hash, entry.operation_id),
            )
            self._run(
                "INSERT INTO entry (operation_id, sender, nonce, transaction_hash, raw, recipient,"
                " data, gas, signed_at_block, signed_at_unix, state, sends, revert_data)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, x'')",
                (
                    entry.operation_id,
                    entry.sender,
                    entry.nonce,
                    entry.transaction_hash,
                    entry.raw,
                    entry.to,
                    entry.data,
                    entry.gas,
                    entry.signed_at_block,
                    entry.signed_at_unix,
                    State.SIGNED,
                ),
            )

    def note_sending(
        self, entry: Entry, state: State, at_unix: float, *, refusal: str | None = None
    ) -> None:
        """Record that `entry` was sent and is now in `state`, unless it has moved on since."""
        self._run(
            "UPDATE entry SET sends = sends + 1, sent_at_unix = ?, state = ?, refusal = ?"
            " WHERE transaction_hash = ? AND state = ?",
            (at_unix, state, refusal, entry.transaction_hash, entry.state),
        )

    def mark(
        self,
        entry: Entry,
        state: State,
        *,
        receipt: Any = None,
        revert_data: bytes = b"",
        refusal: str | None = None,
    ) -> bool:
        """Move `entry` to `state`, if it is still in the state that `entry` says.

        `receipt` is the node's answer, which `Receipt.parse` has accepted.
        """
        parsed = None if receipt is None else Receipt.parse(receipt)
        changed = self._run(
            "UPDATE entry SET state = ?, block_number = ?, block_hash = ?, receipt = ?,"
            " revert_data = ?, refusal = ? WHERE transaction_hash = ? AND state = ?",
            (
                state,
                None if parsed is None else parsed.block_number,
                None if parsed is None else parsed.block_hash,
                None if receipt is None else json.dumps(receipt),
                revert_data,
                refusal,
                entry.transaction_hash,
                entry.state,
            ),
        )
        return changed == 1

    def unsettle_above(self, block_number: int) -> int:
        """Return what was settled above a block to `SENT`, to be sent again; return how many."""
        return self._run(
            f"UPDATE entry SET state = 'sent', sends = 0, sent_at_unix = NULL, receipt = NULL,"  # noqa: S608 - of our own constants alone
            f" block_number = NULL, block_hash = NULL, revert_data = x'' WHERE {_IS_SETTLED}"
            " AND block_number > ?",
            (block_number,),
        )

    def _first(self, where: str, values: tuple[Any, ...], order: str) -> Entry | None:
        return next(iter(self._entries(where, values, f"{order} LIMIT 1")), None)

    def _entries(self, where: str, values: tuple[Any, ...], order: str) -> list[Entry]:
        statement = f"SELECT * FROM entry WHERE {where} ORDER BY {order}"  # noqa: S608 - of our own constants alone
        return [_entry(row) for row in self._rows(statement, values)]

    def _rows(self, statement: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
        with self._lock, self._translated_errors():
            return self._database.execute(statement, values).fetchall()

    def _run(self, statement: str, values: tuple[Any, ...]) -> int:
        with self._lock, self._translated_errors():
            return self._database.execute(statement, values).rowcount

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise OutboxError(
                f"The outbox {self.path} cannot be used: {error}.",
                remedy="Check the disk's free space and the file's permissions, and that no other "
                "program holds it open.",
            ) from error


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        operation_id=OperationId(row["operation_id"]),
        sender=Address(row["sender"]),
        nonce=row["nonce"],
        transaction_hash=TransactionHash(row["transaction_hash"]),
        raw=row["raw"],
        to=None if row["recipient"] is None else Address(row["recipient"]),
        data=row["data"],
        gas=row["gas"],
        signed_at_block=row["signed_at_block"],
        signed_at_unix=row["signed_at_unix"],
        state=State(row["state"]),
        sequence=row["sequence"],
        sends=row["sends"],
        sent_at_unix=row["sent_at_unix"],
        receipt=None if row["receipt"] is None else Receipt.parse(json.loads(row["receipt"])),
        revert_data=row["revert_data"],
        refusal=row["refusal"],
    )
