"""Which runs somebody is at work on: each run has one, and few wait for others."""

import threading
from typing import Any, cast

import pytest
from engines import FakeWork, reason

from dataledger.contracts.identifiers import GrantId, OrgId, RunId
from dataledger.contracts.use_types import Cost
from dataledger.hashing import Hash32
from dataledger.node.at_work import AtWork, Begun


def begun(number: int, until_unix: int = 100) -> Begun:
    work = FakeWork()
    return Begun(
        grant=GrantId(Hash32(bytes(32))),
        run=RunId(Hash32(number.to_bytes(32))),
        holding=cast("Any", None),
        work=work,
        cost=Cost(),
        code=work.code,
        consumer=OrgId(5),
        until_unix=until_unix,
    )


@pytest.fixture
def at_work() -> AtWork:
    return AtWork(shared_places=2, open_runs=3)


def joined(at_work: AtWork, run: Begun) -> Begun:
    assert at_work.claim(run.key)
    at_work.take_place(run.key)
    at_work.wait(run)
    return run


def test_a_run_is_claimed_once_until_it_is_given_back(at_work: AtWork) -> None:
    key = begun(1).key
    assert at_work.claim(key)
    assert not at_work.claim(key)
    with at_work.claimed(key) as is_ours:
        assert not is_ours
    assert not at_work.claim(key)
    at_work.release(key)
    with at_work.claimed(key) as is_ours:
        assert is_ours
    assert at_work.claim(key)


def test_one_of_many_threads_claims_a_run(at_work: AtWork) -> None:
    claims: list[bool] = []
    key = begun(1).key
    threads = [
        threading.Thread(target=lambda: claims.append(at_work.claim(key))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert claims.count(True) == 1


def test_a_run_that_waits_starts_once_and_in_time(at_work: AtWork) -> None:
    run = joined(at_work, begun(1, until_unix=100))
    assert not at_work.claim(run.key)
    assert at_work.start(run.key, 100) is None
    assert at_work.start(run.key, 99) is run
    assert at_work.start(run.key, 99) is None
    assert at_work.start(begun(2).key, 99) is None


def test_what_is_overdue_is_handed_out_once(at_work: AtWork) -> None:
    late = joined(at_work, begun(1, until_unix=100))
    joined(at_work, begun(2, until_unix=101))
    assert at_work.overdue(99) == []
    assert at_work.overdue(100) == [late]
    assert at_work.overdue(100) == []
    assert not at_work.claim(late.key)


def test_an_organisation_has_so_many_runs_and_the_others_theirs(at_work: AtWork) -> None:
    ours, others = OrgId(5), OrgId(6)
    runs = [begun(number) for number in range(5)]
    for run in runs[:3]:
        assert at_work.claim(run.key)
        at_work.count_for(ours, run.key)
    assert reason(lambda: at_work.count_for(ours, runs[3].key)) == "busy"
    at_work.count_for(others, runs[4].key)
    # One that waits for its start counts, and one that is over does not.
    at_work.wait(runs[0])
    at_work.release(runs[1].key)
    at_work.count_for(ours, runs[3].key)
    assert reason(lambda: at_work.count_for(ours, runs[1].key)) == "busy"


def test_places_are_given_back_with_their_runs(at_work: AtWork) -> None:
    first, second = joined(at_work, begun(1)), joined(at_work, begun(2))
    third = begun(3).key
    assert at_work.claim(third)
    assert reason(lambda: at_work.take_place(third)) == "busy"
    assert at_work.start(first.key, 0) is first
    assert reason(lambda: at_work.take_place(third)) == "busy"
    at_work.release(first.key)
    at_work.take_place(third)
    assert at_work.take_back(second)
    assert at_work.take_back(second)
    at_work.release(second.key)
    assert not at_work.take_back(second)
