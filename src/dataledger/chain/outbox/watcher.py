"""The thread that makes passes while something is unresolved, and sleeps otherwise."""

import threading
from collections.abc import Callable

from dataledger.chain.outbox.delivery import Pass
from dataledger.errors import ConnectionFailed, NodeError

FIRST_PAUSE_SECONDS = 0.01
MAX_PAUSE_SECONDS = 1.0
CLOSE_SECONDS = 5.0
_SLOWER = 1.5


class Watcher:
    """Runs passes in one daemon thread, started when first nudged.

    The pause between passes grows to `MAX_PAUSE_SECONDS` while nothing changes.
    """

    def __init__(self, run: Callable[[], Pass], report: Callable[[Pass], None]) -> None:
        self._run = run
        self._report = report
        self._lock = threading.Lock()
        self._nudged = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_idle = True
        self.trouble: ConnectionFailed | NodeError | None = None
        """Why the last pass could not ask the chain; None when it could."""
        self.failure: Exception | None = None
        """What ended the thread, if anything did."""

    def nudge(self) -> None:
        """Have a pass made soon."""
        with self._lock:
            if self._closing.is_set():
                return
            self._nudged.set()
            if self._thread is None or not self._thread.is_alive():
                self.failure = None
                self._thread = threading.Thread(
                    target=self._loop, name="outbox-watcher", daemon=True
                )
                self._thread.start()

    def nudge_if_idle(self) -> None:
        """Have a pass made soon, unless passes are being made anyway."""
        if self._is_idle:
            self.nudge()

    def close(self) -> None:
        """End the thread after the pass that it is making; a node's silence is not waited for."""
        with self._lock:
            self._closing.set()
            self._nudged.set()
            thread = self._thread
        if thread is not None:
            thread.join(CLOSE_SECONDS)

    def _loop(self) -> None:
        pause: float | None = None
        while True:
            if self._nudged.wait(pause):
                pause = FIRST_PAUSE_SECONDS
                # Submissions in quick succession share a pass.
                self._closing.wait(FIRST_PAUSE_SECONDS)
            self._nudged.clear()
            self._is_idle = False
            if self._closing.is_set():
                return
            try:
                made = self._run()
            except (ConnectionFailed, NodeError) as trouble:
                self.trouble = trouble
                pause = MAX_PAUSE_SECONDS
                continue
            except Exception as failure:  # noqa: BLE001 - raised again in every thread that waits
                self.failure = failure
                self._is_idle = True
                self._report(Pass(frozenset(), 0))
                return
            self.trouble = None
            self._report(made)
            self._is_idle = made.remaining == 0
            if self._is_idle:
                pause = None
            elif made.changed:
                pause = FIRST_PAUSE_SECONDS
            else:
                pause = min((pause or FIRST_PAUSE_SECONDS) * _SLOWER, MAX_PAUSE_SECONDS)
