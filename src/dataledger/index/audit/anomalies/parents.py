"""Versions that came straight from one that was recalled, and are not recalled themselves."""

from collections.abc import Iterator

from sqlalchemy import and_, select, tuple_

from dataledger.index.audit.anomalies.finding import Anomaly, Find, Key
from dataledger.index.audit.entries import block_of
from dataledger.index.audit.reading import Reading
from dataledger.index.schema import datasets, lineage, versions


def recalled(reading: Reading, after: Key | None, limit: int) -> Iterator[Find]:
    """Find them by recall, the newest first; what came later from the same version comes first."""
    parent, child = versions.alias("parent"), versions.alias("child")
    order = (parent.c.recall_event, lineage.c.event, lineage.c.position)
    query = (
        select(
            lineage,
            parent.c.recall_event,
            parent.c.recalled_at_unix,
            parent.c.recall_severity,
            child.c.recorded_at_unix,
            datasets.c.owner,
            datasets.c.policy,
            datasets.c.stage,
        )
        .join_from(
            parent,
            lineage,
            and_(
                lineage.c.parent_dataset == parent.c.dataset,
                lineage.c.parent_version == parent.c.version,
            ),
        )
        .join(
            child,
            and_(
                child.c.dataset == lineage.c.child_dataset,
                child.c.version == lineage.c.child_version,
            ),
        )
        .join(datasets, datasets.c.dataset == lineage.c.child_dataset)
        .with_hint(parent, "INDEXED BY versions_recalled", "sqlite")
        .with_hint(lineage, "INDEXED BY lineage_parent", "sqlite")
        .where(parent.c.recall_event.is_not(None), child.c.recall_event.is_(None))
    )
    if after is not None:
        query = query.where(tuple_(*order) < after[:3], parent.c.recall_event <= after[0])
    query = query.order_by(*(column.desc() for column in order)).limit(limit)
    rows = reading.connection.execute(query).all()
    names = reading.naming.dataset_names(
        id_ for row in rows for id_ in (row.child_dataset, row.parent_dataset)
    )
    reading.naming.organisation_names(row.owner for row in rows)
    for row in rows:
        when = "after" if row.event > row.recall_event else "before"
        origin = f"{names[row.parent_dataset]}@{row.parent_version}"
        text = (
            f"{row.relation.name} {when} the recall from {origin}, recalled as "
            f"{row.recall_severity.name}; stands at "
            f"{reading.naming.stage_name(row.policy, row.stage)}"
        )
        anomaly = Anomaly(
            kind="recalled-parent",
            text=text,
            dataset=row.child_dataset,
            name=names[row.child_dataset],
            version=row.child_version,
            org=row.owner,
            org_slug=reading.naming.organisation_name(row.owner),
            at_unix=row.recorded_at_unix,
            block_number=block_of(row.event),
        )
        yield (row.recall_event, row.event, row.position, 0, 0), anomaly
