"""Reads every file below a directory by several processes, and prints the seconds that took.

The least that any program of this language must do which looks at the same bytes, or with `sha256`
as the last argument, which hashes them: the list of the files is made before the time starts, each
process has a like share of the bytes, and no result is kept.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path

CHUNK_BYTES = 1024 * 1024


def read(path: str, begin: int, end: int, buffer: memoryview) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        while begin < end:
            count = os.preadv(descriptor, [buffer[: min(CHUNK_BYTES, end - begin)]], begin)
            if count == 0:
                raise SystemExit(f"{path} became shorter")
            begin += count
    finally:
        os.close(descriptor)


def hash_small(path: str, size: int) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    hashlib.sha256(os.read(descriptor, size)).digest()
    os.close(descriptor)


def parts_of(source: Path, workers: int) -> list[list[tuple[str, int, int]]]:
    """What each process reads: whole files in turn, or a part of a file that is alone."""
    if source.is_file():
        files = [source]
    else:
        files = sorted(path for path in source.rglob("*") if path.is_file())
    if len(files) == 1:
        size = files[0].stat().st_size
        bounds = [size * number // workers for number in range(workers + 1)]
        return [[(str(files[0]), bounds[n], bounds[n + 1])] for n in range(workers)]
    whole = [(str(path), 0, path.stat().st_size) for path in files]
    return [whole[number::workers] for number in range(workers)]


def main() -> None:
    source, workers = Path(sys.argv[1]), int(sys.argv[2])
    hashing = sys.argv[3:] == ["sha256"]
    parts = parts_of(source, workers)
    started = time.perf_counter()
    children = []
    for part in parts:
        child = os.fork()
        if child == 0:
            buffer = memoryview(bytearray(CHUNK_BYTES))
            for path, begin, end in part:
                if hashing:
                    hash_small(path, end)
                else:
                    read(path, begin, end, buffer)
            os._exit(0)
        children.append(child)
    if any(os.waitpid(child, 0)[1] for child in children):
        raise SystemExit("a reader failed")
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main()
