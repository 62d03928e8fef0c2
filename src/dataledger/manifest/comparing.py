"""What differs between two manifests."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dataledger.errors import ManifestMismatch, listed, shown
from dataledger.hashing import Algorithm
from dataledger.manifest.entry import FileEntry
from dataledger.manifest.model import Manifest


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A path that stands in both manifests, with different content, or described differently."""

    expected: FileEntry
    actual: FileEntry

    @property
    def path(self) -> str:
        """The path that both have."""
        return self.expected.path


@dataclass(frozen=True, slots=True)
class MovedFile:
    """The same content under two paths: the old one is gone, the new one was not there before."""

    expected: FileEntry
    actual: FileEntry


@dataclass(frozen=True, slots=True)
class Difference:
    """How the actual files differ from the expected ones; each part is sorted by (old) path.

    False in a condition when there is none. Each file stands in one part at most: a moved file is
    neither added nor removed; a copy, whose original stayed, is added.
    """

    added: tuple[FileEntry, ...]
    removed: tuple[FileEntry, ...]
    changed: tuple[ChangedFile, ...]
    moved: tuple[MovedFile, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.moved)


def compare(expected: Manifest, actual: Manifest) -> Difference:
    """Return what was added to, removed from, changed in, and moved among the expected files.

    The other way round, the answer is the same with expected and actual exchanged.
    """
    before = {entry.path: entry for entry in expected.entries}
    after = {entry.path: entry for entry in actual.entries}
    added = [entry for path, entry in after.items() if path not in before]
    removed = [entry for path, entry in before.items() if path not in after]
    moved = _moved(removed, added)
    old_paths = {move.expected.path for move in moved}
    new_paths = {move.actual.path for move in moved}
    return Difference(
        added=tuple(entry for entry in added if entry.path not in new_paths),
        removed=tuple(entry for entry in removed if entry.path not in old_paths),
        changed=tuple(
            ChangedFile(entry, after[path])
            for path, entry in before.items()
            if path in after and after[path] != entry
        ),
        moved=tuple(moved),
    )


def same_content(one: FileEntry, other: FileEntry) -> bool:
    """Tell whether both entries name the same bytes.

    They do if sizes agree, and all digests by algorithms that both have, of which there is one at
    least. Without a common algorithm nothing shows that the bytes are the same.
    """
    ours = {digest.algorithm: digest for digest in one.digests}
    theirs = {digest.algorithm: digest for digest in other.digests}
    common = ours.keys() & theirs.keys()
    return (
        one.size_bytes == other.size_bytes
        and bool(common)
        and all(ours[algorithm] == theirs[algorithm] for algorithm in common)
    )


def with_records_of(expected: Manifest, actual: Manifest) -> Manifest:
    """Return `actual`, its files with the record sets of `expected` where they are the same files.

    What records a file has follows from its bytes. So whoever lacks the secret that salted them can
    compare files alone, and take the record sets over.
    """
    records = {entry.path: entry for entry in expected.entries if entry.records is not None}
    if not records:
        return actual
    return Manifest(
        replace(entry, records=records[entry.path].records)
        if entry.path in records
        and entry.digests == records[entry.path].digests
        and entry.size_bytes == records[entry.path].size_bytes
        else entry
        for entry in actual.entries
    )


def require_same(expected: Manifest, actual: Manifest) -> None:
    """Return only if both manifests hold the same files.

    Raises:
        ManifestMismatch: they differ; the message names the first files that do.
    """
    difference = compare(expected, actual)
    if not difference:
        return
    named = [f"changed {shown(change.path)}" for change in difference.changed]
    named += [f"removed {shown(entry.path)}" for entry in difference.removed]
    named += [f"added {shown(entry.path)}" for entry in difference.added]
    named += [
        f"moved {shown(move.expected.path)} to {shown(move.actual.path)}"
        for move in difference.moved
    ]
    raise ManifestMismatch(
        f"The data differs from its manifest: {listed(named)}.",
        remedy="Restore these files, or register what is there now as a new version.",
    )


def pair(
    removed: Sequence[FileEntry],
    added: Sequence[FileEntry],
    key: Callable[[FileEntry], str],
) -> list[tuple[FileEntry, FileEntry]]:
    """Return pairs of a removed and an added entry with one key, in the order of the removed.

    Both are sorted by path. Among several candidates, equal file names go together first; the rest
    in their order. An entry is in one pair at most; one whose key is empty is in none.
    """
    keys = {entry.path: key(entry) for entries in (removed, added) for entry in entries}
    found: dict[str, FileEntry] = {}  # by the path of the removed
    taken: set[str] = set()
    for name in (_file_name, _any_name):
        places, candidates = (
            _places([e for e in entries if keys[e.path] and e.path not in taken], keys, name)
            for entries in (removed, added)
        )
        for place, old in places.items():
            if new := candidates.get(place):
                found[old.path] = new
                taken |= {old.path, new.path}
    return [(entry, found[entry.path]) for entry in removed if entry.path in found]


def _places(
    entries: list[FileEntry], keys: dict[str, str], name: Callable[[FileEntry], str]
) -> dict[str, FileEntry]:
    """Return the entries by key, name, and how many with the same stand before each."""
    seen: defaultdict[str, int] = defaultdict(int)
    places = {}
    for entry in entries:
        group = f"{keys[entry.path]}/{name(entry)}"
        places[f"{group}/{seen[group]}"] = entry
        seen[group] += 1
    return places


def _moved(removed: list[FileEntry], added: list[FileEntry]) -> list[MovedFile]:
    common = _algorithms(removed) & _algorithms(added)

    def content(entry: FileEntry) -> str:
        digests = [d for d in entry.digests if d.algorithm in common]
        digests.sort(key=lambda digest: digest.algorithm)
        return " ".join([str(entry.size_bytes), *map(str, digests)]) if digests else ""

    return [MovedFile(old, new) for old, new in pair(removed, added, content)]


def _algorithms(entries: list[FileEntry]) -> set[Algorithm]:
    """Return the algorithms by which every entry has a digest."""
    each = [{digest.algorithm for digest in e.digests} for e in entries]
    return set.intersection(*each) if each else set()


def _file_name(entry: FileEntry) -> str:
    return entry.path.rpartition("/")[2]


def _any_name(_entry: FileEntry) -> str:
    return ""
