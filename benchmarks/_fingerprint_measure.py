"""Running programs side by side, and how long and how much memory they take."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from _fingerprint_model import Case, CaseResult, Kind, Measurement, Run, Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SAMPLE_SECONDS = 0.02
SAMPLES_A_SEARCH = 5
"""To look for new processes takes longer than to look at those that are known."""
PEER_SECONDS = 30
"""A peer, or a limit, that has taken as long is not run once more."""
SHOWN_ERROR = 300


class SubjectFailed(Exception):
    """A program ended otherwise than it should."""


class Memory:
    """The most memory that a process and its descendants had together, by samples of /proc."""

    def __init__(self, process: int) -> None:
        self.peak_bytes = 0
        self.peak_private_bytes = 0
        self._process = process
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        processes: set[int] = set()
        for number in count():
            if self._ended.wait(SAMPLE_SECONDS):
                return
            if number % SAMPLES_A_SEARCH == 0:
                processes = descendants(self._process)
            whole = private = 0
            for process in processes:
                used = proportional_bytes(process)
                whole += used[0]
                private += used[1]
            self.peak_bytes = max(self.peak_bytes, whole)
            self.peak_private_bytes = max(self.peak_private_bytes, private)


def descendants(root: int) -> set[int]:
    """The process, all that descend from it, and all in the sessions of these."""
    # Process: its parent and its session, the fields after the state.
    processes: dict[int, tuple[int, int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with suppress(OSError):
                stat = Path(entry.path, "stat").read_text("utf-8", "replace")
                # After the name of the program, which may hold anything.
                fields = stat.rpartition(")")[2].split()
                processes[int(entry.name)] = int(fields[1]), int(fields[3])
    found = {root}
    while True:
        more = {
            process
            for process, (parent, session) in processes.items()
            if process not in found and (parent in found or session in found)
        }
        if not more:
            return found
        found |= more


def proportional_bytes(process: int) -> tuple[int, int]:
    """The process's share of all pages it has, and of those that are no files'; 0 once it ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text("utf-8").splitlines()
    except OSError:
        return 0, 0
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines if " kB" in line}
    whole = kilobytes.get("Pss", 0)
    return whole * 1024, (whole - kilobytes.get("Pss_File", 0)) * 1024


def run(
    subject: Subject, *, watch_memory: bool = False, output: list[str] | None = None
) -> tuple[Run, str | None, Memory | None]:
    """Run the program once; also what it computed, and its memory if that was watched.

    What it prints is added to `output`.

    It is the leader of its own session, of which nothing is left afterwards.

    Raises:
        SubjectFailed: it ended with an error, or does not answer as it should.
    """
    subject.prepare()
    with (
        (subject.stdin or Path(os.devnull)).open("rb") as source,
        tempfile.TemporaryFile() as printed,
        tempfile.TemporaryFile() as errors,
    ):
        started = time.perf_counter()
        process = subprocess.Popen(
            subject.command,
            cwd=subject.directory,
            env=os.environ | subject.environment,
            stdin=source,
            stdout=printed,
            stderr=errors,
            start_new_session=True,
        )
        memory = Memory(process.pid) if watch_memory else None
        try:
            _, status, usage = os.wait4(process.pid, 0)
            ended = time.perf_counter()
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if memory:
                memory.end()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        texts = []
        for stream in (printed, errors):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    if process.returncode != 0:
        said = (texts[1].strip() or texts[0].strip() or "nothing").splitlines()
        raise SubjectFailed(f"ended with {process.returncode}: {said[-1][:SHOWN_ERROR]}")
    if output is not None:
        output.append(texts[0])
    answer = subject.answer(texts[0])
    if memory:
        # A process may be too quick for any sample.
        memory.peak_bytes = memory.peak_bytes or usage.ru_maxrss * 1024
    whole = ended - started
    seconds = whole if answer.seconds is None else answer.seconds
    return Run(seconds, whole, usage.ru_utime + usage.ru_stime), answer.result, memory


def measure(
    case: Case, subjects: Sequence[Subject], runs: int, tell: Callable[[str], None]
) -> CaseResult:
    """Measure the subjects in turns, so that what slows the machine for a while slows them all.

    A first round, which also reads the data into memory, is watched for memory and is not timed,
    unless there are no other `runs`.
    """
    measurements = [
        Measurement(each.name, each.kind, case.unit, each.work or case.work) for each in subjects
    ]
    spent_seconds = [0.0] * len(subjects)
    for turn in range(runs + 1):
        for index, (subject, its) in enumerate(zip(subjects, measurements, strict=True)):
            if its.problem is not None or (runs and turn == 0 and not subject.first_round):
                continue
            if turn > 1 and subject.kind is not Kind.OURS and spent_seconds[index] > PEER_SECONDS:
                continue
            tell(f"{case.title}: {subject.name}, {f'run {turn} of {runs}' if turn else 'memory'}")
            try:
                result = run(subject, watch_memory=turn == 0)
            except (SubjectFailed, OSError, ValueError) as error:
                its.problem = str(error)
                continue
            spent_seconds[index] += result[0].process_seconds
            _enter(its, *result, timed=turn > 0 or runs == 0)
    return CaseResult(case, measurements)


def _enter(
    its: Measurement, done: Run, result: str | None, memory: Memory | None, *, timed: bool
) -> None:
    if memory is not None:
        its.peak_bytes = memory.peak_bytes
        its.peak_private_bytes = memory.peak_private_bytes or None
        its.result = result
    if timed:
        its.runs.append(done)
    if its.peak_bytes is not None and result != its.result:
        its.problem = f"two runs gave different results: {its.result} and {result}"
