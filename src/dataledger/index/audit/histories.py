"""What happened: to a dataset; and by, or to, an organisation or a key."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.sql.elements import ColumnElement

from dataledger.contracts.identifiers import Address, DatasetId, OrgId
from dataledger.errors import NotFound
from dataledger.index.audit.entries import Entry, entries, kinds_of, matching_events
from dataledger.index.audit.moments import LAST_EVENT, MomentRef, first_event, last_event
from dataledger.index.audit.naming import WhoRef
from dataledger.index.audit.paging import Page, Window
from dataledger.index.audit.reading import Reading
from dataledger.index.schema import events, versions
from dataledger.ledger.results import DatasetRef


def timeline(
    reading: Reading,
    dataset: DatasetRef,
    *,
    kinds: Iterable[str] | None,
    since: MomentRef | None,
    until: MomentRef | None,
    who: WhoRef | None,
    limit: int,
    after: str | None,
) -> Page[Entry]:
    """See `Audit.timeline`."""
    id_, version = reading.naming.version(dataset)
    actor = None if who is None else reading.naming.who(who)
    conditions = [events.c.dataset == id_]
    if version is not None:
        first, last, recall = _span(reading, id_, version)
        conditions[0] &= events.c.event.between(first, last)
        if recall is not None:
            conditions.append(events.c.event == recall)
    if actor is not None:
        conditions = [c & (_column_of(actor) == actor) for c in conditions]
    return _page(
        reading,
        ("timeline", (str(id_), version, actor)),
        conditions,
        kinds,
        (since, until),
        (limit, after),
    )


def activity(
    reading: Reading,
    who: WhoRef,
    *,
    kinds: Iterable[str] | None,
    since: MomentRef | None,
    until: MomentRef | None,
    dataset: DatasetRef | None,
    limit: int,
    after: str | None,
) -> Page[Entry]:
    """See `Audit.activity`."""
    actor = reading.naming.who(who)
    if isinstance(actor, str):
        conditions = [events.c.by == actor, events.c.subject_key == actor]
    else:
        conditions = [events.c.org == actor, events.c.subject_org == actor]
    id_ = None if dataset is None else reading.naming.dataset(dataset)
    if id_ is not None:
        conditions = [(events.c.dataset == id_) & conditions[0]]
    return _page(
        reading,
        ("activity", (actor, str(id_))),
        conditions,
        kinds,
        (since, until),
        (limit, after),
        by_kind=id_ is None and not isinstance(actor, str),
    )


def _page(
    reading: Reading,
    question: tuple[str, tuple[object, ...]],
    conditions: Sequence[ColumnElement[bool]],
    kinds: Iterable[str] | None,
    period: tuple[MomentRef | None, MomentRef | None],
    part: tuple[int, str | None],
    *,
    by_kind: bool = False,
) -> Page[Entry]:
    wanted = kinds_of(kinds)
    name, filters = question
    window = Window.of(name, (*filters, wanted, *period), limit=part[0], after=part[1], key=(int,))
    first = first_event(reading.connection, period[0])
    if window.after is not None:
        first = max(first, int(window.after[0]) + 1)
    query = matching_events(
        conditions,
        wanted,
        first=first,
        last=last_event(reading.connection, period[1]),
        limit=window.limit + 1,
        by_kind=by_kind,
    )
    rows = reading.connection.execute(query).all()
    found = entries(reading.connection, reading.naming, rows[: window.limit])
    more = len(rows) > window.limit
    token = window.token((rows[window.limit - 1].event,)) if more else None
    return Page(tuple(found), token, reading.as_of_block)


def _column_of(actor: OrgId | Address) -> ColumnElement[object]:
    return events.c.by if isinstance(actor, str) else events.c.org


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
