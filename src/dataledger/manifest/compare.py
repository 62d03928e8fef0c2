"""What differs between two manifests."""

from dataclasses import dataclass

from dataledger.errors import ManifestMismatch, listed, shown
from dataledger.manifest.entry import FileEntry
from dataledger.manifest.model import Manifest


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A path that stands in both manifests, with different content."""

    expected: FileEntry
    actual: FileEntry

    @property
    def path(self) -> str:
        """The path that both have."""
        return self.expected.path


@dataclass(frozen=True, slots=True)
class Difference:
    """How the actual files differ from the expected ones; each part is sorted by path.

    False in a condition when there is none. A renamed file is one removed and one added.
    """

    added: tuple[FileEntry, ...]
    removed: tuple[FileEntry, ...]
    changed: tuple[ChangedFile, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def compare(expected: Manifest, actual: Manifest) -> Difference:
    """Return what was added to, removed from, and changed in the expected files."""
    before = {entry.path: entry for entry in expected.entries}
    after = {entry.path: entry for entry in actual.entries}
    return Difference(
        added=tuple(entry for path, entry in after.items() if path not in before),
        removed=tuple(entry for path, entry in before.items() if path not in after),
        changed=tuple(
            ChangedFile(entry, after[path])
            for path, entry in before.items()
            if path in after and after[path] != entry
        ),
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
    raise ManifestMismatch(
        f"The data differs from its manifest: {listed(named)}.",
        remedy="Restore these files, or register what is there now as a new version.",
    )
