"""Hypothesis strategies for Arrow tables: every type that records can have, in every layout."""

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def _integers(bits: int, *, signed: bool = True) -> st.SearchStrategy[int]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return st.integers(low, high)


def _decimals(kind: Any) -> st.SearchStrategy[Decimal]:
    most = 10**kind.precision - 1
    return st.integers(-most, most).map(
        lambda unscaled: Decimal(
            (int(unscaled < 0), tuple(map(int, str(abs(unscaled)))), -kind.scale)
        )
    )


def _flat() -> list[tuple[Any, st.SearchStrategy[Any]]]:
    whole = [
        (getattr(pa, f"{prefix}int{bits}")(), _integers(bits, signed=not prefix))
        for bits in (8, 16, 32, 64)
        for prefix in ("", "u")
    ]
    floats: list[tuple[Any, st.SearchStrategy[Any]]] = [
        (pa.float16(), st.floats(width=16).map(np.float16)),
        (pa.float32(), st.floats(width=32)),
        (pa.float64(), st.floats()),
    ]
    decimals = [
        (kind, _decimals(kind))
        for kind in (pa.decimal128(5, 2), pa.decimal128(38, 0), pa.decimal256(76, 20))
    ]
    strings = [(kind(), TEXTS) for kind in (pa.string, pa.large_string, pa.string_view)]
    binaries = [
        (kind(), st.binary(max_size=14)) for kind in (pa.binary, pa.large_binary, pa.binary_view)
    ]
    times = [
        *((pa.timestamp(unit), _integers(64)) for unit in ("s", "ms", "us", "ns")),
        *((pa.timestamp(unit, "Asia/Shanghai"), _integers(64)) for unit in ("s", "ns")),
        *((pa.duration(unit), _integers(64)) for unit in ("s", "ms", "us", "ns")),
        *((pa.time32(unit), st.integers(0, most)) for unit, most in (("s", 86_399), ("ms", 10**7))),
        *((pa.time64(unit), st.integers(0, 86_399_999_999)) for unit in ("us", "ns")),
        (pa.date32(), _integers(32)),
        (pa.date64(), st.integers(-(10**11), 10**11).map(lambda days: days * 86_400_000)),
    ]
    return [
        (pa.null(), st.none()),
        (pa.bool_(), st.booleans()),
        *whole,
        *floats,
        *decimals,
        *strings,
        *binaries,
        (pa.binary(3), st.binary(min_size=3, max_size=3)),
        *times,
    ]


def _list_of(child: tuple[Any, Any]) -> st.SearchStrategy[tuple[Any, Any]]:
    kind, values = child
    lists = st.lists(values, max_size=4)
    pairs = st.lists(values, min_size=2, max_size=2)
    return st.sampled_from(
        [
            (pa.list_(kind), lists),
            (pa.large_list(kind), lists),
            (pa.list_view(kind), lists),
            (pa.list_(kind, 2), pairs),
            (pa.map_(pa.string(), kind), st.lists(st.tuples(TEXTS, values), max_size=3)),
        ]
    )


def _struct_of(children: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    names = [f"f{number}" for number in range(len(children))]
    kind = pa.struct(
        [pa.field(name, child) for name, (child, _) in zip(names, children, strict=True)]
    )
    return kind, st.fixed_dictionaries(
        {name: values for name, (_, values) in zip(names, children, strict=True)}
    )


def _optional(child: tuple[Any, Any]) -> tuple[Any, Any]:
    kind, values = child
    return kind, st.none() | values


FLAT = st.sampled_from(_flat())

TYPES = st.recursive(
    FLAT,
    lambda inner: st.one_of(
        inner.map(_optional).flatmap(_list_of),
        st.lists(inner.map(_optional), max_size=3).map(_struct_of),
    ),
    max_leaves=4,
)
"""Pairs of an Arrow type and a strategy of its values."""


@st.composite
def tables(draw: st.DrawFn, types: Any = TYPES, max_columns: int = 4, max_rows: int = 7) -> Any:
    """Draw a table with nulls; some columns are encoded as dictionaries."""
    count = draw(st.integers(0, max_rows))
    columns = {}
    for number in range(draw(st.integers(0, max_columns))):
        kind, values = _optional(draw(types))
        column = pa.array(draw(st.lists(values, min_size=count, max_size=count)), kind)
        columns[f"c{number}"] = column
    if not columns:
        return pa.table({"c": pa.nulls(count)})
    return pa.table(columns)
