"""Organisations and their members."""

from collections.abc import Sequence
from dataclasses import dataclass

from dataledger.cli.names import Names
from dataledger.cli.render.document import document_of
from dataledger.cli.render.screen import Cell, Hash, Screen, Styled
from dataledger.cli.render.words import time_text
from dataledger.contracts.event_words import capabilities_text
from dataledger.contracts.types import Role
from dataledger.hashing import JsonValue
from dataledger.ledger.results import Member, Organisation


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """One organisation with its members."""

    organisation: Organisation
    members: Sequence[Member]
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return `organisation` and `members`."""
        return {
            "organisation": document_of(self.organisation),
            "members": document_of(tuple(self.members)),
        }

    def draw(self, screen: Screen) -> None:
        """Draw its fields, and its members as a table."""
        org = self.organisation
        screen.line(Styled(str(org.slug), "bold"), org.name)
        screen.fields(
            [
                ("number", org.id),
                ("parent", self.names.organisation(org.parent) or "none: the root authority"),
                ("holds", capabilities_text(org.capabilities)),
                ("may grant", capabilities_text(org.grantable)),
                ("can do now", capabilities_text(org.effective)),
                ("suspended by", _suspended(org, self.names)),
                ("profile", None if org.profile_digest is None else str(org.profile_digest)),
                ("admitted", time_text(org.admitted_at_unix)),
            ]
        )
        screen.line("")
        draw_members(screen, self.members, self.names)


@dataclass(frozen=True, slots=True)
class OrganisationList:
    """All organisations."""

    organisations: Sequence[Organisation]
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return `organisations`."""
        return {"organisations": document_of(tuple(self.organisations))}

    def draw(self, screen: Screen) -> None:
        """Draw a table."""
        screen.table(
            ["no.", "slug", "name", "parent", "can do now", "standing"],
            (
                [
                    org.id,
                    Styled(str(org.slug), "bold"),
                    org.name,
                    self.names.organisation(org.parent),
                    capabilities_text(org.effective),
                    _suspended(org, self.names) or "active",
                ]
                for org in self.organisations
            ),
            empty="There are no organisations.",
        )


@dataclass(frozen=True, slots=True)
class MemberList:
    """Members of one or all organisations."""

    members: Sequence[Member]
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return `members`."""
        return {"members": document_of(tuple(self.members))}

    def draw(self, screen: Screen) -> None:
        """Draw a table."""
        draw_members(screen, self.members, self.names)


@dataclass(frozen=True, slots=True)
class MemberView:
    """One member."""

    member: Member
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return `member`."""
        return {"member": document_of(self.member)}

    def draw(self, screen: Screen) -> None:
        """Draw its fields."""
        member = self.member
        screen.line(Styled(member.key, "bold"))
        screen.fields(
            [
                ("organisation", self.names.organisation(member.org)),
                ("role", member.role.name),
                ("from", time_text(member.valid_from_unix)),
                ("until", time_text(member.valid_until_unix)),
                ("can act now", "yes" if member.is_active else Styled("no", "yellow")),
            ]
        )


def draw_members(screen: Screen, members: Sequence[Member], names: Names) -> None:
    """Draw members as a table."""
    screen.table(
        ["key", "organisation", "role", "from", "until", "can act now"],
        (
            [
                Hash(member.key),
                names.organisation(member.org),
                Styled(member.role.name, "bold" if member.role is Role.ADMIN else ""),
                time_text(member.valid_from_unix),
                time_text(member.valid_until_unix),
                "yes" if member.is_active else Styled("no", "yellow"),
            ]
            for member in members
        ),
        empty="There are no members.",
    )


def _suspended(org: Organisation, names: Names) -> Cell | None:
    if org.suspended_by is None:
        return None
    return Styled(f"suspended by {names.organisation(org.suspended_by)}", "yellow")
