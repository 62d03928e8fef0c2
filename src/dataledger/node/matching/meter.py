"""What each organisation compared with each dataset in the last 24 hours: counted before it is.

Who may ask again and again learns a set item by item. The counts lie in a file of the node's state
folder, flushed to the disk before anything is computed; a run that fails, however it does, stays
counted. SQLite's lock keeps runs that come together from both taking the last place.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from dataledger.chain.home import begin_private_file
from dataledger.contracts.identifiers import DatasetId, OrgId
from dataledger.errors import NodeRefused
from dataledger.node.rules import MatchingRules

METER_FILE = "matching.sqlite3"
WINDOW_SECONDS = 24 * 3600
LOCK_TIMEOUT_SECONDS = 30.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS run (
    consumer        INTEGER NOT NULL,
    dataset         BLOB    NOT NULL,
    items           INTEGER NOT NULL,
    counted_at_unix INTEGER NOT NULL
) STRICT
"""


class Meter:
    """The counts in one node's state folder. Holds nothing open; threads and processes share it."""

    def __init__(self, state: Path) -> None:
        """Count in this folder, which is there and private."""
        self._path = state / METER_FILE

    def check(self, consumer: OrgId, dataset: DatasetId, items: int, rules: MatchingRules) -> None:
        """Return only if there is room for a run of so many items now. Counts nothing.

        Raises:
            NodeRefused: there is none (`metered`), or the file cannot be used (`no-meter`).
        """
        with self._counts() as database:
            _require_room(database, consumer, dataset, items, rules)

    def count(self, consumer: OrgId, dataset: DatasetId, items: int, rules: MatchingRules) -> None:
        """Count a run of so many items, durably.

        Raises:
            NodeRefused: as by `check`; then it is not counted.
        """
        with self._counts() as database:
            _require_room(database, consumer, dataset, items, rules)
            database.execute(
                "INSERT INTO run VALUES (?, ?, ?, ?)",
                (consumer, dataset.value, items, int(time.time())),
            )

    @contextmanager
    def _counts(self) -> Iterator[sqlite3.Connection]:
        """Offer the file, locked, without what is older than the window."""
        try:
            self._path.parent.stat()  # with its folder, the counts would be gone
            # SQLite gives its side files the mode of this one.
            begin_private_file(self._path)
            with closing(
                sqlite3.connect(self._path, timeout=LOCK_TIMEOUT_SECONDS, isolation_level=None)
            ) as database:
                database.execute("PRAGMA synchronous = FULL")
                database.execute("BEGIN IMMEDIATE")
                database.execute(_SCHEMA)
                oldest = int(time.time()) - WINDOW_SECONDS
                database.execute("DELETE FROM run WHERE counted_at_unix <= ?", (oldest,))
                yield database
                database.execute("COMMIT")
        except (OSError, sqlite3.Error) as error:
            raise NodeRefused(
                "This node cannot count matchings now, and so does none.",
                remedy="Tell its owner: the node's state folder needs attention.",
                reason="no-meter",
            ) from error


def _require_room(
    database: sqlite3.Connection,
    consumer: OrgId,
    dataset: DatasetId,
    items: int,
    rules: MatchingRules,
) -> None:
    [runs, compared] = database.execute(
        "SELECT count(*), coalesce(sum(items), 0) FROM run WHERE consumer = ? AND dataset = ?",
        (consumer, dataset.value),
    ).fetchone()
    if runs >= rules.runs_per_day:
        raise _metered(f"{runs} runs in 24 hours, of {rules.runs_per_day}")
    if compared + items > rules.items_per_day:
        left = max(rules.items_per_day - compared, 0)
        raise _metered(
            f"{compared:,} items in 24 hours, of {rules.items_per_day:,}: {left:,} are left"
        )


def _metered(reached: str) -> NodeRefused:
    return NodeRefused(
        f"Your organisation has compared with this dataset: {reached}.",
        remedy="Ask again later, for fewer items, or agree with the owner on more.",
        reason="metered",
    )
