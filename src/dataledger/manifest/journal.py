"""What an unfinished run has finished, on the disk, so that the next run goes on from there.

A journal is a row of frames, each with its own checksum: whatever a kill or a full disk leaves of
the last one is ignored, and so is all that comes after damage.
"""

import fcntl
import hashlib
import os
import struct
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from dataledger.hashing.digest import HASH_BYTES
from dataledger.manifest.batches import Files, Positions
from dataledger.manifest.identity import IDENTITY_BYTES, newest_change_ns, settled

FLUSH_SECONDS = 3.0
"""How much work a kill can lose."""

_MAGIC = b"dataledger/manifest-journal/1\n"
_LENGTH = struct.Struct(">I")
_CHECKSUM_BYTES = 8
_MOST_FRAME_BYTES = 64 * 1024 * 1024
_FILES = struct.Struct(">cqIB")
"""Kind; when the run began; number of files and of algorithms. Identities, hashes, paths follow."""
_RANGE = struct.Struct(">cqQ")
"""Kind; when the run began; where the range starts. Identity, root and path follow."""


class Finished:
    """What a journal holds: hashes of files and of ranges of files, by identity and path."""

    def __init__(self) -> None:
        self.length_bytes = 0
        """How much of the journal is sound."""
        self._files: dict[tuple[str, bytes], list[bytes]] = {}
        self._ranges: dict[tuple[str, bytes], dict[int, bytes]] = {}

    @property
    def nothing(self) -> bool:
        """Whether no run has left anything."""
        return not self._files and not self._ranges

    def hashes(self, path: str, identity: bytes) -> list[bytes] | None:
        """Return the hashes of a file that has been finished."""
        return self._files.get((path, identity))

    def ranges(self, path: str, identity: bytes) -> Mapping[int, bytes]:
        """Return the roots of those ranges of a file that have been finished, by their start."""
        return self._ranges.get((path, identity), {})

    def take(self, frame: bytes) -> None:
        """Add what a frame holds.

        Raises:
            ValueError: it is malformed.
            struct.error: it is too short.
        """
        if frame[:1] == b"F":
            self._take_files(frame)
        elif frame[:1] == b"R":
            _, begun_at_ns, start = _RANGE.unpack_from(frame)
            at = _RANGE.size
            identity, root = frame[at : at + IDENTITY_BYTES], frame[at + IDENTITY_BYTES :]
            root, path = root[:HASH_BYTES], root[HASH_BYTES:].decode()
            if settled(newest_change_ns(identity), begun_at_ns):
                self._ranges.setdefault((path, identity), {})[start] = root
        else:
            raise ValueError

    def _take_files(self, frame: bytes) -> None:
        _, begun_at_ns, count, algorithms = _FILES.unpack_from(frame)
        at = _FILES.size
        identities = _rows(frame[at : at + count * IDENTITY_BYTES], IDENTITY_BYTES)
        at += count * IDENTITY_BYTES
        columns = []
        for _ in range(algorithms):
            columns.append(_rows(frame[at : at + count * HASH_BYTES], HASH_BYTES))
            at += count * HASH_BYTES
        paths = frame[at:].decode().split("\n")
        for path, identity, *hashes in zip(paths, identities, *columns, strict=True):
            if settled(newest_change_ns(identity), begun_at_ns):
                self._files[path, identity] = hashes


def read_journal(path: Path) -> Finished:
    """Return what the journal holds; nothing if it is not there, or no journal."""
    finished = Finished()
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return finished
            finished.length_bytes = len(_MAGIC)
            while head := file.read(_LENGTH.size):
                (length,) = _LENGTH.unpack(head)
                if length > _MOST_FRAME_BYTES:
                    break
                frame, checksum = file.read(length), file.read(_CHECKSUM_BYTES)
                if checksum != _checksum(frame):
                    break
                finished.take(frame)
                finished.length_bytes = file.tell()
    except (OSError, ValueError, struct.error):
        pass  # what was sound up to here still is
    return finished


class Journal:
    """Adds to a journal. Another run that has the same one open keeps it for itself.

    Raises:
        BlockingIOError: another run does.
        OSError: the journal cannot be written.
    """

    def __init__(self, path: Path, finished: Finished, begun_at_ns: int) -> None:
        self._path = path
        self._begun_at_ns = begun_at_ns
        self._frames: list[bytes] = []
        self._next_at_seconds = time.monotonic() + FLUSH_SECONDS
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file.truncate(finished.length_bytes)
            self._file.seek(0, os.SEEK_END)
            if not finished.length_bytes:
                self._file.write(_MAGIC)
        except BaseException:
            self._file.close()
            raise

    def add_files(self, files: Files, positions: Positions) -> None:
        """Note files that are finished.

        Raises:
            OSError: the journal cannot be written.
        """
        if not positions:
            return
        columns = files.columns_of(positions)
        head = _FILES.pack(b"F", self._begun_at_ns, len(positions), len(columns))
        paths = files.joined(positions).encode()
        self._add(b"".join([head, files.identities_of(positions), *columns, paths]))

    def add_range(self, path: str, identity: bytes, start: int, root: bytes) -> None:
        """Note a range of a file that is finished.

        Raises:
            OSError: the journal cannot be written.
        """
        head = _RANGE.pack(b"R", self._begun_at_ns, start)
        self._add(b"".join([head, identity, root, path.encode()]))

    def _add(self, frame: bytes) -> None:
        self._frames += [_LENGTH.pack(len(frame)), frame, _checksum(frame)]
        if time.monotonic() >= self._next_at_seconds:
            self.flush()

    def flush(self) -> None:
        """Bring all that was noted to the disk.

        Raises:
            OSError: the journal cannot be written.
        """
        frames, self._frames = self._frames, []
        if frames:
            self._file.write(b"".join(frames))
            self._file.flush()
            os.fsync(self._file.fileno())
        self._next_at_seconds = time.monotonic() + FLUSH_SECONDS

    def close(self) -> None:
        """Bring all to the disk, and let another run use the journal.

        Raises:
            OSError: the journal cannot be written.
        """
        try:
            self.flush()
        finally:
            self._file.close()

    def remove(self) -> None:
        """Remove the journal: the run is finished."""
        self._frames = []
        self._path.unlink(missing_ok=True)
        self._file.close()


def _rows(column: bytes, width: int) -> Iterator[bytes]:
    return (column[at : at + width] for at in range(0, len(column), width))


def _checksum(frame: bytes) -> bytes:
    return hashlib.sha256(frame).digest()[:_CHECKSUM_BYTES]
