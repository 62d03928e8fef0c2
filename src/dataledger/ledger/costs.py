"""Privacy losses as people write them, and as the chain counts them.

People write ε (or rho) and δ as decimals; the chain counts whole millionths, and whole units of
10^-12. What somebody enters is read exactly, or refused. What a program has computed is rounded
up, so that nothing is ever counted as less than it was.
"""

import math
import re
from decimal import Decimal
from fractions import Fraction

from dataledger.contracts.amounts import MICRO, PICO, delta_text, epsilon_text
from dataledger.contracts.use_types import Budget, Composition, Cost
from dataledger.errors import InvalidArgument, shown

MAX_AMOUNT_CHARACTERS = 40

_LIMIT = 2**64
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")

Computed = int | float | Decimal | Fraction
"""A loss that a program has computed."""


def parse_cost(epsilon: str, delta: str = "0") -> Cost:
    """Return the loss that these decimals mean, such as `0.5` and `1e-9`.

    Raises:
        InvalidArgument: one is no decimal, is negative, finer than the chain counts, or too large.
    """
    return Cost(parse_epsilon(epsilon), parse_delta(delta))


def parse_epsilon(text: str) -> int:
    """Return millionths of ε, or of rho. Raises `InvalidArgument` as `parse_cost` does."""
    return _exactly(text, MICRO, "ε or rho", "0.000001")


def parse_delta(text: str) -> int:
    """Return δ in units of 10^-12. Raises `InvalidArgument` as `parse_cost` does.

    Raises:
        InvalidArgument: it is more than 1, too.
    """
    pico = _exactly(text, PICO, "δ", "1e-12")
    if pico > PICO:
        raise InvalidArgument(
            f"{shown(text)} is no δ: that is a probability.", remedy="Give one from 0 to 1."
        )
    return pico


def cost_at_least(epsilon: Computed, delta: Computed = 0) -> Cost:
    """Return the least loss that the chain can count and that is no less than the given one.

    Raises:
        InvalidArgument: a part is negative, not finite, or too large.
    """
    return Cost(_rounded_up(epsilon, MICRO), _rounded_up(delta, PICO))


def cost_text(cost: Cost, composition: Composition = Composition.BASIC) -> str:
    """Return a loss in words: `ε 0.5, δ 1e-9`, or `rho 0.1` where that is counted."""
    if composition is Composition.NONE:
        return "exact"
    if composition is Composition.ZCDP:
        return f"rho {epsilon_text(cost.micro)}"
    delta = f", δ {delta_text(cost.delta_pico)}" if cost.delta_pico else ""
    return f"ε {epsilon_text(cost.micro)}{delta}"


def left_of(limit: Cost, counted: Cost) -> Cost:
    """Return what can still be counted under a limit: of each part, never less than nothing."""
    return Cost(max(0, limit.micro - counted.micro), max(0, limit.delta_pico - counted.delta_pico))


def left_of_budget(budget: Budget) -> Cost:
    """Return what can still be counted of a dataset's whole budget."""
    return left_of(budget.total, budget.counted)


def _exactly(text: str, parts: int, noun: str, least: str) -> int:
    if len(text) > MAX_AMOUNT_CHARACTERS or not _DECIMAL.fullmatch(text):
        raise InvalidArgument(
            f"{shown(text)} is no amount of {noun}.",
            remedy="Write a decimal that is not negative, such as 0.5 or 1e-9.",
        )
    amount = Fraction(text) * parts
    if amount.denominator != 1:
        raise InvalidArgument(
            f"{shown(text)} is finer than {noun} is counted.",
            remedy=f"Give a multiple of {least}; round up what was computed.",
        )
    return _within(amount.numerator, text)


def _rounded_up(value: Computed, parts: int) -> int:
    if isinstance(value, bool) or not math.isfinite(value) or value < 0:
        raise InvalidArgument(
            f"A privacy loss cannot be {shown(value)}.",
            remedy="Give a finite number that is not negative.",
        )
    # A fraction holds exactly what a float or a decimal stands for.
    return _within(math.ceil(Fraction(value) * parts), value)


def _within(count: int, given: object) -> int:
    if count >= _LIMIT:
        raise InvalidArgument(
            f"{shown(given)} is more than the chain can count.", remedy="Give a smaller amount."
        )
    return count
