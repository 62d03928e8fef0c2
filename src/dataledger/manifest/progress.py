"""How far hashing has come."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

INTERVAL_SECONDS = 0.05

Cells: TypeAlias = "list[int] | memoryview[int]"
"""Counters; in a memory view, processes can share them."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Files and bytes hashed so far, and in all."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int


class Counters:
    """What so many workers have done, and whether they are to stop.

    Worker 0 is the caller itself. Each writes cells of its own, and the caller reads them: neither
    needs a lock.
    """

    def __init__(self, workers: int) -> None:
        self._cells: Cells = [0] * (1 + 2 * (1 + workers))
        self._files_total = 0
        self._bytes_total = 0

    def expect(self, sizes_bytes: Sequence[int]) -> None:
        """Note what there is to do: files of these sizes."""
        self._files_total = len(sizes_bytes)
        self._bytes_total = sum(sizes_bytes)

    @property
    def known(self) -> bool:
        """Whether it has been noted what there is to do."""
        return self._files_total > 0

    def share(self, make: Callable[[int], Cells]) -> None:
        """Keep the cells where `make(n)` puts n of them, all 0."""
        cells = make(len(self._cells))
        for index, value in enumerate(self._cells):
            cells[index] = value
        self._cells = cells

    def add(self, worker: int, files: int, size_bytes: int) -> None:
        """Count what this worker has newly done."""
        self._cells[1 + 2 * worker] += files
        self._cells[2 + 2 * worker] += size_bytes

    def stop(self) -> None:
        """Ask all workers to stop."""
        self._cells[0] = 1

    @property
    def stopped(self) -> bool:
        """Whether the workers are to stop."""
        return self._cells[0] != 0

    def progress(self) -> Progress:
        """Return how far all workers together have come."""
        return Progress(
            files_done=sum(self._cells[1::2]),
            files_total=self._files_total,
            # What a killed worker had done is done again, and would count twice.
            bytes_done=min(sum(self._cells[2::2]), self._bytes_total),
            bytes_total=self._bytes_total,
        )


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
