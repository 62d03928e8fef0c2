"""The manifest: the canonical list of a version's files."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
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
from dataledger.manifest.parts import PART_FILES, Part, part_of_entries, split_entries
from dataledger.manifest.paths import check_tree
from dataledger.manifest.proofs import FilePlace, FileProof
from dataledger.manifest.record_set import SALT_SCHEME

FORMAT = "dataledger/manifest/1"
MAX_MANIFEST_BYTES = 1024**3
"""Some seven million files."""

_HEAD = b'{"entries":['
_TAIL = b'],"format":"' + FORMAT.encode() + b'"}'
_REMEDY = "Use the manifest file exactly as it was written, or fingerprint the data again."


class Manifest:
    """The files of a dataset's version, sorted by path as UTF-8 bytes, whatever order is given.

    Manifests are equal if their bytes are.

    Raises:
        ManifestError: there is no file, or all together exceed `MAX_SIZE_BYTES`.
        InvalidPath: paths collide; see `check_tree`.
    """

    def __init__(self, entries: Iterable[FileEntry]) -> None:
        # Python orders str by code point, which is the order of the UTF-8 bytes.
        self.entries = tuple(sorted(entries, key=lambda entry: entry.path))
        if not self.entries:
            raise ManifestError("A manifest needs at least one file.", remedy="Add a file.")
        _check_size(self.size_bytes)
        check_tree(entry.path for entry in self.entries)

    @classmethod
    def of_parts(cls, parts: Sequence[Part]) -> Self:
        """Return the manifest of all the parts, which are in order and keep the rules.

        Raises:
            ManifestError: all files together exceed `MAX_SIZE_BYTES`.
        """
        manifest = cls.__new__(cls)
        manifest.parts = tuple(parts)
        _check_size(manifest.size_bytes)
        return manifest

    @cached_property
    def entries(self) -> tuple[FileEntry, ...]:
        """The files. Those of a fingerprint are made when they are first asked for."""
        return tuple(entry for part in self.parts for entry in part.entries())

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The same in parts of `PART_FILES`."""
        return tuple(
            part_of_entries(self.entries[start : start + PART_FILES])
            for start in range(0, len(self.entries), PART_FILES)
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Manifest):
            return NotImplemented
        return self.manifest_digest == other.manifest_digest

    def __hash__(self) -> int:
        return hash(self.manifest_digest)

    def __repr__(self) -> str:
        return f"<Manifest of {self.file_count} files, {self.manifest_digest}>"

    @cached_property
    def content_root(self) -> Digest:
        """The RFC 9162 root over the entries' canonical bytes, in their order."""
        return Digest(Algorithm.SHA256, root(part.root for part in self.parts))

    @cached_property
    def manifest_digest(self) -> Digest:
        """The SHA-256 of the manifest file, `to_bytes()`."""
        content = hashlib.sha256()
        for piece in self._pieces():
            content.update(piece)
        return Digest(Algorithm.SHA256, Hash32(content.digest()))

    @property
    def file_count(self) -> int:
        """Number of files; also the tree's size."""
        return sum(part.file_count for part in self.parts)

    @cached_property
    def size_bytes(self) -> int:
        """All files' sizes together."""
        return sum(part.size_bytes for part in self.parts)

    @cached_property
    def record_count(self) -> int:
        """All record sets' records together; 0 where there are no record sets."""
        return sum(part.record_count for part in self.parts)

    @property
    def salt_scheme(self) -> int:
        """How record leaves are salted; 0 where there are no record sets."""
        return SALT_SCHEME if any(part.record_sets for part in self.parts) else 0

    def to_bytes(self) -> bytes:
        """Return the manifest file: canonical JSON (RFC 8785), without a final newline."""
        return b"".join(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        """Yield the manifest file piece by piece: all of it takes memory, and time to fill it."""
        before = _HEAD
        for part in self.parts:
            yield before
            yield part.data
            before = b","
        yield _TAIL

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
        return [leaf_hash(entry) for part in self.parts for entry in split_entries(part.data)]


def _check_size(size_bytes: int) -> None:
    if size_bytes > MAX_SIZE_BYTES:
        raise ManifestError(
            f"A manifest of {size_bytes} bytes of data is too large.",
            remedy=f"Split the dataset: at most {MAX_SIZE_BYTES} bytes are counted exactly.",
        )


def split_manifest(data: bytes, sizes_bytes: Sequence[int]) -> list[bytes] | None:
    """Return the parts of a manifest file, which have these sizes; None if they cannot."""
    parts = []
    at = len(_HEAD)
    for size_bytes in sizes_bytes:
        parts.append(data[at : at + size_bytes])
        at += size_bytes + 1
    return parts if _HEAD + b",".join(parts) + _TAIL == data else None


def _entries(document: JsonValue) -> tuple[FileEntry, ...]:
    parts = members(document, "entries", "format")
    if parts["format"] != FORMAT:
        raise ManifestError(
            f"its format is {shown(parts['format'])}, and only {FORMAT!r} is read", remedy=_REMEDY
        )
    if not isinstance(parts["entries"], list):
        raise ManifestError("its entries are no list", remedy=_REMEDY)
    return tuple(FileEntry.from_json(value) for value in parts["entries"])
