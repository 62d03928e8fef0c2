"""The noise that each owner adds to its own part: OpenDP's discrete Gaussian, by OpenDP's account.

What OpenDP promises of a vector of whole numbers, of which one unit changes at most a Euclidean
length of `sensitivity`, is counted as rho (zCDP). Rounds add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal, localcontext
from fractions import Fraction
from functools import cached_property
from math import sqrt
from typing import TYPE_CHECKING, Any

from dataledger.contracts.amounts import MICRO, PICO

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_PART = 2**56
"""What one owner adds lies within this: more than any data and noise come to."""

_SLIGHTLY = 1 + 2.0**-40


@dataclass(frozen=True)
class Noise:
    """Noise for a vector of which one unit changes at most a Euclidean length of `sensitivity`."""

    sensitivity: int
    rho: Fraction
    """The most that one use may cost."""

    @cached_property
    def _measurement(self) -> tuple[Any, Fraction]:
        import opendp.prelude as dp

        dp.enable_features("contrib")
        scale = self.sensitivity / sqrt(2 * self.rho)
        while True:
            measurement: Any = dp.m.make_gaussian(
                dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64"), scale
            )
            cost = Fraction(measurement.map(float(self.sensitivity)))
            if cost <= self.rho:
                return measurement, cost
            # OpenDP rounds against us.
            scale *= _SLIGHTLY

    @property
    def cost(self) -> Fraction:
        """What one use costs, by OpenDP's account; never more than `rho`."""
        return self._measurement[1]

    def add(self, numbers: Sequence[int]) -> list[int]:
        """Return the numbers with noise, each within `MAX_PART`."""
        noisy = self._measurement[0](list(numbers))
        return [max(-MAX_PART, min(MAX_PART, int(number))) for number in noisy]


def epsilon_micro(rho_micro: int, delta_pico: int) -> int:
    """Return the ε, in millionths and rounded up, that rho means for this δ.

    ε = rho + 2·sqrt(rho · ln(1/δ)): Bun and Steinke, Concentrated Differential Privacy (2016),
    proposition 1.3. Computed in decimals, and so the same everywhere.
    """
    with localcontext(Context(prec=50)):
        rho = Decimal(rho_micro) / MICRO
        delta = Decimal(delta_pico) / PICO
        epsilon = rho + 2 * (rho * -delta.ln()).sqrt()
        return int((epsilon * MICRO).to_integral_value(rounding=ROUND_CEILING))
