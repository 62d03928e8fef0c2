"""How often somebody may ask: token buckets, kept in memory."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

_MINUTE_SECONDS = 60.0
_SWEEP_FROM = 4096
"""From so many buckets on, full ones are dropped: they are as good as new."""


class Rates(Generic[K]):
    """One bucket for each key: it holds `burst` tokens, and is refilled `per_minute`.

    Safe to share between threads. A restart fills all buckets.
    """

    def __init__(
        self, per_minute: int, burst: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_minute / _MINUTE_SECONDS
        self._burst = float(burst)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[K, tuple[float, float]] = {}
        """Tokens, and when they were counted."""

    def take(self, key: K) -> float:
        """Take a token, and return 0; or return in how many seconds there is one again."""
        with self._lock:
            now = self._clock()
            tokens = self._tokens(key, now)
            if tokens < 1:
                return (1 - tokens) / self._per_second
            if len(self._buckets) >= _SWEEP_FROM and key not in self._buckets:
                self._drop_full(now)
            self._buckets[key] = (tokens - 1, now)
            return 0.0

    def _tokens(self, key: K, now: float) -> float:
        tokens, counted_at = self._buckets.get(key, (self._burst, now))
        # A clock that is set back refills nothing.
        return min(self._burst, tokens + max(0.0, now - counted_at) * self._per_second)

    def _drop_full(self, now: float) -> None:
        for key in list(self._buckets):
            if self._tokens(key, now) >= self._burst:
                del self._buckets[key]
