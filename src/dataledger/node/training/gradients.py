"""What one owner's data says of the weights: a sum that no unit changes by more than a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataledger.node.training.arithmetic import squared_lengths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dataledger.node.training.features import Examples
    from dataledger.node.training.models import Network

STEPS = 2**20
"""The norm that clipped gradients keep within, in steps: a step is the clipping norm over this."""

_NUMBERS_AT_ONCE = 2**18
"""So many stay in a processor's cache: measured, three times as fast as 2^22."""


def clipped_sum(
    network: Network, weights: Sequence[int], examples: Examples, clip: float
) -> list[int]:
    """Return the sum of all units' gradients, in whole steps.

    A unit's gradient is the sum of its rows' gradients, shortened to the norm `clip`. With a unit
    more or less, the answer differs by a vector of whole numbers whose Euclidean norm is at most
    `STEPS`: a unit's part depends on this unit alone, and its length is made sure of in whole
    numbers, whatever fractions did before.
    """
    import numpy as np

    total = np.zeros(network.weight_count, dtype=np.int64)
    # What data and weights make of fractions must not become a warning in a log.
    with np.errstate(all="ignore"):
        for rows, starts in _portions(examples, network.weight_count):
            columns, targets = examples.columns(rows), examples.targets[rows]
            gradients = network.gradients(weights, columns, targets)
            if len(starts) < len(targets):
                gradients = _by_unit(gradients, starts)
            total += clipped(gradients, clip).sum(axis=1)
    return [int(number) for number in total]


def clipped(gradients: NDArray[np.float64], clip: float) -> NDArray[np.int64]:
    """Return gradients, one in each place, as whole steps with a Euclidean norm within `STEPS`.

    Rounding goes towards zero, which lengthens nothing. A gradient that is not finite becomes zero.
    """
    import numpy as np

    norms = np.sqrt(squared_lengths(gradients))
    steps = np.where(np.isfinite(norms), gradients * (STEPS / np.maximum(norms, clip)), 0.0)
    whole: NDArray[np.int64] = np.clip(np.trunc(steps), -STEPS, STEPS).astype(np.int64)
    # The last digits of fractions may leave one a little too long.
    too_long = _squares(whole) > STEPS**2
    whole[:, too_long] -= np.sign(whole[:, too_long])
    whole[:, _squares(whole) > STEPS**2] = 0
    return whole


def _squares(whole: NDArray[np.int64]) -> NDArray[np.int64]:
    import numpy as np

    squares: NDArray[np.int64] = np.einsum("ij,ij->j", whole, whole)
    return squares


def _by_unit(gradients: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the sums of each unit's gradients, which are added up in the order of its rows."""
    import numpy as np

    lengths = np.diff(starts, append=gradients.shape[1])
    total = gradients[:, starts]
    for number in range(1, int(lengths.max())):
        longer = lengths > number
        total[:, longer] += gradients[:, starts[longer] + number]
    return total


def _portions(examples: Examples, weight_count: int) -> Iterator[tuple[slice, NDArray[np.int64]]]:
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
