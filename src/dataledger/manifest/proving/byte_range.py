"""Proofs of a range of bytes."""

from pathlib import Path
from typing import BinaryIO

from dataledger.errors import InvalidArgument, OutputUnwritable
from dataledger.hashing import TREE_CHUNK_BYTES, Hash32
from dataledger.hashing.ranges import range_path, subtree_of
from dataledger.manifest.proofs import BytesProof, FilePlace
from dataledger.manifest.proofs.byte_range import chunk_count, chunk_leaf, tree_digest
from dataledger.manifest.proving.data import changed, checked, open_data


def prove_bytes(
    place: FilePlace, path: Path, begin: int, end: int, extract: BinaryIO | None = None
) -> BytesProof:
    """Return the proof of the chunks that hold the bytes from `begin` to before `end`.

    The whole file is read. The bytes of these chunks are written to `extract`, if given.

    Raises:
        InvalidArgument: the file has no digest by `sha256-tree`, or no such bytes.
        SourceChanged: the data is not what was recorded.
        SourceUnreadable: the file cannot be read.
        OutputUnwritable: `extract` cannot be written to.
    """
    tree_digest(place.entry)
    size_bytes = place.entry.size_bytes
    if not 0 <= begin < end <= size_bytes:
        raise InvalidArgument(
            f"There are no bytes {begin} to {end} in a file of {size_bytes} bytes.",
            remedy="Count from 0 to the file's size; the end is not part of a range.",
        )
    first, last = begin // TREE_CHUNK_BYTES, -(-end // TREE_CHUNK_BYTES)
    count = chunk_count(place.entry)
    leaves: list[Hash32] = []
    with open_data(path) as file:
        # One chunk more than expected, so that a file which grows for ever ends.
        while len(leaves) <= count and (chunk := read_chunk(file)):
            if extract is not None and first <= len(leaves) < last:
                _write(extract, chunk)
            leaves.append(chunk_leaf(chunk))
    if len(leaves) != count:
        raise changed(path, "it has another size")
    proof = BytesProof(
        file=place,
        first_chunk=first,
        chunks=tuple(leaves[first:last]),
        path=range_path(first, last, len(leaves), subtree_of(leaves)),
    )
    return checked(proof, path)


def _write(extract: BinaryIO, chunk: bytes) -> None:
    try:
        extract.write(chunk)
    except OSError as error:
        raise OutputUnwritable(
            f"The bytes cannot be extracted: {error.strerror}.", remedy="Make room for them."
        ) from error


def read_chunk(file: BinaryIO) -> bytes:
    """Return the next chunk of a tree digest: whole, unless the file ends."""
    parts = []
    missing = TREE_CHUNK_BYTES
    while missing and (part := file.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
