"""A cluster of two worker processes on this machine, in the clear on loopback."""

# mypy: untyped-calls-exclude="distributed"

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from dataledger.manifest.engines import DaskEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from distributed import LocalCluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    import dask
    from distributed import LocalCluster

    with (
        # Else, it would give up on workers that were killed, should their successors start slowly.
        dask.config.set({"distributed.deploy.lost-worker-timeout": "10 minutes"}),
        LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0"
        ) as cluster,
    ):
        yield cluster


@pytest.fixture
def engine(cluster: LocalCluster) -> Iterator[DaskEngine]:
    with DaskEngine(cluster.scheduler_address, timeout_seconds=30) as engine:
        yield engine


@pytest.fixture
def kill_a_worker(cluster: LocalCluster) -> Callable[[], None]:
    """The worker has no time to say good-bye; the cluster starts another one in its place."""

    def kill() -> None:
        os.kill(next(iter(cluster.workers.values())).process.pid, signal.SIGKILL)

    return kill
