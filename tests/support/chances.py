"""How often something of a known probability happens: bounds that a right program never breaks.

They are broken by chance once in 10^9 times, so that a test that fails has found something.
"""

import math

NEVER = 1e-9


def least_successes(trials: int, probability: float) -> int:
    """Return the greatest number that is reached by so many independent trials."""
    missed, at = 0.0, -1
    while missed <= NEVER:
        at += 1
        missed += _chance(trials, at, probability)
    return at


def most_successes(trials: int, probability: float) -> int:
    """Return the least number that is not exceeded by so many independent trials."""
    return trials - least_successes(trials, 1 - probability)


def _chance(trials: int, successes: int, probability: float) -> float:
    """Return how likely exactly so many succeed."""
    ways = (
        math.lgamma(trials + 1) - math.lgamma(successes + 1) - math.lgamma(trials - successes + 1)
    )
    odds = successes * math.log(probability) + (trials - successes) * math.log1p(-probability)
    return math.exp(ways + odds)
