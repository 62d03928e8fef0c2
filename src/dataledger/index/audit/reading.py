"""One state of the index, as a question reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakSet

from sqlalchemy import Connection, select

from dataledger.errors import IndexUnusable
from dataledger.index.audit.naming import Naming
from dataledger.index.migrations import LATEST, revision_in
from dataledger.index.schema import chain
from dataledger.index.store import Store


@dataclass(frozen=True, slots=True)
class Reading:
    """A transaction that sees the index as one sync left it."""

    connection: Connection
    naming: Naming
    as_of_block: int
    as_of_unix: int
    """The time of that block."""


_READY: WeakSet[Store] = WeakSet()
"""Stores that have this release's tables: asking takes longer than most questions."""


@contextmanager
def reading(store: Store) -> Iterator[Reading]:
    """Offer the newest state of the index.

    Raises:
        IndexUnusable: the database fails, another release made the index, or no block is in it yet.
    """
    with store.read() as connection:
        found = None
        if _is_ready(store, connection):
            query = select(chain.c.block_number, chain.c.block_timestamp_unix)
            found = connection.execute(query).first()
        if found is None or found.block_number is None:
            raise IndexUnusable(
                f"The index at {store.shown_url} is empty.",
                remedy="Fill it with `dataledger index sync`.",
            )
        yield Reading(
            connection=connection,
            naming=Naming(connection),
            as_of_block=found.block_number,
            as_of_unix=found.block_timestamp_unix or 0,
        )


def _is_ready(store: Store, connection: Connection) -> bool:
    """Return whether the tables are there that this release reads."""
    if store not in _READY:
        found = revision_in(connection)
        if found is None:
            return False
        if found != LATEST:
            raise IndexUnusable(
                f"The index at {store.shown_url} was made by another release.",
                remedy="Bring it up to date with `dataledger index sync`, or update DataLedger.",
            )
        _READY.add(store)
    return True
