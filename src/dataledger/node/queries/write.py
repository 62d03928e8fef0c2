"""Writing a declared query: the inverse of `parse`."""

from dataledger.contracts.use_types import Composition
from dataledger.hashing import JsonValue, canonical_bytes
from dataledger.node.queries.document import (
    FORMAT,
    Between,
    Bounds,
    Categories,
    Condition,
    Count,
    Histogram,
    Measure,
    Quantile,
    Query,
)
from dataledger.node.queries.numbers import decimal_text


def to_bytes(query: Query) -> bytes:
    """Return the query's document: canonical JSON, with every decimal as short as it can be."""
    return canonical_bytes(to_json(query))


def to_json(query: Query) -> dict[str, JsonValue]:
    """Return the query as a JSON object."""
    document: dict[str, JsonValue] = {
        "confidence": decimal_text(query.confidence),
        "cost": {cost_name(query): decimal_text(query.cost)},
        "format": FORMAT,
        "from": query.path,
        "measures": [_measure(measure) for measure in query.measures],
        "unit": (
            {"row": True}
            if query.unit.column is None
            else {"column": query.unit.column, "contributions": query.unit.contributions}
        ),
    }
    if query.where:
        document["where"] = [_condition(condition) for condition in query.where]
    if query.group_by is not None:
        document["group_by"] = {"column": query.group_by.column, "keys": query.group_by.keys}
    return document


def cost_name(query: Query) -> str:
    """Return what the query's cost counts: `epsilon`, or `rho`."""
    return "epsilon" if query.composition is Composition.BASIC else "rho"


def _condition(condition: Condition) -> JsonValue:
    if isinstance(condition, Between):
        ends = {"from": condition.begin, "to": condition.end}
        return {
            "column": condition.column,
            **{name: decimal_text(end) for name, end in ends.items() if end is not None},
        }
    return {"column": condition.column, "in": condition.values}


def _measure(measure: Measure) -> JsonValue:
    head: dict[str, JsonValue] = {"kind": measure.kind, "name": measure.name}
    if isinstance(measure, Count):
        return head
    head["column"] = measure.column
    if isinstance(measure, Histogram):
        return {**head, "edges": [decimal_text(edge) for edge in measure.edges]}
    if isinstance(measure, Categories):
        return {**head, "categories": measure.categories}
    if isinstance(measure, Quantile):
        candidates = [decimal_text(candidate) for candidate in measure.candidates]
        return {**head, "at": decimal_text(measure.at), "candidates": candidates}
    return {**head, **_bounds(measure.bounds)}


def _bounds(bounds: Bounds) -> dict[str, JsonValue]:
    return {
        "from": decimal_text(bounds.begin * bounds.step),
        "step": decimal_text(bounds.step),
        "to": decimal_text(bounds.end * bounds.step),
    }
