"""What one unit can change in the answer, from the query alone: its sensitivity.

A query is answered by parts: vectors of whole numbers, each with noise of its own. In every vector,
a row that is added or removed changes one number, by at most `row_change`: it is of one group, in
one bin, and its value is clamped. A unit has at most as many rows as may contribute, so by the
triangle inequality it changes the vector by at most that many times `row_change`, in the L1 norm
and in the L2 norm alike (both are reached: all its rows may fall into one bin).

A quantile is not a vector but a choice. Adding or removing a row is distance 1 in the symmetric
distance; from there on, the bound is OpenDP's.
"""

from dataclasses import dataclass
from enum import StrEnum

from dataledger.node.queries.document import (
    Categories,
    Histogram,
    Mean,
    Measure,
    Quantile,
    Query,
    Sum,
)


class Role(StrEnum):
    """What a part holds for each group."""

    COUNT = "count"
    """How many rows have a value; of a histogram, in each bin."""
    SUM = "sum"
    """The sum of their values in steps; of a mean, counted from the middle of its bounds."""
    CHOICE = "choice"
    """Which candidate, by its index."""


@dataclass(frozen=True, slots=True)
class Part:
    """A vector of whole numbers about the data."""

    measure: Measure
    role: Role
    size: int
    """Numbers for each group. All of a group stand together, and groups in the query's order."""
    row_change: int
    """The most that one row changes, in one of its numbers."""
    share: int
    """It may cost one such part of what its measure may."""


def parts_of(query: Query) -> tuple[Part, ...]:
    """Return the parts of a query's answer, in the order in which they stand there."""
    return tuple(part for measure in query.measures for part in _parts(measure))


def change_of(part: Part, query: Query) -> int:
    """Return the most that one unit changes the part: in the L1 norm, and in the L2 norm."""
    return query.unit.contributions * part.row_change


def number_count(query: Query) -> int:
    """Return how many numbers the answer is made of."""
    return len(query.groups) * sum(part.size for part in parts_of(query))


def _parts(measure: Measure) -> tuple[Part, ...]:
    if isinstance(measure, Sum):
        bounds = measure.bounds
        return (Part(measure, Role.SUM, 1, max(abs(bounds.begin), abs(bounds.end)), 1),)
    if isinstance(measure, Mean):
        bounds = measure.bounds
        furthest = max(bounds.end - bounds.middle, bounds.middle - bounds.begin)
        return (Part(measure, Role.SUM, 1, furthest, 2), Part(measure, Role.COUNT, 1, 1, 2))
    if isinstance(measure, Quantile):
        return (Part(measure, Role.CHOICE, 1, 1, 1),)
    if isinstance(measure, Histogram):
        return (Part(measure, Role.COUNT, len(measure.edges) - 1, 1, 1),)
    if isinstance(measure, Categories):
        return (Part(measure, Role.COUNT, len(measure.categories), 1, 1),)
    return (Part(measure, Role.COUNT, 1, 1, 1),)
