"""Datasets that are still on their way while their owner is suspended, and cannot act."""

from collections.abc import Iterator

from sqlalchemy import select, tuple_

from dataledger.contracts.identifiers import RECALLED, SUSPENDED
from dataledger.index.audit.anomalies.finding import Anomaly, Find, Key, contents, pairs
from dataledger.index.audit.reading import Reading
from dataledger.index.schema import datasets, organisations, stages, suspensions


def of_suspended_owners(reading: Reading, after: Key | None, limit: int) -> Iterator[Find]:
    """Find them by owner, in the order of registration.

    Owners are organisations that are suspended, and all below them. A dataset is on its way where
    it is neither frozen nor recalled, and its policy leads on from its stage.
    """
    final = _final_stages(reading)
    place = (0, -1) if after is None else after[:2]
    for org, suspended in sorted(_suspended(reading).items()):
        if org < place[0]:
            continue
        columns = datasets.c
        query = select(datasets).where(
            columns.owner == org,
            columns.stage.not_in([SUSPENDED, RECALLED]),
            tuple_(columns.policy, columns.stage).not_in(final),
        )
        if org == place[0]:
            query = query.where(columns.registered_event > place[1])
        query = query.order_by(columns.registered_event).limit(limit)
        by = reading.naming.organisation_name(suspended)
        since = _since(reading, suspended)
        owner = reading.naming.organisation_name(org)
        for row in reading.connection.execute(query).all():
            stage = reading.naming.stage_name(row.policy, row.stage)
            anomaly = Anomaly(
                kind="suspended-owner",
                text=f"stands at {stage} while {by} is suspended",
                dataset=row.dataset,
                name=f"{owner}/{row.slug}",
                version=row.version_count,
                org=row.owner,
                org_slug=owner,
                at_unix=since,
                seconds=None if since is None else reading.as_of_unix - since,
            )
            yield (org, row.registered_event, 0, 0, 0), anomaly
        yield (org, 2**62, 0, 0, 0), None


def _suspended(reading: Reading) -> dict[int, int]:
    """Return organisations that cannot act, and for each the one whose suspension stops it."""
    query = select(organisations.c.org).where(organisations.c.suspended_by.is_not(None))
    found = {org: org for org in reading.connection.scalars(query)}
    level = list(found)
    while level:
        below = select(organisations.c.org, organisations.c.parent).where(
            organisations.c.parent.in_(level)
        )
        rows = [row for row in reading.connection.execute(below) if row.org not in found]
        found |= {row.org: found[row.parent] for row in rows}
        level = [row.org for row in rows]
    return found


def _since(reading: Reading, org: int) -> int | None:
    query = select(suspensions.c.since_unix).where(
        suspensions.c.org == org, suspensions.c.until_event.is_(None)
    )
    newest = query.order_by(suspensions.c.since_event.desc()).limit(1)
    return reading.connection.scalar(newest)


def _final_stages(reading: Reading) -> list[tuple[int, int]]:
    """Return the stages, with their policies, from which no edge leads on."""
    leading = {
        (policy, start) for policy, content in contents(reading) for start, _ in pairs(content)
    }
    rows = reading.connection.execute(select(stages.c.policy, stages.c.stage))
    return sorted({(row.policy, row.stage) for row in rows} - leading)
