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
    """The one process in a sandbox, which is to be the algorithm, and where it writes."""

    process: int
    scratch: int
    """A descriptor of its scratch space, whatever the process makes of itself."""
    answer: int
    """A descriptor of its output."""

    @classmethod
    def find(cls, outer: int, scratch: str, answer: int) -> "Watched":
        """Return what waits in the sandbox whose outermost process is `outer`.

        That started the first process of the namespace, which started the one. The caller closes
        the descriptor of the scratch space, which the process has at the path `scratch`.

        Raises:
            OSError: there is none, or it cannot be watched.
        """
        process = _child_of(_child_of(outer))
        Path(f"/proc/{process}/oom_score_adj").write_text(_FIRST_VICTIM)
        opened = os.open(f"/proc/{process}/root{scratch}", os.O_RDONLY | os.O_DIRECTORY)
        return cls(process, opened, answer)

    def excess(self, rules: SandboxRules) -> Stopped | None:
        """Return what it has taken too much of, if anything, at this moment."""
        if os.fstat(self.answer).st_size > rules.output_bytes:
            return Stopped.OUTPUT
        usage = os.fstatvfs(self.scratch)
        if usage.f_files - usage.f_ffree > MAX_SCRATCH_FILES:
            return Stopped.FILES
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            if len(list(Path(f"/proc/{self.process}/task").iterdir())) > rules.processes:
                return Stopped.TASKS
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


def _child_of(parent: int) -> int:
    """Return the one child of a process. Raises `ProcessLookupError` if it has none."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                # pid (name) state ppid …; the name may hold anything.
                after_name = (process / "stat").read_bytes().rpartition(b")")[2]
                if int(after_name.split()[1]) == parent:
                    return int(process.name)
    raise ProcessLookupError
