"""Calls on a cluster: their results, their errors, and what happens when workers die."""

# mypy: untyped-calls-exclude="distributed"

from __future__ import annotations

import operator
import os
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from distributed import Client, LocalCluster, Security

from dataledger.errors import ClusterError, DependencyMissing, InvalidPath
from dataledger.manifest.engines import DaskEngine, in_order
from dataledger.manifest.paths import check_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def test_each_item_gives_one_result_under_its_position(engine: DaskEngine) -> None:
    assert dict(engine.map(operator.neg, range(50))) == {number: -number for number in range(50)}


def test_no_items_give_no_results(engine: DaskEngine) -> None:
    assert list(engine.map(operator.neg, [])) == []


def test_results_are_put_in_the_order_of_their_items(engine: DaskEngine) -> None:
    assert list(in_order(engine, operator.neg, range(50))) == [-number for number in range(50)]


def test_items_are_taken_only_as_results_arrive(engine: DaskEngine) -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    with closing(engine.map(operator.neg, items())) as results:
        next(results)
    assert len(taken) < 20


def test_an_error_of_ours_arrives_as_itself_and_names_the_worker(
    engine: DaskEngine,
) -> None:
    with pytest.raises(
        InvalidPath, match=r"On worker 'tcp://127\.0\.0\.1:\d+': .*'\.\./x'"
    ) as caught:
        list(engine.map(check_path, ["a", "../x", "b"]))
    assert caught.value.remedy


def test_another_error_arrives_too(engine: DaskEngine) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        list(engine.map(int, ["1", "x"]))


def test_what_is_withdrawn_does_not_run(engine: DaskEngine, cluster: LocalCluster) -> None:
    with closing(engine.map(time.sleep, [0.1] * 500)) as results:
        next(results)
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        begin = time.monotonic()
        while any(client.processing().values()):
            time.sleep(0.02)
    assert time.monotonic() - begin < 15, "all would take 25 seconds"


def test_calls_of_a_killed_worker_are_made_again(
    engine: DaskEngine, kill_a_worker: Callable[[], None]
) -> None:
    with closing(engine.map(time.sleep, [0.02] * 40)) as results:
        seen = [next(results)[0]]
        kill_a_worker()
        seen += [index for index, _ in results]
    assert sorted(seen) == list(range(40))


def test_a_call_that_kills_every_worker_is_given_up(engine: DaskEngine) -> None:
    with pytest.raises(ClusterError, match="Several workers died"):
        list(engine.map(os._exit, [1]))


def test_another_version_of_the_package_on_a_worker_is_refused(
    engine: DaskEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataledger.__version__", "0.0.0+other")
    with pytest.raises(DependencyMissing, match=r"On worker .* installed there, and 0.0.0\+other"):
        list(engine.map(operator.neg, [1]))


def test_where_no_scheduler_answers_there_is_no_cluster() -> None:
    with pytest.raises(ClusterError, match=r"No scheduler answers at 'tcp://127\.0\.0\.1:9'"):
        DaskEngine("tcp://127.0.0.1:9", timeout_seconds=0.2)


def test_a_cluster_without_workers_is_not_waited_for_for_ever() -> None:
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=":0") as empty,
        pytest.raises(ClusterError, match=r"no worker for 0\.2 seconds"),
    ):
        DaskEngine(empty.scheduler_address, timeout_seconds=0.2)


def test_a_run_ends_when_the_cluster_does() -> None:
    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=":0",
            processes=False,
            protocol="tcp",
        ) as cluster,
        DaskEngine(cluster.scheduler_address, timeout_seconds=1) as engine,
        closing(engine.map(time.sleep, [0.05] * 100)) as results,
    ):
        next(results)
        cluster.close()
        with pytest.raises(ClusterError, match="scheduler has gone"):
            list(results)


def test_tls_guards_the_cluster() -> None:
    security = Security.temporary()
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        host="tls://127.0.0.1",
        dashboard_address=":0",
        security=security,
    ) as cluster:
        assert cluster.scheduler_address.startswith("tls://")
        with DaskEngine(cluster.scheduler_address, security=security) as engine:
            assert list(engine.map(operator.neg, [1])) == [(0, -1)]
        with pytest.raises(ClusterError):
            DaskEngine(
                cluster.scheduler_address, security=Security.temporary(), timeout_seconds=0.5
            )
