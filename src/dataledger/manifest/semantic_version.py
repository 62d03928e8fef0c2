"""The semantic version that a change to a dataset deserves, as far as manifests tell.

The rule is that of Croissant 1.1, "Dataset Versioning/Checkpoints"
(https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html), on top of Semantic Versioning
2.0.0 (https://semver.org/spec/v2.0.0.html):

- PATCH: the data remains the same, although it might be serialised or packaged differently;
- MINOR: the existing data is the same and can still be retrieved as is; there might be more;
- MAJOR: existing data was edited, removed, or shuffled across splits, or was extended in a way that
  leaves no easy access to the data as it was.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from dataledger.errors import ClaimRefused, InvalidArgument, listed, shown
from dataledger.manifest.comparing import Difference, pair, same_content
from dataledger.manifest.entry import FileEntry

MAX_VERSION_CHARACTERS = 256

_NUMBER = r"(?:0|[1-9][0-9]*)"
_PRERELEASE = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER})"
    rf"(?:-(?P<prerelease>{_PRERELEASE}(?:\.{_PRERELEASE})*))?"
    r"(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)

_SPLITS = {
    name: split
    for split, names in {
        "train": ("train", "training"),
        "validation": ("validation", "valid", "val", "dev"),
        "test": ("test", "testing", "eval", "evaluation"),
    }.items()
    for name in names
}
"""How paths name splits: the words that Hugging Face's datasets library goes by."""


class Level(IntEnum):
    """How much of a version has to change; a higher level includes the lower ones."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @classmethod
    def parse(cls, text: str) -> "Level":
        """Read `major`, `minor`, `patch` or `none`. Raises `InvalidArgument` on anything else."""
        try:
            return _LEVELS[text]
        except KeyError:
            raise InvalidArgument(
                f"{shown(text)} is no level of a change.",
                remedy=f"Use one of: {', '.join(_LEVELS)}.",
            ) from None

    def __str__(self) -> str:
        return self.name.lower()


_LEVELS = {str(level): level for level in reversed(Level)}


@dataclass(frozen=True, slots=True)
class SemanticVersion:
    """A version as Semantic Versioning 2.0.0 writes it; `str` writes it again."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()
    build: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `MAJOR.MINOR.PATCH`, with `-PRERELEASE` and `+BUILD` where there is any.

        Raises:
            InvalidArgument: it is anything else: two numbers, a leading `v` or zero, a space.
        """
        parts = _VERSION.fullmatch(text) if len(text) <= MAX_VERSION_CHARACTERS else None
        if parts is None:
            raise InvalidArgument(
                f"{shown(text)} is no semantic version.",
                remedy="Write it as MAJOR.MINOR.PATCH, such as 1.4.2.",
            )
        prerelease, build = (
            tuple(parts[name].split(".")) if parts[name] else () for name in ("prerelease", "build")
        )
        major, minor, patch = (int(parts[name]) for name in ("major", "minor", "patch"))
        return cls(major, minor, patch, prerelease, build)

    @property
    def promises(self) -> bool:
        """Whether its numbers promise anything.

        Below 1.0.0 anything may change at any time, and a pre-release may not keep to what its
        numbers say (items 4 and 9 of the specification).
        """
        return self.major > 0 and not self.prerelease

    def next(self, level: Level) -> "SemanticVersion":
        """Return the lowest version that may follow after a change of this level.

        From a pre-release, that is its release, if it is new enough for the change. Below 1.0.0,
        where nothing is promised, MAJOR too counts the middle number up, as is the custom.
        """
        if level is Level.NONE:
            return self
        core = self.major, self.minor, self.patch
        if self.major == 0:
            level = min(level, Level.MINOR)
        if level is Level.MAJOR:
            raised = (self.major + 1, 0, 0)
        elif level is Level.MINOR:
            raised = (self.major, self.minor + 1, 0)
        else:
            raised = (self.major, self.minor, self.patch + 1)
        # The numbers of 2.0.0-rc.1 were raised already: for what they promise, 2.0.0 is next.
        lowest = {Level.MAJOR: core[1:], Level.MINOR: core[2:], Level.PATCH: ()}[level]
        is_raised_already = bool(self.prerelease) and not any(lowest)
        return SemanticVersion(*(core if is_raised_already else raised))

    def level_of(self, claimed: "SemanticVersion") -> Level:
        """Return the level that going from this version to `claimed` claims.

        Raises:
            InvalidArgument: `claimed` is an earlier version.
        """
        if claimed.precedence < self.precedence:
            raise InvalidArgument(
                f"The version {claimed} comes before {self}.",
                remedy="Claim a later version; the next one is printed without a claim.",
            )
        if claimed.precedence == self.precedence:
            return Level.NONE
        if claimed.major != self.major:
            return Level.MAJOR
        return Level.MINOR if claimed.minor != self.minor else Level.PATCH

    @property
    def precedence(self) -> tuple[object, ...]:
        """What versions are ordered by (item 11): build metadata is no part of it."""
        identifiers = tuple(
            (0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.prerelease
        )
        return self.major, self.minor, self.patch, not self.prerelease, identifiers

    def __str__(self) -> str:
        prerelease = f"-{'.'.join(self.prerelease)}" if self.prerelease else ""
        build = f"+{'.'.join(self.build)}" if self.build else ""
        return f"{self.major}.{self.minor}.{self.patch}{prerelease}{build}"


def parse_claim(text: str) -> Level | SemanticVersion:
    """Read a level such as `minor`, or a version such as `1.5.0`. Raises `InvalidArgument`."""
    return SemanticVersion.parse(text) if any(map(str.isdigit, text)) else Level.parse(text)


@dataclass(frozen=True, slots=True)
class Deserved:
    """The level that a change deserves, and what asks for it: one phrase for each file."""

    level: Level
    reasons: tuple[str, ...]


def deserved_level(difference: Difference) -> Deserved:
    """Return the level that a difference deserves.

    A file's records count for the same data where both entries describe them by the same secret,
    with the same roots: only how they are serialised has changed then. Whether a file that changed
    still begins with all its earlier records does not show in manifests: it counts as edited.
    """
    repackaged = pair(difference.removed, difference.added, _records_key)
    removed = {old.path for old, _ in repackaged}
    added = {new.path for _, new in repackaged}
    moves = [(move.expected, move.actual) for move in difference.moved]
    found: dict[Level, list[str]] = {level: [] for level in Level}
    for change in difference.changed:
        if same_content(change.expected, change.actual):
            found[Level.PATCH].append(f"{shown(change.path)} is described differently")
        elif _same_records(change.expected, change.actual):
            found[Level.PATCH].append(f"{shown(change.path)} is serialised differently")
        else:
            found[Level.MAJOR].append(f"{shown(change.path)} was changed")
    found[Level.MAJOR] += [
        f"{shown(entry.path)} was removed"
        for entry in difference.removed
        if entry.path not in removed
    ]
    found[Level.MINOR] += [
        f"{shown(entry.path)} was added" for entry in difference.added if entry.path not in added
    ]
    for old, new in [*moves, *repackaged]:
        if splits_named(old.path) == splits_named(new.path):
            found[Level.PATCH].append(f"{shown(old.path)} is now {shown(new.path)}")
        else:
            found[Level.MAJOR].append(
                f"{shown(old.path)} went to another split, as {shown(new.path)}"
            )
    level = max((level for level, phrases in found.items() if phrases), default=Level.NONE)
    return Deserved(level, tuple(found[level]))


def require_claim(
    deserved: Deserved, claim: Level | SemanticVersion, *, earlier: SemanticVersion | None = None
) -> None:
    """Return only if a claim does not contradict what the manifests show.

    More may be claimed than is deserved: what makes a change larger, such as splits that are
    defined anew, may lie outside the files. After an `earlier` version that promises nothing, any
    later version will do.

    Raises:
        ClaimRefused: less is claimed than the change deserves; the message names the files.
        InvalidArgument: a version is claimed, and no `earlier` one is given, or a later one.
    """
    if isinstance(claim, Level):
        level = claim
    elif earlier is None:
        raise InvalidArgument(
            f"Whether a change deserves {claim} depends on the version before it.",
            remedy="Say which version the earlier data has, or claim a level such as minor.",
        )
    else:
        level = earlier.level_of(claim)
        if not earlier.promises and level is not Level.NONE:
            return
    if level < deserved.level:
        enough = str(deserved.level)
        if earlier is not None:
            enough += f", which is {earlier.next(deserved.level)} or later"
        raise ClaimRefused(
            f"The claim {claim} says {level}, and the change is {deserved.level}: "
            f"{listed(deserved.reasons)}.",
            remedy=f"Claim {enough}; or keep the earlier files as they were, with new ones beside "
            "them.",
        )


def splits_named(path: str) -> frozenset[str]:
    """Return which of the splits train, validation and test the words of a path name."""
    words = re.split(r"[^a-z]+", path.lower())
    return frozenset(_SPLITS[word] for word in words if word in _SPLITS)


def _same_records(one: FileEntry, other: FileEntry) -> bool:
    return one.records is not None and _records_key(one) == _records_key(other)


def _records_key(entry: FileEntry) -> str:
    records = entry.records
    if records is None:
        return ""
    # Roots by different secrets differ even over the same records. Columns carry names and types.
    return f"{records.secret_id} {records.record_count} {records.record_root} {records.column_root}"
