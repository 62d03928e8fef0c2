"""Events as answers tell them: typed, in words, with who, when and where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from dataledger.contracts.event_words import event_text
from dataledger.contracts.events import EVENTS, Event, LogContent
from dataledger.contracts.identifiers import Address, DatasetId, OrgId
from dataledger.errors import NotFound, shown
from dataledger.hashing import Hash32
from dataledger.index.audit.naming import Naming
from dataledger.index.decoding import decode
from dataledger.index.schema import LOG_INDEX_BITS, datasets, events

KINDS = tuple(kind.__name__ for kind in EVENTS)
_TOPIC_BYTES = 32
_LOG_INDEX_MASK = (1 << LOG_INDEX_BITS) - 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the chain."""

    event: Event
    kind: str
    text: str
    """What it says. It may quote what its author wrote: untrusted text."""
    dataset: str | None
    """`OWNER/SLUG`; None where it is about no dataset."""
    org: OrgId | None
    org_slug: str | None
    """Who acted."""
    by: Address | None
    """With which key."""
    recorded_at_unix: int
    block_number: int
    log_index: int
    transaction_hash: str


@dataclass(frozen=True, slots=True)
class Indexed:
    """A condition on events, and the index in which the matches stand in order."""

    index: str
    holds: ColumnElement[bool]


def kinds_of(kinds: Iterable[str] | None) -> tuple[str, ...]:
    """Return the names of kinds of events, sorted; without any, none: every kind is wanted.

    Raises:
        NotFound: there is no such kind; the remedy names all.
    """
    known = {kind.casefold(): kind for kind in KINDS}
    found = set()
    for kind in kinds or ():
        if kind.casefold() not in known:
            raise NotFound(
                f"There is no kind of event {shown(kind)}.",
                remedy=f"Name some of {', '.join(KINDS)}.",
            )
        found.add(known[kind.casefold()])
    return tuple(sorted(found))


def matching_events(
    conditions: Sequence[Indexed],
    *,
    first: int,
    last: int,
    limit: int,
) -> Select[Any]:
    """Return the query for the first events, oldest first, that fulfil any of the conditions.

    Each condition is read through its own index, and only so far as the page goes.
    """
    branches = [
        select(events.c.event)
        .with_hint(events, f"INDEXED BY {condition.index}", "sqlite")
        .where(condition.holds, events.c.event.between(first, last))
        .order_by(events.c.event)
        .limit(limit)
        .subquery()
        for condition in conditions
    ]
    found = union_all(*(select(branch) for branch in branches)).subquery()
    keys = select(found.c.event).distinct().order_by(found.c.event).limit(limit)
    return select(events).where(events.c.event.in_(keys)).order_by(events.c.event)


def entries(connection: Connection, naming: Naming, rows: Sequence[Any]) -> list[Entry]:
    """Return rows of `events` as entries."""
    decoded = [event_of(row) for row in rows]
    mentioned: set[int | None] = {row.org for row in rows}
    for event in decoded:
        mentioned |= {getattr(event, name, None) for name in ("org", "by_org", "parent")}
    naming.organisation_names(mentioned)
    ids = {row.dataset for row in rows if row.dataset is not None}
    names = naming.dataset_names(ids)
    policies = _policies(connection, ids)
    found = []
    for row, event in zip(rows, decoded, strict=True):
        stages = {} if row.dataset is None else naming.stage_names(policies[row.dataset])
        found.append(
            Entry(
                event=event,
                kind=row.kind,
                text=event_text(event, stages, naming.organisation_name),
                dataset=None if row.dataset is None else names[row.dataset],
                org=row.org,
                org_slug=None if row.org is None else naming.organisation_name(row.org),
                by=row.by,
                recorded_at_unix=row.recorded_at_unix,
                block_number=block_of(row.event),
                log_index=row.event & _LOG_INDEX_MASK,
                transaction_hash=row.transaction_hash,
            )
        )
    return found


def block_of(event: int) -> int:
    """Return the block in which the event with this key stands."""
    return event >> LOG_INDEX_BITS


def event_of(row: Any) -> Event:
    """Return the event in the columns `topics` and `data` of a row."""
    topics = bytes(row.topics)
    parts = (topics[at : at + _TOPIC_BYTES] for at in range(0, len(topics), _TOPIC_BYTES))
    return decode(LogContent(tuple(map(Hash32, parts)), bytes(row.data)))


def _policies(connection: Connection, ids: Iterable[DatasetId]) -> dict[DatasetId, int]:
    query = select(datasets.c.dataset, datasets.c.policy).where(datasets.c.dataset.in_(ids))
    return {row.dataset: row.policy for row in connection.execute(query)}
