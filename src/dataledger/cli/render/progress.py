"""Signs of life on standard error, for a person, once something takes more than a second."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import ProgressColumn
    from rich.status import Status

    from dataledger.manifest import Progress
    from dataledger.manifest.records.engine import RecordProgress

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
        self._counts_records = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: "Progress") -> None:
        """Draw `progress`, unless it is still early or nobody is looking."""
        bar = self._drawn(self._begin)
        if bar is not None:
            files = f"{progress.files_done:,} of {progress.files_total:,} files"
            bar.update(
                bar.task_ids[0],
                completed=progress.bytes_done,
                total=progress.bytes_total,
                description=files,
            )

    def count_records(self, progress: "RecordProgress") -> None:
        """Draw how many records are hashed, instead of files, from the first call on."""
        if not self._counts_records:
            self.__exit__()
            self._bar, self._counts_records = None, True
        bar = self._drawn(self._begin_records)
        if bar is not None:
            bar.update(
                bar.task_ids[0],
                completed=progress.records_done,
                total=progress.records_total or None,
            )

    def _drawn(self, begin: Callable[[], "Bar"]) -> "Bar | None":
        if not self._shown or time.monotonic() - self._started_at < PATIENCE_SECONDS:
            return None
        if self._bar is None:
            self._bar = begin()
        return self._bar

    def _begin(self) -> "Bar":
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        return started_bar(
            TextColumn("Hashing {task.description}", markup=False),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )

    def _begin_records(self) -> "Bar":
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        return started_bar(
            TextColumn("Hashing records"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        )


def started_bar(*columns: "ProgressColumn") -> "Bar":
    """Return a bar of these columns, with one task, that leaves nothing on the screen."""
    from rich.progress import Progress

    from dataledger.cli.render.screen import Screen

    bar = Progress(*columns, console=Screen(to_stderr=True).console, transient=True)
    bar.add_task("")
    bar.start()
    return bar
