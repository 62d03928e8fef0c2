"""Taking back what a reorganisation took out of the chain.

Histories are undone row by row: what began after a block goes, and what ended after it is open
again. The current row of whatever an event after it was about is made anew: by the same fold that
made it, over the events that are left.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, select, update

from dataledger.chain.answers import Log
from dataledger.chain.identifiers import BlockHash
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import Address, DatasetId
from dataledger.hashing import Hash32
from dataledger.index import schema
from dataledger.index.cursor import first_event_after
from dataledger.index.decoding import decode
from dataledger.index.projection import Known, Projection
from dataledger.index.projection_datasets import RECALL
from dataledger.index.rows import known_of, parts, update_rows

_KEPT = frozenset(("dataset", "owner", "slug", "policy", "registered_event", "registered_at_unix"))


def roll_back(
    connection: Connection, to_block: int, contracts: dict[Address, ContractName]
) -> None:
    """Leave the index as it was when its cursor stood at `to_block`.

    That block is one of the table `blocks`; or, with all blocks gone, lies before the first.
    """
    first = first_event_after(to_block)
    events = schema.events.c
    gone = events.event >= first
    datasets = connection.scalars(
        select(events.dataset).distinct().where(gone, events.dataset.is_not(None))
    ).all()
    orgs = connection.scalars(
        select(events.subject_org).distinct().where(gone, events.subject_org.is_not(None))
    ).all()
    removed = connection.execute(delete(schema.events).where(gone)).rowcount
    connection.execute(delete(schema.blocks).where(schema.blocks.c.number > to_block))
    _undo_policies(connection, first)
    _undo_datasets(connection, first, datasets, contracts)
    if orgs:
        _undo_organisations(connection, first, orgs)
    _move_cursor(connection, to_block, removed)


def _undo_policies(connection: Connection, first: int) -> None:
    policies, stages = schema.policies, schema.stages
    gone = select(policies.c.policy).where(policies.c.event >= first)
    connection.execute(delete(stages).where(stages.c.policy.in_(gone)))
    connection.execute(delete(policies).where(policies.c.event >= first))


def _undo_datasets(
    connection: Connection,
    first: int,
    datasets: Sequence[DatasetId],
    contracts: dict[Address, ContractName],
) -> None:
    versions, history = schema.versions, schema.stage_history
    connection.execute(delete(schema.lineage).where(schema.lineage.c.event >= first))
    connection.execute(delete(versions).where(versions.c.event >= first))
    connection.execute(
        update(versions).where(versions.c.recall_event >= first).values(dict.fromkeys(RECALL))
    )
    connection.execute(delete(history).where(history.c.since_event >= first))
    registered = schema.datasets.c.registered_event
    connection.execute(delete(schema.datasets).where(registered >= first))
    for part in parts(datasets):
        _reopen(connection, history, history.c.dataset.in_(part), first)
        # Those whose registration is left have events left.
        rows = fold_events(
            connection, schema.events.c.dataset.in_(part), contracts
        ).datasets.datasets.new
        if rows:
            names = [name for name in rows[0] if name not in _KEPT]
            update_rows(connection, schema.datasets, names, rows)


def fold_events(
    connection: Connection, which: Any, contracts: dict[Address, ContractName]
) -> Projection:
    """Return the projection of the events under a condition: all that some datasets have, say.

    Raises:
        HistoryBroken: the events do not follow from each other.
        NodeError: one is not as the contract writes it.
    """
    decoded = [(log, decode(log)) for log in stored_logs(connection, which, contracts)]
    known = known_of(connection, (event for _, event in decoded))
    projection = Projection(
        Known(entries=known.entries, version_events=known.version_events), contracts
    )
    for log, event in decoded:
        projection.apply(log, event)
    return projection


def stored_logs(
    connection: Connection, which: Any, contracts: dict[Address, ContractName]
) -> list[Log]:
    """Return logs under a condition as they came from the chain; block hashes are left out."""
    events = schema.events.c
    addresses = {str(name): address for address, name in contracts.items()}
    found = connection.execute(
        select(events.event, events.contract, events.topics, events.data, events.transaction_hash)
        .where(which)
        .order_by(events.event)
    )
    mask = (1 << schema.LOG_INDEX_BITS) - 1
    return [
        Log(
            address=addresses[contract],
            topics=split_topics(topics),
            data=bytes(data),
            block_number=key >> schema.LOG_INDEX_BITS,
            block_hash=BlockHash(""),
            transaction_hash=transaction,
            log_index=key & mask,
        )
        for key, contract, topics, data, transaction in found
    ]


def split_topics(topics: bytes) -> tuple[Hash32, ...]:
    """Return the topics that `events.topics` holds one after another."""
    return tuple(Hash32(bytes(topics[at : at + 32])) for at in range(0, len(topics), 32))


def _undo_organisations(connection: Connection, first: int, orgs: Sequence[int]) -> None:
    for table in (schema.capabilities, schema.suspensions, schema.memberships):
        connection.execute(delete(table).where(table.c.since_event >= first))
        _reopen(connection, table, table.c.until_event.is_not(None), first)
    connection.execute(
        delete(schema.organisations).where(schema.organisations.c.admitted_event >= first)
    )
    organisations, held = schema.organisations.c, schema.capabilities.c
    frozen = schema.suspensions.c
    holds = (held.org == organisations.org) & held.until_event.is_(None)
    is_frozen = (frozen.org == organisations.org) & frozen.until_event.is_(None)
    for part in parts(orgs):
        connection.execute(
            update(schema.organisations)
            .where(organisations.org.in_(part))
            .values(
                capabilities=select(held.capabilities).where(holds).scalar_subquery(),
                grantable=select(held.grantable).where(holds).scalar_subquery(),
                suspended_by=select(frozen.by_org).where(is_frozen).scalar_subquery(),
            )
        )


def _reopen(connection: Connection, table: Table, which: Any, first: int) -> None:
    """Let rows of a history hold again that ended with the event `first` or later."""
    values: dict[str, Any] = {"until_event": None, "until_unix": None}
    if "ended_by" in table.c:
        values["ended_by"] = None
    connection.execute(update(table).where(which, table.c.until_event >= first).values(values))


def _move_cursor(connection: Connection, to_block: int, removed: int) -> None:
    chain, blocks = schema.chain, schema.blocks
    found = connection.execute(select(blocks).where(blocks.c.number == to_block)).first()
    checked = chain.c.checked_block
    values: dict[str, Any] = {
        "block_number": None if found is None else found.number,
        "block_hash": None if found is None else found.hash,
        "block_timestamp_unix": None if found is None else found.timestamp_unix,
        "event_count": chain.c.event_count - removed,
    }
    connection.execute(update(chain).values(values))
    connection.execute(
        update(chain)
        .where(checked > to_block)
        .values(checked_block=None if found is None else to_block)
    )
