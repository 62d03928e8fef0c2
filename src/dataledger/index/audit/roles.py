"""Who held which role, when; and what an organisation could do at some time."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, or_, select

from dataledger.contracts.identifiers import Address, OrgId
from dataledger.contracts.types import NO_CAPABILITY, Capability, Role
from dataledger.index.audit.moments import Moment, MomentRef, moment
from dataledger.index.audit.naming import WhoRef
from dataledger.index.audit.paging import Page, Window
from dataledger.index.audit.reading import Reading
from dataledger.index.schema import capabilities, memberships, organisations, suspensions

_MAX_DEPTH = 16
"""More than the contract lets organisations stand below each other."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an organisation could do at some time, as the contract reckons it."""

    org: OrgId
    slug: str
    capabilities: Capability
    """What it was given."""
    grantable: Capability
    effective: Capability
    """What it could do, limited by those above it; nothing where one of them was suspended."""
    suspended: OrgId | None
    """The organisation, itself or above it, whose suspension stopped it."""
    suspended_slug: str | None


@dataclass(frozen=True, slots=True)
class Tenure:
    """A key's membership as it was recorded over some time."""

    key: Address
    org: OrgId
    org_slug: str
    role: Role
    from_unix: int
    """First second at which the key could act by it."""
    until_unix: int
    """First second at which it could no longer; `WITHOUT_END` where there is none."""
    ended_by: str | None
    """`renewed` (the next tenure goes on), `ended`, `rotated`, `handover`; None while it lasts."""
    in_force: bool
    """Whether the key could act at the time asked about."""
    standing: Standing
    """Its organisation's, at that time."""


def roles(
    reading: Reading, who: WhoRef, *, at: MomentRef | None, limit: int, after: str | None
) -> Page[Tenure]:
    """See `Audit.roles`."""
    actor = reading.naming.who(who)
    window = Window.of("roles", (actor, at), limit=limit, after=after, key=(int,))
    then = moment(reading.connection, at)
    query = select(memberships).where(
        (memberships.c.key if isinstance(actor, str) else memberships.c.org) == actor
    )
    if at is not None:
        still = or_(memberships.c.until_event.is_(None), memberships.c.until_event > then.event)
        query = query.where(memberships.c.since_event <= then.event, still)
    if window.after is not None:
        query = query.where(memberships.c.since_event > window.after[0])
    query = query.order_by(memberships.c.since_event).limit(window.limit + 1)
    rows = reading.connection.execute(query).all()
    standings = {row.org: standing(reading, row.org, then) for row in rows}
    return window.page(
        rows,
        reading.as_of_block,
        key=lambda row: (row.since_event,),
        item=lambda row: _tenure(row, then, standings[row.org]),
    )


def standing(reading: Reading, org: OrgId, then: Moment) -> Standing:
    """Return what `org` could do at a moment at which it had been admitted."""
    given, effective, suspended = None, NO_CAPABILITY, None
    above: int | None = org
    for depth in range(_MAX_DEPTH):
        if above is None or (depth > 0 and above == 1):
            break  # the root authority grants everything, and is never suspended
        held = _capabilities_of(reading, above, then)
        given = held if given is None else given
        effective = held[0] if depth == 0 else effective & held[1]
        if suspended is None and _is_suspended(reading, above, then):
            suspended = OrgId(above)
        parent = select(organisations.c.parent).where(organisations.c.org == above)
        above = reading.connection.scalar(parent)
    own = (NO_CAPABILITY, NO_CAPABILITY) if given is None else given
    return Standing(
        org=org,
        slug=reading.naming.organisation_name(org),
        capabilities=own[0],
        grantable=own[1],
        effective=NO_CAPABILITY if suspended else effective,
        suspended=suspended,
        suspended_slug=None if suspended is None else reading.naming.organisation_name(suspended),
    )


def _tenure(row: Row[Any], then: Moment, held: Standing) -> Tenure:
    # What was recorded later cannot have let the key act earlier.
    begins = max(row.since_unix, row.valid_from_unix)
    ends = (
        row.valid_until_unix
        if row.until_unix is None
        else min(row.until_unix, row.valid_until_unix)
    )
    recorded = row.since_event <= then.event and (
        row.until_event is None or row.until_event > then.event
    )
    current = recorded and row.valid_from_unix <= then.unix < row.valid_until_unix
    return Tenure(
        key=row.key,
        org=row.org,
        org_slug=held.slug,
        role=row.role,
        from_unix=begins,
        until_unix=max(begins, ends),
        ended_by=row.ended_by,
        in_force=current and held.suspended is None,
        standing=held,
    )


def _capabilities_of(reading: Reading, org: int, then: Moment) -> tuple[Capability, Capability]:
    query = select(capabilities.c.capabilities, capabilities.c.grantable).where(
        capabilities.c.org == org, capabilities.c.since_event <= then.event
    )
    newest = query.order_by(capabilities.c.since_event.desc()).limit(1)
    found = reading.connection.execute(newest).first()
    return (NO_CAPABILITY, NO_CAPABILITY) if found is None else (found[0], found[1])


def _is_suspended(reading: Reading, org: int, then: Moment) -> bool:
    query = select(suspensions.c.until_event).where(
        suspensions.c.org == org, suspensions.c.since_event <= then.event
    )
    newest = query.order_by(suspensions.c.since_event.desc()).limit(1)
    found = reading.connection.execute(newest).first()
    return found is not None and (found.until_event is None or found.until_event > then.event)
