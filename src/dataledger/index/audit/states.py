"""What stood at some time: the state of a dataset, or of an organisation, from its history."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, and_, exists, func, or_, select

from dataledger.contracts.events import DatasetDescribed
from dataledger.contracts.identifiers import SUSPENDED, DatasetId, OrgId, PolicyId, Stage
from dataledger.contracts.types import DUTIES, Severity
from dataledger.errors import NotFound
from dataledger.hashing import Digest
from dataledger.index.audit.entries import block_of, event_of
from dataledger.index.audit.moments import Moment, MomentRef, moment
from dataledger.index.audit.paging import MAX_LIMIT
from dataledger.index.audit.reading import Reading
from dataledger.index.audit.roles import Standing, standing
from dataledger.index.schema import (
    TITLE_CHARACTERS,
    datasets,
    documents,
    events,
    memberships,
    organisations,
    policies,
    stage_history,
    versions,
)
from dataledger.ledger.results import DatasetRef, OrgRef


@dataclass(frozen=True, slots=True)
class RecalledVersion:
    """A version that was recalled."""

    version: int
    severity: Severity
    recalled_at_unix: int


@dataclass(frozen=True, slots=True)
class DutyHolder:
    """Who had last done a duty of the dataset's policy."""

    duty: int
    org: OrgId
    org_slug: str
    version: int
    """For which version."""
    carried_over: bool
    """Whether that is an earlier version than the current one."""
    since_unix: int


@dataclass(frozen=True, slots=True)
class DatasetThen:
    """A dataset as it stood at a time."""

    dataset: DatasetId
    name: str
    owner: OrgId
    owner_slug: str
    policy: PolicyId
    stage: Stage
    stage_name: str
    since_unix: int
    """When stage or version had last changed."""
    version: int
    """The current version; 0 before the first."""
    content_root: Digest | None
    manifest_digest: Digest | None
    suspended_by: OrgId | None
    suspended_by_slug: str | None
    recalled: tuple[RecalledVersion, ...]
    """The first `MAX_LIMIT` of its versions that had been recalled."""
    description: Digest | None
    """Of the newest description."""
    title: str | None
    """The description's first 200 characters, where it is at hand: untrusted text."""
    duties: tuple[DutyHolder, ...]
    at_unix: int
    as_of_block: int


@dataclass(frozen=True, slots=True)
class OrganisationThen:
    """An organisation as it stood at a time."""

    org: OrgId
    slug: str
    name: str
    """As it was admitted: untrusted text."""
    parent: OrgId | None
    parent_slug: str | None
    standing: Standing
    members: int
    """How many keys could act for it."""
    datasets: int
    """How many datasets it had registered."""
    admitted_at_unix: int
    at_unix: int
    as_of_block: int


def dataset_state(reading: Reading, dataset: DatasetRef, at: MomentRef | None) -> DatasetThen:
    """See `Audit.dataset_state`."""
    id_ = reading.naming.dataset(dataset)
    then = moment(reading.connection, at)
    found = reading.connection.execute(select(datasets).where(datasets.c.dataset == id_)).one()
    name = reading.naming.dataset_name(id_)
    if found.registered_event > then.event:
        raise NotFound(
            f"The dataset {name} was not registered yet.",
            remedy=f"Ask for a later time: it was registered in block "
            f"{block_of(found.registered_event)}.",
        )
    here = _newest(reading, id_, then)
    by = here.org if here.stage == SUSPENDED else None
    record = reading.connection.execute(
        select(versions.c.content_root, versions.c.manifest_digest).where(
            versions.c.dataset == id_, versions.c.version == here.version
        )
    ).first()
    description = _description(reading, id_, then)
    title = select(func.substr(documents.c.title, 1, TITLE_CHARACTERS)).where(
        documents.c.digest == description
    )
    return DatasetThen(
        dataset=id_,
        name=name,
        owner=found.owner,
        owner_slug=reading.naming.organisation_name(found.owner),
        policy=found.policy,
        stage=here.stage,
        stage_name=reading.naming.stage_name(found.policy, here.stage),
        since_unix=here.since_unix,
        version=here.version,
        content_root=None if record is None else record.content_root,
        manifest_digest=None if record is None else record.manifest_digest,
        suspended_by=by,
        suspended_by_slug=None if by is None else reading.naming.organisation_name(by),
        recalled=_recalled(reading, id_, then),
        description=description,
        title=None if description is None else reading.connection.scalar(title),
        duties=duties(reading, id_, found.policy, here.version, then),
        at_unix=then.unix,
        as_of_block=reading.as_of_block,
    )


def organisation_state(
    reading: Reading, organisation: OrgRef, at: MomentRef | None
) -> OrganisationThen:
    """See `Audit.organisation_state`."""
    org = reading.naming.organisation(organisation)
    then = moment(reading.connection, at)
    found = reading.connection.execute(
        select(organisations).where(organisations.c.org == org)
    ).one()
    if found.admitted_event > then.event:
        raise NotFound(
            f"The organisation {found.slug} was not admitted yet.",
            remedy="Ask for a later time: it was admitted in block "
            f"{block_of(found.admitted_event)}.",
        )
    acting = select(func.count()).where(
        memberships.c.org == org,
        memberships.c.since_event <= then.event,
        or_(memberships.c.until_event.is_(None), memberships.c.until_event > then.event),
        memberships.c.valid_from_unix <= then.unix,
        memberships.c.valid_until_unix > then.unix,
    )
    owned = select(func.count()).where(
        datasets.c.owner == org, datasets.c.registered_event <= then.event
    )
    parent = found.parent
    return OrganisationThen(
        org=org,
        slug=found.slug,
        name=found.name,
        parent=parent,
        parent_slug=None if parent is None else reading.naming.organisation_name(parent),
        standing=standing(reading, org, then),
        members=reading.connection.scalar(acting) or 0,
        datasets=reading.connection.scalar(owned) or 0,
        admitted_at_unix=found.admitted_at_unix,
        at_unix=then.unix,
        as_of_block=reading.as_of_block,
    )


def duties(
    reading: Reading, dataset: DatasetId, policy: PolicyId, version: int, then: Moment
) -> tuple[DutyHolder, ...]:
    """Return who had last done each duty: who took the newest step along an edge that has it."""
    edges = _duty_edges(reading, policy)
    found = []
    for duty in DUTIES:
        pairs = edges.get(duty, [])
        if not pairs:
            continue
        query = select(stage_history).where(
            stage_history.c.dataset == dataset,
            stage_history.c.since_event <= then.event,
            or_(
                *(
                    and_(stage_history.c.from_stage == start, stage_history.c.stage == end)
                    for start, end in pairs
                )
            ),
            # A version may lead the same way as an edge; nobody does a duty by adding it.
            ~exists().where(
                versions.c.dataset == dataset, versions.c.event == stage_history.c.since_event
            ),
        )
        newest = query.order_by(stage_history.c.since_event.desc()).limit(1)
        row = reading.connection.execute(newest).first()
        if row is not None:
            found.append(
                DutyHolder(
                    duty=duty,
                    org=row.org,
                    org_slug=reading.naming.organisation_name(row.org),
                    version=row.version,
                    carried_over=row.version != version,
                    since_unix=row.since_unix,
                )
            )
    return tuple(found)


def _newest(reading: Reading, dataset: DatasetId, then: Moment) -> Row[Any]:
    query = select(stage_history).where(
        stage_history.c.dataset == dataset, stage_history.c.since_event <= then.event
    )
    newest = query.order_by(stage_history.c.since_event.desc()).limit(1)
    return reading.connection.execute(newest).one()


def _description(reading: Reading, dataset: DatasetId, then: Moment) -> Digest | None:
    query = select(events.c.topics, events.c.data)
    query = query.with_hint(events, "INDEXED BY events_dataset", "sqlite").where(
        events.c.dataset == dataset,
        events.c.kind == DatasetDescribed.__name__,
        events.c.event <= then.event,
    )
    newest = query.order_by(events.c.event.desc()).limit(1)
    row = reading.connection.execute(newest).first()
    event = None if row is None else event_of(row)
    return event.description if isinstance(event, DatasetDescribed) else None


def _recalled(reading: Reading, dataset: DatasetId, then: Moment) -> tuple[RecalledVersion, ...]:
    query = select(versions.c.version, versions.c.recall_severity, versions.c.recalled_at_unix)
    rows = reading.connection.execute(
        query.where(versions.c.dataset == dataset, versions.c.recall_event <= then.event)
        .order_by(versions.c.version)
        .limit(MAX_LIMIT)
    )
    return tuple(RecalledVersion(*row) for row in rows)


def _duty_edges(reading: Reading, policy: PolicyId) -> dict[int, list[tuple[int, int]]]:
    """Return the edges, as pairs of stages, that each duty is recorded on."""
    query = select(policies.c.content).where(policies.c.policy == policy)
    content = reading.connection.execute(query).scalar_one()
    found: dict[int, list[tuple[int, int]]] = {}
    for edge in content["edges"]:
        if edge["duty"]:
            found.setdefault(edge["duty"], []).append((edge["from_stage"], edge["to_stage"]))
    return found
