"""Small models: their weights as whole numbers, what they answer, and each row's gradient.

A weight is a whole number of billionths. Nodes add up whole numbers and change weights in whole
numbers, so that all of them end with the same ones, whatever their processors make of fractions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from math import isqrt
from typing import TYPE_CHECKING

from dataledger.node.training.arithmetic import hyperbolic_tangent, logistic, softmax, weighted
from dataledger.node.training.document import CategoryColumn, ModelKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray

    from dataledger.node.training.document import TrainingDocument

WEIGHT_PARTS = 10**9
"""A weight is counted in so many parts of 1."""
MAX_WEIGHT = 10**6 * WEIGHT_PARTS
"""No weight is ever further from 0."""


class Head(Enum):
    """What the last layer's scores mean."""

    NUMBER = "number"
    CHANCE = "chance"
    """Of the second of two categories (logistic)."""
    CHANCES = "chances"
    """Of each category (softmax)."""


@dataclass(frozen=True, slots=True)
class Network:
    """Layers of weights, from the inputs to the scores; between two of them stands tanh.

    A layer of shape (outputs, inputs + 1) has the weight of the constant 1 last in each row.
    """

    shapes: tuple[tuple[int, int], ...]
    head: Head
    seed: int = 0

    @property
    def weight_count(self) -> int:
        """Of all layers together."""
        return sum(outputs * inputs for outputs, inputs in self.shapes)

    def initial(self) -> list[int]:
        """Return the weights that training begins with: zeros, or small ones where layers are many.

        These come from SHA-256 of the seed, and are the same everywhere.
        """
        if len(self.shapes) == 1:
            return [0] * self.weight_count
        bounds = [
            2 * isqrt(WEIGHT_PARTS**2 // inputs)
            for outputs, inputs in self.shapes
            for _ in range(outputs * inputs)
        ]
        return [self._random(number, bound) for number, bound in enumerate(bounds)]

    def _random(self, number: int, bound: int) -> int:
        block = hashlib.sha256(f"dataledger/weights/1 {self.seed} {number}".encode()).digest()
        return int.from_bytes(block) % (2 * bound + 1) - bound

    def layers(self, weights: Sequence[int]) -> list[NDArray[np.float64]]:
        """Return the weights as one matrix for each layer."""
        import numpy as np

        numbers = np.array(weights, dtype=np.float64) / WEIGHT_PARTS
        matrices, at = [], 0
        for outputs, inputs in self.shapes:
            matrices.append(numbers[at : at + outputs * inputs].reshape(outputs, inputs))
            at += outputs * inputs
        return matrices

    def scores(self, weights: Sequence[int], columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the last layer's scores, one array for each, of rows that stand in columns."""
        *hidden, last = self.layers(weights)
        for layer in hidden:
            columns = _with_one(hyperbolic_tangent(weighted(layer, columns)))
        return weighted(last, columns)

    def gradients(
        self,
        weights: Sequence[int],
        columns: NDArray[np.float64],
        targets: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return each row's gradient of its loss: one array for each weight, over all rows.

        The loss is half the squared error of a number, and the cross-entropy of categories.
        """
        import numpy as np

        layers = self.layers(weights)
        entered = [columns]
        for layer in layers[:-1]:
            entered.append(_with_one(hyperbolic_tangent(weighted(layer, entered[-1]))))
        errors = _errors(self.head, weighted(layers[-1], entered[-1]), targets)
        parts = [_products(errors, entered[-1])]
        for layer, after, before in zip(
            reversed(layers[1:]), reversed(entered[1:]), reversed(entered[:-1]), strict=True
        ):
            # The derivative of tanh is 1 - tanh²; the constant 1 has none.
            errors = weighted(layer[:, :-1].T, errors) * (1 - after[:-1] * after[:-1])
            parts.insert(0, _products(errors, before))
        return np.concatenate(parts)


def network_of(document: TrainingDocument) -> Network:
    """Return the network that the document describes."""
    target, model = document.target, document.model
    inputs = document.input_count + 1
    head, outputs = Head.NUMBER, 1
    if model.kind is ModelKind.LOGISTIC:
        head = Head.CHANCE
    elif isinstance(target, CategoryColumn):
        head, outputs = Head.CHANCES, len(target.categories)
    if model.kind is ModelKind.MLP:
        shapes: tuple[tuple[int, int], ...] = (
            (model.hidden, inputs),
            (outputs, model.hidden + 1),
        )
    else:
        shapes = ((outputs, inputs),)
    return Network(shapes, head, model.seed)


def stepped(weights: Sequence[int], sums: Sequence[int], factor: Fraction) -> list[int]:
    """Return the weights less `factor` times these sums, rounded to whole parts, within bounds."""
    numerator, denominator = factor.numerator, factor.denominator
    changes = ((2 * number * numerator + denominator) // (2 * denominator) for number in sums)
    return [
        max(-MAX_WEIGHT, min(MAX_WEIGHT, weight - change))
        for weight, change in zip(weights, changes, strict=True)
    ]


def chances(head: Head, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how likely each category is: one array for each, over all rows."""
    import numpy as np

    if head is Head.CHANCE:
        second = logistic(scores[0])
        return np.stack([1 - second, second])
    return softmax(scores)


def _errors(
    head: Head, scores: NDArray[np.float64], targets: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the derivatives of the rows' losses by their scores."""
    import numpy as np

    if head is Head.NUMBER:
        return scores - targets
    if head is Head.CHANCE:
        return logistic(scores) - targets
    errors = softmax(scores)
    errors[targets.astype(np.int64), np.arange(len(targets))] -= 1
    return errors


def _products(errors: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the products of every error with every column, row by row."""
    return (errors[:, None] * columns[None]).reshape(len(errors) * len(columns), -1)


def _with_one(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    return np.concatenate([columns, np.ones((1, columns.shape[1]))])
