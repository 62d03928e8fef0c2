"""What one owner's data says of the weights: a sum that no unit changes by more than a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dataledger.node.training.features import Examples
    from dataledger.node.training.models import Network

STEPS = 2**20
"""The norm that clipped gradients keep within, in steps: a step is the clipping norm over this."""

_NUMBERS_AT_ONCE = 2**22


def clipped_sum(
    network: Network, weights: Sequence[int], examples: Examples, clip: float
) -> list[int]:
    """Return the sum of all units' gradients, in whole steps.

    A unit's gradient is the sum of its rows' gradients, shortened to the norm `clip`. With a unit
    more or less, the answer differs by a vector of whole numbers whose Euclidean norm is at most
    `STEPS`: this is made sure of in whole numbers, unit by unit, whatever fractions did before.
    """
    import numpy as np

    total = np.zeros(network.weight_count, dtype=np.int64)
    # What data and weights make of fractions must not become a warning in a log.
    with np.errstate(all="ignore"):
        for rows, starts in _portions(examples, network.weight_count):
            gradients = network.gradients(weights, examples.rows[rows], examples.targets[rows])
            if len(starts) < len(gradients):
                gradients = np.add.reduceat(gradients, starts, axis=0)
            total += clipped(gradients, clip).sum(axis=0)
    return [int(number) for number in total]


def clipped(gradients: NDArray[np.float64], clip: float) -> NDArray[np.int64]:
    """Return each row as whole steps, with a Euclidean norm of at most `STEPS`.

    Rounding goes towards zero, which lengthens nothing. A row that is not finite becomes zero.
    """
    import numpy as np

    norms = np.sqrt(np.einsum("ij,ij->i", gradients, gradients))
    factors = STEPS / np.maximum(norms, clip)
    steps = np.where(np.isfinite(norms)[:, None], gradients * factors[:, None], 0.0)
    whole = np.clip(np.trunc(steps), -STEPS, STEPS).astype(np.int64)
    # The last digits of fractions may leave a row a little too long.
    too_long = np.einsum("ij,ij->i", whole, whole) > STEPS**2
    whole[too_long] -= np.sign(whole[too_long])
    whole[np.einsum("ij,ij->i", whole, whole) > STEPS**2] = 0
    return whole


def _portions(
    examples: Examples, weight_count: int
) -> Iterator[tuple[slice, NDArray[np.int64]]]:
    """Yield slices of whole units, and where these start within them, for gradients that fit."""
    import numpy as np

    starts = examples.starts
    if not len(starts):
        return
    ends = np.append(starts[1:], len(examples.targets))
    longest = int((ends - starts).max())
    units = max(1, _NUMBERS_AT_ONCE // (weight_count * longest))
    for first in range(0, len(starts), units):
        begin, end = int(starts[first]), int(ends[min(first + units, len(starts)) - 1])
        yield slice(begin, end), starts[first : first + units] - begin
