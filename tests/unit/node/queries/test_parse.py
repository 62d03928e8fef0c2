"""The declared query: read and written, and refused where it is not bounded."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from queries import bounded, document, documents, query

from dataledger.contracts.use_types import Composition
from dataledger.errors import QueryError
from dataledger.hashing import canonical_bytes
from dataledger.node.queries import cost_of, parse, parse_query, require_addable, to_bytes
from dataledger.node.queries.bounds import number_count
from dataledger.node.queries.document import MAX_NUMBERS

QUANTILE = {"at": "0.5", "candidates": ["1", "2"], "column": "a", "kind": "quantile", "name": "q"}
EDGES = {"column": "a", "edges": ["0", "1"], "kind": "histogram", "name": "h"}
MANY = [str(number) for number in range(1000)]


def without(members: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the object without some of its members."""
    return {name: value for name, value in members.items() if name not in names}


@settings(max_examples=50)
@given(documents())
def test_what_is_written_is_read_as_the_same_query(declared: dict[str, Any]) -> None:
    asked = parse(canonical_bytes(declared))
    assert parse(to_bytes(asked)) == asked
    assert to_bytes(parse(to_bytes(asked))) == to_bytes(asked)
    assert number_count(asked) <= MAX_NUMBERS


def test_one_number_may_be_spelled_in_several_ways() -> None:
    spelled = query(bounded("sum", **{"from": "00.0", "step": "1.000", "to": "100.00"}))
    assert spelled == query(bounded("sum"))


def is_read(data: bytes) -> bool:
    """Return whether the document is a query; if not, it must be refused in the same words."""
    refused = ""
    try:
        parse(data)
    except QueryError as error:
        refused = f"{error} {error.remedy}"
    return not refused.startswith("The query is refused")


@settings(max_examples=80)
@given(
    documents(),
    st.lists(st.one_of(st.integers(0, 5), st.sampled_from(["unit", "measures", "cost"]))),
    st.sampled_from([None, True, -1, 1.5, "", "x", "-1", [], {}, ["1"], {"row": True}]),
)
def test_whatever_stands_somewhere_it_is_read_or_refused_with_words(
    declared: dict[str, Any], where: list[int | str], value: Any
) -> None:
    inner: Any = declared
    for step in where:
        names = sorted(inner) if isinstance(inner, dict) else list(range(len(inner)))
        if not names:
            break
        name = step if step in names else names[len(str(step)) % len(names)]
        if not isinstance(inner[name], dict | list):
            inner[name] = value
            break
        inner = inner[name]
    else:
        declared["measures"] = value
    changed = canonical_bytes(declared)
    if is_read(changed):
        assert parse(to_bytes(parse(changed))) == parse(changed)


UNBOUNDED = [
    (document(without(bounded("sum"), "from", "to")), "'sum-age'.*from and to, so that one row"),
    (document(without(bounded("mean"), "step")), "does not declare step, so that one row"),
    (document(unit={"column": "person"}), "rows of one 'person' are not limited"),
    (document(unit={"column": "person", "contributions": 0}), "0 rows of each cannot count"),
    (document(unit={"column": "person", "contributions": 10_001}), "10001 rows of each"),
    (document(group_by={"column": "city"}), "declares no keys"),
    (document(group_by={"column": "city", "keys": []}), "a list has 0 items"),
    (document(without(QUANTILE, "candidates")), "declares no candidates"),
    (document(without(EDGES, "edges")), "neither edges nor categories"),
    (document(cost={"epsilon": "0"}), "'0' buys no answer"),
    (document(cost={"rho": "0.0"}), "'0.0' buys no answer"),
    (document(cost={"epsilon": "100.000001"}), "buys no answer"),
    (document(unit=None), "lacks the member 'unit'"),
    (document(cost=None), "lacks the member 'cost'"),
]

MALFORMED = [
    (document(unit={"row": False}), "'row' can only be true"),
    (document(unit={"row": True, "contributions": 2}), "unknown member 'contributions'"),
    (document(cost={"epsilon": "1", "rho": "1"}), "of ε, or of rho"),
    (document(cost={"epsilon": "0.0000001"}), "finer than ε or rho is counted"),
    (document(cost={"epsilon": "-1"}), "'-1' is no amount"),
    (document(cost={"epsilon": 1}), "1 stands where a string belongs"),
    (document(confidence="1"), "in the confidence: '1' is out of range"),
    (document(confidence="0.4"), "out of range"),
    (document(format="dataledger/query/2"), "its format is 'dataledger/query/2'"),
    (document(from_="../secret.csv"), "'../secret.csv'"),
    (document(other=1), "unknown member 'other'"),
    (document(where=[]), "in `where`: a list has 0 items"),
    (document(where=[{"column": "a"}]), "neither `in`, `from` nor `to`"),
    (document(where=[{"column": "a", "from": "2", "to": "2"}]), "`from` is not less than `to`"),
    (document(where=[{"column": "a", "from": "1", "in": ["1"]}]), "unknown member 'from'"),
    (document({"kind": "median", "name": "m"}), "'median' is no kind of measure"),
    (document({"kind": "count", "name": "a\x1b[31m"}), r"'a\\x1b\[31m' is no name"),
    (document({"kind": "count", "name": "a"}, {"kind": "count", "name": "a"}), "two have one name"),
    (document(bounded("sum", step="0")), "its bounds hold nothing"),
    (document(bounded("sum", **{"from": "100"})), "its bounds hold nothing"),
    (document(bounded("sum", to="100.5")), "no whole number of steps"),
    (document(bounded("sum", step="0.00000001")), "more than 1073741824 steps from 0"),
    (document(bounded("sum", to="1e2")), "'1e2' is no decimal"),
    (document(bounded("sum", to="9" * 16)), "is no decimal"),
    (document(QUANTILE | {"at": "1.1"}), "'1.1' is no share"),
    (document(QUANTILE | {"at": "0.33333"}), "'0.33333' is no share"),
    (document(QUANTILE | {"candidates": ["2", "1"]}), "do not ascend"),
    (document(QUANTILE | {"candidates": ["1", "1.0"]}), "do not ascend"),
    (document(EDGES | {"edges": ["1"]}), "a list has 1 items"),
    (document(EDGES | {"categories": ["x"]}), "unknown member 'edges'"),
    (document(group_by={"column": "city", "keys": ["a", "a"]}), "names something twice"),
    (document(group_by={"column": "city", "keys": [*MANY, "x"]}), "a list has 1001 items"),
    (document(group_by={"column": "city", "keys": ["x" * 257]}), "a text is too long"),
    (document(group_by={"column": "", "keys": ["x"]}), "too long or empty"),
    (document(*({"kind": "count", "name": f"m{n}"} for n in range(21))), "a list has 21 items"),
    (
        document(EDGES | {"edges": MANY}, group_by={"column": "a", "keys": MANY}),
        "asks for 999000 numbers",
    ),
]


@pytest.mark.parametrize(("declared", "words"), [*UNBOUNDED, *MALFORMED])
def test_what_is_unbounded_or_malformed_is_refused_with_its_reason(
    declared: dict[str, Any], words: str
) -> None:
    with pytest.raises(QueryError, match=words) as caught:
        parse_query(canonical_bytes(declared))
    assert caught.value.remedy
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b'{"a":1,"a":2}', b"\xff", b"{ }"])
def test_what_is_no_canonical_object_is_refused(data: bytes) -> None:
    with pytest.raises(QueryError, match="The query is refused"):
        parse_query(data)


def test_only_the_canonical_form_is_read_so_that_one_query_has_one_digest() -> None:
    with pytest.raises(QueryError, match="not in canonical form"):
        parse_query(json.dumps(document(), indent=1).encode())


def test_a_query_costs_what_it_declares_and_only_in_its_own_currency() -> None:
    spends_epsilon = query(bounded("mean"), bounded("sum"), QUANTILE, cost={"epsilon": "0.3"})
    assert cost_of(spends_epsilon, Composition.BASIC).micro == 300_000
    spends_rho = query(bounded("mean"), bounded("sum"), QUANTILE, cost={"rho": "0.000007"})
    assert cost_of(spends_rho, Composition.ZCDP).micro == 7
    with pytest.raises(QueryError, match="cost is epsilon, and this budget counts rho"):
        cost_of(spends_epsilon, Composition.ZCDP)
    with pytest.raises(QueryError, match="cost is rho, and this grant counts none"):
        cost_of(spends_rho, Composition.NONE)


def test_a_cost_too_small_for_its_bounds_is_refused_before_anything_is_spent() -> None:
    wide = bounded("sum", to="1000000000")
    asked = query(wide, cost={"epsilon": "0.000001"}, unit={"column": "p", "contributions": 10_000})
    with pytest.raises(QueryError, match="'sum-age' has too wide bounds for so small a cost"):
        cost_of(asked, Composition.BASIC)


def test_a_quantile_is_not_for_several_nodes() -> None:
    require_addable(query(bounded("mean")))
    with pytest.raises(QueryError, match="'q' cannot be asked of several nodes") as caught:
        require_addable(query(bounded("mean"), QUANTILE))
    assert "histogram" in caught.value.remedy
