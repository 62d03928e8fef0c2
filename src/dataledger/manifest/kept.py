"""The file in which a cache keeps how the files of one manifest stood.

It holds no digest of any file: those are in the manifest, which it names by its own digest.
"""

import hashlib
import json
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dataledger.hashing import Digest, Hash32
from dataledger.hashing.digest import HASH_BYTES
from dataledger.manifest.batches import Files, parts_of
from dataledger.manifest.identity import (
    IDENTITY_BYTES,
    Identities,
    newest_change_ns,
    settled,
    sizes_of,
)
from dataledger.manifest.model import MAX_MANIFEST_BYTES, Manifest, split_manifest
from dataledger.manifest.parts import PART_FILES, Part, count_entries, split_entries
from dataledger.manifest.reading import join_paths
from dataledger.manifest.record_set import RecordSet
from dataledger.writing import write_whole

_MAGIC = b"dataledger/manifest-cache/1\n"
_HEAD = struct.Struct(f">Qq{HASH_BYTES}s{HASH_BYTES}s")
"""Number of files; when the run began that looked at them; digests of the manifest, the paths."""
_PART = struct.Struct(f">Qq{HASH_BYTES}s")
"""How many bytes it has in the manifest; the newest change to its files; its root."""
_SUFFIX = ".manifest"


class _KeptPart(NamedTuple):
    data: bytes
    newest_change_ns: int
    root: Hash32


class Kept:
    """An earlier manifest, and how each of its files stood when it was made."""

    def __init__(
        self, begun_at_ns: int, paths_digest: bytes, parts: list[_KeptPart], identities: bytes
    ) -> None:
        self._begun_at_ns = begun_at_ns
        self._paths_digest = paths_digest
        self._parts = parts
        self._identities = identities
        self._entries: dict[int, list[bytes]] = {}

    def has_paths(self, paths: Sequence[str]) -> bool:
        """Return whether these are the paths of the earlier manifest."""
        return self._paths_digest == _digest_of_paths(paths)

    def positions_by_path(self) -> dict[str, int]:
        """Return where each path stands in the earlier manifest."""
        entries = (entry for part in self._parts for entry in json.loads(b"[%b]" % part.data))
        return {entry["path"]: position for position, entry in enumerate(entries)}

    def whole_part(self, number: int, identities: Identities) -> Part | None:
        """Return the part of that number, if all its files are still as they were."""
        part = self._parts[number]
        start = number * PART_FILES * IDENTITY_BYTES
        if self._identities[start : start + PART_FILES * IDENTITY_BYTES] != identities:
            return None
        if not settled(part.newest_change_ns, self._begun_at_ns):
            return None
        return Part(
            file_count=len(identities) // IDENTITY_BYTES,
            size_bytes=sum(sizes_of(identities)),
            record_sets=0,
            record_count=0,
            data=part.data,
            root=part.root,
        )

    def hashes_if_same(self, position: int, identity: bytes) -> list[bytes] | None:
        """Return the hashes of the file at that position, if it still is as it was."""
        start = position * IDENTITY_BYTES
        if self._identities[start : start + IDENTITY_BYTES] != identity:
            return None
        if not settled(newest_change_ns(identity), self._begun_at_ns):
            return None
        return self.hashes(position)

    def hashes(self, position: int) -> list[bytes]:
        """Return the hashes of the file at that position, in the order of its entry's digests."""
        entry = self._entry(position)
        digests = [entry["digest"], *entry.get("other_digests", [])]
        return [Digest.parse(digest).value for digest in digests]

    def records(self, position: int) -> RecordSet | None:
        """Return what records the file at that position holds, if that was found out."""
        entry = self._entry(position)
        return RecordSet.from_json(entry["records"]) if "records" in entry else None

    def _entry(self, position: int) -> Any:
        number, index = divmod(position, PART_FILES)
        if number not in self._entries:
            self._entries[number] = split_entries(self._parts[number].data)
        return json.loads(self._entries[number][index])


def load(path: Path) -> Kept | None:
    """Return what is kept at `path`; None if it is damaged or foreign, or its manifest is.

    Whatever the file holds, no more memory is taken than its manifest accounts for.
    """
    try:
        return _load(path)
    except (OSError, ValueError, struct.error):
        return None


def _load(path: Path) -> Kept | None:
    with path.open("rb") as file:
        head = file.read(len(_MAGIC) + _HEAD.size)
        count, begun_at_ns, manifest_digest, paths_digest = _HEAD.unpack(head[len(_MAGIC) :])
        if not (head.startswith(_MAGIC) and 0 < count <= MAX_MANIFEST_BYTES):
            return None
        table_bytes = len(range(0, count, PART_FILES)) * _PART.size
        body_bytes = table_bytes + count * IDENTITY_BYTES
        # Before memory is taken for so much.
        if os.fstat(file.fileno()).st_size != len(head) + body_bytes + HASH_BYTES:
            return None
        body = file.read(body_bytes)
        if file.read(HASH_BYTES + 1) != hashlib.sha256(head + body).digest():
            return None
    with _manifest_path(path, manifest_digest).open("rb") as file:
        data = file.read(MAX_MANIFEST_BYTES + 1)
    if hashlib.sha256(data).digest() != manifest_digest:
        return None
    rows = list(_PART.iter_unpack(body[:table_bytes]))
    written = split_manifest(data, [length for length, _, _ in rows])
    files_of_parts = [len(positions) for positions in parts_of(count)]
    if written is None or [count_entries(each) for each in written] != files_of_parts:
        return None
    parts = [
        _KeptPart(each, newest, Hash32(root))
        for each, (_, newest, root) in zip(written, rows, strict=True)
    ]
    return Kept(begun_at_ns, paths_digest, parts, body[table_bytes:])


def save(path: Path, manifest: Manifest, files: Files, begun_at_ns: int) -> None:
    """Keep the manifest, and how its files stand, for runs to come.

    What was kept at `path` before is replaced as the last step.

    Raises:
        OSError: it cannot be written; what was there before still is.
    """
    rows = [
        _PART.pack(len(part.data), newest_change_ns(files.identities_of(positions)), part.root)
        for part, positions in zip(manifest.parts, parts_of(len(files.paths)), strict=True)
    ]
    digest = manifest.manifest_digest.value
    body = b"".join(
        [
            _MAGIC,
            _HEAD.pack(len(files.paths), begun_at_ns, digest, _digest_of_paths(files.paths)),
            *rows,
            files.identities,
        ]
    )
    kept_manifest = _manifest_path(path, digest)
    write_whole(kept_manifest, manifest.to_bytes(), mode=0o600, replace=True)
    write_whole(path, body + hashlib.sha256(body).digest(), mode=0o600, replace=True)
    _remove_manifests(path, but=kept_manifest)


def remove(path: Path) -> None:
    """Remove all that is kept at `path`.

    Raises:
        OSError: it cannot be removed.
    """
    path.unlink(missing_ok=True)
    _remove_manifests(path, but=None)


def _remove_manifests(path: Path, *, but: Path | None) -> None:
    for other in path.parent.glob(f"{path.stem}.*{_SUFFIX}"):
        if other != but:
            other.unlink(missing_ok=True)


def _manifest_path(path: Path, digest: bytes) -> Path:
    return path.with_name(f"{path.stem}.{digest.hex()}{_SUFFIX}")


def _digest_of_paths(paths: Sequence[str]) -> bytes:
    return hashlib.sha256(join_paths(paths).encode()).digest()
