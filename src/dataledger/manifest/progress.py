"""How far hashing has come."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

INTERVAL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Progress:
    """Files and bytes hashed so far, and in all."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int


P = TypeVar("P")


class Reporter(Generic[P]):
    """Calls back with the present progress, not oftener than every `INTERVAL_SECONDS`."""

    def __init__(self, measure: Callable[[], P], callback: Callable[[P], None] | None) -> None:
        self._measure = measure
        self._callback = callback
        self._next_at_seconds = 0.0

    def report(self) -> None:
        """Call back, unless the last time was only just now."""
        if self._callback and time.monotonic() >= self._next_at_seconds:
            self._next_at_seconds = time.monotonic() + INTERVAL_SECONDS
            self._callback(self._measure())

    def finish(self) -> None:
        """Call back a last time, however short ago the time before was."""
        if self._callback:
            self._callback(self._measure())
