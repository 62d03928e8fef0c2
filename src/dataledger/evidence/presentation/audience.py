"""For whom a presentation is made, and who alone should take it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from dataledger.contracts.identifiers import to_address, to_org_id, to_slug
from dataledger.errors import InvalidArgument, shown
from dataledger.evidence.presentation.fields import line

_ORGANISATION = "org:"
_DIGITS = re.compile(r"[0-9]+")


class AudienceKind(StrEnum):
    """How a verifier is named."""

    ADDRESS = "address"
    ORGANISATION = "organisation"
    """By its slug, or its id."""
    NAME = "name"
    """By any text that both sides know."""


@dataclass(frozen=True, slots=True)
class Audience:
    """A verifier: `0x…`, `org:SLUG`, `org:ID`, or any other name. Compared as it is written.

    Raises:
        InvalidArgument: the name has another form than its kind's.
    """

    kind: AudienceKind
    name: str
    """An address with its checksum; a slug, or an id in decimal digits; or a printable line."""

    def __post_init__(self) -> None:
        if _read(self.kind, self.name) != self.name:
            raise InvalidArgument(
                f"{shown(self.name)} is not how {self.kind.value} names a verifier.",
                remedy="Write it as `Audience.parse` does.",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a verifier's name; `str` writes it.

        Raises:
            InvalidAddress: it begins with `0x`, and is no address.
            InvalidIdentifier, InvalidSlug: it begins with `org:`, and no id or slug follows.
            InvalidArgument: it is no printable line of at most 200 characters.
        """
        if text.startswith("0x"):
            kind, name = AudienceKind.ADDRESS, text
        elif text.startswith(_ORGANISATION):
            kind, name = AudienceKind.ORGANISATION, text.removeprefix(_ORGANISATION)
        else:
            kind, name = AudienceKind.NAME, text
        return cls(kind, _read(kind, name))

    def __str__(self) -> str:
        prefix = _ORGANISATION if self.kind is AudienceKind.ORGANISATION else ""
        return f"{prefix}{self.name}"


def _read(kind: AudienceKind, name: str) -> str:
    if kind is AudienceKind.ADDRESS:
        return to_address(name)
    if kind is AudienceKind.ORGANISATION:
        # All digits can be a slug, too; as elsewhere, they are an id.
        return str(to_org_id(name)) if _DIGITS.fullmatch(name) else to_slug(name)
    if name.startswith(("0x", _ORGANISATION)):
        raise InvalidArgument(
            f"{shown(name)} is no free name.", remedy="Name the address or organisation itself."
        )
    return line("the name of a verifier", name)
