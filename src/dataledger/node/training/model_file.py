"""A trained model: a file of which the receipts hold the digest, and what it answers.

    {"format": "dataledger/model/1",
     "privacy": {"delta": "1e-6", "epsilon": "5.756522", "rho": "0.5"},
     "training": {"format": "dataledger/training/1", …}, "units": 812,
     "weights": [[["0.25", "-1.5", "0.000000001"]]]}

Canonical JSON (RFC 8785). `weights` has the layers, each with a row for every output, the weight of
the constant 1 last. `units` is how many people (or rows) it was trained on, as far as anybody may
know. `privacy` is what each owner's data gave away: zCDP with this rho, and so (ε, δ). Which
versions it came from, the receipts say: `ledger.runs.of_output(model.digest)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import TYPE_CHECKING, Self

from dataledger.contracts.amounts import delta_text, epsilon_text
from dataledger.errors import (
    DependencyMissing,
    InvalidArgument,
    UsageError,
    UseDocumentError,
    shown,
)
from dataledger.hashing import (
    Digest,
    JsonValue,
    canonical_bytes,
    members,
    natural,
    parse_canonical,
    string,
)
from dataledger.ledger.json_forms import list_from_json
from dataledger.node.queries.numbers import decimal_text, parse_decimal
from dataledger.node.training.document import (
    DEFAULT_DELTA_PICO,
    CategoryColumn,
    NumberColumn,
    TrainingDocument,
)
from dataledger.node.training.features import inputs, targets, unscaled
from dataledger.node.training.models import MAX_WEIGHT, WEIGHT_PARTS, chances, network_of
from dataledger.node.training.noise import epsilon_micro

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMAT = "dataledger/model/1"
MEDIA_TYPE = "application/json"
MAX_MODEL_BYTES = 1024 * 1024

Table = Mapping[str, Sequence[object]]
"""Columns of equal length by name: numbers, or texts, or None for what is absent."""

_PLACES = 9


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a model answers. What it was tried on is not protected by noise."""

    examples: int
    """The rows that had a target."""
    accuracy: float | None
    """The share of the categories that it found."""
    root_mean_square_error: float | None
    """Of the numbers that it found, in the target's unit."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model, and all that its owners agreed to tell.

    Raises:
        UseDocumentError: there are more weights or fewer than the training says, one is too large,
            or there is no unit.
    """

    training: TrainingDocument
    weights: tuple[int, ...]
    """In billionths, layer by layer, row by row."""
    units: int

    def __post_init__(self) -> None:
        if len(self.weights) != network_of(self.training).weight_count:
            raise _wrong(f"it has {len(self.weights)} weights, which its training does not make")
        for weight in self.weights:
            if abs(weight) > MAX_WEIGHT:
                raise _wrong(f"the weight {weight} is too large")
        if self.units < 1:
            raise _wrong(f"it was trained on {self.units} units")

    @property
    def digest(self) -> Digest:
        """SHA-256 of the file: the output that the receipts name."""
        return Digest.of(self.to_bytes())

    @property
    def delta_pico(self) -> int:
        """The δ for which `epsilon_micro` holds."""
        return self.training.delta_pico or DEFAULT_DELTA_PICO

    @property
    def epsilon_micro(self) -> int:
        """The ε that each owner's data gave away, in millionths, for `delta_pico`."""
        return epsilon_micro(self.training.rho_micro, self.delta_pico)

    # ------------------------------------------------------------------------------------- the file

    def to_bytes(self) -> bytes:
        """Return the file: canonical JSON (RFC 8785), without a final newline."""
        layers: list[JsonValue] = []
        at = 0
        for outputs, inputs_ in network_of(self.training).shapes:
            rows = [self.weights[at + n * inputs_ : at + (n + 1) * inputs_] for n in range(outputs)]
            layers.append(
                [
                    [decimal_text(Fraction(weight, WEIGHT_PARTS), _PLACES) for weight in row]
                    for row in rows
                ]
            )
            at += outputs * inputs_
        return canonical_bytes(
            {
                "format": FORMAT,
                "privacy": {
                    "delta": delta_text(self.delta_pico),
                    "epsilon": epsilon_text(self.epsilon_micro),
                    "rho": epsilon_text(self.training.rho_micro),
                },
                "training": self.training.to_json(),
                "units": self.units,
                "weights": layers,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a file.

        Raises:
            UseDocumentError: it is too large, not canonical JSON, or no model; or says of its
                privacy something else than its training does.
        """
        try:
            document = members(
                parse_canonical(data, max_bytes=MAX_MODEL_BYTES),
                *("format", "privacy", "training", "units", "weights"),
            )
            if document["format"] != FORMAT:
                raise _wrong(f"its format is {shown(document['format'])}, not {FORMAT!r}")
            layers = list_from_json(document["weights"], _layer)
            model = cls(
                training=TrainingDocument.from_json(document["training"]),
                weights=tuple(weight for layer in layers for row in layer for weight in row),
                units=natural(document["units"]),
            )
        except UseDocumentError:
            raise
        except UsageError as error:
            raise _wrong(str(error)) from error
        if model.to_bytes() != data:
            raise _wrong("its weights or its privacy are not written as its training makes them")
        return model

    # ------------------------------------------------------------------------------------- answers

    def predict(self, table: Table) -> tuple[str | float, ...]:
        """Return what the model answers to each row: a category, or a number.

        Args:
            table: The columns of its features. Others are not looked at, an absent one counts as
                absent in each row.

        Raises:
            InvalidArgument: the columns differ in length.
        """
        scores = self._scores(PlainColumns.of(table))
        target = self.training.target
        if isinstance(target, CategoryColumn):
            best = chances(network_of(self.training).head, scores).argmax(axis=0)
            return tuple(target.categories[place] for place in best)
        return tuple(float(number) for number in unscaled(scores[0], target))

    def probabilities(self, table: Table) -> tuple[dict[str, float], ...]:
        """Return how likely each category is for each row. Raises as `predict` does.

        Raises:
            InvalidArgument: the model answers with numbers.
        """
        target = self.training.target
        if isinstance(target, NumberColumn):
            raise InvalidArgument(
                "This model answers with numbers, which have no probabilities.",
                remedy="Call `predict`.",
            )
        scores = self._scores(PlainColumns.of(table))
        likely = chances(network_of(self.training).head, scores).T.tolist()
        return tuple(dict(zip(target.categories, row, strict=True)) for row in likely)

    def evaluate(self, table: Table) -> Evaluation:
        """Return how well the model answers rows of which the target is known.

        Raises:
            InvalidArgument: the columns differ in length, or no row has a target.
        """
        columns, target = PlainColumns.of(table), self.training.target
        known = targets(columns, target)
        counted = known == known  # noqa: PLR0124 - NaN, which is no target, equals nothing
        if not counted.any():
            raise InvalidArgument(
                f"No row has a target in {shown(target.column)}.",
                remedy="Give rows with their targets.",
            )
        scores, known = self._scores(columns)[:, counted], known[counted]
        if isinstance(target, CategoryColumn):
            found = chances(network_of(self.training).head, scores).argmax(axis=0)
            return Evaluation(len(known), float((found == known).mean()), None)
        errors = unscaled(scores[0], target) - unscaled(known, target)
        return Evaluation(len(known), None, sqrt(float((errors**2).mean())))

    def _scores(self, columns: PlainColumns) -> NDArray[np.float64]:
        network = network_of(self.training)
        return network.scores(self.weights, inputs(columns, self.training.features))


@dataclass(frozen=True, slots=True)
class PlainColumns:
    """The columns of a table in memory, as `dataledger.node.training.features` reads them."""

    table: Table
    length: int

    @classmethod
    def of(cls, table: Table) -> Self:
        """Return the columns of a table.

        Raises:
            InvalidArgument: they differ in length.
            DependencyMissing: numpy is not installed.
        """
        try:
            import numpy  # noqa: F401, ICN001
        except ImportError as error:
            raise DependencyMissing(
                "A model's answers are computed by numpy, which is not installed.",
                remedy='Install it: pip install "dataledger[tables]".',
            ) from error
        lengths = {len(column) for column in table.values()}
        if len(lengths) != 1:
            raise InvalidArgument(
                f"The columns have {', '.join(map(str, sorted(lengths))) or 'no'} rows.",
                remedy="Give one value in each column for every row, and None for what is absent.",
            )
        return cls(table, lengths.pop())

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column's numbers; NaN for what is none."""
        import numpy as np

        values = np.array([_number(value) for value in self._column(name)], dtype=np.float64)
        return np.where(np.isfinite(values), values, np.nan)

    def categories(self, name: str, known: Sequence[str]) -> NDArray[np.int64]:
        """Return where each value of a column stands among those known; -1 for none of them."""
        import numpy as np

        places = {category: place for place, category in enumerate(known)}
        found = [
            places.get(value, -1) if isinstance(value, str) else -1 for value in self._column(name)
        ]
        return np.array(found, dtype=np.int64)

    def _column(self, name: str) -> Sequence[object]:
        return self.table.get(name) or [None] * self.length


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # anything else is the error
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _layer(value: JsonValue) -> tuple[tuple[int, ...], ...]:
    return list_from_json(value, lambda row: list_from_json(row, _weight))


def _weight(value: JsonValue) -> int:
    weight = parse_decimal(string(value))
    if weight is None or (weight * WEIGHT_PARTS).denominator != 1:
        raise _wrong(f"{shown(value)} is no weight")
    return (weight * WEIGHT_PARTS).numerator


def _wrong(reason: str) -> UseDocumentError:
    return UseDocumentError(
        f"This is no model: {reason}.", remedy="Use the file exactly as the nodes answered it."
    )
