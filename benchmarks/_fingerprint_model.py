"""What is measured, and what comes out of it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class Kind(StrEnum):
    """Whose figure it is."""

    OURS = "ours"
    PEER = "peer"
    LIMIT = "limit"


class Unit(StrEnum):
    """What a case is chiefly counted in."""

    BYTES = "bytes"
    FILES = "files"
    RECORDS = "records"


@dataclass(frozen=True)
class Work:
    """How much there is to do."""

    size_bytes: int
    files: int = 1
    records: int = 0


@dataclass(frozen=True)
class Case:
    """Data that every subject of the case works on."""

    name: str
    title: str
    unit: Unit
    work: Work


@dataclass(frozen=True)
class Effort:
    """How much is done to get a figure."""

    runs: int
    """Of each program, that are timed."""
    speed_seconds: int
    """How long `openssl speed` has, each time."""
    others: bool
    """Whether other people's programs are run as well."""


@dataclass(frozen=True)
class Answer:
    """What a subject says of its own run."""

    seconds: float | None = None
    """How long the call took that is compared; without, the whole process is."""
    result: str | None = None
    """What it computed; every run must say the same."""


def no_preparation() -> None:
    """Do nothing before a run."""


def no_answer(_output: str) -> Answer:
    """Take the whole process's time."""
    return Answer()


@dataclass(frozen=True)
class Subject:
    """A program to be run over a case's data."""

    name: str
    kind: Kind
    command: tuple[str, ...]
    directory: Path | None = None
    stdin: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] = no_preparation
    """What must be done before each run, and is not part of it."""
    answer: Callable[[str], Answer] = no_answer
    work: Work | None = None
    """Where it does less than the case: a sample, whose rate stands for the whole."""
    first_round: bool = True
    """Whether it takes part in the round that reads the data into memory and watches it."""


@dataclass(frozen=True)
class Run:
    """One run of a subject."""

    seconds: float
    """Of the call that is compared."""
    process_seconds: float
    """Of the whole process, from its start to its end."""
    cpu_seconds: float
    """Of all its processes together, in user and system mode."""


@dataclass
class Measurement:
    """All runs of a subject over a case."""

    subject: str
    kind: Kind
    unit: Unit
    work: Work
    runs: list[Run] = field(default_factory=list)
    peak_bytes: int | None = None
    """Most memory of all its processes together, each shared page counted once (PSS)."""
    peak_private_bytes: int | None = None
    """The same without pages of files, which the system takes back when it needs them."""
    result: str | None = None
    problem: str | None = None
    """Why there is no figure."""

    @property
    def seconds(self) -> float:
        """The median of the runs."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def best_seconds(self) -> float:
        """The quickest of the runs."""
        return min(run.seconds for run in self.runs)

    @property
    def process_seconds(self) -> float:
        """The median of the whole process."""
        return statistics.median(run.process_seconds for run in self.runs)

    @property
    def cpu_seconds(self) -> float:
        """The median of the processor time."""
        return statistics.median(run.cpu_seconds for run in self.runs)

    @property
    def spread(self) -> float:
        """How far the runs lie apart: the slowest less the quickest, as a share of the median."""
        seconds = [run.seconds for run in self.runs]
        return (max(seconds) - min(seconds)) / self.seconds

    def rate(self, unit: Unit | None = None) -> float:
        """How many of the unit are done in a second, in the median."""
        unit = unit or self.unit
        amounts = {
            Unit.BYTES: self.work.size_bytes,
            Unit.FILES: self.work.files,
            Unit.RECORDS: self.work.records,
        }
        return amounts[unit] / self.seconds

    def ratio_to(self, other: Measurement) -> float:
        """How many times as fast as the other it is."""
        return self.rate() / other.rate(self.unit)

    def document(self) -> dict[str, Any]:
        """All of it, for the JSON file."""
        document: dict[str, Any] = {
            "subject": self.subject,
            "kind": self.kind.value,
            "size_bytes": self.work.size_bytes,
            "files": self.work.files,
            "records": self.work.records,
        }
        if self.problem is not None:
            return document | {"problem": self.problem}
        return document | {
            "median_seconds": round(self.seconds, 6),
            "best_seconds": round(self.best_seconds, 6),
            "spread": round(self.spread, 4),
            "process_seconds": round(self.process_seconds, 6),
            "cpu_seconds": round(self.cpu_seconds, 4),
            "rate": round(self.rate(), 1),
            "peak_bytes": self.peak_bytes,
            "peak_private_bytes": self.peak_private_bytes,
            "result": self.result,
            "runs_seconds": [round(run.seconds, 6) for run in self.runs],
        }


@dataclass(frozen=True)
class Target:
    """A promise, and how it stands."""

    name: str
    need: float
    got: float | None
    """None where it could not be measured, which is a miss, too."""
    at_most: bool = False
    """Whether less is better."""
    unit: str = "x"

    @property
    def met(self) -> bool:
        """Whether it is kept."""
        if self.got is None:
            return False
        return self.got <= self.need if self.at_most else self.got >= self.need

    def document(self) -> dict[str, Any]:
        """All of it, for the JSON file."""
        return {
            "name": self.name,
            "need": self.need,
            "got": None if self.got is None else round(self.got, 6),
            "at_most": self.at_most,
            "unit": self.unit,
            "met": self.met,
        }


@dataclass
class CaseResult:
    """A case, its measurements, and its targets."""

    case: Case
    measurements: list[Measurement]
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    values: dict[str, dict[str, float]] = field(default_factory=dict)
    """Figures of other kinds, by what they are of and what they are."""

    def find(self, subject: str) -> Measurement | None:
        """The measurement of that subject, if it has a figure."""
        for measurement in self.measurements:
            if measurement.subject == subject and measurement.problem is None:
                return measurement
        return None

    def ratio(self, subject: str, other: str) -> float | None:
        """How many times as fast as `other` that subject is, if both have a figure."""
        mine, its = self.find(subject), self.find(other)
        return mine.ratio_to(its) if mine and its else None

    def document(self) -> dict[str, Any]:
        """All of it, for the JSON file."""
        return {
            "case": self.case.name,
            "title": self.case.title,
            "unit": self.case.unit.value,
            "measurements": [measurement.document() for measurement in self.measurements],
            "targets": [target.document() for target in self.targets],
            "values": self.values,
            "notes": self.notes,
        }
