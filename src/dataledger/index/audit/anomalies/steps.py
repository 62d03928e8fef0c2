"""Steps that came much later, or much sooner, than is usual along their edge of the policy."""

from collections.abc import Iterator
from math import ceil
from typing import Any

from sqlalchemy import Row, select, tuple_

from dataledger.index.audit.anomalies.finding import (
    Anomaly,
    Find,
    Key,
    Usual,
    contents,
    newest_times,
    pairs,
)
from dataledger.index.audit.entries import block_of
from dataledger.index.audit.reading import Reading
from dataledger.index.schema import stage_history

_NOWHERE: Key = (0, 0, 0, 0, 0)


def slow(reading: Reading, after: Key | None, limit: int) -> Iterator[Find]:
    """Find steps that took longer than usual: edge by edge, the longest first."""
    return _outside(reading, after, limit, is_slow=True)


def fast(reading: Reading, after: Key | None, limit: int) -> Iterator[Find]:
    """Find steps that took less time than usual: edge by edge, the shortest first."""
    return _outside(reading, after, limit, is_slow=False)


def _outside(reading: Reading, after: Key | None, limit: int, *, is_slow: bool) -> Iterator[Find]:
    place = after or _NOWHERE
    for policy, content in contents(reading, since=place[0]):
        for start, end in pairs(content):
            edge = (policy, start, end)
            if edge < place[:3]:
                continue
            usual = Usual.of(newest_times(reading, *edge))
            if usual is not None:
                within = place[3:] if after is not None and edge == place[:3] else None
                for row in _steps(reading, edge, usual, within, limit, is_slow=is_slow):
                    key = (*edge, row.waited_seconds, row.since_event)
                    yield key, _anomaly(reading, row, usual, is_slow=is_slow)
            # Nothing of this edge comes after this place in either order.
            yield (*edge, -1 if is_slow else 2**62, 0), None


def _steps(
    reading: Reading,
    edge: tuple[int, int, int],
    usual: Usual,
    within: tuple[int, int] | None,
    limit: int,
    *,
    is_slow: bool,
) -> list[Row[Any]]:
    columns = stage_history.c
    order = (columns.waited_seconds, columns.since_event)
    conditions = [
        columns.policy == edge[0],
        columns.from_stage == edge[1],
        columns.stage == edge[2],
        columns.waited_seconds > int(usual.most)
        if is_slow
        # A whole number, since PostgreSQL finds no other in an index of them.
        else columns.waited_seconds < ceil(usual.least),
    ]
    if within is not None:
        here = tuple_(*order)
        conditions.append(here < within if is_slow else here > within)
    sort = [column.desc() if is_slow else column.asc() for column in order]
    query = select(stage_history).where(*conditions).order_by(*sort).limit(limit)
    rows = list(reading.connection.execute(query).all())
    reading.naming.dataset_names(row.dataset for row in rows)
    reading.naming.organisation_names(row.org for row in rows)
    return rows


def _anomaly(reading: Reading, row: Row[Any], usual: Usual, *, is_slow: bool) -> Anomaly:
    start, end = (
        reading.naming.stage_name(row.policy, stage) for stage in (row.from_stage, row.stage)
    )
    speed = "later" if is_slow else "sooner"
    return Anomaly(
        kind="slow-step" if is_slow else "fast-step",
        text=f"{start} → {end} came much {speed} than usual",
        dataset=row.dataset,
        name=reading.naming.dataset_name(row.dataset),
        version=row.version,
        org=row.org,
        org_slug=reading.naming.organisation_name(row.org),
        at_unix=row.since_unix,
        block_number=block_of(row.since_event),
        seconds=row.waited_seconds,
        usual_seconds=usual.median,
    )
