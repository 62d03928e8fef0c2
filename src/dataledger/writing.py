"""Writing files that are there as a whole, or not at all.

A file is written beside its place, flushed to the disk, and renamed.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path, data: bytes | memoryview, *, mode: int, replace: bool) -> None:
    """Write `data` to `path` as a whole or not at all, flushed to the disk.

    Raises:
        FileExistsError: `replace` is false and `path` is there; it was left as it is.
        OSError: the directory is missing or may not be written to, or the disk is full.
    """
    with whole_file(path, mode=mode, replace=replace) as file:
        file.write(data)


@contextmanager
def whole_file(path: Path, *, mode: int, replace: bool) -> Iterator[BinaryIO]:
    """Offer a file that takes its place at `path`, flushed to the disk, when the block ends well.

    Raises:
        FileExistsError: `replace` is false and `path` is there; it was left as it is.
        OSError: the directory is missing or may not be written to, or the disk is full.
    """
    draft = path.with_name(f".{path.name[:200]}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            # Unlike a check beforehand, this cannot replace what another program just wrote.
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    flush_directory(path.parent)


def flush_directory(path: Path) -> None:
    """Flush to the disk which files are in a directory, after one was made or removed."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
