"""Looking at files and hashing them: what one worker does, with plain arguments and results.

Each function takes a batch of files of one dataset, and can run in any process or machine that sees
the dataset under the same path.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Self, TypeAlias

from dataledger.errors import SourceChanged, SourceUnreadable
from dataledger.hashing import Algorithm
from dataledger.hashing.digest import HASH_BYTES
from dataledger.manifest.content import SMALL_BYTES, hash_stream, of_bytes
from dataledger.manifest.identity import (
    GONE,
    IDENTITY_BYTES,
    Identities,
    identity,
    sizes_of,
)
from dataledger.manifest.parts import Part, part_of_columns
from dataledger.manifest.scan import changed, unreadable

Tick: TypeAlias = Callable[[int, int], None]
"""Called often, with the files and bytes that are newly done; what it raises ends the work."""

TICK_BYTES = 1024 * 1024

# Should the path have become something else since it was listed: a link is not followed, a FIFO or
# a device is not waited for, and a terminal does not take control.
READ_FILE = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
# Going through a directory needs no right to list it, where a system can tell the two apart.
_DIRECTORY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_DIRECTORY

GONE_OR_REPLACED = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ENODEV}

_UNREAD = bytes(HASH_BYTES)

_REPLACED = "was removed or replaced after it was listed"
_WRITTEN = "was written while it was being read"


class Batch(NamedTuple):
    """Some files of a dataset; plain and small, to travel between processes and machines."""

    directory: str
    joined: str
    """The paths relative to it, which hold no line breaks, one in each line."""
    identities: Identities | None
    """The identities that the files must have; None if they are not known yet."""
    make_part: bool = False
    """Whether their part of the manifest is wanted with their hashes."""

    @property
    def paths(self) -> list[str]:
        """The paths, of which there is at least one."""
        return self.joined.split("\n")

    def require(self, position: int, found: bytes) -> None:
        """Return only if the file at that position was found to be the one that it must be.

        Raises:
            SourceChanged: it is another, or has been written.
        """
        if self.identities is not None and found != self._identity(position):
            raise changed(self.paths[position], "was written or replaced after it was listed")

    def require_all(self, found: bytes) -> None:
        """Return only if all the files were found to be those that they must be.

        Raises:
            SourceChanged: one is another, or has been written.
        """
        if self.identities is not None and found != self.identities:
            for position in range(len(found) // IDENTITY_BYTES):
                start = position * IDENTITY_BYTES
                self.require(position, found[start : start + IDENTITY_BYTES])

    def _identity(self, position: int) -> bytes:
        start = position * IDENTITY_BYTES
        return bytes((self.identities or b"")[start : start + IDENTITY_BYTES])


def join_paths(paths: Sequence[str]) -> str:
    """Return the paths as one text, which travels between processes faster than a list."""
    return "\n".join(paths)


def look(batch: Batch, tick: Tick) -> Identities:
    """Return the identity of each file; `GONE` where there is no regular file.

    Raises:
        SourceUnreadable: a directory cannot be searched.
    """
    found = []
    is_regular, look_up = stat.S_ISREG, os.stat
    with _Below(batch.directory) as below:
        for path in batch.paths:
            parent, _, name = path.rpartition("/")
            try:
                if parent != below.parent:
                    below.enter(parent)
                info = look_up(name, dir_fd=below.descriptor, follow_symlinks=False)
            except OSError as error:
                if error.errno not in GONE_OR_REPLACED:
                    raise unreadable(path, error) from error
                found.append(GONE)
                continue
            found.append(identity(info) if is_regular(info.st_mode) else GONE)
    tick(0, 0)
    return b"".join(found)


class Hashed(NamedTuple):
    """What was found out about the files of a batch."""

    identities: bytes
    columns: list[bytes]
    """One column of hashes for each algorithm, with zeros for files that were not read."""
    part: Part | None
    """The files' part of the manifest, if it is wanted and all of them were read."""


def hash_small(batch: Batch, algorithms: Sequence[Algorithm], tick: Tick) -> Hashed:
    """Return the files' identities, their hashes, and their part of the manifest.

    A file of more than `SMALL_BYTES` is not read.

    Raises:
        SourceChanged: a file is gone, is not as expected, or did not stay as it was.
        SourceUnreadable: it cannot be opened or read.
    """
    functions = [of_bytes(algorithm) for algorithm in algorithms]
    columns: list[list[bytes]] = [[] for _ in algorithms]
    pairs = [(function, column.append) for function, column in zip(functions, columns, strict=True)]
    identities: list[bytes] = []
    files = size_bytes = 0
    paths = batch.paths
    path = ""
    # What is done for each file decides how fast this is: no name is looked up twice.
    open_file, fstat, read, close, is_regular = os.open, os.fstat, os.read, os.close, stat.S_ISREG
    try:
        with _Below(batch.directory) as below:
            for path in paths:
                parent, _, name = path.rpartition("/")
                if parent != below.parent:
                    below.enter(parent)
                descriptor = open_file(name, READ_FILE, dir_fd=below.descriptor)
                try:
                    info = fstat(descriptor)
                    if not is_regular(info.st_mode):
                        raise changed(path, _REPLACED)
                    size = info.st_size
                    # One byte more than expected, so that a file that grows is noticed.
                    data = read(descriptor, size + 1) if size <= SMALL_BYTES else None
                finally:
                    close(descriptor)
                identities.append(identity(info))
                if data is None:
                    for _, append in pairs:
                        append(_UNREAD)
                    continue
                if len(data) != size:
                    raise changed(path, _WRITTEN)
                for function, append in pairs:
                    append(function(data))
                files += 1
                size_bytes += size
                if size_bytes >= TICK_BYTES:
                    tick(files, size_bytes)
                    files = size_bytes = 0
    except OSError as error:
        raise _explained(path, error) from error
    tick(files, size_bytes)
    found = b"".join(identities)
    batch.require_all(found)
    joined = [b"".join(column) for column in columns]
    if not batch.make_part or _UNREAD in columns[0]:
        return Hashed(found, joined, None)
    return Hashed(found, joined, part_of_columns(paths, sizes_of(found), algorithms, joined, {}))


def hash_large(
    batch: Batch, algorithms: Sequence[Algorithm], threads: int, tick: Tick
) -> list[bytes]:
    """Return one column of the files' hashes for each algorithm, from one reading of each file.

    `threads` is how many an algorithm may use that can divide its work.

    Raises:
        SourceChanged: a file is not as its identity says, or did not stay so while it was read.
        SourceUnreadable: it cannot be opened or read.
    """
    rows = []
    for position, (path, size) in enumerate(
        zip(batch.paths, sizes_of(batch.identities or b""), strict=True)
    ):
        with _opened(batch, position) as descriptor:
            hashes = hash_stream(descriptor, range(size), algorithms, threads, tick)
            if hashes is None or os.read(descriptor, 1):
                raise changed(path, _WRITTEN)
        rows.append(hashes)
        tick(1, 0)
    return [b"".join(column) for column in zip(*rows, strict=True)]


def hash_range(batch: Batch, extent: range, tick: Tick) -> bytes:
    """Return the root over a part of a single file's chunks: a whole subtree, or the last part.

    Raises:
        SourceChanged: the file is not as its identity says, or did not stay so while it was read.
        SourceUnreadable: it cannot be opened or read.
    """
    with _opened(batch, 0) as descriptor:
        hashes = hash_stream(descriptor, extent, [Algorithm.SHA256_TREE], 1, tick)
        if hashes is None:
            raise changed(batch.joined, _WRITTEN)
    return hashes[0]


# ------------------------------------------------------------------------------ opening files


class _Below:
    """Keeps the last file's directory open: files of one directory come in a row."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self.parent: str | None = None
        """Which directory is open, relative to the dataset's."""
        self.descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.descriptor != -1:
            os.close(self.descriptor)

    def enter(self, parent: str) -> None:
        """Open another directory in the place of the last one."""
        self.__exit__()
        self.descriptor, self.parent = -1, None
        # A dataset that lies directly in the working directory has no path to name it by.
        self.descriptor = os.open(
            f"{self._directory}/{parent}" if parent else f"{self._directory}/.", _DIRECTORY
        )
        self.parent = parent


@contextmanager
def _opened(batch: Batch, position: int) -> Iterator[int]:
    """Offer the open file, which is as its identity says, before and after."""
    path = batch.paths[position]
    try:
        with _Below(batch.directory) as below:
            parent, _, name = path.rpartition("/")
            below.enter(parent)
            descriptor = os.open(name, READ_FILE, dir_fd=below.descriptor)
        try:
            before = identity(os.fstat(descriptor))
            batch.require(position, before)
            yield descriptor
            if identity(os.fstat(descriptor)) != before:
                raise changed(path, _WRITTEN)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _explained(path, error) from error


def _explained(path: str, error: OSError) -> SourceChanged | SourceUnreadable:
    return changed(path, _REPLACED) if error.errno in GONE_OR_REPLACED else unreadable(path, error)
