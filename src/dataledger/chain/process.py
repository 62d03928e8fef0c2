"""A process that outlives the one that started it, and is told from a stranger with its id."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_POLL_SECONDS = 0.02
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class DetachedProcess:
    """A process by its id and its start: ids are given out again, starts are not."""

    pid: int
    started: str
    """The boot and the time since it (Linux), or the date and command (elsewhere)."""

    @classmethod
    def start(cls, command: Sequence[str | Path], log: Path) -> Self:
        """Start `command` in a session of its own, writing to the new file `log`.

        Raises:
            OSError: It cannot be started.
        """
        arguments = [str(part) for part in command]
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        pid = os.posix_spawn(
            arguments[0],
            arguments,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
        return cls(pid, start_of(pid) or "")

    def is_running(self) -> bool:
        """Whether this very process is still there."""
        with contextlib.suppress(ChildProcessError):
            # Without this, a child of this process would stay as a zombie.
            os.waitpid(self.pid, os.WNOHANG)
        return bool(self.started) and start_of(self.pid) == self.started

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this very process, if it is still there."""
        if self.is_running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, timeout_seconds: float) -> bool:
        """Wait for its end; return whether it ended in time."""
        deadline = time.monotonic() + timeout_seconds
        while self.is_running():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True


def start_of(pid: int, proc: Path = _PROC) -> str | None:
    """Return what tells the process `pid` from others that had its id; None if it is not there."""
    if not (proc / "self").exists():
        return _start_by_ps(pid)
    try:
        # The command, in parentheses, may hold spaces: fields are counted behind it.
        fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
        threads = len(list((proc / str(pid) / "task").iterdir()))
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, start_ticks = fields[0], fields[19]
    # While other threads are still ending, the first one is a zombie and the ports stay taken.
    if state in {"Z", "X"} and threads <= 1:
        return None
    boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{start_ticks}"


def _start_by_ps(pid: int) -> str | None:
    answer = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=,command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    state, _, rest = answer.stdout.strip().partition(" ")
    return None if not rest or state.startswith("Z") else rest.strip()
