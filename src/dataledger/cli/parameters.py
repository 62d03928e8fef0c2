"""How text on the command line is read: one type for each kind of value.

A value that breaks its rule ends as the error of the room that knows the rule.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataledger.errors import InvalidArgument, shown

if TYPE_CHECKING:
    from dataledger.contracts.types import Capability

_DURATION = re.compile(r"(?P<number>[1-9][0-9]{0,5})(?P<unit>[smhd])")
_COUNT = re.compile(r"[1-9][0-9]{0,9}")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

MAX_COUNT = 2**32 - 1
"""How far versions count."""
READABLE_PATH = click.Path(path_type=Path)
"""A path that the room below opens, and refuses in its own words."""


@dataclass(frozen=True, slots=True)
class VersionName:
    """`OWNER/SLUG@VERSION` or `0x…@VERSION`; without a version, the current one."""

    dataset: str
    version: int | None


class VersionNameType(click.ParamType):
    """Reads `DATASET[@VERSION]`."""

    name = "dataset[@version]"

    def convert(self, value: Any, _param: object, _ctx: object) -> VersionName:
        """Return the dataset's name and the version's number."""
        from dataledger.contracts.identifiers import to_version

        if isinstance(value, VersionName):
            return value
        dataset, at, version = value.rpartition("@")
        return VersionName(dataset, to_version(version)) if at else VersionName(value, None)


@dataclass(frozen=True, slots=True)
class ParentName:
    """A parent version, and the relation to it by name."""

    version: VersionName
    relation: str


class ParentType(click.ParamType):
    """Reads `DATASET[@VERSION][:RELATION]`, by default `DERIVED`."""

    name = "dataset[@version][:relation]"

    def convert(self, value: Any, _param: object, _ctx: object) -> ParentName:
        """Return the parent; the relation's name is among those of `Relation`."""
        from dataledger.contracts.types import Relation

        if isinstance(value, ParentName):
            return value
        version, _, relation = value.partition(":")
        name = relation.upper() or Relation.DERIVED.name
        if name not in Relation.__members__:
            raise _unknown("relation", relation, tuple(Relation.__members__))
        return ParentName(VersionNameType().convert(version, None, None), name)


class NameType(click.ParamType):
    """Reads one of a few names, in any letter case.

    The names are those of an enum in `dataledger.contracts.types`; a test holds them to it. Loading
    the enum for every help text would take longer than the rest of the start.
    """

    def __init__(self, noun: str, *names: str) -> None:
        self.name = "|".join(names)
        self._noun = noun
        self._names = names

    def convert(self, value: Any, _param: object, _ctx: object) -> str:
        """Return the name as the enum spells it."""
        if value.upper() not in self._names:
            raise _unknown(self._noun, value, self._names)
        return str(value.upper())


class LowerNameType(click.ParamType):
    """Reads one of a few names that are written in lower case, and in no other."""

    def __init__(self, noun: str, *names: str) -> None:
        self.name = "|".join(names)
        self._noun = noun
        self._names = names

    def convert(self, value: Any, _param: object, _ctx: object) -> str:
        """Return the name."""
        if value not in self._names:
            raise _unknown(self._noun, value, self._names)
        return str(value)


ALGORITHM = LowerNameType("digest", "sha256", "sha256-tree", "sm3", "blake3")
ENGINE = LowerNameType("engine", "local", "dask")
CAPABILITY = NameType(
    "capability",
    *("CUSTODIAN", "PROCESSOR", "LABELER", "AUDITOR", "CONSUMER", "REGULATOR", "DIRECTORY"),
)
ROLE = NameType("role", "OPERATOR", "ADMIN")
SEVERITY = NameType("severity", "ADVISORY", "SERIOUS", "CRITICAL")


def capabilities(names: Iterable[str]) -> "Capability":
    """Return the capabilities of these names together."""
    from dataledger.contracts.types import NO_CAPABILITY, Capability

    return reduce(or_, (Capability[name] for name in names), NO_CAPABILITY)


class Moment(click.ParamType):
    """Reads a point in time as Unix seconds."""

    name = "time"

    def convert(self, value: Any, _param: object, _ctx: object) -> int:
        """Return seconds: of `2027-01-31`, `2027-01-31T12:00:00Z`, `+90d` from now, or `never`."""
        from dataledger.contracts.identifiers import WITHOUT_END

        if isinstance(value, int):
            return value
        if value == "never":
            return WITHOUT_END
        if value.startswith("+") and _DURATION.fullmatch(value[1:]):
            return deadline(duration(value[1:]))
        unix = int(moment(value).timestamp())
        if unix < 0:
            raise InvalidArgument(
                f"{shown(value)} lies before 1970.", remedy="Give a time that the chain can hold."
            )
        return unix


class CountType(click.ParamType):
    """Reads a number that counts from 1: of a version, or of workers."""

    name = "number"

    def convert(self, value: Any, _param: object, _ctx: object) -> int:
        """Return the number."""
        if isinstance(value, int):
            return value
        if not _COUNT.fullmatch(value) or int(value) > MAX_COUNT:
            raise InvalidArgument(
                f"{shown(value)} does not count anything.",
                remedy=f"Give a whole number from 1 to {MAX_COUNT}.",
            )
        return int(value)


class DurationType(click.ParamType):
    """Reads `90s`, `30m`, `12h` or `7d`."""

    name = "duration"

    def convert(self, value: Any, _param: object, _ctx: object) -> timedelta:
        """Return the duration."""
        return value if isinstance(value, timedelta) else duration(value)


class LocationType(click.ParamType):
    """Reads a path, or the URL of a place that fsspec knows."""

    name = "path"

    def convert(self, value: Any, _param: object, _ctx: object) -> Path | str:
        """Return a URL as it is, and anything else as a path."""
        # Not as a path: that would make one slash of two.
        return value if not isinstance(value, str) or "://" in value else Path(value)


COUNT = CountType()
LOCATION = LocationType()
MOMENT = Moment()
DURATION = DurationType()
VERSION_NAME = VersionNameType()
PARENT = ParentType()


def duration(text: str) -> timedelta:
    """Return the duration that `90s`, `30m`, `12h` or `7d` means. Raises `InvalidArgument`."""
    parts = _DURATION.fullmatch(text)
    if parts is None:
        raise InvalidArgument(
            f"{shown(text)} is not a duration.", remedy="Write it as 90s, 30m, 12h or 7d."
        )
    return timedelta(seconds=int(parts["number"]) * _SECONDS[parts["unit"]])


def deadline(valid_for: timedelta) -> int:
    """Return the Unix second that lies so far ahead."""
    return int((datetime.now(UTC) + valid_for).timestamp())


def moment(text: str) -> datetime:
    """Return the time that ISO 8601 text means; without a zone, in UTC.

    Raises:
        InvalidArgument: it is no such text.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidArgument(
            f"{shown(text)} is not a time.",
            remedy="Write it as 2027-01-31 or 2027-01-31T12:00:00Z, or +90d from now.",
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def setting(text: str) -> tuple[str, str]:
    """Return the two sides of `KEY=VALUE`. Raises `InvalidArgument` without a key."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise InvalidArgument(f"{shown(text)} is not a parameter.", remedy="Write it as KEY=VALUE.")
    return key, value


def _unknown(noun: str, value: str, known: Iterable[str]) -> InvalidArgument:
    return InvalidArgument(
        f"{shown(value)} is not a {noun}.", remedy=f"Use one of {', '.join(known)}."
    )
