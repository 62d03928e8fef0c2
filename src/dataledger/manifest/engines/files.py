"""Hashing files on a worker: what a call is asked, and what it answers.

All machines see the data under one path. A file is the same for them if its size and modification
time are: device numbers and the like differ between machines that mount one storage.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol, Self, TypeAlias, TypeVar

from dataledger.errors import SourceNotFound, shown
from dataledger.hashing import TREE_CHUNK_BYTES, Algorithm
from dataledger.manifest.content import hash_stream
from dataledger.manifest.reading import GONE_OR_REPLACED, READ_FILE
from dataledger.manifest.scan import FoundFile, changed, found_file, unreadable

MAX_UNIT_FILES = 10_000
"""However small they are: some 100 ms of work, and as many bytes to send as a unit should have."""


class SharedFile(NamedTuple):
    """A file as every machine must see it."""

    path: str
    """Relative to a directory that is given beside it."""
    size_bytes: int
    modified_at_ns: int

    @classmethod
    def of(cls, file: FoundFile) -> Self:
        """Return what of a file is the same on every machine."""
        return cls(file.path, file.size_bytes, file.modified_at_ns)


class WholeFiles(NamedTuple):
    """Files to be hashed by one call."""

    directory: str
    files: tuple[SharedFile, ...]
    algorithms: tuple[Algorithm, ...]

    @property
    def size_bytes(self) -> int:
        """How much there is to read."""
        return sum(file.size_bytes for file in self.files)

    @property
    def files_ended(self) -> int:
        """How many files are read to their end."""
        return len(self.files)

    def extent_of(self, file: SharedFile) -> range:
        """Return which bytes of a file to read."""
        return range(file.size_bytes)


class TreeSpan(NamedTuple):
    """A part of a large file to be hashed by one call, as a subtree of its `sha256-tree`."""

    directory: str
    files: tuple[SharedFile]
    begin: int
    """In bytes; such that the part is a complete, aligned subtree, but for the file's last one."""
    end: int
    algorithms: tuple[Algorithm] = (Algorithm.SHA256_TREE,)

    @property
    def size_bytes(self) -> int:
        """How much there is to read."""
        return self.end - self.begin

    @property
    def files_ended(self) -> int:
        """Whether this is the file's last part, as a number."""
        return int(self.end == self.files[0].size_bytes)

    def extent_of(self, _file: SharedFile) -> range:
        """Return which bytes of the file to read."""
        return range(self.begin, self.end)


Unit: TypeAlias = WholeFiles | TreeSpan


def divide(
    directory: str, files: Sequence[SharedFile], algorithms: tuple[Algorithm, ...], unit_bytes: int
) -> list[Unit]:
    """Return units that cover all files; each has at most `unit_bytes`, or is a single file.

    A larger file is divided if `sha256-tree` is its only digest: no other hash can be.
    """
    span_bytes = _span_bytes(unit_bytes)
    spans = [
        TreeSpan(directory, (file,), start, min(start + span_bytes, file.size_bytes))
        for file in files
        if algorithms == (Algorithm.SHA256_TREE,) and file.size_bytes > span_bytes
        for start in range(0, file.size_bytes, span_bytes)
    ]
    divided = {span.files[0].path for span in spans}
    whole = [file for file in files if file.path not in divided]
    return [
        *spans,
        *(WholeFiles(directory, each, algorithms) for each in batches(whole, unit_bytes)),
    ]


class Sized(Protocol):
    """A file of some kind."""

    @property
    def size_bytes(self) -> int:
        """Its size."""


F = TypeVar("F", bound=Sized)


def batches(files: Sequence[F], unit_bytes: int) -> Iterator[tuple[F, ...]]:
    """Yield the files in batches of at most `unit_bytes`, or of a single file."""
    batch: list[F] = []
    batch_bytes = 0
    for file in files:
        if batch and (batch_bytes + file.size_bytes > unit_bytes or len(batch) == MAX_UNIT_FILES):
            yield tuple(batch)
            batch, batch_bytes = [], 0
        batch.append(file)
        batch_bytes += file.size_bytes
    if batch:
        yield tuple(batch)


def hash_unit(unit: Unit) -> bytes:
    """Return the hashes of each file, by each algorithm, joined; for a span, its root.

    Raises:
        SourceNotFound: the directory is not there on this machine.
        SourceChanged: a file is another one here, or did not stay as it was while it was read.
        SourceUnreadable: a file cannot be opened or read.
        DependencyMissing: an algorithm cannot be computed here.
    """
    hashes: list[bytes] = []
    for file in unit.files:
        extent = unit.extent_of(file)
        with _opened(unit.directory, file) as descriptor:
            found = hash_stream(descriptor, extent, unit.algorithms, 1, _no_tick)
            if found is None:
                raise changed(file.path, "became shorter while it was being read")
        hashes += found
    return b"".join(hashes)


def require_seen(directory: str, file: SharedFile) -> None:
    """Return if this machine sees the file as it was listed.

    Raises:
        SourceNotFound: the directory is not there on this machine.
        SourceChanged: the file is another one here.
        SourceUnreadable: it cannot be opened.
    """
    with _opened(directory, file):
        pass


@contextmanager
def _opened(directory: str, file: SharedFile) -> Iterator[int]:
    """Offer the file's descriptor, and see whether it stays as it was listed until the end."""
    try:
        descriptor = os.open(f"{directory}/{file.path}", READ_FILE)
    except OSError as error:
        if error.errno not in GONE_OR_REPLACED:
            raise unreadable(file.path, error) from error
        if not Path(directory).is_dir():
            raise SourceNotFound(
                f"There is no directory {shown(directory)}.",
                remedy="Mount the storage under the same path on all machines of the cluster.",
            ) from error
        raise changed(file.path, "was removed or replaced after it was listed") from error
    try:
        before = found_file(file.path, os.fstat(descriptor))
        is_regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        if not is_regular or SharedFile.of(before) != file:
            raise changed(
                file.path,
                f"has {before.size_bytes} bytes, last written at {before.modified_at_ns} ns, where "
                f"{file.size_bytes} bytes, last written at {file.modified_at_ns} ns, were listed",
            )
        yield descriptor
        if found_file(file.path, os.fstat(descriptor)) != before:
            raise changed(file.path, "was written while it was being read")
    except OSError as error:
        raise unreadable(file.path, error) from error
    finally:
        os.close(descriptor)


def _span_bytes(unit_bytes: int) -> int:
    """Return the largest power of two of chunks that a unit holds, in bytes."""
    chunks = max(unit_bytes // TREE_CHUNK_BYTES, 1)
    return TREE_CHUNK_BYTES << (chunks.bit_length() - 1)


def _no_tick(_files: int, _size_bytes: int) -> None:
    """Progress is told by whole units."""
