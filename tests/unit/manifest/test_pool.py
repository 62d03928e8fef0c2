"""Workers: what one of them meets reaches the caller, and none outlives its caller."""

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
from dataledger.hashing import Digest
from dataledger.manifest import Progress, batches, fingerprint, pool
from dataledger.manifest.batches import Stopped, Work, hash_batch
from dataledger.manifest.progress import Reporter
from dataledger.manifest.scan import FoundFile, scan

GIB = 1024**3


@pytest.fixture(params=["processes", "threads"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(batches, "BATCH_FILES", 1)
    monkeypatch.setattr(pool, "_may_fork", lambda: request.param == "processes")
    return str(request.param)


def sparse(directory: Path, *, files: int, size_bytes: int) -> Path:
    directory.mkdir()
    for number in range(files):
        with (directory / f"{number}").open("wb") as file:
            file.truncate(size_bytes)
    return directory


# ------------------------------------------------------------------------------------ batches


def found(size_bytes: int) -> FoundFile:
    return FoundFile("a", size_bytes, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([5], [range(1)]),
        ([5, 5, 5], [range(3)]),
        ([5, 5, 5, 5], [range(3), range(3, 4)]),
        ([100, 1, 1], [range(1), range(1, 3)]),
        ([1, 100, 100], [range(2), range(2, 3)]),
        ([0] * 7, [range(3), range(3, 6), range(6, 7)]),
    ],
    ids=str,
)
def test_a_batch_ends_at_either_bound(
    monkeypatch: pytest.MonkeyPatch, sizes: list[int], expected: list[range]
) -> None:
    monkeypatch.setattr(batches, "BATCH_FILES", 3)
    monkeypatch.setattr(batches, "BATCH_BYTES", 100)
    assert batches.divide([found(size) for size in sizes]) == expected


def test_a_worker_whose_caller_has_given_up_stops(tmp_path: Path) -> None:
    source = scan(str(sparse(tmp_path / "d", files=2, size_bytes=100 * GIB)))
    work = Work.begin(source, [range(2)], lambda count: [0] * count)
    work.stop[0] = 1
    with pytest.raises(Stopped):
        hash_batch(work, 0, work.raise_if_stopped)
    assert work.progress().bytes_done < GIB


class InOrder(Executor):
    """Runs each task at once, and remembers which it was."""

    def __init__(self) -> None:
        self.order: list[int] = []

    def submit(self, task: Any, /, *args: Any, **_: Any) -> Future[Any]:
        self.order += args
        future: Future[Any] = Future()
        future.set_result(task(*args))
        return future


def test_batches_of_many_bytes_come_first(tmp_path: Path) -> None:
    for name, size_bytes in (("a", 1), ("b", 3), ("c", 2)):
        (tmp_path / name).write_bytes(b"x" * size_bytes)
    source = scan(str(tmp_path))
    work = Work.begin(source, [range(1), range(1, 2), range(2, 3)], lambda count: [0] * count)
    executor = InOrder()
    hashes = pool._run(
        work,
        executor,
        lambda number: hash_batch(work, number, work.raise_if_stopped),
        Reporter(work.progress, None),
    )
    assert executor.order == [1, 2, 0]
    assert hashes == [Digest.of(b"x" * size_bytes).value for size_bytes in (1, 3, 2)]


# ------------------------------------------------------------------------- errors in a worker


def test_what_a_worker_finds_reaches_the_caller(tmp_path: Path, kind: str) -> None:
    directory = sparse(tmp_path / kind, files=6, size_bytes=10)
    work = scan(str(directory))
    (directory / "3").unlink()
    threads_before = threading.active_count()
    with pytest.raises(SourceChanged, match="'3' was removed") as caught:
        pool.hash_in_pool(work, batches.divide(work.files), 3, None)
    assert caught.value.remedy
    assert not multiprocessing.active_children()
    assert threading.active_count() == threads_before


def test_one_error_stops_the_others(tmp_path: Path, kind: str) -> None:
    directory = sparse(tmp_path / kind, files=4, size_bytes=100 * GIB)
    work = scan(str(directory))
    (directory / "3").unlink()
    started_at_seconds = time.monotonic()
    with pytest.raises(SourceChanged):
        pool.hash_in_pool(work, batches.divide(work.files), 4, None)
    assert time.monotonic() - started_at_seconds < 20


def test_a_killed_worker_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_may_fork", lambda: True)
    directory = sparse(tmp_path / "d", files=3, size_bytes=100 * GIB)

    def kill(_: Progress) -> None:
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(SourceUnreadable, match="has been killed"):
        fingerprint(directory, workers=2, progress=kill)
    assert not multiprocessing.active_children()


# ---------------------------------------------------------------------- forking only when safe


def test_a_program_with_one_thread_forks_and_one_with_more_does_not() -> None:
    program = """
        import threading
        from dataledger.manifest.pool import _may_fork
        print(_may_fork())
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        print(_may_fork())
    """
    printed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, check=True, text=True
    ).stdout
    assert printed.split() == [str(sys.platform == "linux"), "False"]


def test_other_systems_never_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not pool._may_fork()


def test_a_worker_process_ignores_ctrl_c_and_ends_with_its_parent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exits: list[int] = []
    monkeypatch.setattr(os, "_exit", exits.append)
    before = signal.getsignal(signal.SIGINT)
    threads_before = threading.active_count()
    work = Work.begin(scan(__file__), [range(1)], lambda count: [0] * count)
    try:
        pool._start_process(work)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert len(pool._hash_inherited_batch(0)) == 1
    finally:
        signal.signal(signal.SIGINT, before)
        pool._inherited.clear()
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
