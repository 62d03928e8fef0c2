"""Fingerprints made by an engine: divided into calls that any machine of it can answer."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from dataledger.errors import InvalidArgument, ManifestError, SourceChanged, listed, shown
from dataledger.hashing import Algorithm, StreamingRoot, to_hash32
from dataledger.hashing.digest import HASH_BYTES
from dataledger.manifest.engines import Engine, in_order
from dataledger.manifest.engines.files import (
    SharedFile,
    TreeSpan,
    WholeFiles,
    divide,
    hash_unit,
    require_seen,
)
from dataledger.manifest.hashers import begin
from dataledger.manifest.locations import is_location, shown_location
from dataledger.manifest.locations.urls import LOCAL_SCHEMES, local_path, scheme_of
from dataledger.manifest.model import Manifest
from dataledger.manifest.parts import PART_FILES, Part, part_of_columns
from dataledger.manifest.paths import check_tree
from dataledger.manifest.progress import Progress, Reporter
from dataledger.manifest.record_set import RecordSet
from dataledger.manifest.records.boundaries import Run
from dataledger.manifest.records.engine import RecordOptions, RecordProgress, read_record_files
from dataledger.manifest.records.formats import format_of
from dataledger.manifest.scan import HOLD_STILL, FoundFile, Scan, scan

if TYPE_CHECKING:
    from dataledger.manifest.engines.stores import StoredFiles
    from dataledger.manifest.locations.store import RemoteFile

T = TypeVar("T")
R = TypeVar("R")

Work: TypeAlias = "WholeFiles | TreeSpan | StoredFiles"
U = TypeVar("U", WholeFiles | TreeSpan, "StoredFiles")
Shared: TypeAlias = "FoundFile | SharedFile | RemoteFile"

_MOST_ITEMS = 16
"""How many pieces of work on records a call has at most: a million records, if blocks are full.

Neighbouring blocks of a table are read by one worker, which need not decode anything twice.
"""

_CALLS_EACH = 4
"""How many calls there are at least for each worker, so that all of them end at about one time."""


def fingerprint_by(
    engine: Engine,
    path: str | os.PathLike[str],
    *,
    digests: Sequence[Algorithm] = (Algorithm.SHA256,),
    records: RecordOptions | None = None,
    progress: Callable[[Progress], None] | None = None,
    record_progress: Callable[[RecordProgress], None] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Manifest:
    """Return the manifest that `fingerprint` returns, its work done by `engine`.

    This machine lists the files and combines the hashes. All machines of the engine must see the
    data under the same absolute path; what they see is compared by size and modification time.

    Args:
        engine: where the work is done, such as a `DaskEngine`.
        path: the directory or file; or a URL, which workers then read from the store themselves.
        digests: by which algorithms; the first one's is the entry's `digest`. Where it is
            `sha256-tree` alone, workers share large files.
        records: how to hash the records of those files that consist of records; by default, only
            files are hashed. The keys travel to the workers.
        progress: called in the calling thread, at most some 20 times a second, at first with
            nothing done and at last with everything. What it raises ends the run.
        record_progress: called so for the records, after the files.
        options: for a URL, as `fingerprint_location` takes them. They travel to the workers.

    Raises:
        DataLedgerError: those of `fingerprint` and `read_records`; what a worker raises names it.
        SourceNotFound: also, a worker has no such directory.
        SourceChanged: also, a worker sees another file.
        ClusterError: the engine lost its workers.
        DependencyMissing: a worker lacks a package.
        InvalidArgument: `digests` names none, or one twice; or records are wanted of a URL.
    """
    algorithms = (*digests[:1], *sorted(digests[1:]))  # as an entry lists them
    begin(algorithms)  # what cannot be computed is refused before anything is read
    source = os.fspath(path)
    if is_location(source):
        if scheme_of(source) not in LOCAL_SCHEMES:
            if records is not None:
                raise InvalidArgument(
                    f"The records of files at {shown_location(source)} cannot be read from afar.",
                    remedy="Mount the store on all machines and give the path; or leave out the "
                    "records.",
                )
            return _fingerprint_store(engine, source, algorithms, progress, options or {})
        source = local_path(source)
    elif source and not Path(source).is_absolute():
        source = f"{Path.cwd()}/{source}"
    before = scan(source)
    if not before.files:
        raise ManifestError(
            f"{shown(source)} holds no files.", remedy="Name a directory with at least one file."
        )
    check_tree([file.path for file in before.files])  # now, not only after hours of hashing
    files = [SharedFile.of(file) for file in before.files]
    units = divide(before.directory, files, algorithms, engine.unit_bytes)
    hashes = _hash_units(engine, hash_unit, units, progress)
    record_sets = _read_records(engine, before, records, record_progress) if records else {}
    _require_unchanged(before.files, scan(source).files)
    return _manifest(files, algorithms, hashes, record_sets)


def _fingerprint_store(
    engine: Engine,
    url: str,
    algorithms: tuple[Algorithm, ...],
    progress: Callable[[Progress], None] | None,
    options: Mapping[str, Any],
) -> Manifest:
    # Imported late: fsspec starts a thread.
    from dataledger.manifest.engines.stores import divide_stored, hash_stored
    from dataledger.manifest.locations.store import list_files, open_place

    place = open_place(url, options)
    before = list_files(place)
    check_tree([file.path for file in before])
    units = divide_stored(url, options, before, algorithms, engine.unit_bytes)
    hashes = _hash_units(engine, hash_stored, units, progress)
    _require_unchanged(before, list_files(place))
    return _manifest(before, algorithms, hashes, {})


def _manifest(
    files: Sequence[Shared],
    algorithms: Sequence[Algorithm],
    hashes: Mapping[str, bytes],
    records: Mapping[str, RecordSet],
) -> Manifest:
    return Manifest.of_parts(
        [
            _part(files[start : start + PART_FILES], algorithms, hashes, records)
            for start in range(0, len(files), PART_FILES)
        ]
    )


def _part(
    files: Sequence[Shared],
    algorithms: Sequence[Algorithm],
    hashes: Mapping[str, bytes],
    records: Mapping[str, RecordSet],
) -> Part:
    paths = [file.path for file in files]
    columns = [
        b"".join(hashes[path][start : start + HASH_BYTES] for path in paths)
        for start in range(0, len(algorithms) * HASH_BYTES, HASH_BYTES)
    ]
    sizes = [file.size_bytes for file in files]
    found = {path: records[path] for path in paths if path in records}
    return part_of_columns(paths, sizes, algorithms, columns, found)


def _hash_units(
    engine: Engine,
    function: Callable[[U], bytes],
    units: Sequence[U],
    callback: Callable[[Progress], None] | None,
) -> dict[str, bytes]:
    """Return the hashes of each file by its path, those of all algorithms joined."""
    files_done = bytes_done = 0
    files_total = sum(unit.files_ended for unit in units)
    bytes_total = sum(unit.size_bytes for unit in units)
    reporter = Reporter(
        lambda: Progress(files_done, files_total, bytes_done, bytes_total), callback
    )
    reporter.report()
    answers = [b""] * len(units)
    # Large units first, or the largest file might be left to one worker at last.
    order = sorted(range(len(units)), key=lambda number: -units[number].size_bytes)
    with closing(engine.map(function, (units[number] for number in order))) as results:
        for index, answer in results:
            unit = units[order[index]]
            answers[order[index]] = answer
            files_done += unit.files_ended
            bytes_done += unit.size_bytes
            reporter.report()
    reporter.finish()
    return combine(units, answers)


def combine(units: Sequence[Work], answers: Sequence[bytes]) -> dict[str, bytes]:
    """Return the hashes of each file by its path, from the answer to each unit."""
    hashes: dict[str, bytes] = {}
    trees: dict[str, StreamingRoot] = {}
    for unit, answer in zip(units, answers, strict=True):
        if isinstance(unit, TreeSpan):
            trees.setdefault(unit.files[0].path, StreamingRoot()).append(to_hash32(answer))
            continue
        width = len(unit.algorithms) * HASH_BYTES
        files: Sequence[Shared] = unit.files
        for position, file in enumerate(files):
            hashes[file.path] = answer[position * width : (position + 1) * width]
    hashes.update({path: tree.root() for path, tree in trees.items()})
    return hashes


def _require_unchanged(before: Sequence[Shared], after: Sequence[Shared]) -> None:
    if list(before) != list(after):
        paths = sorted({file.path for file in {*before} ^ {*after}})
        raise SourceChanged(
            f"The data changed while it was being read: {listed([shown(path) for path in paths])}.",
            remedy=HOLD_STILL,
        )


# ---------------------------------------------------------------------------------------- records


def _read_records(
    engine: Engine,
    found: Scan,
    options: RecordOptions,
    callback: Callable[[RecordProgress], None] | None,
) -> dict[str, RecordSet]:
    """Return the record sets of those files that have records, by their paths."""
    files = [SharedFile.of(file) for file in found.files if format_of(file.path) is not None]
    if not files:
        return {}
    paths = [f"{found.directory}/{file.path}" for file in files]
    run = run_by(engine, found.directory, dict(zip(paths, files, strict=True)))
    record_sets = read_record_files(paths, options, run=run, progress=callback)
    return {file.path: records for file, records in zip(files, record_sets, strict=True)}


def run_by(engine: Engine, directory: str, files: Mapping[str, SharedFile]) -> Run:
    """Return what has an engine do the work on records of these files, given by whole paths."""

    def run(function: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]:
        pieces = [(item, files[_path_of(item)]) for item in items]
        size = len(pieces) // (engine.workers * _CALLS_EACH)
        size = min(max(size, 1), _MOST_ITEMS)
        groups = (pieces[begin : begin + size] for begin in range(0, len(pieces), size))
        for results in in_order(engine, partial(_call_each, function, directory), groups):
            yield from results

    return run


def _path_of(item: Any) -> str:
    """Return the path of the file that a piece of work on records is about."""
    if isinstance(item, str):
        return item
    if hasattr(item, "path"):
        return str(item.path)
    return _path_of(item[0])  # a plan and one of its blocks


def _call_each(
    function: Callable[[T], R], directory: str, pieces: Sequence[tuple[T, SharedFile]]
) -> list[R]:
    """On a worker: return what the function returns for each piece of work."""
    files = {file for _, file in pieces}
    for file in files:
        require_seen(directory, file)
    results = [function(item) for item, _ in pieces]
    for file in files:
        require_seen(directory, file)
    return results
