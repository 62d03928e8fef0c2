"""Hashing one file that must hold still meanwhile."""

import errno
import hashlib
import os
from collections.abc import Callable

from dataledger.hashing import Hash32
from dataledger.manifest.scan import FoundFile, changed, found_file, unreadable

CHUNK_BYTES = 256 * 1024

# Should the path have become something else since the scan: a link is not followed, a FIFO or a
# device is not waited for, and a terminal does not take control.
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY

_GONE_OR_REPLACED = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ENODEV}


def hash_file(directory: str, file: FoundFile, on_bytes: Callable[[int], None]) -> Hash32:
    """Return the SHA-256 of the file's content; the same that `sha256sum` prints.

    `on_bytes` is called with the size of each chunk read; what it raises ends the hashing.

    Raises:
        SourceChanged: the file is not as the scan saw it, or did not stay so while it was read.
        SourceUnreadable: it cannot be opened or read.
    """
    try:
        descriptor = os.open(f"{directory}/{file.path}", _FLAGS)
    except OSError as error:
        if error.errno in _GONE_OR_REPLACED:
            raise changed(file.path, "was removed or replaced after it was listed") from error
        raise unreadable(file.path, error) from error
    try:
        return _hash_open_file(descriptor, file, on_bytes)
    except OSError as error:
        raise unreadable(file.path, error) from error
    finally:
        os.close(descriptor)


def _hash_open_file(descriptor: int, file: FoundFile, on_bytes: Callable[[int], None]) -> Hash32:
    if found_file(file.path, os.fstat(descriptor)) != file:
        raise changed(file.path, "was written or replaced after it was listed")
    content = hashlib.sha256()
    # One byte more than expected: a file that grows is noticed, and one that grows for ever ends.
    bytes_left = file.size_bytes + 1
    while chunk := os.read(descriptor, min(CHUNK_BYTES, bytes_left)):
        content.update(chunk)
        bytes_left -= len(chunk)
        on_bytes(len(chunk))
    if bytes_left != 1 or found_file(file.path, os.fstat(descriptor)) != file:
        raise changed(file.path, "was written while it was being read")
    return Hash32(content.digest())
