"""A wire between two programs on this machine, which keeps every byte that goes over it."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_PART_BYTES = 1 << 16


@dataclass
class Capture:
    """What went over one connection."""

    sent: bytearray = field(default_factory=bytearray)
    """By who called."""
    received: bytearray = field(default_factory=bytearray)

    @property
    def both(self) -> tuple[bytes, bytes]:
        """Each direction."""
        return bytes(self.sent), bytes(self.received)


class Wire:
    """Listens at `here`, and passes everything on to where `there` says."""

    def __init__(self, here: tuple[str, int], there: Callable[[], tuple[str, int]]) -> None:
        self.captures: list[Capture] = []
        self._there = there
        self._listener = socket.create_server(here)
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, port = self._listener.getsockname()[:2]
        return host, port

    def close(self) -> None:
        """End all connections."""
        for each in [self._listener, *self._sockets]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(10)

    def _start(self, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                self._sockets.append(caller)
                called = socket.create_connection(self._there(), timeout=60)
                self._sockets.append(called)
                capture = Capture()
                self.captures.append(capture)
                self._start(lambda a=caller, b=called, c=capture: _pass(a, b, c.sent))  # type: ignore[misc]
                self._start(lambda a=caller, b=called, c=capture: _pass(b, a, c.received))  # type: ignore[misc]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _pass(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
    with suppress(OSError):
        while data := source.recv(_PART_BYTES):
            kept += data
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
