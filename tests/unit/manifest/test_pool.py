"""Workers: what one of them meets reaches the caller, and none outlives its caller."""

import concurrent.futures
import faulthandler
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from dataledger.errors import SourceChanged, SourceUnreadable
from dataledger.hashing import Algorithm
from dataledger.manifest import Progress, batches, content, fingerprint, pool, processes
from dataledger.manifest.batches import divide
from dataledger.manifest.pool import Pool, Stopped, Task
from dataledger.manifest.progress import Counters
from dataledger.manifest.reading import Batch, Tick, hash_small

GIB = 1024**3


@pytest.fixture(params=["processes", "threads"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(batches, "LEAST_BATCH_FILES", 1)
    monkeypatch.setattr(pool, "may_fork", lambda: request.param == "processes")
    return str(request.param)


def sparse(directory: Path, *, files: int, size_bytes: int) -> Path:
    directory.mkdir()
    for number in range(files):
        with (directory / f"{number}").open("wb") as file:
            file.truncate(size_bytes)
    return directory


def nothing() -> None:
    pass


def a_pool(workers: int) -> Pool:
    return Pool(workers, Counters(workers), nothing)


# ------------------------------------------------------------------------------------ batches


@pytest.mark.parametrize(
    ("count", "workers", "expected"),
    [
        (0, 1, []),
        (1, 1, [1]),
        (8, 1, [8]),
        (9, 1, [8, 1]),
        (160, 2, [16] * 10),
        (10_000, 2, [64] * 156 + [16]),
    ],
)
def test_batches_keep_all_workers_busy_and_are_bounded(
    monkeypatch: pytest.MonkeyPatch, count: int, workers: int, expected: list[int]
) -> None:
    monkeypatch.setattr(batches, "LEAST_BATCH_FILES", 8)
    monkeypatch.setattr(batches, "MOST_BATCH_FILES", 64)
    divided = divide(range(count), workers)
    assert [len(batch) for batch in divided] == expected
    assert [position for batch in divided for position in batch] == list(range(count))


# -------------------------------------------------------------------------------------- tasks


def square(number: int, tick: Tick) -> int:
    tick(1, number)
    return number * number


def fail(_: Tick) -> None:
    raise SourceChanged("it failed", remedy="none")


def work_for_ever(tick: Tick) -> None:
    while True:
        tick(0, 1)


def process_id(_: Tick) -> int:
    return os.getpid()


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.usefixtures("kind")
def test_every_task_gives_its_result_once(workers: int) -> None:
    counters = Counters(workers)
    counters.expect([40] * 50)
    with Pool(workers, counters, nothing) as some:
        results = dict(some.run([Task(square, (number,)) for number in range(50)]))
        assert results == {number: number * number for number in range(50)}
        some.count(0, 1)
        assert counters.progress() == Progress(50, 50, sum(range(50)) + 1, 2_000)
        some.rest()
        assert list(some.run([Task(square, (7,)), Task(square, (8,))])) != []
        assert counters.progress().files_done == 52, "counters outlive the workers"


@pytest.mark.usefixtures("kind")
def test_nothing_to_do_takes_no_worker() -> None:
    with a_pool(3) as some:
        assert list(some.run([])) == []
        assert list(some.run([], apart=True)) == []
        assert some._executor is None


def test_a_single_task_runs_here_unless_it_must_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "may_fork", lambda: True)
    with a_pool(2) as some:
        assert list(some.run([Task(process_id, ())])) == [(0, os.getpid())]
        ((_, other),) = some.run([Task(process_id, ())], apart=True)
        assert other != os.getpid()
    with a_pool(1) as single:
        ((_, other),) = single.run([Task(process_id, ())], apart=True)
        assert other != os.getpid()


class InOrder(Executor):
    """Runs each task at once, and remembers which it was."""

    def __init__(self) -> None:
        self.order: list[int] = []

    def submit(self, _: Any, /, *args: Any, **__: Any) -> Future[Any]:
        self.order += args[1]
        future: Future[Any] = Future()
        future.set_result(None)
        return future


def test_tasks_of_many_bytes_come_first() -> None:
    executor = InOrder()
    with a_pool(2) as some:
        some._executor = executor
        list(some.run([Task(square, (size,), size) for size in (1, 3, 2)]))
    assert executor.order == [3, 2, 1]


@pytest.mark.usefixtures("kind")
def test_few_tasks_are_handed_out_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    real = concurrent.futures.wait

    def wait(futures: Any, *arguments: Any) -> Any:
        waited.append(len(futures))
        return real(futures, *arguments)

    monkeypatch.setattr(concurrent.futures, "wait", wait)
    with a_pool(2) as some:
        assert len(list(some.run([Task(square, (number,)) for number in range(50)]))) == 50
    assert max(waited) == 2 * pool._AHEAD


# ------------------------------------------------------------------------- errors in a worker


def test_what_a_worker_finds_reaches_the_caller(tmp_path: Path, kind: str) -> None:
    directory = sparse(tmp_path / kind, files=6, size_bytes=10)
    (directory / "3").unlink()
    threads_before = threading.active_count()
    tasks = [
        Task(hash_small, (Batch(str(directory), str(name), None), [Algorithm.SHA256]))
        for name in range(6)
    ]
    with pytest.raises(SourceChanged, match="'3' was removed") as caught, a_pool(3) as some:
        list(some.run(tasks))
    assert caught.value.remedy
    assert not multiprocessing.active_children()
    assert threading.active_count() == threads_before


@pytest.mark.usefixtures("kind")
def test_one_error_stops_the_others() -> None:
    started_at_seconds = time.monotonic()
    with pytest.raises(SourceChanged, match="it failed"), a_pool(3) as some:
        list(some.run([Task(work_for_ever, ()), Task(work_for_ever, ()), Task(fail, ())]))
    assert time.monotonic() - started_at_seconds < 20


@pytest.mark.usefixtures("kind")
def test_what_the_caller_raises_while_it_waits_stops_the_workers() -> None:
    class EnoughError(Exception):
        pass

    def on_wait() -> None:
        raise EnoughError

    with pytest.raises(EnoughError), Pool(2, Counters(2), on_wait) as some:
        list(some.run([Task(work_for_ever, ())] * 2))
    assert not multiprocessing.active_children()


def test_a_worker_whose_caller_has_given_up_stops() -> None:
    counters = Counters(1)
    counters.stop()
    with pytest.raises(Stopped):
        work_for_ever(pool._Tick(counters, 1))


def test_a_killed_worker_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "may_fork", lambda: True)
    directory = sparse(tmp_path / "d", files=3, size_bytes=100 * GIB)

    def kill(_: Progress) -> None:
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(SourceUnreadable, match="has been killed"):
        fingerprint(directory, workers=2, progress=kill)
    assert not multiprocessing.active_children()


def die_once(mark: str, tick: Tick) -> int:
    tick(0, 0)
    if not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGBUS)
    return len(content._may_map) if content._may_map[0] else 0


def test_what_killed_a_worker_by_mapping_a_file_is_done_again_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "may_fork", lambda: True)
    faulthandler.disable()  # the process that is killed would print where
    try:
        with a_pool(2) as some:
            tasks = [Task(square, (number,)) for number in range(20)]
            tasks.append(Task(die_once, (str(tmp_path / "mark"),)))
            results = dict(some.run(tasks))
    finally:
        faulthandler.enable(2)
    assert results == {number: number * number for number in range(20)} | {20: 0}


# ---------------------------------------------------------------------- forking only when safe


def test_a_program_with_one_thread_forks_and_one_with_more_does_not() -> None:
    program = """
        import threading
        from dataledger.manifest.processes import may_fork
        print(may_fork())
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        print(may_fork())
    """
    printed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, check=True, text=True
    ).stdout
    assert printed.split() == [str(sys.platform == "linux"), "False"]


def test_other_systems_never_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not processes.may_fork()


def test_a_worker_process_ignores_ctrl_c_and_ends_with_its_parent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exits: list[int] = []
    monkeypatch.setattr(os, "_exit", exits.append)
    before = signal.getsignal(signal.SIGINT)
    threads_before = threading.active_count()
    try:
        pool._start_process(Counters(1), pool._Slots(1), True)  # noqa: FBT003
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert content._may_map == [True]
        assert pool._call_inherited(square, (3,)) == 9
    finally:
        signal.signal(signal.SIGINT, before)
        pool._inherited.clear()
        content._may_map[0] = False
    while threading.active_count() > threads_before:
        time.sleep(0.01)
    assert exits == [1]  # at once: this process is no worker, and has no parent to wait for


# ------------------------------------------------------------------- nobody is left behind


@pytest.fixture
def running(tmp_path: Path) -> subprocess.Popen[str]:
    """Return a program that hashes for minutes in two processes, in its own process group."""
    directory = sparse(tmp_path / "d", files=4, size_bytes=200 * GIB)
    program = f"""
        from dataledger.manifest import fingerprint
        def report(progress):
            print(progress.bytes_done, flush=True)
        fingerprint({str(directory)!r}, workers=2, progress=report)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    while int(process.stdout.readline()) == 0:
        pass
    assert len(members_of_group(process.pid)) == 3
    return process


def members_of_group(group: int) -> list[int]:
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, group_of_process = fields[0], int(fields[2])
        if group_of_process == group and state != "Z":
            members.append(int(stat.parent.name))
    return members


def wait_until_gone(group: int) -> None:
    deadline_seconds = time.monotonic() + 20
    while members_of_group(group) and time.monotonic() < deadline_seconds:
        time.sleep(0.05)
    assert members_of_group(group) == []


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@linux_only
def test_ctrl_c_ends_all_workers_with_one_traceback(running: subprocess.Popen[str]) -> None:
    os.killpg(running.pid, signal.SIGINT)
    _, printed = running.communicate(timeout=20)
    assert printed.count("Traceback") == 1
    assert printed.rstrip().endswith("KeyboardInterrupt")
    wait_until_gone(running.pid)


@linux_only
def test_workers_end_when_their_parent_is_killed(running: subprocess.Popen[str]) -> None:
    running.kill()
    running.wait(timeout=20)
    wait_until_gone(running.pid)
    running.communicate()
