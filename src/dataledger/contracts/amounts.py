"""Parts of a privacy loss as people write them: the chain counts whole millionths, or whole 10^-12.

`ledger.costs` reads what people write.
"""

MICRO = 10**6
"""ε, or rho, is counted in so many parts."""
PICO = 10**12
"""δ is counted in so many parts."""

_PLAIN_DELTA_PICO = 10**8
"""From 0.0001 on, δ is written without an exponent."""


def epsilon_text(micro: int) -> str:
    """Return millionths of ε, or of rho, as a decimal: `0.5`."""
    return _plain(micro, 6)


def delta_text(pico: int) -> str:
    """Return δ as a decimal: `0.001`, or `1e-9` where it is small."""
    if pico == 0 or pico >= _PLAIN_DELTA_PICO:
        return _plain(pico, 12)
    digits = str(pico).rstrip("0")
    exponent = len(str(pico)) - 1 - 12
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{exponent}"


def _plain(count: int, places: int) -> str:
    whole, rest = divmod(count, 10**places)
    fraction = f"{rest:0{places}}".rstrip("0")
    return f"{whole}.{fraction}" if fraction else str(whole)
