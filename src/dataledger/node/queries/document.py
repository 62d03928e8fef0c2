"""The declared query, `dataledger/query/1`: what is asked, about whom, and at what cost."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from dataledger.contracts.use_types import Composition

FORMAT = "dataledger/query/1"

MAX_QUERY_BYTES = 1024 * 1024
MAX_MEASURES = 20
MAX_CONDITIONS = 20
MAX_CHOICES = 1000
"""Keys of a grouping, bins of a histogram, candidates of a quantile, values of a condition."""
MAX_NUMBERS = 10_000
"""In one answer."""
MAX_CONTRIBUTIONS = 10_000
MAX_STEPS = 2**30
"""How far from zero a bound may be, in steps."""
MAX_COST = 100
"""From there on, ε or rho promises nothing worth the name."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Whom the answer must not tell about: all that one of them adds to it is hidden."""

    column: str | None = None
    """Names them, such as persons; None: each row is one."""
    contributions: int = 1
    """The most rows of each that count."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """Only rows whose value is one of these."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """Only rows whose number is at least `begin` and less than `end`; None: no limit there."""

    column: str
    begin: Fraction | None
    end: Fraction | None


Condition: TypeAlias = OneOf | Between


@dataclass(frozen=True, slots=True)
class GroupBy:
    """Every measure, for the rows of each of these values. Other rows do not count."""

    column: str
    keys: tuple[str, ...]
    """Public: they come from the query, and never from the data."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Each number is rounded to a whole number of steps, and counts as no less and no more."""

    begin: int
    """In steps, as `end`, which is greater."""
    end: int
    step: Fraction

    @property
    def middle(self) -> int:
        """What a mean's values are counted from, in steps."""
        return (self.begin + self.end) // 2


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows."""

    name: str
    kind = "count"


@dataclass(frozen=True, slots=True)
class Sum:
    """Of a column's numbers."""

    name: str
    column: str
    bounds: Bounds
    kind = "sum"


@dataclass(frozen=True, slots=True)
class Mean:
    """Of a column's numbers."""

    name: str
    column: str
    bounds: Bounds
    kind = "mean"


@dataclass(frozen=True, slots=True)
class Quantile:
    """The candidate below which about this share of a column's numbers lie."""

    name: str
    column: str
    at: Fraction
    candidates: tuple[Fraction, ...]
    """Ascending."""
    kind = "quantile"


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many rows have a number from each edge up to the next, without it."""

    name: str
    column: str
    edges: tuple[Fraction, ...]
    """Ascending."""
    kind = "histogram"


@dataclass(frozen=True, slots=True)
class Categories:
    """How many rows have each of these values: a histogram of texts."""

    name: str
    column: str
    categories: tuple[str, ...]
    kind = "histogram"


Measure: TypeAlias = Count | Sum | Mean | Quantile | Histogram | Categories


@dataclass(frozen=True, slots=True)
class Query:
    """A query whose sensitivity is bounded; `parse` makes no other."""

    path: str
    """Of the table, in the manifest."""
    unit: Unit
    where: tuple[Condition, ...]
    group_by: GroupBy | None
    measures: tuple[Measure, ...]
    composition: Composition
    """What its cost counts: BASIC for ε, ZCDP for rho."""
    cost: Fraction
    """The most that it may lose, of ε or rho."""
    confidence: Fraction
    """With which all its intervals hold together."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads, each once."""
        names = [
            *([] if self.unit.column is None else [self.unit.column]),
            *(condition.column for condition in self.where),
            *([] if self.group_by is None else [self.group_by.column]),
            *(measure.column for measure in self.measures if not isinstance(measure, Count)),
        ]
        return tuple(dict.fromkeys(names))

    @property
    def groups(self) -> tuple[str | None, ...]:
        """The keys that every measure is asked for; one None where there is no grouping."""
        return (None,) if self.group_by is None else self.group_by.keys
