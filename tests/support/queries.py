"""Declared queries and tables to ask them of: made up by hand, and by Hypothesis."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from dataledger.contracts.identifiers import DatasetId, OrgId
from dataledger.hashing import Hash32, canonical_bytes
from dataledger.manifest import fingerprint
from dataledger.node.queries import Query, parse
from dataledger.node.rules import NodeRules
from dataledger.node.work import Holding

COUNT = {"kind": "count", "name": "rows"}
PATH = "people.csv"

TEXT_COLUMNS = ("person", "city")
NUMBER_COLUMNS = ("age", "income")
CITIES = ("Bern", "Köln", "", "Oslo")
PEOPLE = ("ann", "bob", "cy", "dee")


def document(*measures: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    """Return a query for these measures, or for the number of rows; `from_` is the table."""
    made: dict[str, Any] = {
        "confidence": "0.95",
        "cost": {"epsilon": "1"},
        "format": "dataledger/query/1",
        "from": members.pop("from_", PATH),
        "measures": [dict(measure) for measure in measures] or [COUNT],
        "unit": {"row": True},
        **members,
    }
    return {name: value for name, value in made.items() if value is not None}


def query(*measures: Mapping[str, Any], **members: Any) -> Query:
    """Return the same, read."""
    return parse(canonical_bytes(document(*measures, **members)))


def bounded(kind: str, column: str = "age", **members: str) -> dict[str, str]:
    """Return a sum or a mean of a column's numbers from 0 to 100 by 1."""
    own = {"from": "0", "to": "100", "step": "1", **members}
    return {"column": column, "kind": kind, "name": f"{kind}-{column}", **own}


def holding_of(folder: Path) -> Holding:
    """Return what lies in the folder, as its version was recorded just now."""
    dataset, consumer = DatasetId(Hash32(bytes(32))), OrgId(7)
    return Holding(dataset, 1, folder, fingerprint(folder), NodeRules(), consumer)


def write_csv(
    folder: Path, rows: Sequence[Sequence[object]], *names: str, path: str = PATH
) -> None:
    """Write a table into the folder."""
    lines = [",".join(names), *(",".join(map(str, row)) for row in rows)]
    (folder / path).write_text("\n".join(lines) + "\n")


def found_in(answer: bytes, name: str) -> list[dict[str, str]]:
    """Return the numbers that an answer has for one of its measures."""
    [found] = [m["numbers"] for m in json.loads(answer)["measures"] if m["name"] == name]
    return list(found)


# ------------------------------------------------------------------------------------ made up

_DECIMALS = st.integers(-2000, 2000).map(lambda tenths: f"{Decimal(tenths) / 10}")
_NUMBER_TEXTS = st.one_of(
    _DECIMALS,
    st.integers(-150, 150).map(str),
    st.sampled_from(["", "n/a", "nan", "inf", "-inf", "1e300", "-1e999", " 7 ", "0x10", "7,5"]),
)
_ASCENDING = st.lists(st.integers(-1500, 1500), min_size=2, max_size=5, unique=True).map(
    lambda tenths: [f"{Decimal(tenth) / 10}" for tenth in sorted(tenths)]
)
_SOME_CITIES = st.lists(st.sampled_from(CITIES), min_size=1, max_size=4, unique=True)


def tables() -> st.SearchStrategy[pa.Table]:
    """Return tables of few rows, with values of all kinds, in few and in many chunks."""
    row = st.tuples(
        st.sampled_from([*PEOPLE, *PEOPLE, None]),
        st.sampled_from([*CITIES, "Genf", None]),
        st.one_of(st.none(), _NUMBER_TEXTS),
        st.one_of(st.none(), st.floats(), st.floats(-200, 200), st.integers(-200, 200).map(float)),
    )
    return st.lists(row, max_size=14).map(_table)


def _table(rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    types = (pa.string(), pa.large_string(), pa.string(), pa.float64())
    columns = zip(*rows, strict=True) if rows else ([],) * 4
    arrays = [pa.array(list(c), kind) for c, kind in zip(columns, types, strict=True)]
    return pa.table(arrays, names=[*TEXT_COLUMNS, *NUMBER_COLUMNS])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Return queries of every kind, over the columns of `tables`."""
    measures = draw(st.lists(_measures(), min_size=1, max_size=4))
    for number, measure in enumerate(measures):
        measure["name"] = f"m{number}"
    made = document(*measures)
    made["confidence"] = draw(st.sampled_from(["0.5", "0.9", "0.95", "0.999999"]))
    made["cost"] = draw(
        st.sampled_from([{"epsilon": "0.5"}, {"rho": "0.1"}, {"epsilon": "7.000001"}])
    )
    if draw(st.booleans()):
        made["unit"] = {"column": "person", "contributions": draw(st.integers(1, 4))}
    if draw(st.booleans()):
        made["group_by"] = {"column": "city", "keys": draw(_SOME_CITIES)}
    if draw(st.booleans()):
        made["where"] = draw(st.lists(_conditions(), min_size=1, max_size=2))
    return made


def _conditions() -> st.SearchStrategy[dict[str, Any]]:
    column = st.sampled_from(NUMBER_COLUMNS)
    return st.one_of(
        st.builds(
            lambda c, pair: {"column": c, "from": pair[0], "to": pair[-1]}, column, _ASCENDING
        ),
        st.builds(lambda c, begin: {"column": c, "from": begin}, column, _DECIMALS),
        st.builds(lambda c, end: {"column": c, "to": end}, column, _DECIMALS),
        st.builds(lambda cities: {"column": "city", "in": cities}, _SOME_CITIES),
    )


@st.composite
def _measures(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["count", "sum", "mean", "quantile", "edges", "categories"]))
    column = draw(st.sampled_from(NUMBER_COLUMNS))
    if kind == "count":
        return {"kind": "count"}
    if kind in ("sum", "mean"):
        step = Decimal(draw(st.sampled_from(["0.1", "1", "2.5"])))
        ends = sorted(draw(st.lists(st.integers(-90, 90), min_size=2, max_size=2, unique=True)))
        begin, end = (f"{end * step:f}" for end in ends)
        return {"column": column, "from": begin, "kind": kind, "step": str(step), "to": end}
    if kind == "quantile":
        at = draw(st.sampled_from(["0", "0.25", "0.5", "0.9999", "1"]))
        return {"at": at, "candidates": draw(_ASCENDING), "column": column, "kind": kind}
    if kind == "edges":
        return {"column": column, "edges": draw(_ASCENDING), "kind": "histogram"}
    return {"categories": draw(_SOME_CITIES), "column": "city", "kind": "histogram"}
