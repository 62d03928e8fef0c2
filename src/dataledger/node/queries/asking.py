"""The consumer's side: one node is asked, or several together, and the answer is read."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from dataledger.errors import InvalidArgument, OwnerNodeError, QueryError, UsageError, shown
from dataledger.hashing import JsonValue, members, parse_canonical, parse_strict
from dataledger.node.queries.answer import ANSWER_FORMAT, labels_of
from dataledger.node.queries.document import MAX_QUERY_BYTES, Measure, Quantile, Query
from dataledger.node.queries.parse import parse, parse_value
from dataledger.node.queries.write import to_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataledger.ledger import Ledger
    from dataledger.ledger.use_results import GrantRef
    from dataledger.node.client import Answered, NodeClient

_MAX_DIGITS = 60
_IN_DECIMALS = frozenset("-.0123456789")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of an answer."""

    group: str | None
    """The key that it is for; None without grouping."""
    label: dict[str, str]
    """Which bin: `from` and `to`, or `category`; empty where there are none."""
    value: Fraction
    low: Fraction | None
    """The interval's ends; None for a quantile."""
    high: Fraction | None
    rows: int | None
    """Of a quantile, by how many rows another candidate may be better; else None."""


@dataclass(frozen=True, slots=True)
class MeasureAnswer:
    """What is answered to one of a query's measures."""

    measure: Measure
    numbers: tuple[Number, ...]
    """Of each group, each bin, in the query's order."""


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """What owners' nodes answered to a query, with the receipts that the chain has for it."""

    query: Query
    measures: tuple[MeasureAnswer, ...]
    content: bytes
    """As it came; of several nodes, the same from each."""
    answered: tuple[Answered, ...]


def ask(
    ledger: Ledger,
    nodes: Sequence[NodeClient],
    grants: Sequence[GrantRef],
    document: bytes,
    *,
    version: int | None = None,
) -> QueryAnswer:
    """Ask one node, or three and more together, and return what they answer.

    Args:
        ledger: Knows the chain.
        nodes: Whom to ask.
        grants: One for each node.
        document: A document `dataledger/query/1`.
        version: What one node is to read; by default the version granted, or the current one.

    Raises:
        InvalidArgument: there is not one grant for each node; or a version, for several.
        QueryError: the query is malformed, not bounded, or none for several nodes.
        NodeRefused: a node refuses. Nothing was computed.
        AnswerWithheld: a run ended without an answer, and has cost what it reserved.
        CommitmentMismatch: the chain has no receipt for the answer.
        OwnerNodeError: a node does not answer, or with something else.
    """
    query = parse(document)
    if not nodes or len(nodes) != len(grants) or (len(nodes) > 1 and version is not None):
        raise InvalidArgument(
            f"{len(nodes)} nodes cannot be asked under {len(grants)} grants"
            f"{'' if version is None else ' for one version'}.",
            remedy="Give one grant for each node, and a version only where one node is asked.",
        )
    if len(nodes) == 1:
        answered = [nodes[0].run(grants[0], document, version=version)]
    else:
        # Imported late: most queries are for one node.
        from dataledger.node.federated import ask_together, federated_query

        parties = [ledger.uses.resolve(grant) for grant in grants]
        answered = ask_together(nodes, parties, federated_query(parties, document))
    content = answered[0].content
    return QueryAnswer(query, read_answer(content, query, len(nodes)), content, tuple(answered))


def read_answer(content: bytes, query: Query, parties: int = 1) -> tuple[MeasureAnswer, ...]:
    """Return what an answer says of each measure.

    Raises:
        OwnerNodeError: it is no answer to this query, of so many nodes.
    """
    try:
        return _answer(parse_canonical(content), query, parties)
    except (UsageError, ValueError) as error:
        raise OwnerNodeError(
            f"What was answered is no answer to the query: {error}",
            remedy="Do not use it, and ask the dataset's owner.",
        ) from error


def canonical_query(data: bytes) -> bytes:
    """Return a query that somebody wrote as the document that is sent: there is one for each query.

    Raises:
        QueryError: it is no JSON, or no such query.
    """
    try:
        value = parse_strict(data, max_bytes=MAX_QUERY_BYTES)
    except UsageError as error:
        raise QueryError(str(error), remedy=error.remedy) from error
    return to_bytes(parse_value(value))


def _answer(value: JsonValue, query: Query, parties: int) -> tuple[MeasureAnswer, ...]:
    answer = members(value, "confidence", "format", "measures", "parties", "query", "spent")
    if (answer["format"], answer["parties"]) != (ANSWER_FORMAT, parties):
        raise ValueError("it is of another format, or of others.")
    if answer["query"] != parse_strict(to_bytes(query)):
        raise ValueError("it is for another query.")
    found = _list(answer["measures"], len(query.measures))
    return tuple(
        _measure(value, measure, query)
        for value, measure in zip(found, query.measures, strict=True)
    )


def _measure(value: JsonValue, measure: Measure, query: Query) -> MeasureAnswer:
    found = members(value, "kind", "name", "noise", "numbers")
    if (found["kind"], found["name"]) != (measure.kind, measure.name):
        raise ValueError(f"{shown(found['name'])} stands for {measure.name!r}.")
    places = [(group, label) for group in query.groups for label in labels_of(measure)]
    numbers = _list(found["numbers"], len(places))
    return MeasureAnswer(
        measure,
        tuple(
            _number(number, measure, *place) for number, place in zip(numbers, places, strict=True)
        ),
    )


def _number(value: JsonValue, measure: Measure, group: str | None, label: dict[str, str]) -> Number:
    place = label if group is None else {"group": group, **label}
    of_it = ("rows", "value") if isinstance(measure, Quantile) else ("high", "low", "value")
    found = members(value, *place, *of_it)
    if any(found[name] != text for name, text in place.items()):
        raise ValueError("its numbers stand in another order.")
    read = {name: _decimal(found[name]) for name in of_it}
    rows = read.get("rows")
    return Number(
        group,
        label,
        read["value"],
        read.get("low"),
        read.get("high"),
        None if rows is None else int(rows),
    )


def _decimal(value: JsonValue) -> Fraction:
    if not isinstance(value, str) or len(value) > _MAX_DIGITS or not set(value) <= _IN_DECIMALS:
        raise ValueError(f"{shown(value)} is no decimal.")
    return Fraction(value)


def _list(value: JsonValue, length: int) -> list[JsonValue]:
    if not isinstance(value, list) or len(value) != length:
        raise ValueError(f"{length} items were asked for.")
    return value
