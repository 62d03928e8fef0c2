"""A query's answer; and what an answer would cost and be worth."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from dataledger.cli.render.document import document_of
from dataledger.cli.render.screen import Cell, Hash, Screen, Styled
from dataledger.contracts.use_types import Cost
from dataledger.hashing import Digest, JsonValue, parse_strict
from dataledger.ledger.costs import cost_text
from dataledger.node.queries import Query, cost_of, to_bytes, to_json
from dataledger.node.queries.answer import Margin, margins
from dataledger.node.queries.asking import MeasureAnswer, Number, QueryAnswer
from dataledger.node.queries.bounds import Role
from dataledger.node.queries.document import Mean, Sum
from dataledger.node.queries.noise import plan
from dataledger.node.queries.numbers import decimal_text

_MOST_PLACES = 6


@dataclass(frozen=True, slots=True)
class QueryPreview:
    """What a query would cost each dataset, and how far off its answers could be."""

    query: Query
    cost: Cost
    found: tuple[Margin, ...]

    @classmethod
    def of(cls, query: Query) -> Self:
        """Look at a query. Raises `QueryError` if its cost is too small for its bounds."""
        return cls(query, cost_of(query, query.composition), margins(query, plan(query)))

    def to_json(self) -> dict[str, JsonValue]:
        """Return the `query`, its `digest`, its `cost`, and the `margins` of its parts."""
        return {
            "query": to_json(self.query),
            "digest": str(Digest.of(to_bytes(self.query))),
            "composition": self.query.composition.name,
            "cost": document_of(self.cost),
            "margins": [
                {
                    "measure": found.noise.part.measure.name,
                    "of": found.noise.part.role.value,
                    "margin": decimal_text(_in_units(found)),
                    "scale": repr(found.noise.scale),
                }
                for found in self.found
            ],
        }

    def draw(self, screen: Screen) -> None:
        """Draw its cost, and a table of margins."""
        query = self.query
        screen.fields(
            [
                ("table", query.path),
                ("one unit", _unit(query)),
                ("cost", cost_text(self.cost, query.composition)),
                ("confidence", decimal_text(query.confidence)),
            ]
        )
        screen.line("")
        screen.table(
            ["measure", "kind", "numbers", "within"],
            (
                [
                    Styled(found.noise.part.measure.name, "bold"),
                    found.noise.part.measure.kind,
                    found.noise.part.size * len(query.groups),
                    _within(found),
                ]
                for found in self.found
            ),
            empty="Nothing is asked.",
        )
        screen.hint("Ask it: add --node URL --grant ID.")


@dataclass(frozen=True, slots=True)
class QueryView:
    """What was answered, and the receipts of the runs."""

    answer: QueryAnswer

    def to_json(self) -> dict[str, JsonValue]:
        """Return the `answer` as it came, and the `runs` with their receipts."""
        return {
            "answer": parse_strict(self.answer.content),
            "runs": [
                {
                    "grant": str(answered.grant),
                    "run": str(answered.run),
                    "receipt": document_of(answered.receipt),
                    "transaction_hash": answered.transaction_hash,
                }
                for answered in self.answer.answered
            ],
        }

    def draw(self, screen: Screen) -> None:
        """Draw a table of numbers, and one of runs."""
        answer = self.answer
        screen.table(
            ["measure", "of", "about", "from", "to"],
            (row for found in answer.measures for row in _rows(found)),
            empty="Nothing was asked.",
        )
        confidence = decimal_text(answer.query.confidence * 100)
        screen.line("")
        screen.line(f"All are within their intervals with a confidence of {confidence} %.")
        screen.line("")
        screen.table(
            ["run", "grant", "cost", "receipt in transaction"],
            (
                [
                    Hash(str(answered.run)),
                    Hash(str(answered.grant)),
                    cost_text(answered.receipt.spent, answer.query.composition),
                    Hash(answered.transaction_hash),
                ]
                for answered in answer.answered
            ),
            empty="There was no run.",
        )


def _rows(found: MeasureAnswer) -> Iterator[list[Cell]]:
    for number in found.numbers:
        yield [
            Styled(found.measure.name, "bold"),
            _place(number),
            Styled(_brief(number.value), "bold"),
            *_interval(number),
        ]


def _interval(number: Number) -> tuple[Cell, Cell]:
    if number.low is None or number.high is None:
        return f"at most {number.rows:,} rows off", ""
    return _brief(number.low), _brief(number.high)


def _place(number: Number) -> str:
    label = number.label
    of_bin = [f"{label['from']} to {label['to']}"] if "from" in label else list(label.values())
    return ", ".join([*([] if number.group is None else [number.group]), *of_bin])


def _unit(query: Query) -> str:
    if query.unit.column is None:
        return "a row"
    return f"up to {query.unit.contributions} rows with one {query.unit.column}"


def _within(found: Margin) -> str:
    width = _brief(_in_units(found))
    if found.noise.part.role is Role.CHOICE:
        return f"{width} rows of the best candidate"
    if isinstance(found.noise.part.measure, Mean):
        what = "their sum" if found.noise.part.role is Role.SUM else "their number"
        return f"± {width} of {what}"
    return f"± {width}"


def _in_units(found: Margin) -> Fraction:
    """Return the margin in rows, or in the column's own units."""
    part = found.noise.part
    of_sum = part.role is Role.SUM and isinstance(part.measure, Sum | Mean)
    return found.margin * part.measure.bounds.step if of_sum else Fraction(found.margin)  # type: ignore[union-attr]


def _brief(number: Fraction) -> str:
    """Return the number with no more places than people read."""
    text = decimal_text(number, _MOST_PLACES)
    whole, point, places = text.partition(".")
    return f"{int(whole):,}{point}{places}" if not whole.startswith("-0") else text
