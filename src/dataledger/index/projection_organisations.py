"""What events of organisations and their keys do to the rows."""

from typing import TypeVar

from dataledger.contracts.events import (
    CapabilitiesChanged,
    KeyRotated,
    MemberAdded,
    MemberEnded,
    MemberRenewed,
    OrganisationAdmitted,
    OrganisationEvent,
    OrganisationReinstated,
    OrganisationSuspended,
    RootHandedOver,
    RootHandoverCancelled,
    RootHandoverProposed,
)
from dataledger.contracts.identifiers import ROOT, WITHOUT_END, Address, OrgId
from dataledger.contracts.types import Role
from dataledger.errors import HistoryBroken
from dataledger.index.changes import Row, Rows
from dataledger.index.decoding import recorded_at

K = TypeVar("K")

RENEWED, ENDED, ROTATED, HANDOVER = "renewed", "ended", "rotated", "handover"


class OrganisationFold:
    """The rows of organisations, and the histories of what they hold and of their keys."""

    def __init__(
        self,
        organisations: dict[OrgId, Row],
        capabilities: dict[OrgId, Row],
        suspensions: dict[OrgId, Row],
        memberships: dict[Address, Row],
    ) -> None:
        """Start from all organisations, and the open rows of the histories."""
        self.organisations = Rows(organisations)
        self.capabilities = Rows(capabilities)
        self.suspensions = Rows(suspensions)
        self.memberships = Rows(memberships)

    def parties(self, event: OrganisationEvent) -> Row:
        """Return who acted in an event that has not been applied, and whom it is about."""
        by: Address | None
        key: Address | None = None
        org: OrgId | None
        subject = ROOT
        match event:
            case OrganisationAdmitted():
                org, by, subject = event.parent, event.by, event.org
            case CapabilitiesChanged() | OrganisationSuspended() | OrganisationReinstated():
                org, by, subject = event.by_org, event.by, event.org
            case MemberAdded() | MemberRenewed() | MemberEnded():
                org, by, subject, key = self._org_of(event.by), event.by, event.org, event.key
            case KeyRotated():
                org, by, subject, key = event.org, event.old_key, event.org, event.new_key
            case RootHandoverProposed() | RootHandoverCancelled():
                org, by, key = ROOT, event.by, event.successor
            case RootHandedOver():
                org, by, key = ROOT, event.successor, event.successor
            case _:
                raise _impossible(event)
        return {"org": org, "by": by, "subject_org": subject, "subject_key": key}

    def _org_of(self, key: Address) -> OrgId | None:
        # None: the first key of all was bound by whoever deployed the contract.
        row = self.memberships.get(key)
        return None if row is None else row["org"]

    def apply(self, event: OrganisationEvent, key: int) -> None:
        """Take the next event.

        Raises:
            HistoryBroken: it is about an organisation or a key of which there is no event.
        """
        time = recorded_at(event)
        match event:
            case OrganisationAdmitted():
                self._admit(event, key)
            case CapabilitiesChanged():
                held = {"capabilities": event.capabilities, "grantable": event.grantable}
                self.organisations.change(self._organisation(event, event.org), held)
                self._hold(event.org, held, key, time)
            case OrganisationSuspended():
                self._suspend(event, key)
            case OrganisationReinstated():
                row = self._organisation(event, event.org)
                self.organisations.change(row, {"suspended_by": None})
                _close(self.suspensions, event.org, key, time)
            case MemberAdded():
                window = (event.valid_from_unix, event.valid_until_unix)
                self._bind(event.key, (event.org, event.role), window, _since(key, time))
            case MemberRenewed():
                before = self._end(event, event.key, RENEWED, key, time)
                window = (before["valid_from_unix"], event.valid_until_unix)
                self._bind(event.key, (event.org, before["role"]), window, _since(key, time))
            case MemberEnded():
                self._end(event, event.key, ENDED, key, time)
            case KeyRotated():
                before = self._end(event, event.old_key, ROTATED, key, time)
                window = (time, before["valid_until_unix"])
                self._bind(event.new_key, (event.org, before["role"]), window, _since(key, time))
            case RootHandedOver():
                for held_key, row in self.memberships.all():
                    if row["org"] == ROOT:
                        self._end(event, held_key, HANDOVER, key, time)
                window = (time, WITHOUT_END)
                self._bind(event.successor, (ROOT, Role.ADMIN), window, _since(key, time))

    # -------------------------------------------------------------------------------- organisations

    def _organisation(self, event: OrganisationEvent, org: OrgId) -> Row:
        row = self.organisations.get(org)
        if row is None:
            raise _impossible(event)
        return row

    def _admit(self, event: OrganisationAdmitted, key: int) -> None:
        held = {"capabilities": event.capabilities, "grantable": event.grantable}
        self.organisations.add(
            event.org,
            {
                "org": event.org,
                "slug": event.slug,
                "name": event.name,
                "parent": event.parent,
                "profile_digest": event.profile_digest,
                "admitted_event": key,
                "admitted_at_unix": event.recorded_at_unix,
                "suspended_by": None,
                **held,
            },
        )
        self._hold(event.org, held, key, event.recorded_at_unix)

    def _hold(self, org: OrgId, held: Row, key: int, time: int) -> None:
        _close(self.capabilities, org, key, time)
        self.capabilities.add(org, {"org": org, **held, **_since(key, time)})

    def _suspend(self, event: OrganisationSuspended, key: int) -> None:
        row = self._organisation(event, event.org)
        self.organisations.change(row, {"suspended_by": event.by_org})
        _close(self.suspensions, event.org, key, event.recorded_at_unix)
        self.suspensions.add(
            event.org,
            {
                "org": event.org,
                "by_org": event.by_org,
                "reason": event.reason,
                **_since(key, event.recorded_at_unix),
            },
        )

    # -------------------------------------------------------------------------------------- members

    def _bind(
        self, key: Address, part: tuple[OrgId, Role], window: tuple[int, int], since: Row
    ) -> None:
        self.memberships.add(
            key,
            {
                "key": key,
                "org": part[0],
                "role": part[1],
                "valid_from_unix": window[0],
                "valid_until_unix": window[1],
                "ended_by": None,
                **since,
            },
        )

    def _end(self, event: OrganisationEvent, member: Address, why: str, key: int, time: int) -> Row:
        row = _close(self.memberships, member, key, time, ended_by=why)
        if row is None:
            raise _impossible(event)
        return row


def _since(key: int, time: int) -> Row:
    return {"since_event": key, "since_unix": time, "until_event": None, "until_unix": None}


def _close(rows: Rows[K], of: K, key: int, time: int, **values: str) -> Row | None:
    """End the open row of a history, if there is one, and return it."""
    row = rows.get(of)
    if row is not None:
        rows.change(row, {"until_event": key, "until_unix": time, **values})
        rows.drop(of)
    return row


def _impossible(event: OrganisationEvent) -> HistoryBroken:
    return HistoryBroken(
        f"The history of the organisations is broken: an event {type(event).__name__} is about one "
        "of which no event tells.",
        remedy="Read the logs again from another node, and trust neither until they agree.",
    )
