"""A node's hold on the process that computes with others."""

import base64
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from dataledger.errors import AnswerWithheld, CanonicalisationError, OwnerNodeError, shown
from dataledger.hashing import JsonValue
from dataledger.node.federated.certificates import OwnCertificate
from dataledger.node.federated.frames import read_frame, write_frame
from dataledger.node.federated.offer import Offer
from dataledger.node.federated.sums import fits

COMMAND: tuple[str, ...] = (sys.executable, "-P", "-m", "dataledger.node.federated.process")
"""-P: what lies in the folder where the node was started is no part of it."""

_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
"""All that the process gets to see of the node's environment: others name secrets."""

_LEAVE_SECONDS = 10.0

_log = logging.getLogger("dataledger.node")


class Worker:
    """A process that meets the other parties, and adds. It ends with the block, or in time."""

    def __init__(
        self, listener: socket.socket, *, seconds: int, command: Sequence[str] = COMMAND
    ) -> None:
        """Start it. It listens on `listener`, and lives for so many seconds at most.

        Raises:
            AnswerWithheld: the machine does not let it start.
        """
        self._listener = listener
        self._seconds = seconds
        self._is_late = False
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=(listener.fileno(),),
                # Vectors of NumPy would make MPyC unpickle what others send.
                env={**environment, "MPYC_NONUMPY": "1"},
                start_new_session=True,
            )
        except OSError as error:
            raise _withheld(f"no process starts: {error.strerror}") from error
        self._clock = threading.Timer(seconds, self._stop)
        self._clock.daemon = True
        self._clock.start()

    def meet(self, offers: Sequence[Offer], index: int, own: OwnCertificate) -> None:
        """Return once all parties have met.

        Args:
            offers: Those of all parties, in order.
            index: Which of them is this one.
            own: What it is known by.

        Raises:
            AnswerWithheld: they did not meet.
        """
        parties: list[JsonValue] = [
            {"certificate": _base64(o.certificate), "host": o.host, "port": o.port} for o in offers
        ]
        setup: JsonValue = {
            "certificate": _base64(own.der),
            "index": index,
            "key": own.key_pem,
            "listener": self._listener.fileno(),
            "parties": parties,
            "passphrase": own.passphrase,
            "seconds": self._seconds,
        }
        self._ask(setup, "met")

    def add(self, values: Sequence[int]) -> list[int]:
        """Return the sums over all parties, item by item.

        Raises:
            AnswerWithheld: a party left or broke the protocol, time is over, or these cannot be
                added.
        """
        if not fits(values):
            raise _withheld("what is to be added is out of range")
        answer = self._ask({"add": [str(value) for value in values]}, "sum")
        if not isinstance(answer, list) or len(answer) != len(values):
            raise _withheld("the process answers with nonsense")
        return [int(str(total)) for total in answer]

    def _ask(self, message: JsonValue, answer: str) -> JsonValue:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise TypeError("the process was started without pipes")
        said: JsonValue = None
        # Where it is gone, what it said at last is still to be read.
        with suppress(OSError, OwnerNodeError):
            write_frame(stdin, message)
        with suppress(OSError, OwnerNodeError, CanonicalisationError):
            said = read_frame(stdout)
        if isinstance(said, dict) and answer in said:
            told: JsonValue = said[answer]
            return told
        if self._is_late:
            raise _withheld(f"it took longer than {self._seconds} s")
        if isinstance(said, dict) and "failed" in said:
            _log.warning("%s: %s", shown(said["failed"]), shown(said.get("detail")))
            raise _withheld(shown(said["failed"])[1:-1])
        raise _withheld("the process ended")

    def _stop(self) -> None:
        self._is_late = True
        self._kill()

    def _kill(self) -> None:
        # It leads a group of its own. Once it was waited for, its number may be another's.
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pipes = [pipe for pipe in (self._process.stdin, self._process.stdout) if pipe is not None]
        # Its end of input tells it to leave, once what it said to others is sent.
        with suppress(OSError):
            pipes[0].close()
        if error is not None:
            self._kill()
        try:
            self._process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()
        self._clock.cancel()
        for pipe in pipes:
            with suppress(OSError):
                pipe.close()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _withheld(reason: str) -> AnswerWithheld:
    return AnswerWithheld(
        f"The nodes could not compute together: {reason}.",
        remedy="See that all nodes can be reached, and ask anew, with other runs.",
    )
