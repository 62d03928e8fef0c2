"""What can be added together, and in which numbers."""

from collections.abc import Sequence

MODULUS = 2**127 - 1
"""A prime. Of 32 parties' numbers, no sum comes near it."""
ITEM_BYTES = 16
"""Of one number, or one share, as it travels."""
LIMIT = 2**62
"""What is added, and each sum, is at most this far from 0."""
MAX_ITEMS = 1_000_000
"""Of one vector."""


def fits(values: Sequence[int]) -> bool:
    """Whether these can be added, or are sums: some, not too many, and none beyond `LIMIT`."""
    return 0 < len(values) <= MAX_ITEMS and all(abs(value) <= LIMIT for value in values)
