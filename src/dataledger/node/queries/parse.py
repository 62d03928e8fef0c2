"""Reading a declared query, strictly: what is not bounded is refused, with what it lacks."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise

from dataledger.contracts.amounts import MICRO
from dataledger.contracts.use_types import Composition
from dataledger.errors import QueryError, UsageError, shown
from dataledger.hashing import JsonValue, members, natural, parse_canonical, string
from dataledger.ledger.costs import parse_epsilon
from dataledger.manifest.paths import check_path
from dataledger.node.queries.bounds import number_count
from dataledger.node.queries.document import (
    FORMAT,
    MAX_CHOICES,
    MAX_CONDITIONS,
    MAX_CONTRIBUTIONS,
    MAX_COST,
    MAX_MEASURES,
    MAX_NUMBERS,
    MAX_QUERY_BYTES,
    MAX_STEPS,
    Between,
    Bounds,
    Categories,
    Condition,
    Count,
    GroupBy,
    Histogram,
    Mean,
    Measure,
    OneOf,
    Quantile,
    Query,
    Sum,
    Unit,
)
from dataledger.node.queries.numbers import parse_decimal

_AS_DOCUMENTED = "Write the query as docs/queries.md says."
_MAX_NAME = 64
_MAX_TEXT = 256
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_LEAST_CONFIDENCE = Fraction(1, 2)
_MOST_CONFIDENCE = 1 - Fraction(1, 10**9)


def parse(document: bytes) -> Query:
    """Return the query that a document `dataledger/query/1` declares.

    Raises:
        QueryError: it is no such document, it asks for too much at once, or what one unit changes
            in the answer is not bounded.
    """
    with _at():
        return parse_value(parse_canonical(document, max_bytes=MAX_QUERY_BYTES))


def parse_value(value: JsonValue) -> Query:
    """Return the query that a JSON value declares. Raises `QueryError` as `parse` does."""
    with _at():
        _require_known(value)
        found = members(
            value,
            *("format", "from", "unit", "measures", "cost", "confidence"),
            optional=("where", "group_by"),
        )
        path = string(found["from"])
        check_path(path)
        composition, cost = _cost(found["cost"])
        query = Query(
            path=path,
            unit=_unit(found["unit"]),
            where=_conditions(found["where"]) if "where" in found else (),
            group_by=_group_by(found["group_by"]) if "group_by" in found else None,
            measures=_measures(found["measures"]),
            composition=composition,
            cost=cost,
            confidence=_confidence(found["confidence"]),
        )
        count = number_count(query)
        if count > MAX_NUMBERS:
            raise _Refusal(
                f"it asks for {count} numbers, and at most {MAX_NUMBERS} are answered",
                "Ask for fewer groups, bins or measures at once.",
            )
    return query


# ------------------------------------------------------------------------------------- its parts


def _require_known(value: JsonValue) -> None:
    if isinstance(value, dict) and value.get("format", FORMAT) != FORMAT:
        raise _Refusal(
            f"its format is {shown(value['format'])}, and only {FORMAT!r} is read", _AS_DOCUMENTED
        )


def _unit(value: JsonValue) -> Unit:
    with _at("the unit"):
        if isinstance(value, dict) and "row" in value:
            found = members(value, "row")
            if found["row"] is not True:
                raise _Refusal("'row' can only be true", _AS_DOCUMENTED)
            return Unit()
        if isinstance(value, dict) and "column" in value and "contributions" not in value:
            raise _Refusal(
                f"rows of one {shown(value['column'])} are not limited, so that one could change "
                "the answer by any amount",
                "Declare `contributions`: how many rows of each count.",
            )
        found = members(value, "column", "contributions")
        contributions = natural(found["contributions"])
        if not 1 <= contributions <= MAX_CONTRIBUTIONS:
            raise _Refusal(
                f"{contributions} rows of each cannot count",
                f"Let 1 to {MAX_CONTRIBUTIONS} rows of each count.",
            )
        return Unit(_text(found["column"]), contributions)


def _conditions(value: JsonValue) -> tuple[Condition, ...]:
    with _at("`where`"):
        conditions = _list(value, MAX_CONDITIONS)
    return tuple(_condition(item) for item in conditions)


def _condition(value: JsonValue) -> Condition:
    with _at("a condition"):
        found = members(value, "column", optional=("in", "from", "to"))
        column = _text(found["column"])
        if "in" in found:
            members(value, "column", "in")
            return OneOf(column, _texts(found["in"], 1))
        begin, end = (_decimal(found[name]) if name in found else None for name in ("from", "to"))
        if begin is None and end is None:
            raise _Refusal("it has neither `in`, `from` nor `to`", _AS_DOCUMENTED)
        if begin is not None and end is not None and begin >= end:
            raise _Refusal("`from` is not less than `to`", "No number could meet it.")
        return Between(column, begin, end)


def _group_by(value: JsonValue) -> GroupBy:
    with _at("`group_by`"):
        if isinstance(value, dict) and "keys" not in value:
            raise _Refusal(
                "it declares no keys, and which there are in the data is no public knowledge",
                "Declare `keys`: the values to answer for.",
            )
        found = members(value, "column", "keys")
        return GroupBy(_text(found["column"]), _texts(found["keys"], 1))


def _measures(value: JsonValue) -> tuple[Measure, ...]:
    with _at("`measures`"):
        measures = tuple(_measure(item) for item in _list(value, MAX_MEASURES))
        names = [measure.name for measure in measures]
        if len(set(names)) < len(names):
            raise _Refusal("two have one name", "Give each measure a name of its own.")
        return measures


def _measure(value: JsonValue) -> Measure:
    if not isinstance(value, dict):
        raise _Refusal(f"{shown(value)} is no measure", _AS_DOCUMENTED)
    with _at(f"the measure {shown(value.get('name'))}"):
        kind = value.get("kind")
        if not isinstance(kind, str) or kind not in _KINDS:
            raise _Refusal(f"{shown(kind)} is no kind of measure", f"Use: {', '.join(_KINDS)}.")
        return _KINDS[kind](value)


def _count(value: JsonValue) -> Measure:
    return Count(_name(members(value, "kind", "name")["name"]))


def _sum(value: JsonValue) -> Measure:
    return Sum(*_bounded(value))


def _mean(value: JsonValue) -> Measure:
    return Mean(*_bounded(value))


def _bounded(value: JsonValue) -> tuple[str, str, Bounds]:
    lacks = [
        name for name in ("from", "to", "step") if isinstance(value, dict) and name not in value
    ]
    if lacks:
        raise _Refusal(
            f"it does not declare {' and '.join(lacks)}, so that one row could change it by any "
            "amount",
            "Declare `from` and `to`, within which numbers count, and `step`, to which they are "
            "rounded.",
        )
    found = members(value, "kind", "name", "column", "from", "to", "step")
    begin, end, step = (_decimal(found[name]) for name in ("from", "to", "step"))
    if step <= 0 or begin >= end:
        raise _Refusal(
            "its bounds hold nothing", "Let `from` be less than `to`, and `step` more than 0."
        )
    first, last = begin / step, end / step
    if first.denominator != 1 or last.denominator != 1:
        raise _Refusal(
            "`from` or `to` is no whole number of steps",
            "Let both be multiples of `step`.",
        )
    if max(abs(first), abs(last)) > MAX_STEPS:
        raise _Refusal(f"its bounds are more than {MAX_STEPS} steps from 0", "Take larger steps.")
    bounds = Bounds(first.numerator, last.numerator, step)
    return _name(found["name"]), _text(found["column"]), bounds


def _quantile(value: JsonValue) -> Measure:
    if isinstance(value, dict) and "candidates" not in value:
        raise _Refusal(
            "it declares no candidates, among which the answer is chosen",
            "Declare `candidates`: ascending numbers.",
        )
    found = members(value, "kind", "name", "column", "at", "candidates")
    at = _decimal(found["at"])
    if not 0 <= at <= 1 or (at * 10_000).denominator != 1:
        raise _Refusal(
            f"{shown(found['at'])} is no share", "Give `at` from 0 to 1, in steps of 0.0001."
        )
    candidates = _ascending(found["candidates"], 1, MAX_CHOICES)
    return Quantile(_name(found["name"]), _text(found["column"]), at, candidates)


def _histogram(value: JsonValue) -> Measure:
    if isinstance(value, dict) and "categories" in value:
        found = members(value, "kind", "name", "column", "categories")
        return Categories(
            _name(found["name"]), _text(found["column"]), _texts(found["categories"], 1)
        )
    if isinstance(value, dict) and "edges" not in value:
        raise _Refusal(
            "it declares neither edges nor categories, and which there are in the data is no "
            "public knowledge",
            "Declare `edges` for numbers, or `categories` for texts.",
        )
    found = members(value, "kind", "name", "column", "edges")
    edges = _ascending(found["edges"], 2, MAX_CHOICES + 1)
    return Histogram(_name(found["name"]), _text(found["column"]), edges)


_KINDS: dict[str, Callable[[JsonValue], Measure]] = {
    "count": _count,
    "sum": _sum,
    "mean": _mean,
    "quantile": _quantile,
    "histogram": _histogram,
}


def _cost(value: JsonValue) -> tuple[Composition, Fraction]:
    with _at("the cost"):
        found = members(value, optional=("epsilon", "rho"))
        if len(found) != 1:
            raise _Refusal(
                "it must be of ε, or of rho", 'Write {"epsilon": "0.5"} or {"rho": "0.1"}.'
            )
        [(name, amount)] = found.items()
        micro = parse_epsilon(string(amount))
        if not 0 < micro <= MAX_COST * MICRO:
            raise _Refusal(
                f"{shown(amount)} buys no answer",
                f"Give more than 0, and at most {MAX_COST}.",
            )
        composition = Composition.BASIC if name == "epsilon" else Composition.ZCDP
        return composition, Fraction(micro, MICRO)


def _confidence(value: JsonValue) -> Fraction:
    with _at("the confidence"):
        confidence = _decimal(value)
        if not _LEAST_CONFIDENCE <= confidence <= _MOST_CONFIDENCE:
            raise _Refusal(
                f"{shown(value)} is out of range", "Give one from 0.5 to 0.999999999, as 0.95."
            )
        return confidence


# ------------------------------------------------------------------------------------- its values


def _list(value: JsonValue, most: int, least: int = 1) -> Sequence[JsonValue]:
    if not isinstance(value, list):
        raise _Refusal(f"{shown(value)} stands where a list belongs", _AS_DOCUMENTED)
    if not least <= len(value) <= most:
        raise _Refusal(
            f"a list has {len(value)} items", f"Give {least} to {most}, or leave the member out."
        )
    return value


def _text(value: JsonValue) -> str:
    text = string(value)
    if not text or len(text) > _MAX_TEXT:
        raise _Refusal(f"{shown(text)} is too long or empty", f"Use 1 to {_MAX_TEXT} characters.")
    return text


def _texts(value: JsonValue, least: int) -> tuple[str, ...]:
    found = tuple(string(item) for item in _list(value, MAX_CHOICES, least))
    if len(set(found)) < len(found):
        raise _Refusal("a list names something twice", "Name each once.")
    if max(map(len, found)) > _MAX_TEXT:
        raise _Refusal("a text is too long", f"Use up to {_MAX_TEXT} characters.")
    return found


def _name(value: JsonValue) -> str:
    name = string(value)
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name):
        raise _Refusal(
            f"{shown(name)} is no name of a measure",
            f"Use letters, digits, '.', '_' and '-', up to {_MAX_NAME}.",
        )
    return name


def _decimal(value: JsonValue) -> Fraction:
    number = parse_decimal(string(value))
    if number is None:
        raise _Refusal(
            f"{shown(value)} is no decimal",
            'Write one such as "-12.5", with up to 15 digits before the point, and 12 behind.',
        )
    return number


def _ascending(value: JsonValue, least: int, most: int) -> tuple[Fraction, ...]:
    numbers = tuple(_decimal(item) for item in _list(value, most, least))
    if any(one >= next_one for one, next_one in pairwise(numbers)):
        raise _Refusal("numbers of a list do not ascend", "Sort them, and name each once.")
    return numbers


class _Refusal(Exception):
    """Why a part of the query is refused, and what to do; which part, `_at` says."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


@contextmanager
def _at(place: str = "") -> Iterator[None]:
    """Run what reads a part of the query; its errors then say of which part they are.

    Raises:
        QueryError: for whatever is wrong with that part.
    """
    try:
        yield
    except QueryError:
        raise
    except (_Refusal, UsageError) as error:
        reason = str(error).removeprefix("The JSON document is refused: ").removesuffix(".")
        head = f"The query is refused, in {place}" if place else "The query is refused"
        raise QueryError(f"{head}: {reason}.", remedy=error.remedy) from error
