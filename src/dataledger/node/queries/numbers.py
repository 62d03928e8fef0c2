"""Exact decimals, as queries and answers write them."""

import re
from fractions import Fraction

PLACES = 12
"""The most digits behind the point that are read."""

_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")


def parse_decimal(text: str) -> Fraction | None:
    """Return the number that the decimal stands for, exactly; None if it is none, or too long."""
    return Fraction(text) if _DECIMAL.fullmatch(text) else None


def decimal_text(number: Fraction, places: int = PLACES) -> str:
    """Return the number as a decimal, rounded to so many places, ties to even."""
    return _text(round(number * 10**places), places)


def decimal_below(number: Fraction, places: int = PLACES) -> str:
    """Return the greatest decimal of so many places that is not above the number."""
    scaled = number * 10**places
    return _text(scaled.numerator // scaled.denominator, places)


def decimal_above(number: Fraction, places: int = PLACES) -> str:
    """Return the least decimal of so many places that is not below the number."""
    scaled = number * 10**places
    return _text(-(-scaled.numerator // scaled.denominator), places)


def _text(scaled: int, places: int) -> str:
    whole, rest = divmod(abs(scaled), 10**places)
    sign = "-" if scaled < 0 else ""
    behind = f"{rest:0{places}}".rstrip("0") if places else ""
    return f"{sign}{whole}.{behind}" if behind else f"{sign}{whole}"
