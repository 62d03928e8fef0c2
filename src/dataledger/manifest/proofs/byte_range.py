"""The proof that a range of bytes belongs to a file of a version."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from dataledger.errors import InvalidArgument, ProofInvalid, shown
from dataledger.hashing import (
    TREE_CHUNK_BYTES,
    Algorithm,
    Digest,
    Hash32,
    JsonValue,
    natural,
    to_hash32,
)
from dataledger.hashing.ranges import verify_range
from dataledger.manifest.entry import FileEntry
from dataledger.manifest.proofs.base import FileContentProof
from dataledger.manifest.proofs.fields import (
    MAX_PATH_HASHES,
    REMEDY,
    check_path,
    check_position,
    hash_list,
    hashes,
)
from dataledger.manifest.proofs.place import FilePlace


def tree_digest(entry: FileEntry) -> Digest:
    """Return the entry's digest by `sha256-tree`, the one that proves ranges.

    Raises:
        InvalidArgument: it has none.
    """
    for digest in (entry.digest, *entry.other_digests):
        if digest.algorithm is Algorithm.SHA256_TREE:
            return digest
    raise InvalidArgument(
        f"The file {shown(entry.path)} has no digest by {Algorithm.SHA256_TREE}, and no other one "
        "can prove a part of it.",
        remedy=f"Fingerprint the data with {Algorithm.SHA256_TREE}, and record that as a new "
        "version.",
    )


def chunk_count(entry: FileEntry) -> int:
    """Return how many chunks the file has, the last one perhaps shorter."""
    return -(-entry.size_bytes // TREE_CHUNK_BYTES)


@dataclass(frozen=True, slots=True)
class BytesProof(FileContentProof):
    """Chunks, neighbours of which the first has number `first_chunk`, stand in the file.

    The chunks are those of `sha256-tree`. Their bytes are no part of the proof: `chunks` are their
    leaf hashes. `path` is a range path: see `dataledger.hashing.ranges`.

    Raises:
        InvalidArgument: the file has no digest by `sha256-tree`, or there is no chunk.
    """

    KIND: ClassVar[str] = "bytes"
    MEMBERS: ClassVar[tuple[str, ...]] = ("chunks", "file", "first_chunk", "path")

    file: FilePlace
    first_chunk: int
    chunks: tuple[Hash32, ...]
    path: tuple[Hash32, ...]

    def __post_init__(self) -> None:
        check_position(self.first_chunk)
        check_path(self.path, 2 * MAX_PATH_HASHES)
        tree_digest(self.file.entry)
        if not self.chunks:
            raise InvalidArgument("A range of no bytes proves nothing.", remedy=REMEDY)
        for chunk in self.chunks:
            to_hash32(chunk)

    @property
    def begin(self) -> int:
        """The first byte that is proved."""
        return self.first_chunk * TREE_CHUNK_BYTES

    @property
    def end(self) -> int:
        """The byte after the last that is proved."""
        end = (self.first_chunk + len(self.chunks)) * TREE_CHUNK_BYTES
        return min(end, self.file.entry.size_bytes)

    def verify_content(self) -> None:
        """Return only if the path leads from the chunks to the entry's digest."""
        verify_range(
            self.chunks,
            self.first_chunk,
            chunk_count(self.file.entry),
            self.path,
            tree_digest(self.file.entry).value,
        )

    def verify_data(self, contents: Iterable[bytes]) -> None:
        """Return only if these are exactly the proved chunks.

        Raises:
            ProofInvalid: they are anything else.
        """
        number = 0
        for content in contents:
            if number == len(self.chunks):
                raise _not_the_bytes("it goes on behind them")
            if chunk_leaf(content) != self.chunks[number]:
                begin = self.begin + number * TREE_CHUNK_BYTES
                raise _not_the_bytes(f"it differs between {begin} and {begin + len(content)}")
            number += 1
        if number < len(self.chunks):
            raise _not_the_bytes("it ends before them")

    def to_members(self) -> dict[str, JsonValue]:
        """Return the document's members."""
        return {
            "chunks": hash_list(self.chunks),
            "file": self.file.to_json(),
            "first_chunk": self.first_chunk,
            "path": hash_list(self.path),
        }

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        return cls(
            file=FilePlace.from_json(found["file"]),
            first_chunk=natural(found["first_chunk"]),
            chunks=hashes(found["chunks"]),
            path=hashes(found["path"]),
        )


def chunk_leaf(content: bytes) -> Hash32:
    """Return a chunk's leaf hash, without copying the chunk."""
    leaf = hashlib.sha256(b"\x00")
    leaf.update(content)
    return Hash32(leaf.digest())


def _not_the_bytes(reason: str) -> ProofInvalid:
    return ProofInvalid(
        f"The data is not the bytes that the proof is about: {reason}.",
        remedy="Give exactly the bytes that were extracted with the proof.",
    )
