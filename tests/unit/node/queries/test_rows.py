"""Exact vectors: what plain Python would count, row by row."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from queries import bounded, documents, query, tables

from dataledger.hashing import canonical_bytes
from dataledger.node.queries import Query, parse
from dataledger.node.queries.bounds import Part, Role, parts_of
from dataledger.node.queries.document import Between, Categories, Count, Histogram, Mean, Sum
from dataledger.node.queries.rows import Rows, exact_vector, to_steps
from dataledger.node.tables import numbers

Row = dict[str, Any]


def plain_rows(asked: Query, table: pa.Table) -> list[Row]:
    """Return the rows that count, each with its numbers read."""
    rows: list[Row] = table.to_pylist()
    for column in ("age", "income"):
        for row, number in zip(rows, numbers(table.column(column)).tolist(), strict=True):
            row[column] = number
    counted: list[Row] = []
    seen: dict[str, int] = {}
    for row in rows:
        unit = None if asked.unit.column is None else row[asked.unit.column]
        if asked.unit.column is not None and unit is None:
            continue
        if asked.group_by and row[asked.group_by.column] not in asked.group_by.keys:
            continue
        if not all(meets(row, condition) for condition in asked.where):
            continue
        if unit is not None:
            seen[unit] = seen.get(unit, 0) + 1
            if seen[unit] > asked.unit.contributions:
                continue
        counted.append(row)
    return counted


def meets(row: Row, condition: Any) -> bool:
    """Return whether the row meets it."""
    value = row[condition.column]
    if not isinstance(condition, Between):
        return value in condition.values
    return (
        value == value  # noqa: PLR0124  # not NaN
        and (condition.begin is None or value >= float(condition.begin))
        and (condition.end is None or value < float(condition.end))
    )


def plain_vector(part: Part, asked: Query, rows: list[Row]) -> list[int]:
    """Return the part, counted row by row."""
    vector = []
    for key in asked.groups:
        mine = [r for r in rows if asked.group_by is None or r[asked.group_by.column] == key]
        vector += group_vector(part, mine)
    return vector


def group_vector(part: Part, rows: list[Row]) -> list[int]:
    """Return one group's numbers."""
    measure = part.measure
    if isinstance(measure, Count):
        return [len(rows)]
    values = [row[measure.column] for row in rows]
    if isinstance(measure, Categories):
        return [values.count(category) for category in measure.categories]
    present = [value for value in values if value == value]  # noqa: PLR0124  # not NaN
    if isinstance(measure, Histogram):
        edges = [float(edge) for edge in measure.edges]
        return [sum(begin <= value < end for value in present) for begin, end in pairwise(edges)]
    assert isinstance(measure, Sum | Mean)
    if part.role is Role.COUNT:
        return [len(present)]
    bounds = measure.bounds
    lowest, highest = float(bounds.begin * bounds.step), float(bounds.end * bounds.step)
    clamped = (min(max(value, lowest), highest) for value in present)
    from_where = bounds.middle if isinstance(measure, Mean) else 0
    return [sum(round(value / float(bounds.step)) - from_where for value in clamped)]


@settings(max_examples=80)
@given(documents(), tables())
def test_vectors_are_what_is_counted_row_by_row(declared: dict[str, Any], table: pa.Table) -> None:
    asked = parse(canonical_bytes(declared))
    rows = Rows(asked, table)
    for part in parts_of(asked):
        if part.role is not Role.CHOICE:
            expected = plain_vector(part, asked, plain_rows(asked, table))
            assert exact_vector(part, asked, rows).tolist() == expected


def test_values_are_rounded_to_steps_and_cut_off_at_the_bounds() -> None:
    asked = query(bounded("sum", **{"from": "-1", "step": "0.5", "to": "2"}))
    measure = asked.measures[0]
    assert isinstance(measure, Sum)
    values = np.array([-1e308, -1.0, -0.26, 0.24, 0.25, 0.75, 1.9, 2.1, 1e308])
    assert to_steps(values, measure.bounds).tolist() == [-2, -2, -1, 0, 0, 2, 4, 4, 4]


def test_a_sum_that_would_leave_the_range_of_numbers_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = query(bounded("sum"), bounded("mean"))
    table = pa.table({"age": ["100"] * 30})
    monkeypatch.setattr("dataledger.node.queries.rows.MAX_SUM", 1000)
    by_sum, by_mean, count = parts_of(asked)
    rows = Rows(asked, table)
    assert exact_vector(by_sum, asked, rows).tolist() == [1000]
    assert exact_vector(by_mean, asked, rows).tolist() == [1000]
    assert exact_vector(count, asked, rows).tolist() == [30]


def test_edges_are_within_their_bin_at_its_begin_and_not_at_its_end() -> None:
    asked = query({"column": "age", "edges": ["0", "0.1", "1"], "kind": "histogram", "name": "h"})
    [part] = parts_of(asked)
    table = pa.table({"age": pa.array(["0", "0.0999", "0.1", "0.9", "1", "-0.1", "x", None])})
    assert exact_vector(part, asked, Rows(asked, table)).tolist() == [2, 2]
    assert Fraction("0.1") == asked.measures[0].edges[1]  # type: ignore[union-attr]
