"""Where a user's profiles, key files and outboxes live, and how files are written there.

Everything is private: directories are made with mode 0700, files with 0600.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dataledger.writing import write_whole

HOME_VARIABLE = "DATALEDGER_HOME"
_LOCK_POLL_SECONDS = 0.05


def home_directory() -> Path:
    """Return `$DATALEDGER_HOME`, else the platform's directory for a user's data."""
    chosen = os.environ.get(HOME_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("dataledger", appauthor=False)


def private_directory(path: Path) -> Path:
    """Make `path` and what is missing above it, readable by the user alone, and return it.

    Directories that were there keep their modes.
    """
    for directory in reversed([path, *path.parents]):
        if not directory.exists():
            directory.mkdir(mode=0o700, exist_ok=True)
    return path


def write_private_file(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Write `data` to `path` as a whole or not at all, with mode 0600.

    Raises:
        FileExistsError: `replace` is false and `path` is there; it was left as it is.
    """
    private_directory(path.parent)
    write_whole(path, data, mode=0o600, replace=replace)


def begin_private_file(path: Path) -> None:
    """Make an empty file with mode 0600 at `path`, for a database; what is there stays as it is.

    It is not even opened: to close a file drops all locks that this process holds on it (POSIX),
    those of other connections to a database, too. SQLite then loses what they write.
    """
    if not path.exists():
        with suppress(FileExistsError):
            write_private_file(path, b"", replace=False)


@contextmanager
def exclusive_lock(path: Path, *, timeout_seconds: float) -> Iterator[None]:
    """Hold the lock file at `path` against every other process and thread.

    The operating system lets go of it when its holder dies, however it dies.

    Raises:
        TimeoutError: Another one held it for all of `timeout_seconds`.
    """
    private_directory(path.parent)
    deadline = time.monotonic() + timeout_seconds
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise TimeoutError(f"{path} is locked by another process") from None
                time.sleep(_LOCK_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)
