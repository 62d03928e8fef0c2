"""Declared queries, and tables: what is accepted is written again, and answered within bounds."""

from collections.abc import Iterator
from random import Random

import numpy as np
import pyarrow as pa
from fuzzing import Scratch, accepted, mutate_json
from queries import bounded, document

from dataledger.hashing import canonical_bytes
from dataledger.node.queries import parse, to_bytes
from dataledger.node.queries.answer import write
from dataledger.node.queries.asking import canonical_query, read_answer
from dataledger.node.queries.bounds import Role, change_of, parts_of
from dataledger.node.queries.document import Query
from dataledger.node.queries.noise import plan
from dataledger.node.queries.release import numbers_of
from dataledger.node.queries.rows import Rows, exact_vector
from dataledger.node.tables import read_own_table

_FILES = {suffix: Scratch(f"table{suffix}") for suffix in (".csv", ".jsonl")}
_QUERY = b"query\n"
_COLUMNS = ["person", "city", "age"]
_MEDIAN = {
    "at": "0.5",
    "candidates": ["1", "50"],
    "column": "age",
    "kind": "quantile",
    "name": "median",
}
_AGES = {"column": "age", "edges": ["0", "50", "101"], "kind": "histogram", "name": "ages"}
_CITIES = {"categories": ["Bern", ""], "column": "city", "kind": "histogram", "name": "cities"}
_UNIT = {"column": "person", "contributions": 2}
_GROUPS = {"column": "city", "keys": ["Bern", "Oslo"]}
_ASKED = parse(canonical_bytes(document(bounded("sum"), bounded("mean"), _AGES, _CITIES, _MEDIAN)))
_TABLE = pa.table({name: ["a", "Bern", "1", "50", None] for name in _COLUMNS})


def check(data: bytes) -> None:
    if data.startswith(_QUERY):
        _check_query(data.removeprefix(_QUERY))
        return
    for suffix, file in _FILES.items():
        file.write(data)
        columns = _COLUMNS if suffix == ".jsonl" else []
        table = accepted(read_own_table, file.path, columns)
        if table is not None and suffix == ".jsonl":
            _check_bounds(_ASKED, table)


def _check_query(data: bytes) -> None:
    query = accepted(parse, data)
    by_hand = accepted(canonical_query, data)
    if query is None:
        return
    assert parse(to_bytes(query)) == query
    assert by_hand == to_bytes(query)
    noises = accepted(plan, query)
    if noises is None:
        return
    assert sum(noise.loss for noise in noises) <= query.cost
    if set(query.columns) <= set(_COLUMNS):
        _check_bounds(query, _TABLE)
        content = write(query, noises, numbers_of(query, noises, _TABLE), 1)
        assert len(read_answer(content, query)) == len(query.measures)


def _check_bounds(query: Query, table: pa.Table) -> None:
    """One row less changes each vector within its bound."""
    one, other = Rows(query, table), Rows(query, table.slice(1))
    for part in parts_of(query):
        if part.role is not Role.CHOICE:
            difference = exact_vector(part, query, one) - exact_vector(part, query, other)
            # Another row of the unit may take the place of the one that is gone.
            assert np.abs(difference).sum() <= 2 * change_of(part, query)


def seeds() -> Iterator[bytes]:
    for members in (
        {},
        {"unit": _UNIT, "where": [{"column": "age", "from": "1", "to": "9.5"}]},
        {"cost": {"rho": "0.1"}, "group_by": _GROUPS},
    ):
        yield _QUERY + canonical_bytes(document(bounded("sum"), _AGES, _MEDIAN, **members))
    yield _QUERY + canonical_bytes(document(_CITIES, bounded("mean")))
    yield b'person,city,age\nann,Bern,40\n"b, ob",,x\n'
    yield b'{"person": "ann", "city": "Bern", "age": 40}\n{"age": "1e3", "city": null}\n'


def mutate(data: bytes, random: Random) -> bytes:
    if data.startswith(_QUERY):
        return _QUERY + mutate_json(data.removeprefix(_QUERY), random)
    at = random.randrange(len(data))
    return data[:at] + bytes([random.randrange(256)]) + data[at + random.randrange(3) :]
