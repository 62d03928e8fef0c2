"""What one unit can change in the exact answer is what the query's bounds say, and no more.

All of privacy stands on this: OpenDP accounts for the noise, from these bounds on.
"""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from queries import CITIES, PEOPLE, bounded, documents, query, tables

from dataledger.hashing import canonical_bytes
from dataledger.node.queries import Query, parse
from dataledger.node.queries.bounds import Part, Role, change_of, parts_of
from dataledger.node.queries.document import Quantile
from dataledger.node.queries.rows import Rows, exact_vector, places_among


def places(part: Part, rows: Rows) -> Counter[tuple[int, int]]:
    """Return what a quantile is chosen from: in each group, each number's place."""
    assert isinstance(part.measure, Quantile)
    values = rows.numbers(part.measure.column)
    there = ~np.isnan(values)
    found = places_among(values[there], part.measure.candidates)
    return Counter(zip(rows.groups[there].tolist(), found.tolist(), strict=True))


def require_bounded(asked: Query, one: pa.Table, other: pa.Table) -> None:
    """Fail if the tables, which differ by one unit, are further apart than is declared."""
    these, those = Rows(asked, one), Rows(asked, other)
    for part in parts_of(asked):
        change = change_of(part, asked)
        if part.role is Role.CHOICE:
            mine, theirs = places(part, these), places(part, those)
            assert ((mine - theirs) + (theirs - mine)).total() <= change
        else:
            difference = exact_vector(part, asked, these) - exact_vector(part, asked, those)
            exact = [int(number) for number in difference]
            assert len(exact) == part.size * len(asked.groups)
            assert sum(map(abs, exact)) <= change
            assert sum(number**2 for number in exact) <= change**2


@settings(max_examples=200)
@given(documents(), tables(), st.data())
def test_a_unit_that_is_removed_changes_every_vector_within_its_bound(
    declared: dict[str, Any], table: pa.Table, data: st.DataObject
) -> None:
    asked = parse(canonical_bytes(declared))
    if asked.unit.column is None:
        gone = data.draw(st.integers(0, table.num_rows)) if table.num_rows else 0
        stays = [at != gone for at in range(table.num_rows)]
    else:
        person = data.draw(st.sampled_from(PEOPLE))
        stays = [name != person for name in table.column("person").to_pylist()]
    require_bounded(asked, table, table.filter(pa.array(stays, pa.bool_())))


@settings(max_examples=50)
@given(documents(), tables(), st.sampled_from(PEOPLE))
def test_where_a_unit_stands_among_others_changes_nothing(
    declared: dict[str, Any], table: pa.Table, person: str
) -> None:
    asked = parse(canonical_bytes(declared))
    mine = [name == person for name in table.column("person").to_pylist()]
    order = sorted(range(table.num_rows), key=lambda at: not mine[at])
    one, other = Rows(asked, table), Rows(asked, table.take(pa.array(order, pa.int64())))
    for part in parts_of(asked):
        if part.role is Role.CHOICE:
            assert places(part, one) == places(part, other)
        else:
            assert (exact_vector(part, asked, one) == exact_vector(part, asked, other)).all()


def full(
    person: str, rows: int, age: str = "100", city: str = "Bern"
) -> list[tuple[str, str, str]]:
    """Return rows of one person, all alike."""
    return [(person, city, age)] * rows


def table_of(rows: list[tuple[str, str, str]]) -> pa.Table:
    """Return them as a table."""
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    arrays = [pa.array(list(column), pa.string()) for column in columns]
    return pa.table(arrays, names=["person", "city", "age"])


def test_the_bounds_are_reached_and_so_no_wider_than_needed() -> None:
    asked = query(
        {"kind": "count", "name": "n"},
        bounded("sum"),
        bounded("mean"),
        {"column": "age", "edges": ["0", "50", "101"], "kind": "histogram", "name": "h"},
        unit={"column": "person", "contributions": 3},
        group_by={"column": "city", "keys": list(CITIES)},
    )
    one, other = (Rows(asked, table_of(rows)) for rows in (full("ann", 9), []))
    for part in parts_of(asked):
        difference = exact_vector(part, asked, one) - exact_vector(part, asked, other)
        assert np.abs(difference).sum() == change_of(part, asked)


def test_without_a_limit_on_rows_a_unit_would_change_far_more() -> None:
    asked = query(unit={"column": "person", "contributions": 3})
    per_row = query()
    [part] = parts_of(asked)
    table = table_of(full("ann", 1000))
    assert exact_vector(part, asked, Rows(asked, table)).tolist() == [3]
    assert exact_vector(part, per_row, Rows(per_row, table)).tolist() == [1000]


def test_which_rows_of_a_unit_count_does_not_depend_on_other_units() -> None:
    asked = query(bounded("sum"), unit={"column": "person", "contributions": 2})
    [part] = parts_of(asked)
    mine = [("ann", "Bern", str(age)) for age in (1, 10, 100)]
    for others in ([], full("bob", 1, "0"), full("bob", 50, "0")):
        for at in range(4):
            rows = [*mine[:at], *others, *mine[at:]]
            assert exact_vector(part, asked, Rows(asked, table_of(rows))).tolist() == [11]


def test_rows_without_a_unit_do_not_count() -> None:
    asked = query(unit={"column": "person", "contributions": 2})
    [part] = parts_of(asked)
    table = pa.table({"person": pa.array([None, None, "ann"], pa.string())})
    assert exact_vector(part, asked, Rows(asked, table)).tolist() == [1]
