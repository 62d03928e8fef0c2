"""Signs of life on standard error, for a person, once something takes more than a second."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.status import Status

    from dataledger.manifest import Progress

PATIENCE_SECONDS = 1.0


class Spinner:
    """Turns beside a line of text from `PATIENCE_SECONDS` after its start until it is stopped."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._status: Status | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._timer = threading.Timer(PATIENCE_SECONDS, self._show)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Leave the line empty. Stopping twice is no error."""
        with self._lock:
            timer, self._timer = self._timer, None
            status, self._status = self._status, None
        if timer is not None:
            timer.cancel()
        if status is not None:
            status.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stand still while something else is shown."""
        was_turning = self._timer is not None
        self.stop()
        try:
            yield
        finally:
            if was_turning:
                self.__enter__()

    def _show(self) -> None:
        from dataledger.cli.render.screen import Screen

        status = Screen(to_stderr=True).console.status(self._text)
        with self._lock:
            if self._timer is not None:  # not stopped in the meantime
                self._status = status
                status.start()


class HashingBar:
    """Shows how far hashing has come; to be called with each `Progress`."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._started_at = time.monotonic()
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: "Progress") -> None:
        """Draw `progress`, unless it is still early or nobody is looking."""
        if not self._shown or time.monotonic() - self._started_at < PATIENCE_SECONDS:
            return
        if self._bar is None:
            self._bar = self._begin()
        files = f"{progress.files_done:,} of {progress.files_total:,} files"
        task = self._bar.task_ids[0]
        self._bar.update(
            task, completed=progress.bytes_done, total=progress.bytes_total, description=files
        )

    def _begin(self) -> "Bar":
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        from dataledger.cli.render.screen import Screen

        bar = Progress(
            TextColumn("Hashing {task.description}", markup=False),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Screen(to_stderr=True).console,
            transient=True,
        )
        bar.add_task("")
        bar.start()
        return bar
