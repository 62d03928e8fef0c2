"""Which engine hashes records: hashlib, or the optional accelerator, several times faster.

Both give the same bytes. The accelerator is taken only once it has given the same as hashlib for
records of many lengths; where a part of it is missing, or it gives anything else, hashlib does the
work. `engine_name` tells which it is.
"""

import ctypes
import importlib.util
import sys
from array import array
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

from dataledger.errors import DependencyMissing
from dataledger.manifest.record_set import SecretId
from dataledger.manifest.records.leaves import (
    Hasher,
    PlainHasher,
    hmac_keys,
    plain_label_groups,
)
from dataledger.manifest.records.secret import Keys
from dataledger.manifest.records.source import GROUP_RECORDS, Batch, EncodedBatch, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WORTH_BYTES = 32 * 1024 * 1024
"""Below this, hashing is done before numba is loaded, which takes some 0.6 s."""

_TRIED_BYTES = (*range(301), 5_000, 70)
"""Lengths of records: next to each other, two are hashed side by side unless one is long."""
_HASH_BYTES = 32


class Engine(StrEnum):
    """What hashes records."""

    HASHLIB = "hashlib"
    ACCELERATED = "numba+libcrypto"


def engine_name() -> Engine:
    """Return the fastest engine that works here. This loads it."""
    return Engine.HASHLIB if _accelerator() is None else Engine.ACCELERATED


def choose_engine(wanted: Engine | None, size_bytes: int) -> Engine:
    """Return the engine for files of this size: what is wanted, else the fastest worth loading.

    Raises:
        DependencyMissing: the accelerator is wanted, and does not work here.
    """
    if wanted is Engine.ACCELERATED and _accelerator() is None:
        raise DependencyMissing(
            "The accelerator for records does not work here: it needs numba, and a libcrypto that "
            "gives what hashlib gives.",
            remedy="Run `pip install 'dataledger[fast]'`, or let hashlib do it.",
        )
    if wanted is not None:
        return wanted
    if "numba" not in sys.modules and size_bytes < WORTH_BYTES:
        return Engine.HASHLIB
    return engine_name()


def new_hasher(engine: Engine | None, keys: Keys, first_record: int, *, labels: bool) -> Hasher:
    """Return what hashes one block, by the fastest engine unless one is named.

    Where the accelerator does not work, hashlib does the work.
    """
    transform = None if engine is Engine.HASHLIB else _accelerator()
    if transform is None:
        return PlainHasher(keys, first_record, labels=labels)
    return _FastHasher(transform, keys, first_record, labels=labels)


def label_groups(engine: Engine | None, labels: bytes) -> bytes:
    """Return the roots over each `GROUP_RECORDS` labels, by the fastest engine unless one is named.

    The last one is over what is left. Labels and roots stand one after another.
    """
    transform = None if engine is Engine.HASHLIB else _accelerator()
    if transform is None:
        return plain_label_groups(labels)
    import numpy as np

    from dataledger.manifest.records import kernels

    leaves = np.empty(len(labels), np.uint8)
    kernels.hash_entries(transform, np.frombuffer(labels, np.uint8), leaves)
    return _groups(transform, leaves)


# ------------------------------------------------------------------------------- the accelerator


class _FastHasher:
    """The `Hasher` that has libcrypto's compression function called, at the address `transform`."""

    def __init__(self, transform: int, keys: Keys, first_record: int, *, labels: bool) -> None:
        self._transform = transform
        self._after_salt_key = _after(transform, keys.record_salt)
        inner, outer = hmac_keys(keys)
        self._after_label_keys = _after(transform, inner), _after(transform, outer)
        self._first_record = first_record
        self._record_count = 0
        self._leaves = bytearray()
        self._labels: list[bytes] | None = [] if labels else None

    def add(self, batch: Batch) -> None:
        """Hash the batch's records, which follow those added before.

        Raises:
            IndexError: a record lies outside of the batch's bytes.
        """
        for span in batch.spans():
            self._add(span)

    def _add(self, span: Span) -> None:
        import numpy as np

        from dataledger.manifest.records import kernels

        # All read-only: numba would compile once more for what can be written.
        views = [view.toreadonly() for view in span]
        data = np.frombuffer(views[0], np.uint8)
        begins, ends = (np.frombuffer(view, np.int64) for view in views[1:])
        if np.any((begins < 0) | (begins > ends) | (ends > len(data))):
            raise IndexError("a record lies outside of its batch")  # compiled code does not look
        records = data, begins, ends
        first = self._first_record + self._record_count
        leaves = np.empty(len(begins) * _HASH_BYTES, np.uint8)
        kernels.hash_leaves(self._transform, self._after_salt_key, first, records, leaves)
        self._leaves += leaves.data
        if self._labels is not None:
            labels = np.empty_like(leaves)
            kernels.hash_labels(self._transform, self._after_label_keys, records, labels)
            self._labels.append(labels.tobytes())
        self._record_count += len(begins)

    @property
    def record_count(self) -> int:
        """How many records were added."""
        return self._record_count

    def groups(self) -> bytes:
        """Return the group roots over all records added, one after another."""
        import numpy as np

        return _groups(self._transform, np.frombuffer(self._leaves, np.uint8))

    def labels(self) -> bytes:
        """Return the labels of all records added, one after another; none if not asked for."""
        return b"".join(self._labels or ())


def _groups(transform: int, leaves: "NDArray[np.uint8]") -> bytes:
    import numpy as np

    from dataledger.manifest.records import kernels

    groups = np.empty(-(-len(leaves) // (GROUP_RECORDS * _HASH_BYTES)) * _HASH_BYTES, np.uint8)
    kernels.hash_groups(transform, leaves, groups)
    return groups.tobytes()


def _after(transform: int, key: bytes) -> "NDArray[np.uint32]":
    """Return the chaining value after a key that fills one block."""
    import numpy as np

    from dataledger.manifest.records import kernels

    context = np.zeros(kernels.CONTEXT_WORDS, np.uint32)
    context[: len(kernels.INITIAL_VALUE)] = kernels.INITIAL_VALUE
    compress = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)(transform)
    compress(context.ctypes.data, key)
    return context[: len(kernels.INITIAL_VALUE)].copy()


@cache
def _accelerator() -> int | None:
    """Return the address of a compression function that works with numba, or None."""
    if importlib.util.find_spec("numba") is None:
        return None
    for transform in _compression_functions():
        with suppress(Exception):  # whatever fails to load or to compile, hashlib does the work
            if _agrees_with_hashlib(transform):
                return transform
    return None


def _compression_functions() -> Iterator[int]:
    """Yield the address of `SHA256_Transform` in what hashlib itself uses, then in the system's."""
    import _hashlib

    # Looking a name up in hashlib's own module finds it in the libraries that it was linked to.
    libraries = [_hashlib.__file__] if hasattr(_hashlib, "__file__") else []
    if sys.platform == "linux":  # macOS ends a program that loads its libcrypto
        libraries += ["libcrypto.so.3", "libcrypto.so.1.1"]
    for library in libraries:
        with suppress(OSError, AttributeError):
            function = ctypes.CDLL(library).SHA256_Transform
            address = ctypes.cast(function, ctypes.c_void_p).value
            if address is not None:
                yield address


def _agrees_with_hashlib(transform: int) -> bool:
    """Whether both engines give the same for records of every length up to some blocks' worth."""
    record = bytes(range(256)) * (1 + max(_TRIED_BYTES) // 256)
    records = [record[:size_bytes] for size_bytes in _TRIED_BYTES]
    offsets = array("q", accumulate(map(len, records), initial=0))
    batch = EncodedBatch(b"".join(records), memoryview(offsets))
    keys = Keys(SecretId("0" * 16), record[:64], record[64:96], record[96:128])
    hashers = (
        PlainHasher(keys, 2**40, labels=True),
        _FastHasher(transform, keys, 2**40, labels=True),
    )
    for hasher in hashers:
        hasher.add(batch)
    plain, fast = ((hasher.groups(), hasher.labels()) for hasher in hashers)
    return plain == fast
