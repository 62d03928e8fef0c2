"""What is to be trained, on whose data, and at what cost: receipts hold this document's digest.

    {"clip": "1", "cost": {"rho": "0.5"}, "features": [
       {"column": "age", "from": "0", "to": "100"},
       {"categories": ["car", "bicycle"], "column": "vehicle"}],
     "format": "dataledger/training/1", "from": "journeys.csv", "model": {"kind": "logistic"},
     "parties": ["0x…", "0x…", "0x…"], "rate": "2", "rounds": 30,
     "target": {"categories": ["no", "yes"], "column": "accident"}, "unit": {"row": true}}

Canonical JSON (RFC 8785). Decimals are text, and mean exactly what they say. Whatever one unit can
change is bounded by what is declared here, before anybody reads any data.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Self, TypeAlias

from dataledger.contracts.amounts import PICO
from dataledger.contracts.identifiers import GrantId
from dataledger.errors import QueryError, UsageError, shown
from dataledger.hashing import (
    Digest,
    JsonValue,
    canonical_bytes,
    members,
    natural,
    parse_canonical,
    parse_strict,
    string,
)
from dataledger.ledger.costs import parse_delta, parse_epsilon
from dataledger.ledger.json_forms import list_from_json
from dataledger.manifest.paths import check_path
from dataledger.node.federated.parties import parties_from_json
from dataledger.node.queries.numbers import parse_decimal

FORMAT = "dataledger/training/1"
MAX_DOCUMENT_BYTES = 256 * 1024

MAX_FEATURES = 256
MAX_CATEGORIES = 64
MAX_TEXT_CHARACTERS = 256
MAX_CONTRIBUTIONS = 1_000
MAX_HIDDEN = 64
MAX_PARAMETERS = 4_096
MAX_ROUNDS = 500
MAX_RATE = 1_000
MAX_CLIP = 1_000
MAX_RHO_MICRO = 100 * 10**6
MAX_DELTA_PICO = PICO // 1_000

DEFAULT_DELTA_PICO = PICO // 10**6
"""For which a model says its ε, where the document names no δ."""

_REMEDY = "Write the training as `docs/training.md` says."


class ModelKind(StrEnum):
    """What is trained."""

    LINEAR = "linear"
    """A number, as a weighted sum of the inputs."""
    LOGISTIC = "logistic"
    """One of two categories."""
    SOFTMAX = "softmax"
    """One of several categories."""
    MLP = "mlp"
    """A number or a category, through one hidden layer."""


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of numbers: what lies outside the bounds counts as the nearer one."""

    column: str
    low: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True)
class CategoryColumn:
    """A column of texts, of which only these are known."""

    column: str
    categories: tuple[str, ...]


Column: TypeAlias = NumberColumn | CategoryColumn


@dataclass(frozen=True, slots=True)
class UnitColumn:
    """Rows that are alike in this column are one unit; each has at most so many that count."""

    column: str
    contributions: int


@dataclass(frozen=True, slots=True)
class Architecture:
    """The kind of model. An MLP begins with weights that its seed gives it."""

    kind: ModelKind
    hidden: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TrainingDocument:
    """A training that is bounded in every respect. Equal if the documents' bytes are."""

    content: bytes
    """Its canonical bytes."""
    parties: tuple[GrantId, ...] = field(compare=False)
    """The grants, each of another owner's node, in the order in which they take part."""
    path: str = field(compare=False)
    """Of the table, the same in each version."""
    unit: UnitColumn | None = field(compare=False)
    """Whose presence is protected; None: each row's."""
    features: tuple[Column, ...] = field(compare=False)
    target: Column = field(compare=False)
    model: Architecture = field(compare=False)
    rounds: int = field(compare=False)
    rate: Fraction = field(compare=False)
    """How far each round goes along the mean gradient."""
    clip: Fraction = field(compare=False)
    """The greatest Euclidean norm of one unit's gradient; a longer one is shortened to it."""
    rho_micro: int = field(compare=False)
    """What the whole training costs each owner, in millionths of rho (zCDP)."""
    delta_pico: int | None = field(compare=False)
    """For which the cost counts as (ε, δ), where a budget counts those."""

    @property
    def digest(self) -> Digest:
        """SHA-256 of the canonical bytes: the code that receipts name."""
        return Digest.of(self.content)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, each once."""
        unit = [] if self.unit is None else [self.unit.column]
        return (*(feature.column for feature in self.features), self.target.column, *unit)

    @property
    def input_count(self) -> int:
        """How many numbers the features of a row become."""
        return sum(
            1 if isinstance(feature, NumberColumn) else len(feature.categories)
            for feature in self.features
        )

    def to_json(self) -> JsonValue:
        """Return the document as JSON."""
        return parse_canonical(self.content)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a document's canonical bytes.

        Raises:
            QueryError: they are anything else, or what they declare is not bounded.
        """
        try:
            return cls.from_json(parse_canonical(data, max_bytes=MAX_DOCUMENT_BYTES))
        except QueryError:
            raise
        except UsageError as error:
            raise _wrong(str(error)) from error

    @classmethod
    def read(cls, data: bytes, parties: Sequence[GrantId] = ()) -> Self:
        """Read a document that somebody wrote by hand, in any JSON.

        Args:
            data: The document.
            parties: The grants, for a document that has no member `parties`.

        Raises:
            QueryError: as `parse`, or the document names other parties.
        """
        try:
            value = parse_strict(data, max_bytes=MAX_DOCUMENT_BYTES)
            if parties and isinstance(value, dict):
                named: list[JsonValue] = [str(party) for party in parties]
                if value.setdefault("parties", named) != named:
                    raise _wrong("its parties are not the grants, in their order")
            return cls.from_json(value)
        except QueryError:
            raise
        except UsageError as error:
            raise _wrong(str(error)) from error

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read a document that was parsed already. Raises `UsageError` as `parse` does."""
        document = members(
            value,
            *("clip", "cost", "features", "format", "from", "model", "parties", "rate", "rounds"),
            *("target", "unit"),
        )
        if document["format"] != FORMAT:
            raise _wrong(f"its format is {shown(document['format'])}, not {FORMAT!r}")
        rho_micro, delta_pico = _cost(document["cost"])
        read = cls(
            content=canonical_bytes(value),
            parties=parties_from_json(document["parties"]),
            path=_path(document["from"]),
            unit=_unit(document["unit"]),
            features=_features(document["features"]),
            target=_column(document["target"]),
            model=_architecture(document["model"]),
            rounds=_within("rounds", natural(document["rounds"]), 1, MAX_ROUNDS),
            rate=_positive("rate", document["rate"], MAX_RATE),
            clip=_positive("clip", document["clip"], MAX_CLIP),
            rho_micro=rho_micro,
            delta_pico=delta_pico,
        )
        _check_columns(read)
        _check_model(read)
        return read


# --------------------------------------------------------------------------------------- reading


def _path(value: JsonValue) -> str:
    path = string(value)
    check_path(path)
    return path


def _unit(value: JsonValue) -> UnitColumn | None:
    if isinstance(value, dict) and "row" in value:
        if members(value, "row")["row"] is not True:
            raise _wrong("the member 'row' of its unit can only be true")
        return None
    unit = members(value, "column", "contributions")
    contributions = natural(unit["contributions"])
    _within("contributions of a unit", contributions, 1, MAX_CONTRIBUTIONS)
    return UnitColumn(_text("column", unit["column"]), contributions)


def _features(value: JsonValue) -> tuple[Column, ...]:
    features = list_from_json(value, _column)
    _within("number of features", len(features), 1, MAX_FEATURES)
    return features


def _column(value: JsonValue) -> Column:
    if isinstance(value, dict) and "categories" in value:
        document = members(value, "categories", "column")
        categories = list_from_json(
            document["categories"], lambda item: _text("category", item, least=0)
        )
        _within("number of categories", len(categories), 1, MAX_CATEGORIES)
        if len(set(categories)) != len(categories):
            raise _wrong(f"a category of {shown(document['column'])} stands in it twice")
        return CategoryColumn(_text("column", document["column"]), categories)
    document = members(value, "column", "from", "to")
    name = _text("column", document["column"])
    low, high = _decimal("from", document["from"]), _decimal("to", document["to"])
    if float(low) >= float(high):
        raise _wrong(f"the bounds of {shown(name)} hold nothing between them")
    return NumberColumn(name, low, high)


def _architecture(value: JsonValue) -> Architecture:
    document = members(value, "kind", optional=("hidden", "seed"))
    kind = string(document["kind"])
    if kind not in set(ModelKind):
        raise _wrong(f"{shown(kind)} is no kind of model; there are {', '.join(ModelKind)}")
    if kind != ModelKind.MLP:
        members(value, "kind")
        return Architecture(ModelKind(kind))
    document = members(value, "hidden", "kind", "seed")
    hidden = _within("hidden", natural(document["hidden"]), 1, MAX_HIDDEN)
    return Architecture(ModelKind.MLP, hidden, natural(document["seed"]))


def _cost(value: JsonValue) -> tuple[int, int | None]:
    document = members(value, "rho", optional=("delta",))
    rho_micro = parse_epsilon(string(document["rho"]))
    _within("cost in millionths of rho", rho_micro, 1, MAX_RHO_MICRO)
    if "delta" not in document:
        return rho_micro, None
    delta_pico = parse_delta(string(document["delta"]))
    return rho_micro, _within("δ in units of 10^-12", delta_pico, 1, MAX_DELTA_PICO)


def _check_columns(document: TrainingDocument) -> None:
    names = document.columns
    for name in names:
        if names.count(name) > 1:
            raise _wrong(f"the column {shown(name)} stands in it twice")


def _check_model(document: TrainingDocument) -> None:
    from dataledger.node.training.models import network_of

    kind, target = document.model.kind, document.target
    if isinstance(target, NumberColumn):
        if kind in {ModelKind.LOGISTIC, ModelKind.SOFTMAX}:
            raise _wrong(f"a {kind} model needs a target with categories")
    elif kind is ModelKind.LINEAR:
        raise _wrong("a linear model needs a target with bounds")
    elif len(target.categories) < 2:  # noqa: PLR2004 - one category is always the answer
        raise _wrong("the target needs two categories or more")
    elif kind is ModelKind.LOGISTIC and len(target.categories) > 2:  # noqa: PLR2004
        raise _wrong("a logistic model has two categories; use softmax")
    _within("number of weights", network_of(document).weight_count, 1, MAX_PARAMETERS)


# ------------------------------------------------------------------------------------ small values


def _text(noun: str, value: JsonValue, *, least: int = 1) -> str:
    text = string(value)
    if not least <= len(text) <= MAX_TEXT_CHARACTERS:
        raise _wrong(
            f"the {noun} {shown(text)} is not {least} to {MAX_TEXT_CHARACTERS} characters long"
        )
    return text


def _decimal(noun: str, value: JsonValue) -> Fraction:
    number = parse_decimal(value) if isinstance(value, str) else None
    if number is None:
        raise _wrong(f"{noun} is {shown(value)}, and no decimal as text, such as '0.5'")
    return number


def _positive(noun: str, value: JsonValue, most: int) -> Fraction:
    number = _decimal(noun, value)
    if not 0 < number <= most:
        raise _wrong(f"{noun} is {shown(value)}, which is not above 0 and at most {most}")
    return number


def _within(noun: str, number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise _wrong(f"its {noun} is {number}, which is not from {least} to {most}")
    return number


def _wrong(reason: str) -> QueryError:
    return QueryError(f"This is no bounded training: {reason}.", remedy=_REMEDY)
