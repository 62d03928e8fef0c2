"""The manifest: the canonical list of a version's files."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from dataledger.errors import ManifestError, NotFound, UsageError, shown
from dataledger.hashing import (
    Algorithm,
    Digest,
    Hash32,
    JsonValue,
    inclusion_proof,
    leaf_hash,
    members,
    not_canonical,
    parse_strict,
    root,
)
from dataledger.manifest.entry import MAX_SIZE_BYTES, FileEntry
from dataledger.manifest.paths import check_tree
from dataledger.manifest.proofs import FilePlace, FileProof
from dataledger.manifest.record_set import SALT_SCHEME

FORMAT = "dataledger/manifest/1"
MAX_MANIFEST_BYTES = 1024**3
"""Some seven million files."""

_HEAD = b'{"entries":['
_TAIL = b'],"format":"' + FORMAT.encode() + b'"}'
_REMEDY = "Use the manifest file exactly as it was written, or fingerprint the data again."


@dataclass(frozen=True)
class Manifest:
    """The files of a dataset's version, sorted by path as UTF-8 bytes, whatever order is given.

    Raises:
        ManifestError: there is no file, or all together exceed `MAX_SIZE_BYTES`.
        InvalidPath: paths collide; see `check_tree`.
    """

    entries: tuple[FileEntry, ...]

    def __post_init__(self) -> None:
        # Python orders str by code point, which is the order of the UTF-8 bytes.
        entries = tuple(sorted(self.entries, key=lambda entry: entry.path))
        object.__setattr__(self, "entries", entries)
        if not entries:
            raise ManifestError("A manifest needs at least one file.", remedy="Add a file.")
        if self.size_bytes > MAX_SIZE_BYTES:
            raise ManifestError(
                f"A manifest of {self.size_bytes} bytes of data is too large.",
                remedy=f"Split the dataset: at most {MAX_SIZE_BYTES} bytes are counted exactly.",
            )
        check_tree(entry.path for entry in entries)

    @cached_property
    def content_root(self) -> Digest:
        """The RFC 9162 root over the entries' canonical bytes, in their order."""
        return Digest(Algorithm.SHA256, root(self._leaf_hashes()))

    @cached_property
    def manifest_digest(self) -> Digest:
        """The SHA-256 of the manifest file, `to_bytes()`."""
        return Digest.of(self.to_bytes())

    @property
    def file_count(self) -> int:
        """Number of files; also the tree's size."""
        return len(self.entries)

    @cached_property
    def size_bytes(self) -> int:
        """All files' sizes together."""
        return sum(entry.size_bytes for entry in self.entries)

    @cached_property
    def record_count(self) -> int:
        """All record sets' records together; 0 where there are no record sets."""
        return sum(entry.records.record_count for entry in self.entries if entry.records)

    @property
    def salt_scheme(self) -> int:
        """How record leaves are salted; 0 where there are no record sets."""
        return SALT_SCHEME if any(entry.records for entry in self.entries) else 0

    def to_bytes(self) -> bytes:
        """Return the manifest file: canonical JSON (RFC 8785), without a final newline."""
        return _HEAD + b",".join(entry.to_bytes() for entry in self.entries) + _TAIL

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a manifest file. All rules are checked as if its entries were new.

        Raises:
            CanonicalisationError: it is larger than `MAX_MANIFEST_BYTES`, not JSON, or not in the
                canonical form: spelling, or order of entries.
            ManifestError: it is JSON, but not a manifest of this format, or breaks a rule.
        """
        document = parse_strict(data, max_bytes=MAX_MANIFEST_BYTES)
        try:
            manifest = cls(_entries(document))
        except UsageError as error:
            raise ManifestError(f"This is no manifest: {error}", remedy=_REMEDY) from error
        expected = manifest.to_bytes()
        if data != expected:
            raise not_canonical(data, expected)
        return manifest

    def index_of(self, path: str) -> int:
        """Return the position of the file's entry, which is also its leaf index in the tree.

        Raises:
            NotFound: the manifest has no such file.
        """
        index = bisect_left(self.entries, path, key=lambda entry: entry.path)
        if index == len(self.entries) or self.entries[index].path != path:
            raise NotFound(
                f"The manifest has no file {shown(path)}.",
                remedy="Give the path as the manifest spells it.",
            )
        return index

    def prove(self, path: str) -> FileProof:
        """Return the proof that the file belongs to the content root. Takes time O(file count).

        Raises:
            NotFound: the manifest has no such file.
        """
        return FileProof(self.place(path))

    def place(self, path: str) -> FilePlace:
        """Return the file's place under the content root, on which all proofs about it stand.

        Raises:
            NotFound: the manifest has no such file.
        """
        index = self.index_of(path)
        return FilePlace(
            entry=self.entries[index],
            leaf_index=index,
            tree_size=self.file_count,
            path=inclusion_proof(self._leaf_hashes(), index),
            content_root=self.content_root,
        )

    def _leaf_hashes(self) -> list[Hash32]:
        return [leaf_hash(entry.to_bytes()) for entry in self.entries]


def _entries(document: JsonValue) -> tuple[FileEntry, ...]:
    parts = members(document, "entries", "format")
    if parts["format"] != FORMAT:
        raise ManifestError(
            f"its format is {shown(parts['format'])}, and only {FORMAT!r} is read", remedy=_REMEDY
        )
    if not isinstance(parts["entries"], list):
        raise ManifestError("its entries are no list", remedy=_REMEDY)
    return tuple(FileEntry.from_json(value) for value in parts["entries"])
