"""Keys that acted while they were no members: before or after their window, or after rotation.

The contracts refuse that, and what they refuse leaves no event. So there should be none; one that
is found says that a contract, the chain or the index is not what it should be.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, and_, case, func, null, select
from sqlalchemy.sql.elements import ColumnElement

from dataledger.index.audit.anomalies.finding import Anomaly, Find, Key
from dataledger.index.audit.entries import block_of
from dataledger.index.audit.reading import Reading
from dataledger.index.schema import events, memberships

BATCH = 200
_LAST = 2**63 - 1


def outside_membership(reading: Reading, after: Key | None) -> Iterator[Find]:
    """Find memberships, in recorded order, with the first event outside each side of them."""
    place = (0, 3) if after is None else after[:2]
    while True:
        rows = reading.connection.execute(_batch(place[0])).all()
        for row in rows:
            for number, event in enumerate((row.early, row.late, row.over)):
                if event is not None and (row.since_event, number) > place:
                    anomaly = _anomaly(reading, row, number, event)
                    yield (row.since_event, number, 0, 0, 0), anomaly
        if len(rows) < BATCH:
            return
        place = (rows[-1].since_event, 3)
        yield (*place, 0, 0, 0), None


def _batch(since: int) -> Any:
    """Return the query for memberships, each with at most three events: a few looks in indexes."""
    m, e = memberships.c, events.alias()
    until = func.coalesce(m.until_event, _LAST)

    def first(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        mine = select(e.c.event).where(e.c.by == m.key, *conditions)
        return mine.order_by(e.c.event).limit(1).correlate(memberships).scalar_subquery()

    def begin_of(unix: ColumnElement[int]) -> ColumnElement[int]:
        """Return the first event at or after a time."""
        t = events.alias()
        later = select(t.c.event).where(t.c.recorded_at_unix >= unix)
        found = later.order_by(t.c.recorded_at_unix, t.c.event).limit(1).correlate(memberships)
        return func.coalesce(found.scalar_subquery(), _LAST)

    # One bound on each side: a second one would be tried on every event of the key.
    early = case(
        (
            m.valid_from_unix > m.since_unix,
            first(e.c.event > m.since_event, e.c.event < begin_of(m.valid_from_unix)),
        ),
        else_=null(),
    )
    late = first(e.c.event >= begin_of(m.valid_until_unix), e.c.event < until)
    is_over = and_(m.until_event.is_not(None), m.ended_by != "renewed")
    over = case((is_over, first(e.c.event > m.until_event)), else_=null())
    return (
        select(memberships, early.label("early"), late.label("late"), over.label("over"))
        .where(m.since_event >= since)
        .order_by(m.since_event)
        .limit(BATCH)
    )


def _anomaly(reading: Reading, row: Row[Any], number: int, event: int) -> Anomaly:
    side = ("before its window", "after its window", f"after it was {_ENDS.get(row.ended_by, '')}")
    at = select(events.c.recorded_at_unix, events.c.dataset).where(events.c.event == event)
    found = reading.connection.execute(at).one()
    org = reading.naming.organisation_name(row.org)
    return Anomaly(
        kind="key-outside-membership",
        text=f"{row.key} of {org} acted {side[number]}",
        dataset=found.dataset,
        name=None if found.dataset is None else reading.naming.dataset_name(found.dataset),
        org=row.org,
        org_slug=org,
        key=row.key,
        at_unix=found.recorded_at_unix,
        block_number=block_of(event),
    )


_ENDS = {"ended": "ended", "rotated": "rotated", "handover": "superseded"}
