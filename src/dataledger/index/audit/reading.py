"""One state of the index, as a question reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakSet

from sqlalchemy import Connection, inspect, select

from dataledger.errors import IndexUnusable
from dataledger.index.audit.naming import Naming
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
"""Stores that have tables, which they keep: asking takes longer than most questions."""


@contextmanager
def reading(store: Store) -> Iterator[Reading]:
    """Offer the newest state of the index.

    Raises:
        IndexUnusable: the database fails, or no block is in the index yet.
    """
    with store.read() as connection:
        found = None
        if store in _READY or inspect(connection).has_table(chain.name):
            _READY.add(store)
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
