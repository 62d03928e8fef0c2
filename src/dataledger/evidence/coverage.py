"""Which recorded facts speak to the points of a rule or a standard, and which points have none.

A table is no finding that a requirement is met. It shows where to look, and what stands behind it.
"""

from dataclasses import dataclass
from enum import StrEnum

from dataledger.evidence.coverage_tables import DPS, EU_AI_ACT_ART10, ISO5259, Point
from dataledger.evidence.export.facts import DatasetFacts, Fact, Status
from dataledger.hashing import JsonValue

FORMAT = "dataledger/coverage/1"
CAVEAT = (
    "Which recorded facts speak to each point. Not that a requirement is met, nor that what is "
    "recorded is true."
)


class Standard(StrEnum):
    """What a dataset can be held beside."""

    EU_AI_ACT_ART10 = "eu-ai-act-art10"
    DPS = "dps"
    ISO5259 = "iso5259"

    @property
    def full_name(self) -> str:
        """The standard's full name."""
        return _TABLES[self][0]

    @property
    def points(self) -> tuple[Point, ...]:
        """The standard's points, in its order."""
        return _TABLES[self][1]


_TABLES = {
    Standard.EU_AI_ACT_ART10: (
        "Regulation (EU) 2024/1689 (AI Act), Article 10: data and data governance",
        EU_AI_ACT_ART10,
    ),
    Standard.DPS: ("Data & Trust Alliance, Data Provenance Standards 1.0.0", DPS),
    Standard.ISO5259: (
        "ISO/IEC 5259-2:2024, data quality characteristics for analytics and machine learning",
        ISO5259,
    ),
}


@dataclass(frozen=True, slots=True)
class Named:
    """A fact by its name."""

    name: str
    fact: Fact

    def to_json(self) -> dict[str, JsonValue]:
        """Return the name, and the fact."""
        return {"fact": self.name, **self.fact.to_json()}


@dataclass(frozen=True, slots=True)
class Row:
    """A point, the facts that answer it, and those that the chain proves around it."""

    point: Point
    answers: tuple[Named, ...]
    supports: tuple[Named, ...]

    @property
    def status(self) -> Status:
        """The best that stands behind an answer: proven, asserted, or nothing."""
        statuses = {named.fact.status for named in self.answers}
        return next(status for status in Status if status in {*statuses, Status.MISSING})

    def to_json(self) -> dict[str, JsonValue]:
        """Return the row; `supports` without facts that are missing."""
        return {
            "reference": self.point.reference,
            "point": self.point.words,
            "status": self.status.value,
            "answers": [named.to_json() for named in self.answers],
            "supports": [named.to_json() for named in self.supports],
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    """The table of one version beside one standard."""

    standard: Standard
    facts: DatasetFacts
    rows: tuple[Row, ...]

    def count(self, status: Status) -> int:
        """Return how many points have this status."""
        return sum(row.status is status for row in self.rows)

    def to_json(self) -> dict[str, JsonValue]:
        """Return the table: a document of format `FORMAT`."""
        return {
            **self.facts.heading(),
            "format": FORMAT,
            "standard": self.standard.value,
            "full_name": self.standard.full_name,
            "caveat": CAVEAT,
            "counts": {status.value: self.count(status) for status in Status},
            "rows": [row.to_json() for row in self.rows],
        }


def coverage(facts: DatasetFacts, standard: Standard) -> Coverage:
    """Return which of the version's facts speak to each point of the standard."""
    return Coverage(standard, facts, tuple(_row(facts, point) for point in standard.points))


def _row(facts: DatasetFacts, point: Point) -> Row:
    around = tuple(Named(name, facts.fact(name)) for name in point.supports)
    return Row(
        point=point,
        answers=tuple(Named(name, facts.fact(name)) for name in point.answers),
        supports=tuple(named for named in around if named.fact.status is not Status.MISSING),
    )
