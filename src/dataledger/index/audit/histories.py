"""What happened: to a dataset; and by, or to, an organisation or a key."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.sql.elements import ColumnElement

from dataledger.contracts.identifiers import Address, DatasetId, OrgId
from dataledger.errors import NotFound
from dataledger.index.audit.entries import Entry, Indexed, entries, matching_events
from dataledger.index.audit.moments import LAST_EVENT, MomentRef, first_event, last_event
from dataledger.index.audit.naming import WhoRef
from dataledger.index.audit.paging import Page, Window
from dataledger.index.audit.reading import Reading
from dataledger.index.schema import events, versions
from dataledger.ledger.results import DatasetRef


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What narrows a history; None leaves a question open."""

    kinds: tuple[str, ...]
    """As `kinds_of` returns them; none: every kind is wanted."""
    since: MomentRef | None
    until: MomentRef | None


def timeline(
    reading: Reading,
    dataset: DatasetRef,
    wanted: EventFilter,
    *,
    who: WhoRef | None,
    limit: int,
    after: str | None,
) -> Page[Entry]:
    """See `Audit.timeline`."""
    id_, version = reading.naming.version(dataset)
    actor = None if who is None else reading.naming.who(who)
    holds = events.c.dataset == id_
    recall = None
    if version is not None:
        first, last, recall = _span(reading, id_, version)
        holds &= events.c.event.between(first, last)
    conditions = [Indexed("events_dataset", holds)]
    if recall is not None:
        holds = (events.c.dataset == id_) & (events.c.event == recall)
        conditions.append(Indexed("events_dataset", holds))
    if actor is not None:
        conditions = [Indexed(c.index, c.holds & _acted(actor)) for c in conditions]
    filters = (str(id_), version, actor, wanted)
    window = Window.of("timeline", filters, limit=limit, after=after, key=(int,))
    return _page(reading, window, _of_kinds(conditions, wanted.kinds), wanted)


def activity(
    reading: Reading,
    who: WhoRef,
    wanted: EventFilter,
    *,
    dataset: DatasetRef | None,
    limit: int,
    after: str | None,
) -> Page[Entry]:
    """See `Audit.activity`."""
    actor = reading.naming.who(who)
    id_ = None if dataset is None else reading.naming.dataset(dataset)
    kinds = wanted.kinds
    if id_ is not None:
        done = Indexed("events_dataset", (events.c.dataset == id_) & _acted(actor))
        conditions = _of_kinds([done], kinds)
    elif isinstance(actor, str):
        done = Indexed("events_by", _acted(actor))
        suffered = Indexed("events_subject_key", events.c.subject_key == actor)
        conditions = _of_kinds([done, suffered], kinds)
    else:
        suffered = Indexed("events_subject_org", events.c.subject_org == actor)
        conditions = _of_kinds([suffered], kinds)
        # An organisation may do very much of one kind, and little of another.
        conditions += [
            Indexed("events_org_kind", _acted(actor) & (events.c.kind == kind)) for kind in kinds
        ] or [Indexed("events_org", _acted(actor))]
    filters = (actor, str(id_), wanted)
    window = Window.of("activity", filters, limit=limit, after=after, key=(int,))
    return _page(reading, window, conditions, wanted)


def _of_kinds(conditions: Sequence[Indexed], kinds: Sequence[str]) -> list[Indexed]:
    if not kinds:
        return list(conditions)
    return [Indexed(c.index, c.holds & events.c.kind.in_(kinds)) for c in conditions]


def _page(
    reading: Reading, window: Window, conditions: Sequence[Indexed], wanted: EventFilter
) -> Page[Entry]:
    first = first_event(reading.connection, wanted.since)
    if window.after is not None:
        first = max(first, int(window.after[0]) + 1)
    last = last_event(reading.connection, wanted.until)
    query = matching_events(conditions, first=first, last=last, limit=window.limit + 1)
    rows = reading.connection.execute(query).all()
    found = entries(reading.connection, reading.naming, rows[: window.limit])
    more = len(rows) > window.limit
    token = window.token((rows[window.limit - 1].event,)) if more else None
    return Page(tuple(found), token, reading.as_of_block)


def _acted(actor: OrgId | Address) -> ColumnElement[bool]:
    return events.c.by == actor if isinstance(actor, str) else events.c.org == actor


def _span(reading: Reading, dataset: DatasetId, version: int) -> tuple[int, int, int | None]:
    """Return between which events a version was the current one, and the event of its recall."""
    query = select(versions.c.version, versions.c.event, versions.c.recall_event)
    rows = reading.connection.execute(
        query.where(versions.c.dataset == dataset, versions.c.version.in_((version, version + 1)))
    )
    found = {row.version: row for row in rows}
    if version not in found:
        raise NotFound(
            f"The dataset {reading.naming.dataset_name(dataset)} has no version {version}.",
            remedy="Name one that it has; its timeline shows them.",
        )
    following = found.get(version + 1)
    last = LAST_EVENT if following is None else following.event - 1
    return found[version].event, last, found[version].recall_event
