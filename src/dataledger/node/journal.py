"""The node's journal: how far each run has come, the answers, and the nonces that were used.

SQLite with a write-ahead log, flushed to the disk at every commit: a step is taken only when the
journal holds it. One process has it open. It holds no data but the answers, which are deleted, and
overwritten, some days after they were settled.

The file must lie on a local disk: SQLite's write-ahead log does not work over a network.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from dataledger.chain.home import begin_private_file, private_directory
from dataledger.contracts.identifiers import Address, Commitment, DatasetId, GrantId, OrgId, RunId
from dataledger.contracts.use_types import Cost
from dataledger.errors import NodeConfigError
from dataledger.hashing import Digest, Hash32, to_hash32
from dataledger.node.states import NEXT, OPEN, KeptRun, RunKey, State
from dataledger.node.work import Answer

APPLICATION_ID = 0x444C_4E4A  # "DLNJ"
SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE chain (chain_id INTEGER NOT NULL, contract TEXT NOT NULL) STRICT;
CREATE TABLE run (
    grant_id         TEXT    NOT NULL,
    run_id           TEXT    NOT NULL,
    kind             TEXT    NOT NULL,
    sender           TEXT    NOT NULL,
    consumer         INTEGER NOT NULL,
    dataset          TEXT    NOT NULL,
    version          INTEGER NOT NULL,
    commitment       BLOB    NOT NULL,
    code             TEXT    NOT NULL,
    environment      TEXT    NOT NULL,
    cost             TEXT    NOT NULL,
    received_at_unix INTEGER NOT NULL,
    state            TEXT    NOT NULL,
    spent            TEXT,
    output           TEXT,
    media_type       TEXT,
    reason           TEXT,
    message          TEXT,
    receipt          BLOB,
    transaction_hash TEXT,
    ended_at_unix    INTEGER,
    PRIMARY KEY (grant_id, run_id)
) STRICT;
CREATE INDEX run_by_state ON run (state);
CREATE TABLE answer (
    grant_id TEXT NOT NULL,
    run_id   TEXT NOT NULL,
    content  BLOB NOT NULL,
    PRIMARY KEY (grant_id, run_id)
) STRICT;
CREATE TABLE nonce (
    sender          TEXT    NOT NULL,
    nonce           BLOB    NOT NULL,
    kept_until_unix INTEGER NOT NULL,
    PRIMARY KEY (sender, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX nonce_by_end ON nonce (kept_until_unix);
"""

_IS_RUN = "grant_id = ? AND run_id = ?"
_CHANGING = frozenset(
    {
        *("spent", "output", "media_type", "reason", "message", "receipt"),
        *("transaction_hash", "ended_at_unix"),
    }
)


class Journal:
    """The journal of one node. Safe to share between threads; of one process alone."""

    def __init__(self, folder: Path, chain_id: int, contract: Address) -> None:
        """Open the journal in `folder`, or begin one, for the contract `DataUse` of a chain.

        Raises:
            NodeConfigError: it cannot be written, is of another chain or release, is damaged, or
                another process has it open.
        """
        self.path = folder / "journal.sqlite3"
        self._mutex = threading.RLock()
        with self._translated_errors():
            private_directory(folder)
            self._held = os.open(
                folder / "journal.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
            try:
                self._hold()
                # SQLite gives its side files the mode of this one.
                begin_private_file(self.path)
                self._database = sqlite3.connect(
                    self.path, isolation_level=None, check_same_thread=False
                )
            except BaseException:
                os.close(self._held)
                raise
            try:
                self._database.row_factory = sqlite3.Row
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = FULL")
                # What is deleted is overwritten.
                self._database.execute("PRAGMA secure_delete = ON")
                self._prepare(chain_id, contract)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Close the file, for another process to open it. Closing twice is no error."""
        with self._mutex:
            self._database.close()
            if self._held >= 0:
                os.close(self._held)
                self._held = -1

    # -------------------------------------------------------------------------------------- nonces

    def remember(self, sender: Address, nonce: Hash32, kept_until_unix: int) -> bool:
        """Remember a nonce of a key, and return whether it was new."""
        with self._writing():
            changed = self._database.execute(
                "INSERT OR IGNORE INTO nonce VALUES (?, ?, ?)",
                (sender, bytes(nonce), kept_until_unix),
            )
            return changed.rowcount == 1

    # ---------------------------------------------------------------------------------------- runs

    def add(self, run: KeptRun) -> bool:
        """Begin a run, as `RECEIVED`; return whether its id was free."""
        with self._writing():
            changed = self._database.execute(
                "INSERT OR IGNORE INTO run (grant_id, run_id, kind, sender, consumer, dataset,"
                " version, commitment, code, environment, cost, received_at_unix, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *_key(run.key),
                    run.kind,
                    run.by,
                    run.consumer,
                    str(run.dataset),
                    run.version,
                    run.commitment,
                    str(run.code),
                    str(run.environment),
                    _cost_text(run.cost),
                    run.received_at_unix,
                    State.RECEIVED,
                ),
            )
            return changed.rowcount == 1

    def move(self, run: KeptRun, to: State, **changes: Any) -> KeptRun | None:
        """Take a run's next step, and return it as it is then.

        None where it is no longer in the state that `run` says: somebody else has moved it.

        Raises:
            ValueError: no run goes from there to `to`.
        """
        with self._writing():
            return self._move(run, to, changes)

    def keep_answer(self, run: KeptRun, answer: Answer) -> KeptRun | None:
        """Move a run to `COMPUTED`, with its answer; as `move` does."""
        with self._writing():
            changes = {
                "spent": run.cost,
                "output": Digest.of(answer.content),
                "media_type": answer.media_type,
            }
            moved = self._move(run, State.COMPUTED, changes)
            if moved is not None:
                self._database.execute(
                    "INSERT INTO answer VALUES (?, ?, ?)", (*_key(run.key), answer.content)
                )
            return moved

    def get(self, key: RunKey) -> KeptRun | None:
        """Return a run."""
        rows = self._rows(f"SELECT * FROM run WHERE {_IS_RUN}", _key(key))  # noqa: S608 - of our own constants alone
        return _run(rows[0]) if rows else None

    def senders(self) -> dict[Address, OrgId]:
        """Return the keys that asked for runs, and for whom: a key is bound for ever."""
        rows = self._rows("SELECT DISTINCT sender, consumer FROM run", ())
        return {Address(row["sender"]): OrgId(row["consumer"]) for row in rows}

    def open_runs(self) -> list[KeptRun]:
        """Return the runs of which something is left to be done, oldest first."""
        states = sorted(OPEN)
        marks = ", ".join("?" * len(states))
        rows = self._rows(
            f"SELECT * FROM run WHERE state IN ({marks}) ORDER BY rowid",  # noqa: S608 - marks alone
            states,
        )
        return [_run(row) for row in rows]

    def answer(self, run: KeptRun) -> Answer | None:
        """Return the answer of a settled run; None once it is deleted, and of any other run."""
        rows = self._rows(
            "SELECT content, media_type FROM answer JOIN run USING (grant_id, run_id)"
            " WHERE grant_id = ? AND run_id = ? AND state = ?",
            (*_key(run.key), State.SETTLED),
        )
        return Answer(rows[0]["content"], rows[0]["media_type"]) if rows else None

    def forget(self, now_unix: int, *, answers_before_unix: int) -> int:
        """Delete nonces that are over, and answers of runs that ended before; return how many."""
        with self._writing():
            self._database.execute("DELETE FROM nonce WHERE kept_until_unix < ?", (now_unix,))
            deleted = self._database.execute(
                "DELETE FROM answer WHERE (grant_id, run_id) IN (SELECT grant_id, run_id FROM run"
                " WHERE ended_at_unix < ?)",
                (answers_before_unix,),
            ).rowcount
        if deleted:
            # The write-ahead log still has what was overwritten in the file.
            self._rows("PRAGMA wal_checkpoint(TRUNCATE)", ())
        return deleted

    # ------------------------------------------------------------------------------------- helpers

    def _move(self, run: KeptRun, to: State, changes: dict[str, Any]) -> KeptRun | None:
        if to not in NEXT[run.state] or not changes.keys() <= _CHANGING:
            raise ValueError(f"no {run.key} goes from {run.state} to {to} with {sorted(changes)}")
        values = {"state": to, **changes}
        assignments = ", ".join(f"{name} = ?" for name in values)
        changed = self._database.execute(
            f"UPDATE run SET {assignments} WHERE {_IS_RUN} AND state = ?",  # noqa: S608 - of our own constants alone
            (*(_stored(value) for value in values.values()), *_key(run.key), run.state),
        )
        if changed.rowcount != 1:
            return None
        if to in {State.FAILING, State.FAILED}:
            self._database.execute(f"DELETE FROM answer WHERE {_IS_RUN}", _key(run.key))  # noqa: S608 - of our own constants alone
        return replace(run, **values)

    def _hold(self) -> None:
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NodeConfigError(
                f"Another process has the node's journal {self.path} open.",
                remedy="Stop that node, or give this one a state folder of its own.",
            ) from None

    def _prepare(self, chain_id: int, contract: Address) -> None:
        with self._writing():
            [version] = self._database.execute("PRAGMA user_version").fetchone()
            [application] = self._database.execute("PRAGMA application_id").fetchone()
            if (version, application) == (0, 0):
                for statement in _SCHEMA.split(";"):
                    self._database.execute(statement)
                self._database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                self._database.execute("INSERT INTO chain VALUES (?, ?)", (chain_id, contract))
            elif (version, application) != (SCHEMA_VERSION, APPLICATION_ID):
                raise NodeConfigError(
                    f"The file {self.path} is no journal of this version (it says {version}).",
                    remedy="Use the release of DataLedger that wrote it.",
                )
            row = self._database.execute("SELECT * FROM chain").fetchone()
        if (row["chain_id"], row["contract"]) != (chain_id, contract):
            raise NodeConfigError(
                f"The journal {self.path} is of the contract {row['contract']} on chain "
                f"{row['chain_id']}, not of {contract} on chain {chain_id}.",
                remedy="Give each chain a state folder of its own.",
            )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Commit at the end, flushed to the disk; or undo everything on an exception."""
        with self._mutex, self._translated_errors():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    def _rows(self, statement: str, values: Sequence[Any]) -> list[sqlite3.Row]:
        with self._mutex, self._translated_errors():
            return self._database.execute(statement, values).fetchall()

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise NodeConfigError(
                f"The node's journal {self.path} cannot be used: {error}.",
                remedy="Check the disk's free space and the folder's permissions.",
            ) from error


def _key(key: RunKey) -> tuple[str, str]:
    return str(key.grant), str(key.run)


def _cost_text(cost: Cost) -> str:
    # A part can be more than SQLite's integers hold.
    return f"{cost.micro} {cost.delta_pico}"


def _cost(text: str) -> Cost:
    micro, delta_pico = text.split(" ")
    return Cost(int(micro), int(delta_pico))


def _stored(value: object) -> object:
    if isinstance(value, Cost):
        return _cost_text(value)
    return str(value) if isinstance(value, Digest) else value


def _run(row: sqlite3.Row) -> KeptRun:
    return KeptRun(
        key=RunKey(GrantId.parse(row["grant_id"]), RunId.parse(row["run_id"])),
        kind=row["kind"],
        by=Address(row["sender"]),
        consumer=OrgId(row["consumer"]),
        dataset=DatasetId.parse(row["dataset"]),
        version=row["version"],
        commitment=Commitment(to_hash32(row["commitment"])),
        code=Digest.parse_sha256(row["code"]),
        environment=Digest.parse_sha256(row["environment"]),
        cost=_cost(row["cost"]),
        received_at_unix=row["received_at_unix"],
        state=State(row["state"]),
        spent=None if row["spent"] is None else _cost(row["spent"]),
        output=None if row["output"] is None else Digest.parse_sha256(row["output"]),
        media_type=row["media_type"],
        reason=row["reason"],
        message=row["message"],
        receipt=row["receipt"],
        transaction_hash=row["transaction_hash"],
        ended_at_unix=row["ended_at_unix"],
    )
