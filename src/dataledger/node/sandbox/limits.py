"""Watching a sandbox from outside: time, and what no limit of the kernel's holds in every case.

The kernel limits the memory, the processor time and the files of the one process; see `inside.py`.
It does not limit a process's threads where the node runs as root, nor the number of files in the
scratch space.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from subprocess import Popen, TimeoutExpired

from dataledger.node.rules import SandboxRules

TICK_SECONDS = 0.02
MAX_SCRATCH_FILES = 10_000

_FIRST_VICTIM = "1000"
"""Whom the kernel kills first when the machine has no memory left."""


class Stopped(Enum):
    """Why an algorithm was stopped."""

    TIME = "it took longer than it may"
    TASKS = "it ran more threads than it may"
    FILES = "it made more files than it may"
    OUTPUT = "its answer is larger than it may be"


@dataclass(frozen=True, slots=True)
class Watched:
    """The one process in a sandbox, which is the algorithm, and what it writes."""

    process: int | None
    """None: it has ended already."""
    answer: int
    """A descriptor of its output."""
    scratch: str
    """The path of its scratch space, as the process sees it."""

    @classmethod
    def find(cls, outer: int, answer: int, scratch: str) -> "Watched":
        """Return what runs in the sandbox whose outermost process is `outer`.

        It starts a second one, the first of its namespace, which starts the algorithm.
        """
        process = _child_of(_child_of(outer))
        if process is not None:
            with suppress(OSError):
                Path(f"/proc/{process}/oom_score_adj").write_text(_FIRST_VICTIM)
        return cls(process, answer, scratch)

    def excess(self, rules: SandboxRules) -> Stopped | None:
        """Return what it has taken too much of, if anything, at this moment."""
        if os.fstat(self.answer).st_size > rules.output_bytes:
            return Stopped.OUTPUT
        if self.process is None:
            return None
        # It may end while it is looked at.
        with suppress(OSError):
            if len(list(Path(f"/proc/{self.process}/task").iterdir())) > rules.processes:
                return Stopped.TASKS
            usage = os.statvfs(f"/proc/{self.process}/root{self.scratch}")
            if usage.f_files - usage.f_ffree > MAX_SCRATCH_FILES:
                return Stopped.FILES
        return None


def wait(
    process: "Popen[bytes]",
    watched: Watched,
    rules: SandboxRules,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Stopped | None:
    """Return once the process has ended, or has taken too much: the caller then ends it."""
    until = clock() + rules.seconds
    while True:
        with suppress(TimeoutExpired):
            process.wait(TICK_SECONDS)
            return watched.excess(rules)
        if clock() >= until:
            return Stopped.TIME
        if excess := watched.excess(rules):
            return excess


def _child_of(parent: int | None) -> int | None:
    """Return the one child of a process, if it has any."""
    if parent is None:
        return None
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                # pid (name) state ppid …; the name may hold anything.
                after_name = (process / "stat").read_bytes().rpartition(b")")[2]
                if int(after_name.split()[1]) == parent:
                    return int(process.name)
    return None
