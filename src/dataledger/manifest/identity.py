"""What tells a file from any other, and from itself after it was written.

A file is the same as long as its *identity* is: its size, device, inode, modification and change
time. The change time, unlike the modification time, cannot be set back by the file's owner.
"""

import os
import struct
from typing import TypeAlias

IDENTITY = struct.Struct("=QQQqq")
IDENTITY_BYTES = IDENTITY.size
GONE = bytes(IDENTITY_BYTES)
"""Stands for a file that is not there, or is no regular file any more."""

RACY_NS = 2_000_000_000
"""Longer than any common file system's clock takes to tick."""

Identities: TypeAlias = bytes | bytearray
"""One identity after another."""


def identity(info: os.stat_result) -> bytes:
    """Return the identity of the file that a stat call saw."""
    return IDENTITY.pack(info.st_size, info.st_dev, info.st_ino, info.st_mtime_ns, info.st_ctime_ns)


def sizes_of(identities: Identities) -> list[int]:
    """Return the files' sizes."""
    # The size is the first of an identity's numbers, which are all of one width.
    numbers = memoryview(identities).cast("Q")
    sizes: list[int] = numbers[:: IDENTITY_BYTES // numbers.itemsize].tolist()
    return sizes


def newest_change_ns(identities: Identities) -> int:
    """Return when the last of the files was written or changed; there is at least one."""
    newest: int = max(max(times) for _, _, _, *times in IDENTITY.iter_unpack(identities))
    return newest


def settled(change_ns: int, begun_at_ns: int) -> bool:
    """Return whether a file that changed last then cannot change unseen after a run began.

    One written again within the same tick of the file system's clock would keep its times.
    """
    return change_ns < begun_at_ns - RACY_NS
