"""The exact vectors behind an answer. Whatever a row holds, it changes them within its bounds.

Every step looks at one row alone, but for one: of a unit's rows, those that stand first are kept.
Which these are depends on no other unit's rows.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataledger.node.queries.bounds import Part, Role
from dataledger.node.queries.document import (
    Bounds,
    Categories,
    Condition,
    Count,
    Histogram,
    Mean,
    OneOf,
    Query,
    Sum,
)
from dataledger.node.tables import numbers, texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

MAX_SUM = 2**56
"""In steps; a sum beyond counts as this. Cutting every number of a vector off at one place brings
two vectors no further apart, in any norm."""


class Rows:
    """The rows of a table that count for a query."""

    def __init__(self, query: Query, table: pa.Table) -> None:
        self._query = query
        self._table = table
        self._numbers: dict[str, NDArray[np.float64]] = {}

    @cached_property
    def positions(self) -> NDArray[np.int64]:
        """Where in the table they are, ascending."""
        query = self._query
        meets = self._all_groups >= 0
        for condition in query.where:
            meets &= self._meets(condition)
        if query.unit.column is None:
            return np.flatnonzero(meets)
        units = texts(self._table.column(query.unit.column))
        meets &= ~np.asarray(pc.is_null(units))
        found = np.flatnonzero(meets)
        codes = units.take(pa.array(found)).combine_chunks().dictionary_encode().indices
        return found[first_of_each(np.asarray(codes), query.unit.contributions)]

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """The index of each row's group."""
        return self._all_groups[self.positions]

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Return the rows' numbers in a column; NaN where there is none."""
        return self._all_numbers(column)[self.positions]

    def choices(self, column: str, among: Sequence[str]) -> NDArray[np.int64]:
        """Return which of these texts each row has in a column; -1 where it has none of them."""
        return self._all_choices(column, among)[self.positions]

    @cached_property
    def _all_groups(self) -> NDArray[np.int64]:
        grouping = self._query.group_by
        if grouping is None:
            return np.zeros(self._table.num_rows, np.int64)
        return self._all_choices(grouping.column, grouping.keys)

    def _meets(self, condition: Condition) -> NDArray[np.bool_]:
        if isinstance(condition, OneOf):
            return self._all_choices(condition.column, condition.values) >= 0
        values = self._all_numbers(condition.column)
        meets = ~np.isnan(values)
        if condition.begin is not None:
            meets &= values >= float(condition.begin)
        if condition.end is not None:
            meets &= values < float(condition.end)
        return meets

    def _all_numbers(self, column: str) -> NDArray[np.float64]:
        if column not in self._numbers:
            self._numbers[column] = numbers(self._table.column(column))
        return self._numbers[column]

    def _all_choices(self, column: str, among: Sequence[str]) -> NDArray[np.int64]:
        value_set = pa.array(among, pa.large_string())
        found = pc.index_in(texts(self._table.column(column)), value_set=value_set)
        return np.asarray(pc.fill_null(found, -1)).astype(np.int64)


def first_of_each(codes: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return the positions, ascending, of the first `most` rows that have each code."""
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    is_first = np.ones(len(ordered), bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    begins = np.flatnonzero(is_first)
    rank = np.arange(len(ordered)) - np.repeat(begins, np.diff([*begins, len(ordered)]))
    return np.sort(order[rank < most])


def exact_vector(part: Part, query: Query, rows: Rows) -> NDArray[np.int64]:
    """Return a part of the exact answer. It never leaves the node without noise."""
    groups = len(query.groups)
    if part.role is Role.SUM and isinstance(part.measure, Sum | Mean):
        bounds = part.measure.bounds
        values = rows.numbers(part.measure.column)
        present = ~np.isnan(values)
        steps = to_steps(values[present], bounds)
        if isinstance(part.measure, Mean):
            steps -= bounds.middle
        sums = np.zeros(groups, np.int64)
        np.add.at(sums, rows.groups[present], steps)
        return np.clip(sums, -MAX_SUM, MAX_SUM)
    bins = _bins(part, rows)
    present = bins >= 0
    places = rows.groups[present] * part.size + bins[present]
    counts: NDArray[np.int64] = np.bincount(places, minlength=groups * part.size).astype(np.int64)
    return counts


def to_steps(values: NDArray[np.float64], bounds: Bounds) -> NDArray[np.int64]:
    """Return the values in whole steps, ties to even, none beyond the bounds."""
    with np.errstate(over="ignore"):  # infinite steps are cut off at the bounds, too
        steps = np.rint(values / float(bounds.step))
    whole: NDArray[np.int64] = np.clip(steps, bounds.begin, bounds.end).astype(np.int64)
    return whole


def places_among(values: NDArray[np.float64], marks: Sequence[Fraction]) -> NDArray[np.int64]:
    """Return how values stand to ascending marks, as whole numbers in the same order.

    The mark with index i becomes 2 i + 1; a value between two marks gets what lies between theirs.
    """
    floats = np.array([float(mark) for mark in marks])
    below = np.searchsorted(floats, values, side="left")
    up_to = np.searchsorted(floats, values, side="right")
    return (below + up_to).astype(np.int64)


def _bins(part: Part, rows: Rows) -> NDArray[np.int64]:
    """Return the index of each row's bin; -1 for rows that have none."""
    measure = part.measure
    if isinstance(measure, Count):
        return np.zeros(len(rows.positions), np.int64)
    if isinstance(measure, Categories):
        return rows.choices(measure.column, measure.categories)
    values = rows.numbers(measure.column)
    if isinstance(measure, Histogram):
        edges = [float(edge) for edge in measure.edges]
        bins = np.searchsorted(edges, values, side="right").astype(np.int64) - 1
        bins[np.isnan(values) | (bins >= part.size)] = -1
        return bins
    return np.where(np.isnan(values), -1, 0)
