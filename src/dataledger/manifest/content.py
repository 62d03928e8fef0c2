"""Hashing the content of an open file."""

import hashlib
import mmap
import os
from collections.abc import Callable, Sequence

from dataledger.hashing import EMPTY_ROOT, TREE_CHUNK_BYTES, Algorithm, leaf_hash
from dataledger.manifest.hashers import Hasher, begin

SMALL_BYTES = 256 * 1024
"""A file of no more is read in one call."""

WINDOW_BYTES = 64 * 1024 * 1024
"""How much of a file is mapped at once: enough to keep several threads busy, and bounded."""

_may_map = [False]


def allow_mapping() -> None:
    """Let this process map files into memory, which spares copying them.

    A mapped file that is cut short meanwhile, or cannot be read, kills the process. So only one
    that was made for hashing may do it: its caller outlives it, and has the file read instead.
    """
    _may_map[0] = True


def of_bytes(algorithm: Algorithm) -> Callable[[bytes], bytes]:
    """Return the function that hashes content of at most a chunk at once.

    Raises:
        DependencyMissing: the algorithm is not available.
    """
    begin([algorithm])  # raises an error unless it is available
    if algorithm is Algorithm.SHA256_TREE:
        return lambda data: leaf_hash(data) if data else EMPTY_ROOT
    if algorithm is Algorithm.SM3:
        return lambda data: hashlib.new("sm3", data).digest()
    if algorithm is Algorithm.BLAKE3:
        from blake3 import blake3

        return lambda data: blake3(data).digest()
    sha256 = hashlib.sha256
    return lambda data: sha256(data).digest()


def hash_stream(
    descriptor: int,
    extent: range,
    algorithms: Sequence[Algorithm],
    threads: int,
    tick: Callable[[int, int], None],
) -> list[bytes] | None:
    """Return the hashes of a part of an open file, one for each algorithm; None if it ends early.

    The file's position is then behind the part. Memory stays bounded whatever the size.
    """
    hashers = begin(algorithms)
    if list(algorithms) == [Algorithm.BLAKE3] and threads > 1:
        from blake3 import blake3

        hashers = [blake3(max_threads=threads)]
    os.lseek(descriptor, extent.start, os.SEEK_SET)
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, extent.start, len(extent), os.POSIX_FADV_SEQUENTIAL)
    done = _update_mapped if _may_map[0] else _update_read
    if not done(descriptor, extent, hashers, tick):
        return None
    return [hasher.digest() for hasher in hashers]


def _update_read(
    descriptor: int, extent: range, hashers: list[Hasher], tick: Callable[[int, int], None]
) -> bool:
    buffer = memoryview(bytearray(TREE_CHUNK_BYTES))
    bytes_left = len(extent)
    while bytes_left:
        count = os.readv(descriptor, [buffer[:bytes_left]])
        if count == 0:
            return False
        for hasher in hashers:
            hasher.update(buffer[:count])
        bytes_left -= count
        tick(0, count)
    return True


def _update_mapped(
    descriptor: int, extent: range, hashers: list[Hasher], tick: Callable[[int, int], None]
) -> bool:
    # Several algorithms take turns on pieces that stay in the processor's cache.
    piece_bytes = TREE_CHUNK_BYTES if len(hashers) > 1 else WINDOW_BYTES
    for start in extent[::WINDOW_BYTES]:
        length = min(WINDOW_BYTES, extent.stop - start)
        if os.fstat(descriptor).st_size < start + length:
            return False
        with (
            mmap.mmap(
                descriptor, length, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ, offset=start
            ) as mapped,
            memoryview(mapped) as view,
        ):
            for at in range(0, length, piece_bytes):
                with view[at : at + piece_bytes] as piece:
                    for hasher in hashers:
                        hasher.update(piece)
        tick(0, length)
    os.lseek(descriptor, extent.stop, os.SEEK_SET)
    return True
