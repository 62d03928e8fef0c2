"""Workers that run tasks side by side.

Processes hash small files twice as fast as threads do. They are forked, so that a caller's script
needs no `__main__` guard; and a fork is safe only while there is a single thread. Anywhere else,
threads do the same work: large files are then just as fast, since hashing releases the interpreter.
"""

import mmap
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from dataledger.errors import SourceUnreadable
from dataledger.manifest.content import allow_mapping
from dataledger.manifest.processes import follow_parent, may_fork
from dataledger.manifest.progress import INTERVAL_SECONDS, Counters

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future


_AHEAD = 4
"""Tasks handed out for each worker, so that none waits for the next one."""


class Stopped(Exception):
    """Ends a task whose caller has given up."""


class Task(NamedTuple):
    """A function of this package, and plain arguments: it can run in any process.

    A `tick` is passed behind the arguments: to be called often, with the files and bytes that are
    newly done. What it raises ends the task.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    size_bytes: int = 0
    """How much there is to read; tasks of much come first."""


class Pool:
    """Runs tasks in so many workers, which start when they are first needed.

    After the `with` block, however it ends, no worker is left behind.
    """

    def __init__(self, workers: int, counters: Counters, on_wait: Callable[[], None]) -> None:
        self.workers = workers
        self._counters = counters
        self._on_wait = on_wait
        self._executor: Executor | None = None
        self._mapping = True
        self._call: Callable[..., Any] = _call_inherited

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._counters.stop()
        self.rest()

    def rest(self) -> None:
        """End the workers. They start again when they are needed."""
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None

    def run(self, tasks: Sequence[Task], *, apart: bool = False) -> Iterator[tuple[int, Any]]:
        """Yield the position and result of each task, as they finish.

        A single task runs here, unless it is to be kept `apart`, in a process of its own where that
        is possible. Meanwhile `on_wait` is called often.

        Raises:
            SourceUnreadable: a worker process was killed.
            Exception: whatever a task raises; no other is begun then.
        """
        alone = self.workers == 1 or len(tasks) == 1
        if tasks and (not alone or (apart and may_fork())):
            yield from self._run_apart(tasks)
            return
        for position, task in enumerate(tasks):
            yield position, task.function(*task.arguments, self._tick_here)

    def count(self, files: int, size_bytes: int) -> None:
        """Count what is done without a task."""
        # Slot 0 is this thread's; workers have the others.
        self._counters.add(0, files, size_bytes)

    def _tick_here(self, files: int, size_bytes: int) -> None:
        self.count(files, size_bytes)
        self._on_wait()

    def _run_apart(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Any]]:
        # Imported late: most runs are small, and the pools take a while to load.
        from concurrent.futures.process import BrokenProcessPool

        # The largest first, or it might be left to one worker at last.
        order = sorted(range(len(tasks)), key=lambda each: -tasks[each].size_bytes)
        done = set()
        try:
            for each, result in self._run_in_order(tasks, order):
                done.add(each)
                yield each, result
        except BrokenProcessPool:
            # Once more, without mapping files: what killed the process is an error then, which
            # names its file.
            self._mapping = False
            self.rest()
            try:
                yield from self._run_in_order(tasks, [each for each in order if each not in done])
            except BrokenProcessPool as error:
                raise SourceUnreadable(
                    "A process that was hashing files has been killed.",
                    remedy="Make more memory available, or hash with one worker.",
                ) from error

    def _run_in_order(
        self, tasks: Sequence[Task], order: Sequence[int]
    ) -> Iterator[tuple[int, Any]]:
        from concurrent.futures import FIRST_COMPLETED, wait

        executor = self._executor = self._executor or self._start()
        # Few ahead of time: what is waited for is looked at again and again.
        left = iter(order)
        positions: dict[Future[Any], int] = {}
        while True:
            for each in islice(left, self.workers * _AHEAD - len(positions)):
                task = tasks[each]
                positions[executor.submit(self._call, task.function, task.arguments)] = each
            if not positions:
                return
            self._on_wait()
            for future in wait(positions, INTERVAL_SECONDS, FIRST_COMPLETED).done:
                yield positions.pop(future), future.result()

    def _start(self) -> "Executor":
        from concurrent.futures import ThreadPoolExecutor
        from concurrent.futures.process import ProcessPoolExecutor

        slots = _Slots(self.workers)
        if may_fork():
            context = multiprocessing.get_context("fork")
            self._counters.share(lambda count: memoryview(mmap.mmap(-1, count * 8)).cast("Q"))
            self._call = _call_inherited
            return ProcessPoolExecutor(
                self.workers, context, _start_process, (self._counters, slots, self._mapping)
            )
        ticks = threading.local()
        self._call = lambda function, arguments: function(*arguments, ticks.tick)
        return ThreadPoolExecutor(
            self.workers,
            initializer=lambda: setattr(ticks, "tick", _Tick(self._counters, slots.take())),
        )


class _Slots:
    """Gives each worker a number of its own from 1 on, whether it is a thread or a process."""

    def __init__(self, count: int) -> None:
        self._reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as file:
            for slot in range(1, count + 1):
                file.write(slot.to_bytes(4, "big"))

    def take(self) -> int:
        return int.from_bytes(os.read(self._reading, 4), "big")

    def __del__(self) -> None:
        os.close(self._reading)


class _Tick:
    """Counts what one worker has done, and ends its work once the caller has given up."""

    def __init__(self, counters: Counters, slot: int) -> None:
        self._counters = counters
        self._slot = slot

    def __call__(self, files: int, size_bytes: int) -> None:
        self._counters.add(self._slot, files, size_bytes)
        if self._counters.stopped:
            raise Stopped


# ------------------------------------------------------------------------- in a worker process

_inherited: list[_Tick] = []


def _start_process(counters: Counters, slots: _Slots, mapping: bool) -> None:  # noqa: FBT001 - the pool passes by position
    _inherited.append(_Tick(counters, slots.take()))
    if mapping:
        allow_mapping()
    follow_parent()


def _call_inherited(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    return function(*arguments, _inherited[0])
