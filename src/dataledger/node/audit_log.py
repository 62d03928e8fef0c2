"""The node's audit log: JSON lines, each of which names the one before by its SHA-256.

    {"at_unix":1790000000,"event":"asked",…,"previous":"sha256:…","sequence":7}

Canonical JSON (RFC 8785), one line each, flushed to the disk before anything depends on it. The
first line's `previous` is of no bytes. Lines hold who asked for what and what became of it, by ids
and digests: no document, no data, no answer.

A crash can leave a last line without its end. It stays as it is, and the next line is of the event
`torn`, which names those bytes by number and digest. Altered, removed, exchanged or inserted lines
break the chain. Lines that are missing at the end do not: note the last line's digest elsewhere.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dataledger.chain.home import private_directory
from dataledger.errors import HistoryBroken, NodeConfigError, SourceNotFound, UsageError
from dataledger.hashing import Digest, JsonValue, canonical_bytes, natural, parse_canonical, string
from dataledger.writing import flush_directory

MAX_LINE_BYTES = 64 * 1024
TORN = "torn"

_START = Digest.of(b"")
_TAIL_BYTES = 16 * MAX_LINE_BYTES


@dataclass(frozen=True, slots=True)
class LogHead:
    """How far a log reaches."""

    lines: int
    digest: Digest
    """SHA-256 of the last line: whoever notes it elsewhere sees later if lines are missing."""
    torn: int = 0
    """How often a crash left a line without its end."""


class AuditLog:
    """A log that lines are added to. Safe to share between threads; of one process alone."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        """Open the log, or begin one. What a crash left of a line is said in a line of its own.

        Raises:
            NodeConfigError: it cannot be written.
            HistoryBroken: it does not end as a log does. `verify` says where that begins.
        """
        self.path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._sequence = 0
        self._previous = _START
        try:
            private_directory(path.parent)
            is_new = not path.exists()
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                if is_new:
                    flush_directory(path.parent)
                self._continue()
            except BaseException:
                self.close()
                raise
        except OSError as error:
            raise self._unwritable(error) from error

    def append(self, event: str, **members: JsonValue) -> None:
        """Add a line, and return once it is on the disk.

        Raises:
            NodeConfigError: it cannot be written.
        """
        with self._lock:
            line = canonical_bytes(
                {
                    **members,
                    "at_unix": int(self._clock()),
                    "event": event,
                    "previous": str(self._previous),
                    "sequence": self._sequence,
                }
            )
            try:
                self._write(line + b"\n")
            except OSError as error:
                raise self._unwritable(error) from error
            self._sequence += 1
            self._previous = Digest.of(line)

    def close(self) -> None:
        """Close the file. Closing twice is no error."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _continue(self) -> None:
        """Find the last whole line, and say in the next one what stands after it."""
        size = os.fstat(self._file).st_size
        start = max(0, size - _TAIL_BYTES)
        tail = os.pread(self._file, size - start, start)
        end = len(tail)
        while end:
            begin = tail.rfind(b"\n", 0, end - 1) + 1
            text = tail[begin:end].removesuffix(b"\n")
            # The tail may begin in the middle of a line.
            line = _Line.read(text) if begin or not start else None
            if line is not None:
                self._sequence, self._previous = line.sequence + 1, Digest.of(text)
                break
            end = begin
        if start and not end:
            raise HistoryBroken(
                f"The audit log {self.path} does not end as one does.",
                remedy="Put the file aside, and keep it: a new one is begun.",
            )
        if tail and not tail.endswith(b"\n"):
            self._write(b"\n")
        if rest := tail[end:]:
            torn_bytes, torn = _torn(rest)
            self.append(TORN, torn_bytes=torn_bytes, torn=str(torn))

    def _write(self, data: bytes) -> None:
        size = os.fstat(self._file).st_size
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._file, left) :]
            os.fsync(self._file)
        except OSError:
            # Nothing may be written behind a part of a line.
            os.ftruncate(self._file, size)
            raise

    def _unwritable(self, error: OSError) -> NodeConfigError:
        return NodeConfigError(
            f"The audit log {self.path} cannot be written: {error.strerror}.",
            remedy="Make room, or give yourself permission to write there.",
        )


@dataclass(frozen=True, slots=True)
class _Line:
    """What the chain of lines consists of."""

    sequence: int
    previous: Digest
    torn: tuple[int, Digest] | None
    """How many bytes a crash left before this line, and their digest."""

    @classmethod
    def read(cls, text: bytes) -> "_Line | None":
        """Return what a line says; None where it is none."""
        try:
            document = parse_canonical(text, max_bytes=MAX_LINE_BYTES)
            if not isinstance(document, dict) or "at_unix" not in document:
                return None
            torn = None
            if document["event"] == TORN:
                left = Digest.parse_sha256(string(document["torn"]))
                torn = (natural(document["torn_bytes"]), left)
            previous = Digest.parse_sha256(string(document["previous"]))
            return cls(natural(document["sequence"]), previous, torn)
        except (UsageError, KeyError):
            return None


def verify(path: Path) -> LogHead:
    """Return how far a log reaches, if each line names the one before.

    What stands after the last line, without an end, is taken for what a crash left.

    Raises:
        HistoryBroken: a line does not; the message names the first one, counted from 1.
        SourceNotFound: the file cannot be read.
    """
    head = LogHead(0, _START)
    left, left_from, number = bytearray(), 0, 0
    try:
        with path.open("rb") as file:
            while raw := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                text = raw.removesuffix(b"\n")
                line = _Line.read(text)
                if line is None:
                    left += raw
                    left_from = left_from or number
                    if len(left) > _TAIL_BYTES:
                        break
                    continue
                torn = _torn(bytes(left)) if left else None
                if (line.sequence, line.previous, line.torn) != (head.lines, head.digest, torn):
                    raise _broken(path, left_from or number)
                head = LogHead(head.lines + 1, Digest.of(text), head.torn + bool(left))
                left, left_from = bytearray(), 0
    except OSError as error:
        raise SourceNotFound(
            f"The audit log {path} cannot be read: {error.strerror}.", remedy="Give its path."
        ) from error
    if b"\n" in left:
        raise _broken(path, left_from)
    return LogHead(head.lines, head.digest, head.torn + bool(left))


def _torn(left: bytes) -> tuple[int, Digest]:
    # The line's end was given to it afterwards.
    torn = left.removesuffix(b"\n")
    return len(torn), Digest.of(torn)


def _broken(path: Path, number: int) -> HistoryBroken:
    return HistoryBroken(
        f"Line {number} of the audit log {path} does not follow from the one before.",
        remedy="From that line on, the log was altered: compare it with a copy of it.",
    )
