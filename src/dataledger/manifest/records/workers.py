"""Calling functions side by side, so that results come in order and nobody is left behind.

Hashing records takes the interpreter's lock, so workers are processes. They are forked where that
is safe: while there is a single thread. Where there are more, as in a notebook, everything is
handed to a process started anew, which has one thread and forks; see `call_apart`. With the
accelerator, which does not take the lock, threads do.
"""

import multiprocessing
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from enum import Enum, auto
from functools import partial
from typing import IO, Any, TypeVar

from dataledger.errors import SourceUnreadable
from dataledger.manifest.processes import follow_parent, keep_freed_memory, may_fork
from dataledger.manifest.records.boundaries import Run

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 3
"""Tasks submitted for each worker: enough to keep it busy, few enough to bound the memory."""

_BOOTSTRAP = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from dataledger.manifest.records.workers import serve
serve()
"""


class Kind(Enum):
    """Where functions are called."""

    HERE = auto()
    """One after another, in the calling thread."""
    THREADS = auto()
    PROCESSES = auto()


@contextmanager
def side_by_side(kind: Kind, workers: int) -> Iterator[Run]:
    """Offer a `Run` of so many workers, which ends with the block, however that ends.

    Raises:
        SourceUnreadable: in the block, when a worker process was killed.
    """
    if kind is Kind.HERE:
        yield map
        return
    others = set(multiprocessing.active_children())
    executor: Executor
    if kind is Kind.THREADS:
        executor = ThreadPoolExecutor(workers)
    else:
        context = multiprocessing.get_context("fork" if may_fork() else "spawn")
        executor = ProcessPoolExecutor(workers, context, _start_process)

    def run(function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        pending: deque[Future[R]] = deque()
        for item in items:
            pending.append(executor.submit(function, item))
            if len(pending) >= workers * _AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()

    try:
        yield run
    except BaseException as error:
        # What they are at may take long, and nobody waits for it any more.
        for child in set(multiprocessing.active_children()) - others:
            child.kill()
        if isinstance(error, BrokenProcessPool):
            raise killed() from error
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _start_process() -> None:
    follow_parent()
    keep_freed_memory()


def killed() -> SourceUnreadable:
    """Return the error for a worker that did not live to answer."""
    return SourceUnreadable(
        "A process that was hashing records has been killed.",
        remedy="Make more memory available, or use one worker.",
    )


# ---------------------------------------------------------------------------- a process apart


def call_apart(
    function: Callable[..., R], *arguments: object, progress: Callable[[Any], None] | None
) -> R:
    """Return `function(*arguments, progress=...)`, called in a new process with a single thread.

    The function is found there by its name, and the caller's script is not run again. What the
    function raises, this raises; `progress` is called here. However this ends, the process ends;
    should this process be killed, it ends when the function next reports progress.

    Raises:
        SourceUnreadable: the process was killed.
    """
    # In a session of its own: a Ctrl-C is for this process to answer.
    process = subprocess.Popen(
        [sys.executable, "-c", _BOOTSTRAP],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _send(process.stdin, (sys.path, function, arguments))
        while True:
            kind, value = _receive(process.stdout)
            if kind is Answer.RESULT:
                result: R = value
                return result
            if kind is Answer.ERROR:
                raise value
            if progress is not None:
                progress(value)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


class Answer(Enum):
    """What a process apart has to tell."""

    PROGRESS = auto()
    RESULT = auto()
    ERROR = auto()


def _send(stream: IO[bytes] | None, request: tuple[object, ...]) -> None:
    # By a pipe, which nobody else can read: the keys are part of it.
    if stream is None:
        raise killed()
    try:
        for part in request:
            stream.write(pickle.dumps(part))
        stream.flush()
    except BrokenPipeError as error:
        raise killed() from error


def _receive(stream: IO[bytes] | None) -> tuple[Answer, Any]:
    if stream is None:
        raise killed()
    try:
        answer, value = pickle.load(stream)  # noqa: S301 - written by our own process
    except (EOFError, pickle.UnpicklingError) as error:
        raise killed() from error
    return answer, value


def serve() -> None:
    """In the process apart: make the one call that standard input holds, and answer."""
    function = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by our own parent
    arguments = pickle.load(sys.stdin.buffer)  # noqa: S301 - likewise
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed must not stand between the answers

    def answer(kind: Answer, value: object) -> None:
        answers.write(pickle.dumps((kind, value)))
        answers.flush()

    with suppress(BrokenPipeError):  # there is nobody left to answer
        try:
            result = function(*arguments, progress=partial(answer, Answer.PROGRESS))
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - the caller raises it
            answer(Answer.ERROR, error)
        else:
            answer(Answer.RESULT, result)
