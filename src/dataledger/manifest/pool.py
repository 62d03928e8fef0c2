"""Hashing batches side by side.

Processes hash small files twice as fast as threads do. They are forked, so that a caller's script
needs no `__main__` guard; and a fork is safe only while there is a single thread. Anywhere else,
threads do the same work: large files are then just as fast, since hashing releases the interpreter.
"""

import mmap
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Executor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from functools import partial
from pathlib import Path

from dataledger.errors import SourceUnreadable
from dataledger.hashing import Hash32
from dataledger.manifest.batches import Cells, Work, hash_batch
from dataledger.manifest.progress import INTERVAL_SECONDS, Progress, Reporter
from dataledger.manifest.scan import Scan

_inherited: list[Work] = []
"""In a worker process: the work, as it was in memory when the process was forked."""


def hash_in_pool(
    scan: Scan,
    batches: Sequence[range],
    workers: int,
    callback: Callable[[Progress], None] | None,
) -> list[Hash32]:
    """Return the SHA-256 of each file of the scan, in its order. `callback` runs in this thread.

    However it ends, by Ctrl-C or by an error, no worker is left behind.

    Raises:
        SourceChanged: a file did not hold still.
        SourceUnreadable: a file cannot be read, or a worker process was killed.
    """
    workers = min(workers, len(batches))
    if _may_fork():
        context = multiprocessing.get_context("fork")
        work = Work.begin(scan, batches, _shared_cells)
        executor: Executor = ProcessPoolExecutor(workers, context, _start_process, (work,))
        task: Callable[[int], list[Hash32]] = _hash_inherited_batch
    else:
        work = Work.begin(scan, batches, lambda count: [0] * count)
        executor = ThreadPoolExecutor(workers)
        task = partial(_hash_batch_until_stopped, work)
    try:
        return _run(work, executor, task, Reporter(work.progress, callback))
    except BrokenProcessPool as error:
        raise SourceUnreadable(
            "A process that was hashing files has been killed.",
            remedy="Make more memory available, or hash with one worker.",
        ) from error


def _run(
    work: Work,
    executor: Executor,
    task: Callable[[int], list[Hash32]],
    reporter: Reporter[Progress],
) -> list[Hash32]:
    try:
        # Batches of many bytes first, or the largest file might be left to one worker at last.
        order = sorted(range(len(work.batches)), key=work.batch_size_bytes, reverse=True)
        futures = {number: executor.submit(task, number) for number in order}
        pending = set(futures.values())
        while pending:
            reporter.report()
            done, pending = wait(pending, INTERVAL_SECONDS, FIRST_EXCEPTION)
            for future in done:
                future.result()
    finally:
        work.stop[0] = 1
        executor.shutdown(cancel_futures=True)
    reporter.finish()
    return [value for number in sorted(futures) for value in futures[number].result()]


def _shared_cells(count: int) -> Cells:
    return memoryview(mmap.mmap(-1, count * 8)).cast("Q")


def _may_fork() -> bool:
    if sys.platform != "linux":
        return False
    return sum(1 for _ in Path("/proc/self/task").iterdir()) == 1


def _hash_batch_until_stopped(work: Work, number: int) -> list[Hash32]:
    return hash_batch(work, number, work.raise_if_stopped)


# ------------------------------------------------------------------------- in a worker process


def _start_process(work: Work) -> None:
    _inherited.append(work)
    # Ctrl-C reaches the whole process group; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    # A pool's process whose parent was killed would wait for its next batch for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _hash_inherited_batch(number: int) -> list[Hash32]:
    return _hash_batch_until_stopped(_inherited[0], number)
