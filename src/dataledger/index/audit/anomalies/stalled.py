"""Datasets that stand in a stage for longer than is usual there, or than so many days."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, Select, select, tuple_

from dataledger.contracts.identifiers import PolicyId
from dataledger.index.audit.anomalies.finding import (
    Anomaly,
    Find,
    Key,
    Usual,
    contents,
    newest_times,
    pairs,
)
from dataledger.index.audit.moments import first_event
from dataledger.index.audit.reading import Reading
from dataledger.index.schema import datasets, stage_history

SAMPLED_ARRIVALS = 100
_DAY_SECONDS = 86_400
_NOWHERE: Key = (0, 0, 0, 0, 0)


def stalled(reading: Reading, after: Key | None, limit: int, *, days: int | None) -> Iterator[Find]:
    """Find them stage by stage, the longest first. Stages that nothing leads out of are no stall.

    Without `days`, a stage is judged where enough datasets left it, and not where they come to
    rest: where fewer than half of those that could have left it in the usual time did.
    """
    place = after or _NOWHERE
    for policy, content in contents(reading, since=place[0]):
        for stage in sorted({start for start, _ in pairs(content)}):
            if (policy, stage) < place[:2]:
                continue
            most, median = _longest(reading, policy, content, stage, days)
            if most is not None:
                within = place[2:4] if after is not None and (policy, stage) == place[:2] else None
                query = _standing(reading, (policy, stage), within, most).limit(limit)
                rows = reading.connection.execute(query).all()
                reading.naming.organisation_names(row.owner for row in rows)
                for row in rows:
                    key = (policy, stage, row.updated_at_unix, row.registered_event, 0)
                    yield key, _anomaly(reading, row, median)
            yield (policy, stage, 2**62, 0, 0), None


def _longest(
    reading: Reading, policy: PolicyId, content: dict[str, Any], stage: int, days: int | None
) -> tuple[int | None, int | None]:
    """Return after how long a dataset is stalled in a stage, if ever, and the median of leaving."""
    if days is not None:
        return days * _DAY_SECONDS, None
    times = [
        time
        for start, end in pairs(content)
        if start == stage
        for time in newest_times(reading, policy, start, end)
    ]
    usual = Usual.of(times)
    if usual is None:
        return None, None
    most = int(usual.most)
    return (most, usual.median) if _is_left(reading, policy, content, stage, most) else (None, None)


def _is_left(
    reading: Reading, policy: PolicyId, content: dict[str, Any], stage: int, within_seconds: int
) -> bool:
    """Return whether half of those that came into the stage so long ago, or more, have left it."""
    bound = first_event(reading.connection, max(reading.as_of_unix - within_seconds, 0))
    origins = {start for start, end in pairs(content) if end == stage}
    origins |= {int(s) for s, to in _after_version(content) if to == stage}
    came = left = 0
    columns = stage_history.c
    for origin in [*sorted(origins), None]:
        query = select(columns.until_event).where(
            columns.policy == policy,
            columns.from_stage == origin,
            columns.stage == stage,
            columns.since_event < bound,
        )
        newest = query.order_by(columns.since_event.desc()).limit(SAMPLED_ARRIVALS)
        ends = reading.connection.scalars(newest).all()
        came += len(ends)
        left += sum(end is not None for end in ends)
    return 2 * left >= came


def _after_version(content: dict[str, Any]) -> Iterator[tuple[int, int]]:
    return ((int(stage), int(to)) for stage, to in content["after_version"].items())


def _standing(
    reading: Reading, place: tuple[PolicyId, int], within: tuple[int, int] | None, most: int
) -> Select[Any]:
    """Return the query for datasets that have stood there for more than `most` seconds."""
    columns = datasets.c
    order = (columns.updated_at_unix, columns.registered_event)
    query = select(datasets).where(
        columns.policy == place[0],
        columns.stage == place[1],
        columns.updated_at_unix < reading.as_of_unix - most,
    )
    if within is not None:
        query = query.where(tuple_(*order) > within)
    return query.order_by(*order)


def _anomaly(reading: Reading, row: Row[Any], median: int | None) -> Anomaly:
    owner = reading.naming.organisation_name(row.owner)
    return Anomaly(
        kind="stalled",
        text=f"stands at {reading.naming.stage_name(row.policy, row.stage)}",
        dataset=row.dataset,
        name=f"{owner}/{row.slug}",
        version=row.version_count,
        org=row.owner,
        org_slug=owner,
        at_unix=row.updated_at_unix,
        seconds=reading.as_of_unix - row.updated_at_unix,
        usual_seconds=median,
    )
