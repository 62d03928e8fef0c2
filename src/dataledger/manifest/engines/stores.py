"""Hashing what lies in an object store on a worker, which reads it from there itself."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dataledger.hashing import Algorithm
from dataledger.manifest.engines.files import batches
from dataledger.manifest.locations.reading import WORKERS, hash_files
from dataledger.manifest.locations.store import RemoteFile, open_place


class StoredFiles(NamedTuple):
    """Files of a store to be hashed by one call."""

    url: str
    options: Mapping[str, Any]
    """For fsspec's class of such stores. They may hold credentials."""
    files: tuple[RemoteFile, ...]
    algorithms: tuple[Algorithm, ...]

    @property
    def size_bytes(self) -> int:
        """How much there is to read."""
        return sum(file.size_bytes for file in self.files)

    @property
    def files_ended(self) -> int:
        """How many files are read to their end."""
        return len(self.files)


def divide_stored(
    url: str,
    options: Mapping[str, Any],
    files: Sequence[RemoteFile],
    algorithms: tuple[Algorithm, ...],
    unit_bytes: int,
) -> list[StoredFiles]:
    """Return units that cover all files; each has at most `unit_bytes`, or is a single file."""
    return [StoredFiles(url, options, each, algorithms) for each in batches(files, unit_bytes)]


def hash_stored(unit: StoredFiles) -> bytes:
    """Return the hashes of each file, by each algorithm, joined.

    Raises:
        SourceChanged: a file did not hold still.
        SourceUnreadable: the store denies it, fails, or does not answer.
        InvalidArgument: the store's library does not take the options.
        DependencyMissing: a package is not installed on this machine.
    """
    place = open_place(unit.url, unit.options)
    found = hash_files(place, unit.files, unit.algorithms, workers=WORKERS, callback=None)
    return b"".join(digest.value for digests in found for digest in digests)
