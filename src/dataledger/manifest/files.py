"""Fingerprinting data where it lies."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from dataledger.errors import InvalidArgument, ManifestError, SourceChanged, listed, shown
from dataledger.hashing import Algorithm
from dataledger.manifest.batches import Files, NoNotes, finish_all, hash_files, look_at_all
from dataledger.manifest.hashers import begin
from dataledger.manifest.identity import sizes_of
from dataledger.manifest.model import Manifest
from dataledger.manifest.parts import Part
from dataledger.manifest.paths import check_tree
from dataledger.manifest.pool import Pool
from dataledger.manifest.processes import usable_processors
from dataledger.manifest.progress import Counters, Progress, Reporter
from dataledger.manifest.reading import join_paths
from dataledger.manifest.record_set import RecordSet
from dataledger.manifest.scan import HOLD_STILL, list_files

if TYPE_CHECKING:
    from dataledger.manifest.cache import CachedRun, ManifestCache
    from dataledger.manifest.engines import Engine
    from dataledger.manifest.records.engine import RecordOptions, RecordProgress


def fingerprint(
    path: str | os.PathLike[str],
    *,
    digests: Sequence[Algorithm] = (Algorithm.SHA256,),
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    cache: "ManifestCache | None" = None,
    records: "RecordOptions | None" = None,
    record_progress: "Callable[[RecordProgress], None] | None" = None,
    engine: "Engine | None" = None,
) -> Manifest:
    """Return the manifest of a directory's files, or of a single file under its own name.

    A URL, such as `s3://bucket/folder`, is read as `fingerprint_location` says.

    The same files give the same manifest wherever they lie, whatever their times, permissions,
    owners, and listing order are. Empty directories are no part of it. No symbolic link is
    followed, neither below `path` nor at `path` itself; in front of its last component, it is.

    All files are as the manifest says at one moment: when the last one has been read.

    Args:
        path: the directory or file.
        digests: the algorithms. The first one gives each entry's `digest`, the others its
            `other_digests`, all from a single reading.
        workers: how many files to hash side by side; by default, one for each usable processor.
        progress: called in the calling thread, at most some 20 times a second, at first with
            nothing done and at last with everything. What it raises ends the run.
        cache: where earlier results are found and this one is kept. Without it, which is what
            evidence calls for, every byte is read.
        records: how to read the records of files that have a format with records. The files'
            entries then say what records they hold.
        record_progress: called as `progress` is, for the records, after the files.
        engine: does the work elsewhere, in the place of workers here; see `fingerprint_by` for what
            else it raises. There is no cache then.

    Raises:
        SourceNotFound: there is nothing at `path`.
        SourceUnreadable: a file or directory cannot be read.
        SourceChanged: a file was added, removed or replaced during the run, or written while or
            after it was read. A change is noticed by size, identity, modification and change time,
            which tick a few milliseconds apart on common file systems.
        UnsafeFile: there is a symbolic link, FIFO, socket or device.
        InvalidPath: a name breaks the path rules, or collides with another; see
            `dataledger.manifest.paths`.
        ManifestError: there is no file at all.
        ManifestMismatch: a file that should be as the cache says is another; the cache is emptied.
        InvalidArgument: `workers` is less than 1, or `digests` are none or not different.
        DependencyMissing: an algorithm is not available here.
    """
    source = os.fspath(path)
    if engine is not None:
        _require_neither(workers, cache)
        # Imported late: most data is hashed on this machine.
        from dataledger.manifest.distributed import fingerprint_by

        return fingerprint_by(
            engine,
            source,
            digests=digests,
            records=records,
            progress=progress,
            record_progress=record_progress,
        )
    if "://" in source:
        # Imported late: most data lies on this machine.
        from dataledger.manifest.locations import fingerprint_location, is_location

        if is_location(source):
            return fingerprint_location(
                source,
                digests=digests,
                workers=workers,
                progress=progress,
                cache=cache,
                records=records,
            )
    workers = usable_processors() if workers is None else workers
    if workers < 1:
        raise InvalidArgument(
            f"{workers} workers cannot hash anything.", remedy="Use 1 worker or more."
        )
    algorithms = _in_order(digests)
    found = list_files(source)
    if not found.paths:
        raise ManifestError(
            f"{shown(source)} holds no files.", remedy="Name a directory with at least one file."
        )
    check_tree(found.paths)  # now, not only after hours of hashing
    counters = Counters(workers)
    reporter = Reporter(counters.progress, progress)
    files = Files(found, algorithms)

    def report() -> None:
        if counters.known:
            reporter.report()

    with ExitStack() as stack:
        pool = stack.enter_context(Pool(workers, counters, report))
        if progress or cache:
            look_at_all(files, pool)
            counters.expect(sizes_of(files.identities))
            reporter.report()
        if cache is None:
            parts = hash_files(
                files,
                range(len(files.paths)),
                pool,
                NoNotes(),
                looked=progress is not None,
                make_parts=records is None,
            )
            run = None
        else:
            run = stack.enter_context(cache.open(source, algorithms, records=records is not None))
            parts = _hash_changed(files, run, pool, make_parts=records is None)
        reporter.finish()
        found_records = {}
        if records is not None:
            pool.rest()  # reading records takes workers of its own
            known = {} if run is None else run.record_sets(files)
            found_records = _read_records(files, known, records, workers, record_progress)
        manifest = Manifest.of_parts(_finish(files, source, pool, parts, found_records))
        if run is not None:
            run.keep(manifest, files)
    return manifest


def _hash_changed(
    files: Files, run: "CachedRun", pool: Pool, *, make_parts: bool
) -> dict[int, Part]:
    """Note the hashes of all files; return the parts of the manifest that are there already."""
    to_read = run.recall(files)
    size_bytes = sum(sizes_of(files.identities)) - sum(map(files.size_bytes, to_read))
    pool.count(len(files.paths) - len(to_read), size_bytes)
    parts = hash_files(files, to_read, pool, run, looked=True, make_parts=make_parts)
    run.require_sample(files)
    return {**parts, **run.parts}


def _read_records(
    files: Files,
    known: Mapping[str, RecordSet],
    options: "RecordOptions",
    workers: int,
    progress: "Callable[[RecordProgress], None] | None",
) -> dict[str, RecordSet]:
    # Imported late: reading tables takes large packages.
    from dataledger.manifest.records.engine import read_record_files
    from dataledger.manifest.records.formats import format_of

    found = {path: records for path, records in known.items() if options.are_met_by(records)}
    paths = [path for path in files.paths if path not in found and format_of(path) is not None]
    places = [f"{files.directory}/{path}" for path in paths]
    read = read_record_files(places, options, workers=workers, progress=progress)
    return found | dict(zip(paths, read, strict=True))


def _finish(
    files: Files,
    source: str,
    pool: Pool,
    kept: Mapping[int, Part],
    records: Mapping[str, RecordSet],
) -> list[Part]:
    """Return the parts of the manifest, if the data is still as it was read.

    Raises:
        SourceChanged: it is not.
    """
    parts, moved, joined = finish_all(files, source, pool, kept, records)
    if moved or joined != join_paths(files.paths):
        raise _changed(files, joined.split("\n") if joined else [], moved)
    return parts


def _in_order(digests: Sequence[Algorithm]) -> tuple[Algorithm, ...]:
    """Return the algorithms as an entry lists them: the first one, then the others by name."""
    algorithms = (*digests[:1], *sorted(digests[1:]))
    begin(algorithms)  # raises an error unless each is available, and none stands twice
    return algorithms


def _changed(files: Files, paths_now: list[str], moved: Sequence[int]) -> SourceChanged:
    old, new = set(files.paths), set(paths_now)
    named = [f"{shown(path)} was added" for path in paths_now if path not in old]
    named += [f"{shown(path)} was removed" for path in files.paths if path not in new]
    named += [
        f"{shown(path)} was written or replaced"
        for path in (files.paths[position] for position in moved)
        if path in new
    ]
    return SourceChanged(
        f"The data changed while it was being read: {listed(named)}.", remedy=HOLD_STILL
    )


def _require_neither(workers: int | None, cache: "ManifestCache | None") -> None:
    if workers is not None or cache is not None:
        raise InvalidArgument(
            "An engine has workers of its own, and uses no cache.",
            remedy="Leave out the number of workers, and the cache.",
        )
