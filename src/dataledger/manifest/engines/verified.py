"""An engine of which a random sample of the answers is computed again on this machine."""

import secrets
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from typing import TypeVar

from dataledger.errors import InvalidArgument, ManifestMismatch, shown
from dataledger.manifest.engines.base import Engine

T = TypeVar("T")
R = TypeVar("R")


class VerifiedEngine:
    """Work by another engine, each answer of which is computed again here with some probability.

    Workers cannot know which answers these are. Who falsifies n answers stays unseen with a
    probability of (1 - share) to the power of n.
    """

    def __init__(self, engine: Engine, share: float) -> None:
        """Verify that share of the answers, from 0 to 1.

        Raises:
            InvalidArgument: `share` is no such number.
        """
        if not 0 <= share <= 1:
            raise InvalidArgument(
                f"{shown(share)} is no share of the answers.", remedy="Give a number from 0 to 1."
            )
        self._engine = engine
        self._share = share
        self._random = secrets.SystemRandom()

    @property
    def unit_bytes(self) -> int:
        """As the other engine has it."""
        return self._engine.unit_bytes

    @property
    def workers(self) -> int:
        """As the other engine has it."""
        return self._engine.workers

    def map(
        self, function: Callable[[T], R], items: Iterable[T]
    ) -> Generator[tuple[int, R], None, None]:
        """Yield what the other engine yields.

        Raises:
            ManifestMismatch: an answer differs from what the same call gives here.
            DataLedgerError: those of the other engine, and of the function here.
        """
        chosen: dict[int, T] = {}

        def watched() -> Iterator[T]:
            for index, item in enumerate(items):
                if self._random.random() < self._share:
                    chosen[index] = item
                yield item

        with closing(self._engine.map(function, watched())) as results:
            for index, result in results:
                if index in chosen:
                    item = chosen.pop(index)
                    if function(item) != result:
                        raise ManifestMismatch(
                            f"A worker's answer is not what this machine gets for {shown(item)}.",
                            remedy="Do not use the fingerprint. Find out what runs on the workers, "
                            "and whether they see the same data.",
                        )
                yield index, result
