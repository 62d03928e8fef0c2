"""Which runs somebody in this process is at work on, and which wait for their start."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dataledger.contracts.identifiers import GrantId, OrgId, RunId
from dataledger.contracts.use_types import Cost
from dataledger.errors import NodeRefused
from dataledger.hashing import Digest
from dataledger.node.states import RunKey
from dataledger.node.work import Holding, Work


@dataclass(frozen=True, slots=True)
class Begun:
    """A run whose cost is reserved on the chain, and whose data was not read yet."""

    grant: GrantId
    run: RunId
    holding: Holding
    work: Work
    cost: Cost
    """All that it reserved."""
    code: Digest
    consumer: OrgId
    until_unix: int
    """When it is settled as failed, with nothing spent, should nobody have started it."""

    @property
    def key(self) -> RunKey:
        """The run's key in the journal."""
        return RunKey(self.grant, self.run)


class AtWork:
    """Keeps two threads from working on one run, and runs of several nodes from being too many."""

    def __init__(self, shared_places: int, open_runs: int) -> None:
        """Let so many runs of several nodes be open, and so many of one organisation."""
        self._shared_places = shared_places
        self._open_runs = open_runs
        self._lock = threading.Lock()
        self._claimed: set[RunKey] = set()
        self._waiting: dict[RunKey, Begun] = {}
        self._shared: set[RunKey] = set()
        self._consumers: dict[RunKey, OrgId] = {}

    def claim(self, key: RunKey) -> bool:
        """Take a run, and return whether nobody had it."""
        with self._lock:
            if key in self._claimed or key in self._waiting:
                return False
            self._claimed.add(key)
            return True

    def release(self, key: RunKey) -> None:
        """Give a run back."""
        with self._lock:
            self._claimed.discard(key)
            self._shared.discard(key)
            self._consumers.pop(key, None)

    @contextmanager
    def claimed(self, key: RunKey) -> Iterator[bool]:
        """Take a run until the block ends; tell it whether nobody had it."""
        is_ours = self.claim(key)
        try:
            yield is_ours
        finally:
            if is_ours:
                self.release(key)

    def count_for(self, consumer: OrgId, key: RunKey) -> None:
        """Count a claimed run for an organisation, until it is released.

        Raises:
            NodeRefused: it has as many already as it may (`busy`).
        """
        with self._lock:
            if sum(org == consumer for org in self._consumers.values()) >= self._open_runs:
                raise NodeRefused(
                    f"{self._open_runs} runs of your organisation are under way here.",
                    remedy="Ask again once some of them are over.",
                    reason="busy",
                )
            self._consumers[key] = consumer

    def take_place(self, key: RunKey) -> None:
        """Keep a place for a claimed run of several nodes, until it is released.

        Raises:
            NodeRefused: all are taken (`busy`).
        """
        with self._lock:
            if len(self._shared) >= self._shared_places:
                raise NodeRefused(
                    f"This node takes part in {self._shared_places} computations of several "
                    "nodes at once.",
                    remedy="Ask again in a minute or two.",
                    reason="busy",
                )
            self._shared.add(key)

    def wait(self, begun: Begun) -> None:
        """Have a claimed run wait for its start."""
        with self._lock:
            self._claimed.discard(begun.key)
            self._waiting[begun.key] = begun

    def start(self, key: RunKey, now_unix: float) -> Begun | None:
        """Return a run that waits, claimed; None where none does, or it is too late."""
        with self._lock:
            begun = self._waiting.get(key)
            if begun is None or begun.until_unix <= now_unix:
                return None
            del self._waiting[key]
            self._claimed.add(key)
            return begun

    def overdue(self, now_unix: float) -> list[Begun]:
        """Return the runs that nobody started in time, claimed."""
        with self._lock:
            late = [begun for begun in self._waiting.values() if begun.until_unix <= now_unix]
            for begun in late:
                del self._waiting[begun.key]
                self._claimed.add(begun.key)
            return late

    def take_back(self, begun: Begun) -> bool:
        """Claim a run that waits, or that was started; return whether it is still there."""
        with self._lock:
            if self._waiting.pop(begun.key, None) is not None:
                self._claimed.add(begun.key)
            return begun.key in self._claimed
