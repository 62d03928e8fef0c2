"""An engine that calls functions on the workers of a Dask cluster."""

# mypy: untyped-calls-exclude="distributed"

import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError
from contextlib import suppress
from itertools import islice
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import uuid4

from dataledger.errors import ClusterError, DependencyMissing, InvalidArgument, shown
from dataledger.hashing import TREE_CHUNK_BYTES
from dataledger.manifest.engines.calls import Answer, Call
from dataledger.manifest.engines.scheduler import connect

if TYPE_CHECKING:
    from distributed import Client, Future, Security

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 3
"""Calls submitted for each thread of the cluster: it is never idle, and little is to withdraw."""

UNIT_BYTES = 256 * 1024 * 1024
"""Some 200 ms of work; a call costs about 6 ms, as docs/adr/0013-cluster-engine.md measures."""

_LOOK_SECONDS = 2.0
"""How often to see which workers there are."""


class DaskEngine:
    """Work on a Dask cluster that exists already. Use it in a `with` statement."""

    def __init__(
        self,
        address: str | None = None,
        *,
        security: "Security | None" = None,
        unprotected: bool = False,
        timeout_seconds: float = 30.0,
        unit_bytes: int = UNIT_BYTES,
    ) -> None:
        """Join the cluster. Its scheduler and its workers need DataLedger, in the same version.

        Args:
            address: the scheduler's, such as `tls://10.0.0.1:8786`; by default, the one that Dask's
                configuration or `DASK_SCHEDULER_ADDRESS` names.
            security: certificates for TLS; by default, those that Dask's configuration names.
            unprotected: join a cluster on other machines even without TLS. Whoever reaches the
                network in between can then run code here and there, and read what is sent.
            timeout_seconds: how long to wait for the scheduler, and for a worker whenever there is
                none.
            unit_bytes: how much data a call reads, at least 1 MiB. Hundreds of workers keep the
                scheduler less busy with more.

        Raises:
            ClusterError: there is no cluster, or no worker, or the two do not trust each other.
            InvalidArgument: no address is given or configured, it is of the wrong form, TLS has no
                certificates, there is no TLS although `unprotected` is not set, or `unit_bytes`
                are too few.
            DependencyMissing: Dask is not installed.
        """
        if unit_bytes < TREE_CHUNK_BYTES:
            raise InvalidArgument(
                f"{shown(unit_bytes)} bytes are too few for one call.",
                remedy=f"Give {TREE_CHUNK_BYTES} or more.",
            )
        self._unit_bytes = unit_bytes
        self._timeout_seconds = timeout_seconds
        self._client = connect(
            address, security=security, unprotected=unprotected, timeout_seconds=timeout_seconds
        )
        try:
            self._look()
        except BaseException:
            self._client.close()
            raise

    @property
    def unit_bytes(self) -> int:
        """How much data a call reads."""
        return self._unit_bytes

    @property
    def workers(self) -> int:
        """How many threads all workers had together when last looked."""
        return self._workers

    def close(self) -> None:
        """Leave the cluster; it goes on without us."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def map(
        self, function: Callable[[T], R], items: Iterable[T]
    ) -> Generator[tuple[int, R], None, None]:
        """Yield each item's position and what `function` returns for it, as they come.

        What a worker that dies had in hand, another one begins anew.

        Raises:
            DataLedgerError: the function raised it on a worker, which the message names.
            ClusterError: the scheduler is gone, no worker is left, or calls keep killing them.
            DependencyMissing: DataLedger is not installed there, or in another version.
        """
        calls = _Calls(self._client)
        waiting = enumerate(items)
        try:
            while True:
                room = max(self._workers * _AHEAD - len(calls), 0)
                for index, item in islice(waiting, room):
                    calls.submit(index, Call(function, item))
                if not calls:
                    return
                yield from calls.results()
                if time.monotonic() >= self._next_look_at_seconds:
                    self._look()
        finally:
            calls.withdraw()

    def _look(self) -> None:
        """Count the threads of all workers, once there is a worker."""
        try:
            # Without any, calls would wait for ever.
            self._client.wait_for_workers(1, timeout=self._timeout_seconds)
            self._workers: int = sum(self._client.nthreads().values())
        except TimeoutError as error:
            raise ClusterError(
                f"The cluster has had no worker for {self._timeout_seconds:g} seconds.",
                remedy="Start workers, and look into their logs if they ended.",
            ) from error
        except (CancelledError, OSError, ValueError) as error:  # by Dask's state at that moment
            raise _lost() from error
        self._next_look_at_seconds = time.monotonic() + _LOOK_SECONDS


class _Calls:
    """The calls of one `map` that are under way."""

    def __init__(self, client: "Client") -> None:
        self._client = client
        self._name = f"dataledger-{uuid4().hex}"
        self._pending: dict[str, tuple[int, Future[Answer]]] = {}
        self._done: SimpleQueue[str] = SimpleQueue()

    def __len__(self) -> int:
        return len(self._pending)

    def submit(self, index: int, call: Call) -> None:
        """Have a worker make the call."""
        key = f"{self._name}-{index}"
        future = self._client.submit(_answer, call, key=key, pure=False)
        self._pending[key] = index, future
        future.add_done_callback(lambda done: self._done.put(done.key))

    def results(self) -> list[tuple[int, Any]]:
        """Return what has arrived since, after waiting `_LOOK_SECONDS` for the first."""
        keys = self._arrived()
        taken = [self._pending[key] for key in keys]
        answers = self._gather([future for _, future in taken])
        for key in keys:
            del self._pending[key]
        return [(index, answer.result()) for (index, _), answer in zip(taken, answers, strict=True)]

    def withdraw(self) -> None:
        """Cancel what has not ended. What has begun runs to its end, for nobody."""
        futures = [future for _, future in self._pending.values()]
        with suppress(CancelledError, OSError):  # the scheduler is gone, and the calls with it
            self._client.cancel(futures, force=True)

    def _arrived(self) -> list[str]:
        keys = []
        with suppress(Empty):
            keys.append(self._done.get(timeout=_LOOK_SECONDS))
            while True:
                keys.append(self._done.get_nowait())
        return keys

    def _gather(self, futures: "list[Future[Answer]]") -> list[Answer]:
        from distributed import KilledWorker

        try:
            answers: list[Answer] = self._client.gather(futures)
        except KilledWorker as error:
            raise ClusterError(
                f"Several workers died while they made the same call: {shown(str(error))}.",
                remedy="Look into the workers' logs; often they lack memory.",
            ) from error
        except (CancelledError, OSError) as error:
            raise _lost() from error
        except RuntimeError as error:
            if isinstance(error.__cause__, ImportError):
                raise DependencyMissing(
                    f"The cluster cannot load DataLedger: {shown(str(error.__cause__))}.",
                    remedy="Install it on the scheduler and all workers, in the same version.",
                ) from error
            raise
        return answers


def _answer(call: Call) -> Answer:
    from distributed import get_worker

    return call.answer(get_worker().address)


def _lost() -> ClusterError:
    return ClusterError(
        "The cluster's scheduler has gone, and with it what was under way.",
        remedy="Look into the scheduler's log, and start again once it runs.",
    )
