"""What worker processes need: a parent that may fork, its end as theirs, and memory to keep."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

_LINGER_SECONDS = 0.02
"""How long the kernel may still show a thread that has ended."""

# From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_MOST_KEPT_BYTES = 512 * 1024 * 1024
_LARGEST_KEPT_BYTES = 32 * 1024 * 1024
"""The most that glibc takes."""


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


def keep_freed_memory() -> None:
    """In a worker process that has not loaded pyarrow: keep memory that is freed, to use it again.

    Given back to the system, it comes back as new pages, which take longer than filling them.
    """
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    if sys.platform == "linux":
        import ctypes  # late: whoever reads no records has no use for it

        with suppress(AttributeError):  # another library than glibc has no such settings
            set_option = ctypes.CDLL(None).mallopt
            set_option(_M_MMAP_THRESHOLD, _LARGEST_KEPT_BYTES)
            set_option(_M_TRIM_THRESHOLD, _MOST_KEPT_BYTES)


def _exit_with_parent() -> None:
    # A worker whose parent was killed would wait for its next task for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
