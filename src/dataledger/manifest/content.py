"""Hashing the content of an open file."""

import hashlib
import mmap
import os
from collections.abc import Callable, Sequence

from dataledger.hashing import TREE_CHUNK_BYTES, Algorithm
from dataledger.manifest.hashers import begin

SMALL_BYTES = 256 * 1024
"""A file of no more is read in one call."""

WINDOW_BYTES = 64 * 1024 * 1024
"""How much of a file is mapped at once: enough to keep several threads busy, and bounded."""

_may_map = [False]


def allow_mapping() -> None:
    """Let this process map files into memory.

    A mapped file that is cut short meanwhile kills the process, so only one that was made for
    hashing may do it: its caller outlives it and says what happened.
    """
    _may_map[0] = True


def of_bytes(algorithm: Algorithm) -> Callable[[bytes], bytes]:
    """Return the function that hashes content at once.

    Raises:
        DependencyMissing: when the function is called, and the algorithm is not available.
    """
    if algorithm is Algorithm.SHA256:
        sha256 = hashlib.sha256
        return lambda data: sha256(data).digest()

    def hash_bytes(data: bytes) -> bytes:
        (hasher,) = begin([algorithm])
        hasher.update(data)
        return hasher.digest()

    return hash_bytes


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
    if list(algorithms) == [Algorithm.BLAKE3] and _may_map[0] and extent:
        return _hash_mapped(descriptor, extent, threads, tick)
    hashers = begin(algorithms)
    buffer = memoryview(bytearray(TREE_CHUNK_BYTES))
    os.lseek(descriptor, extent.start, os.SEEK_SET)
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, extent.start, len(extent), os.POSIX_FADV_SEQUENTIAL)
    bytes_left = len(extent)
    while bytes_left:
        count = os.readv(descriptor, [buffer[:bytes_left]])
        if count == 0:
            return None
        for hasher in hashers:
            hasher.update(buffer[:count])
        bytes_left -= count
        tick(0, count)
    return [hasher.digest() for hasher in hashers]


def _hash_mapped(
    descriptor: int, extent: range, threads: int, tick: Callable[[int, int], None]
) -> list[bytes] | None:
    from blake3 import blake3

    content = blake3(max_threads=threads)
    for start in extent[::WINDOW_BYTES]:
        length = min(WINDOW_BYTES, extent.stop - start)
        if os.fstat(descriptor).st_size < start + length:
            return None
        with (
            mmap.mmap(
                descriptor, length, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ, offset=start
            ) as mapped,
            memoryview(mapped) as view,
        ):
            content.update(view)
        tick(0, length)
    os.lseek(descriptor, extent.stop, os.SEEK_SET)
    return [content.digest()]
