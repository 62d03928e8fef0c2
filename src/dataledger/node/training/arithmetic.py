"""Functions of numbers that come out the same wherever a number stands, and on every machine.

What one row says must depend on this row alone, to the last bit: only then does taking away a unit
take away its part and nothing else. Matrix products and the exponential of a processor's libraries
round differently with the number of rows. Here are only sums, products and quotients of one element
with another, which IEEE 754 rounds in one way, in an order that does not depend on how many there
are. Tables stand on their side: one array for each column, over all rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST = 700.0
"""e to this power is still a number."""
_PER_LN2 = 1.4426950408889634
_LN2_HIGH = 0.693147180369123816490
"""The first 33 bits of ln 2: its product with a small whole number is exact."""
_LN2_LOW = 1.90821492927058770002e-10
_TERMS = 14


def weighted(weights: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, for each row of weights, the columns' sum with these weights."""
    import numpy as np

    total = np.zeros((len(weights), columns.shape[1]))
    for number, column in enumerate(columns):
        total += weights[:, number, None] * column
    return total


def squared_lengths(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, for each place, the sum of the columns' squares."""
    import numpy as np

    total = np.zeros(columns.shape[1])
    for column in columns:
        total += column * column
    return total


def exponential(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return e to the power of each, which counts as no further from 0 than 700."""
    import numpy as np

    values = np.clip(values, -_MOST, _MOST)
    halvings = np.rint(values * _PER_LN2)
    rest = (values - halvings * _LN2_HIGH) - halvings * _LN2_LOW
    series = np.ones_like(rest)
    for term in range(_TERMS, 0, -1):
        series = 1 + series * rest / term
    return np.asarray(np.ldexp(series, halvings.astype(np.int32)))


def logistic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + e^-value) of each."""
    return 1 / (1 + exponential(-values))


def hyperbolic_tangent(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return tanh of each."""
    return 1 - 2 / (1 + exponential(2 * values))


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each column's share of the exponentials, place by place."""
    powers = exponential(scores - scores.max(axis=0))
    total = powers[0].copy()
    for column in powers[1:]:
        total += column
    shares: NDArray[np.float64] = powers / total
    return shares
