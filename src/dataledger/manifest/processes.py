"""What worker processes need to be safe: a parent that may fork, and an end when it ends."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from pathlib import Path

_LINGER_SECONDS = 0.02
"""How long the kernel may still show a thread that has ended."""


def usable_processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def may_fork() -> bool:
    """Whether this process has a single thread, on a system where forking is then safe."""
    if sys.platform != "linux":
        return False
    deadline_seconds = time.monotonic() + _LINGER_SECONDS
    while sum(1 for _ in Path("/proc/self/task").iterdir()) > 1:
        if threading.active_count() > 1 or time.monotonic() >= deadline_seconds:
            return False
        time.sleep(0.001)
    return True


def follow_parent() -> None:
    """In a worker process: leave Ctrl-C to the parent, and end when it does, however it ends."""
    # Ctrl-C reaches the whole process group; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    # A worker whose parent was killed would wait for its next task for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
