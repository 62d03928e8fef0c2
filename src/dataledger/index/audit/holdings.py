"""Versions, recalls, and how much there is of everything."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, func, select

from dataledger.contracts.identifiers import DatasetId, OrgId, PolicyId, Stage
from dataledger.contracts.types import Severity
from dataledger.errors import InvalidArgument, shown
from dataledger.hashing import Digest
from dataledger.index.audit.entries import block_of
from dataledger.index.audit.paging import Page, Window
from dataledger.index.audit.reading import Reading
from dataledger.index.schema import chain, datasets, organisations, versions
from dataledger.ledger.results import DatasetRef, OrgRef


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """A version of a dataset, with its recall if there is one."""

    dataset: DatasetId
    name: str
    version: int
    content_root: Digest
    manifest_digest: Digest
    size_bytes: int
    file_count: int
    record_count: int
    recorded_at_unix: int
    block_number: int
    severity: Severity | None
    """This and the four that follow are None where it is not recalled."""
    recalled_by: OrgId | None
    recalled_by_slug: str | None
    recalled_at_unix: int | None
    recall_reason: str | None
    """What the regulator wrote: untrusted text."""


@dataclass(frozen=True, slots=True)
class StageCount:
    """How many datasets stand in a stage."""

    policy: PolicyId
    stage: Stage
    stage_name: str
    datasets: int


@dataclass(frozen=True, slots=True)
class Summary:
    """How much there is."""

    stages: tuple[StageCount, ...]
    datasets: int
    recalled: int
    """Datasets with a version that was recalled."""
    suspended: int
    organisations: int
    events: int
    as_of_block: int
    as_of_unix: int


def versions_of(
    reading: Reading, dataset: DatasetRef, *, limit: int, after: str | None
) -> Page[ListedVersion]:
    """See `Audit.versions`."""
    id_ = reading.naming.dataset(dataset)
    window = Window.of("versions", (str(id_),), limit=limit, after=after, key=(int,))
    query = select(versions).where(versions.c.dataset == id_)
    if window.after is not None:
        query = query.where(versions.c.version > window.after[0])
    return _page(reading, window, query.order_by(versions.c.version), lambda row: row.version)


def recalls(
    reading: Reading,
    owner: OrgRef | None,
    severity: str | None,
    *,
    limit: int,
    after: str | None,
) -> Page[ListedVersion]:
    """See `Audit.recalls`."""
    if severity is not None and severity not in Severity.__members__:
        raise InvalidArgument(
            f"{shown(severity)} is not a severity.",
            remedy=f"Use one of {', '.join(Severity.__members__)}.",
        )
    org = None if owner is None else reading.naming.organisation(owner)
    window = Window.of("recalls", (org, severity), limit=limit, after=after, key=(int,))
    query = select(versions).where(versions.c.recall_event.is_not(None))
    if severity is not None:
        query = query.where(versions.c.recall_severity == Severity[severity])
    if org is not None:
        query = query.join(datasets, datasets.c.dataset == versions.c.dataset)
        query = query.where(datasets.c.owner == org)
    if window.after is not None:
        query = query.where(versions.c.recall_event < window.after[0])
    query = query.order_by(versions.c.recall_event.desc())
    return _page(reading, window, query, lambda row: row.recall_event)


def summary(reading: Reading) -> Summary:
    """See `Audit.summary`."""
    grouped = select(datasets.c.policy, datasets.c.stage, func.count().label("datasets")).group_by(
        datasets.c.policy, datasets.c.stage
    )
    rows = reading.connection.execute(grouped.order_by(datasets.c.policy, datasets.c.stage)).all()

    def count(query: Select[int]) -> int:
        return reading.connection.scalar(query) or 0

    some = select(func.count()).select_from(datasets)
    return Summary(
        stages=tuple(
            StageCount(
                row.policy,
                row.stage,
                reading.naming.stage_name(row.policy, row.stage),
                row.datasets,
            )
            for row in rows
        ),
        datasets=sum(row.datasets for row in rows),
        recalled=count(some.where(datasets.c.recalled)),
        suspended=count(some.where(datasets.c.suspended_by.is_not(None))),
        organisations=count(select(func.count()).select_from(organisations)),
        events=count(select(chain.c.event_count)),
        as_of_block=reading.as_of_block,
        as_of_unix=reading.as_of_unix,
    )


def _page(
    reading: Reading,
    window: Window,
    query: Select[Any],
    key: Any,
) -> Page[ListedVersion]:
    rows = reading.connection.execute(query.limit(window.limit + 1)).all()
    reading.naming.dataset_names(row.dataset for row in rows)
    reading.naming.organisation_names(row.recalled_by for row in rows)
    return window.page(
        rows,
        reading.as_of_block,
        key=lambda row: (key(row),),
        item=lambda row: _version(reading, row),
    )


def _version(reading: Reading, row: Row[Any]) -> ListedVersion:
    by = row.recalled_by
    return ListedVersion(
        dataset=row.dataset,
        name=reading.naming.dataset_name(row.dataset),
        version=row.version,
        content_root=row.content_root,
        manifest_digest=row.manifest_digest,
        size_bytes=row.size_bytes,
        file_count=row.file_count,
        record_count=row.record_count,
        recorded_at_unix=row.recorded_at_unix,
        block_number=block_of(row.event),
        severity=row.recall_severity,
        recalled_by=by,
        recalled_by_slug=None if by is None else reading.naming.organisation_name(by),
        recalled_at_unix=row.recalled_at_unix,
        recall_reason=row.recall_reason,
    )
