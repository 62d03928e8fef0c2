"""Fingerprinting what a URL names."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dataledger.errors import InvalidArgument, SourceChanged, listed, shown
from dataledger.hashing import Algorithm
from dataledger.manifest.entry import FileEntry
from dataledger.manifest.hashers import begin
from dataledger.manifest.locations.reading import WORKERS, hash_files
from dataledger.manifest.locations.store import RemoteFile, list_files, open_place
from dataledger.manifest.locations.urls import LOCAL_SCHEMES, local_path, scheme_of, shown_location
from dataledger.manifest.model import Manifest
from dataledger.manifest.paths import check_tree
from dataledger.manifest.progress import Progress
from dataledger.manifest.scan import HOLD_STILL

if TYPE_CHECKING:
    from dataledger.manifest.cache import ManifestCache
    from dataledger.manifest.records.engine import RecordOptions


def fingerprint_location(
    url: str,
    *,
    digests: Sequence[Algorithm] = (Algorithm.SHA256,),
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    cache: "ManifestCache | None" = None,
    records: "RecordOptions | None" = None,
    options: Mapping[str, Any] | None = None,
) -> Manifest:
    """Return the manifest of the files at a URL: the same that these files have on a disk.

    Below a directory, or below a prefix of keys, all files count; over HTTP, a URL names one file.
    Memory is bounded, whatever the sizes. Each file is listed again at last: a change is noticed by
    size and by what else the store tells, such as ETag, version, and time.

    Args:
        url: `s3://bucket/folder`, or what else fsspec reads; `file://` is read as a local path is.
        digests: by which algorithms; the first one's is the entry's `digest`.
        workers: how many files to read side by side; by default 8, where the store allows it.
        progress: called as `fingerprint` calls it.
        cache: for `file://`, as for `fingerprint`. What lies in a store is always read anew.
        records: for `file://`, as for `fingerprint`, and for nothing else.
        options: for fsspec's class of such stores, such as `endpoint_url` or `anon`; what is not
            given comes from where the store's library looks for it.

    Raises:
        SourceNotFound: there is nothing at `url`.
        SourceUnreadable: the store denies it, fails, or does not answer. No credentials are shown.
        SourceChanged: a file was added, removed or written during the run.
        UnsafeFile: there is a link, or something else that is no file.
        InvalidPath: a name breaks the path rules, or collides with another.
        ManifestError: there is no file at all.
        InvalidArgument: `url` is none, or of an unknown kind, or chains stores; `workers` is less
            than 1; `digests` names none, or one twice; records are wanted of what lies in a store.
        DependencyMissing: a package is not installed; the remedy names the command.
    """
    scheme = scheme_of(url)
    if scheme in LOCAL_SCHEMES:
        # Imported late: it knows this module.
        from dataledger.manifest.files import fingerprint

        return fingerprint(
            local_path(url),
            digests=digests,
            workers=workers,
            progress=progress,
            cache=cache,
            records=records,
        )
    if records is not None:
        raise InvalidArgument(
            f"The records of files at {shown_location(url)} cannot be read from afar.",
            remedy="Fetch the files, and fingerprint the copy; or leave out --records.",
        )
    if workers is not None and workers < 1:
        raise InvalidArgument(
            f"{workers} workers cannot hash anything.", remedy="Use 1 worker or more."
        )
    begin(digests)  # what cannot be computed is refused before anything is asked for
    place = open_place(url, options or {})
    before = list_files(place)
    check_tree(file.path for file in before)
    found = hash_files(place, before, digests, workers=workers or WORKERS, callback=progress)
    _require_unchanged(before, list_files(place))
    return Manifest(
        tuple(
            FileEntry(file.path, file.size_bytes, first, tuple(others))
            for file, (first, *others) in zip(before, found, strict=True)
        )
    )


def _require_unchanged(before: list[RemoteFile], after: list[RemoteFile]) -> None:
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
