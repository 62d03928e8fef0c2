"""What a fingerprint asks of an engine, and how its results are put in order."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Engine(Protocol):
    """Calls functions elsewhere, side by side."""

    @property
    def unit_bytes(self) -> int:
        """How much data a call should read, so that what the call itself costs does not matter."""

    @property
    def workers(self) -> int:
        """How many calls are made at once."""

    def map(
        self, function: Callable[[T], R], items: Iterable[T]
    ) -> Generator[tuple[int, R], None, None]:
        """Yield each item's position and what `function` returns for it, as they come.

        Function and items are pickled, the function by its name. What the function raises out of
        the tree of `DataLedgerError` is raised here, and ends everything. Closing the generator
        withdraws what has not begun.
        """


def in_order(engine: Engine, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yield what `function` returns for each item, in the order of the items.

    A result that arrives before its turn is held until then.
    """
    early: dict[int, R] = {}
    position = 0
    with closing(engine.map(function, items)) as results:
        for index, result in results:
            early[index] = result
            while position in early:
                yield early.pop(position)
                position += 1
