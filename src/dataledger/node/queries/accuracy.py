"""How far from the exact numbers an answer may be: from its noise alone, never from the data.

Every bound here is on the safe side: the noise goes beyond it no more often than is said.
"""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

Tail: TypeAlias = Callable[[int], Decimal | float]

_DIGITS = 120
_LEAST_CLOSE_SCALE = 0.5
_FLOAT_CARE = 1 + 1e-9
"""More than the errors of the few functions of floating-point numbers that are used."""


@lru_cache(maxsize=1024)
def laplace_margin(scale: float, parties: int, miss: Fraction) -> int:
    """Return the least margin that the sum of so many discrete Laplace noises keeps to.

    It goes further, in either direction, with a probability of at most `miss`.
    """
    with localcontext() as context:
        context.prec = _DIGITS
        tail = _LaplaceSum(scale, parties).tail
        return _least_margin(tail, miss)


@lru_cache(maxsize=1024)
def gaussian_margin(scale: float, parties: int, miss: Fraction) -> int:
    """Return a margin that the sum of so many discrete Gaussian noises keeps to, as above."""
    return _least_margin(lambda number: _gaussian_tail(number, scale, parties), miss)


def choice_margin(scale: float, candidates: int, miss: Fraction) -> int:
    """Return how much worse than the best of so many candidates the chosen one is, at most.

    In rows, and but for a probability of at most `miss`. For a candidate to win that is worse by
    t, its noise must be greater by t than that of the best: at most e^(-t/scale), for each of them.
    """
    return math.ceil(scale * math.log(candidates / miss) * _FLOAT_CARE)


class _LaplaceSum:
    """The sum S of n independent noises: P(k) = (1 - q) / (1 + q) · q^|k|, with q = e^(-1/scale).

    Its generating function is ((1 - q)² / ((1 - q z)(1 - q / z)))^n. Taken apart by powers of
    u = 1 - q z, it says P(S = k) = Σ_j weight_j · C(k + j - 1, j - 1) · q^k for k ≥ 1, whose tails
    are those of negative binomial distributions.
    """

    def __init__(self, scale: float, parties: int) -> None:
        self._q = q = (-1 / Decimal(scale)).exp()
        self._p = 1 - q
        self._scale = Decimal(scale)
        d = 1 - q * q
        # Of ((1 - u) / (d - u))^n, the first coefficients; that of u^(n - j) belongs to j.
        coefficients = [
            sum(
                (-1) ** (power - i)
                * math.comb(parties, power - i)
                * math.comb(parties - 1 + i, i)
                / d ** (parties + i)
                for i in range(power + 1)
            )
            for power in range(parties)
        ]
        self._weights = [
            self._p ** (2 * parties) * coefficients[parties - j] for j in range(1, parties + 1)
        ]

    def tail(self, number: int) -> Decimal:
        """Return P(S ≥ number), for numbers from 1."""
        start = (-number / self._scale).exp()  # q to the power of `number`
        return sum(
            (
                weight / self._p**j * self._negative_binomial_tail(j, number, start)
                for j, weight in enumerate(self._weights, 1)
            ),
            Decimal(0),
        )

    def _negative_binomial_tail(self, successes: int, number: int, start: Decimal) -> Decimal:
        """Return how likely there are so many failures: fewer successes in all the first trials."""
        trials = number + successes - 1
        return start * sum(
            (
                math.comb(trials, i) * self._p**i * self._q ** (successes - 1 - i)
                for i in range(successes)
            ),
            Decimal(0),
        )


def _gaussian_tail(number: int, scale: float, parties: int) -> float:
    """Return at least P(S ≥ number) for the sum S of discrete Gaussian noises.

    It is below the normal distribution's Chernoff bound. And below that of a discrete Gaussian of
    the sum's variance but for a factor (Kairouz, Liu, Steinke 2021, for scales from 1/2), which is
    below that of the normal distribution one step earlier (Canonne, Kamath, Steinke 2020).
    """
    deviation = scale * math.sqrt(parties)
    chernoff = math.exp(-0.5 * (number / deviation) ** 2)
    if scale < _LEAST_CLOSE_SCALE:
        return chernoff * _FLOAT_CARE
    distance = 10 * sum(
        math.exp(-2 * (math.pi * scale) ** 2 * k / (k + 1)) for k in range(1, parties)
    )
    normal = 0.5 * math.erfc((number - 1) / (deviation * math.sqrt(2)))
    return min(chernoff, math.exp(distance) * normal) * _FLOAT_CARE


def _least_margin(tail: Tail, miss: Fraction) -> int:
    """Return the least margin m of 0, 1, … for which twice P(S ≥ m + 1) is at most `miss`."""

    def is_kept(margin: int) -> bool:
        return 2 * Fraction(tail(margin + 1)) <= miss

    above = 1
    while not is_kept(above):
        above *= 2
    below = -1 if above == 1 else above // 2
    while above - below > 1:
        middle = (above + below) // 2
        if is_kept(middle):
            above = middle
        else:
            below = middle
    return above
