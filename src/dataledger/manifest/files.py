"""Fingerprinting data where it lies."""

import os
from collections.abc import Callable

from dataledger.errors import InvalidArgument, ManifestError, SourceChanged, listed, shown
from dataledger.hashing import Algorithm, Digest
from dataledger.manifest.batches import divide, hash_here
from dataledger.manifest.entry import FileEntry
from dataledger.manifest.model import Manifest
from dataledger.manifest.paths import check_tree
from dataledger.manifest.progress import Progress
from dataledger.manifest.scan import HOLD_STILL, FoundFile, scan


def fingerprint(
    path: str | os.PathLike[str],
    *,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Manifest:
    """Return the manifest of a directory's files, or of a single file under its own name.

    The same files give the same manifest wherever they lie, whatever their times, permissions,
    owners, and listing order are. Empty directories are no part of it. No symbolic link is
    followed, neither below `path` nor at `path` itself; in front of its last component, it is.

    Args:
        path: the directory or file.
        workers: how many files to hash side by side; by default, one for each usable processor.
        progress: called in the calling thread, at most some 20 times a second, at first with
            nothing done and at last with everything. What it raises ends the run.

    Raises:
        SourceNotFound: there is nothing at `path`.
        SourceUnreadable: a file or directory cannot be read.
        SourceChanged: a file was added, removed, replaced or written during the run. A change is
            noticed by size, identity, modification and change time, which tick a few milliseconds
            apart on common file systems.
        UnsafeFile: there is a symbolic link, FIFO, socket or device.
        InvalidPath: a name breaks the path rules, or collides with another; see
            `dataledger.manifest.paths`.
        ManifestError: there is no file at all.
        InvalidArgument: `workers` is less than 1.
    """
    workers = _usable_processors() if workers is None else workers
    if workers < 1:
        raise InvalidArgument(
            f"{workers} workers cannot hash anything.", remedy="Use 1 worker or more."
        )
    source = os.fspath(path)
    before = scan(source)
    if not before.files:
        raise ManifestError(
            f"{shown(source)} holds no files.", remedy="Name a directory with at least one file."
        )
    check_tree(file.path for file in before.files)  # now, not only after hours of hashing
    batches = divide(before.files)
    if workers == 1 or len(batches) == 1:
        hashes = hash_here(before, batches, progress)
    else:
        # Imported late: most runs are small, and the pools take a while to load.
        from dataledger.manifest.pool import hash_in_pool

        hashes = hash_in_pool(before, batches, workers, progress)
    _require_unchanged(before.files, scan(source).files)
    return Manifest(
        tuple(
            FileEntry(file.path, file.size_bytes, Digest(Algorithm.SHA256, value))
            for file, value in zip(before.files, hashes, strict=True)
        )
    )


def _require_unchanged(before: list[FoundFile], after: list[FoundFile]) -> None:
    if before == after:
        return
    old, new = ({file.path: file for file in files} for files in (before, after))
    named = [f"{shown(path)} was added" for path in new if path not in old]
    named += [f"{shown(path)} was removed" for path in old if path not in new]
    named += [
        f"{shown(path)} was written or replaced"
        for path, file in old.items()
        if path in new and new[path] != file
    ]
    raise SourceChanged(
        f"The data changed while it was being read: {listed(named)}.", remedy=HOLD_STILL
    )


def _usable_processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
