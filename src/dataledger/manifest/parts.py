"""A manifest in parts: whole subtrees, so that one made anew leaves the others as they are."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dataledger.hashing import Algorithm, Digest, Hash32, leaf_hash, root
from dataledger.hashing.digest import HASH_BYTES
from dataledger.manifest.entry import FileEntry, entry_bytes
from dataledger.manifest.record_set import RecordSet

PART_FILES = 1024
"""A power of two: the roots of parts combine to the root of all. The last part may have fewer."""

_BETWEEN_ENTRIES = b'},{"digest":"'
"""Stands nowhere else: inside a string, a backslash would precede the quote."""


class Part(NamedTuple):
    """Entries that follow one another in a manifest, from a multiple of `PART_FILES` on."""

    file_count: int
    size_bytes: int
    record_sets: int
    record_count: int
    data: bytes
    """The entries' canonical bytes, with commas between."""
    root: Hash32
    """The root of the subtree over the entries."""

    def entries(self) -> list[FileEntry]:
        """Return the entries."""
        return [FileEntry.trusted(each) for each in json.loads(b"[%b]" % self.data)]


def count_entries(data: bytes) -> int:
    """Return how many entries a part has."""
    return data.count(_BETWEEN_ENTRIES) + 1


def split_entries(data: bytes) -> list[bytes]:
    """Return the canonical bytes of each entry of a part."""
    first, *others = data.split(_BETWEEN_ENTRIES)
    # What stands between two belongs in part to the one and in part to the other.
    whole = [first, *(_BETWEEN_ENTRIES[2:] + each for each in others)]
    return [each + b"}" for each in whole[:-1]] + [whole[-1]]


def part_of_entries(entries: Sequence[FileEntry]) -> Part:
    """Return the part that these entries make."""
    written = [entry.to_bytes() for entry in entries]
    records = [entry.records for entry in entries if entry.records]
    return Part(
        file_count=len(entries),
        size_bytes=sum(entry.size_bytes for entry in entries),
        record_sets=len(records),
        record_count=sum(each.record_count for each in records),
        data=b",".join(written),
        root=root(map(leaf_hash, written)),
    )


def part_of_columns(
    paths: Sequence[str],
    sizes: Sequence[int],
    algorithms: Sequence[Algorithm],
    columns: Sequence[bytes],
    records: Mapping[str, RecordSet],
) -> Part:
    """Return the part of these files, with one column of hashes for each algorithm.

    The algorithms stand in the entries' order: the first one, then the others by name. The paths
    keep the path rules.
    """
    texts = [_digest_texts(*each) for each in zip(algorithms, columns, strict=True)]
    written = [
        entry_bytes(path, size_bytes, digests)
        for path, size_bytes, digests in zip(paths, sizes, zip(*texts, strict=True), strict=True)
    ]
    for position, path in enumerate(paths) if records else ():
        if path in records:
            first, *others = (Digest.parse(text[position]) for text in texts)
            entry = FileEntry(path, sizes[position], first, tuple(others), records[path])
            written[position] = entry.to_bytes()
    return Part(
        file_count=len(paths),
        size_bytes=sum(sizes),
        record_sets=len(records),
        record_count=sum(each.record_count for each in records.values()),
        data=b",".join(written),
        root=root(map(leaf_hash, written)),
    )


def join_parts(parts: Sequence[Part]) -> Part:
    """Return the part of several that follow one another.

    All have as many files, a power of two, but for the last one, which may have fewer.
    """
    if len(parts) == 1:
        return parts[0]
    return Part(
        file_count=sum(part.file_count for part in parts),
        size_bytes=sum(part.size_bytes for part in parts),
        record_sets=sum(part.record_sets for part in parts),
        record_count=sum(part.record_count for part in parts),
        data=b",".join(part.data for part in parts),
        root=root(part.root for part in parts),
    )


def _digest_texts(algorithm: Algorithm, column: bytes) -> list[str]:
    name, text, width = str(algorithm), column.hex(), 2 * HASH_BYTES
    return [f"{name}:{text[at : at + width]}" for at in range(0, len(text), width)]
