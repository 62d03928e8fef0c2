"""Everything in an index that follows from the chain, in a form to compare."""

from typing import Any

from sqlalchemy import select

from dataledger.index import schema
from dataledger.index.store import Store

# Documents come from elsewhere, and when an index was synced is no fact of the chain.
_LEFT_OUT = {schema.documents.name}
_LEFT_OUT_COLUMNS = {schema.chain.c.synced_at_unix}

Dump = dict[str, list[tuple[Any, ...]]]


def dump(store: Store) -> Dump:
    """Return the rows of all tables, in the order of their primary keys.

    Blocks without events are left out: which of them an index has depends on when it was synced.
    """
    found: Dump = {}
    with store.read() as connection:
        for table in schema.metadata.sorted_tables:
            if table.name in _LEFT_OUT:
                continue
            columns = [column for column in table.c if column not in _LEFT_OUT_COLUMNS]
            query = select(*columns).order_by(*table.primary_key)
            if table is schema.blocks:
                query = query.where(schema.blocks.c.event_count > 0)
            found[table.name] = [tuple(row) for row in connection.execute(query)]
    return found


def differences(left: Dump, right: Dump) -> list[str]:
    """Return what differs between two dumps, a line for each row that only one of them has."""
    lines = []
    for table in left:
        ours, theirs = set(map(repr, left[table])), set(map(repr, right[table]))
        lines += [f"- {table}: {row}" for row in sorted(ours - theirs)]
        lines += [f"+ {table}: {row}" for row in sorted(theirs - ours)]
        if ours == theirs and left[table] != right[table]:
            lines.append(f"  {table}: rows stand in another order, or more than once")
    return lines
