"""The sorted tree of labels, which can show that a record is not among those of a file.

Its leaves are the leaf hashes of the distinct labels, in the order of their bytes. Two labels that
are next to each other leave no room for one between them.

It is kept as a file, in which numbers are big-endian: magic, 16 bytes; number of labels, 8 bytes;
the root over each `GROUP_RECORDS` labels, 32 bytes each; the labels. Labels are keyed and tell
nothing of their records, but whoever has the key can look a record up: the file stays with the
owner.
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from dataledger.errors import Conflict, NotFound, OutputUnwritable, SourceUnreadable, shown
from dataledger.hashing import EMPTY_ROOT, Digest, Hash32, leaf_hash, root
from dataledger.hashing.ranges import range_path
from dataledger.manifest.records.accelerate import Engine, label_groups
from dataledger.manifest.records.source import BLOCK_RECORDS, GROUP_RECORDS
from dataledger.writing import write_whole

LABEL_BYTES = 32

_MAGIC = b"dataledger/label"
_HEADER = struct.Struct(">16sQ")
_SORTED_PLAINLY = 16_384
"""Up to so many labels, loading numpy takes longer than it saves."""
_REMEDY = (
    "Fingerprint the records again with the same secret and with labels: that keeps them anew."
)


class Gap(NamedTuple):
    """The place where a label would stand that is not there."""

    first: int
    """The number of the first neighbour."""
    neighbours: tuple[Hash32, ...]
    """The label before and the label after; one alone at an end, none in the empty tree."""
    path: tuple[Hash32, ...]
    """Their range path; see `dataledger.hashing.ranges`."""


def labels_name(label_root: Digest) -> str:
    """Return the name of the file that keeps the labels with this root, in a folder of such."""
    return f"{label_root.hex}.labels"


@dataclass(frozen=True, slots=True)
class LabelTree:
    """Distinct labels in their order, and the tree over them."""

    count: int
    _image: memoryview
    """The tree's file."""

    @classmethod
    def build(cls, labels: bytes | bytearray, *, engine: Engine | None = Engine.HASHLIB) -> Self:
        """Return the tree over labels that are given one after another, in any order.

        Of 10 million, it takes hashlib some ten seconds; `engine` is as in `new_hasher`. A
        bytearray becomes the tree's own, and must not be used any more: little memory is taken
        besides.
        """
        image = labels if isinstance(labels, bytearray) else bytearray(labels)
        plainly = len(image) <= _SORTED_PLAINLY * LABEL_BYTES
        distinct_bytes = _sort_plainly(image) if plainly else _sort_by_numpy(image)
        del image[distinct_bytes:]
        count = distinct_bytes // LABEL_BYTES
        step = LABEL_BYTES * BLOCK_RECORDS
        with memoryview(image) as distinct:
            groups = b"".join(
                label_groups(engine, bytes(distinct[begin : begin + step]))
                for begin in range(0, distinct_bytes, step)
            )
        image[:0] = _HEADER.pack(_MAGIC, count) + groups
        return cls(count, memoryview(image).toreadonly())

    @property
    def root(self) -> Hash32:
        """The label root."""
        return self._subtree(0, self.count) if self.count else EMPTY_ROOT

    def gap(self, label: Hash32) -> Gap:
        """Return where `label` would stand.

        Raises:
            Conflict: it is there.
        """
        place = self._place(label)
        if place < self.count and self._label(place) == label:
            raise Conflict(
                "There is such a record: its label is among those of the file.",
                remedy="Its absence cannot be proved.",
            )
        if self.count == 0:
            return Gap(0, (), ())
        begin, end = max(place - 1, 0), min(place + 1, self.count)
        return Gap(
            first=begin,
            neighbours=tuple(self._label(number) for number in range(begin, end)),
            path=range_path(begin, end, self.count, self._subtree),
        )

    def write(self, path: Path) -> None:
        """Write the tree to `path`, as a whole or not at all, readable by the user alone.

        Raises:
            OutputUnwritable: it cannot be written there.
        """
        try:
            write_whole(path, self._image, mode=0o600, replace=True)
        except OSError as error:
            raise OutputUnwritable(
                f"The labels {shown(str(path))} cannot be written: {error.strerror}.",
                remedy="Name a file in a directory that you may write to.",
            ) from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the tree that was written to `path`; it is read as far as it is used.

        Whether it leads to the recorded root is for the maker of a proof to check.

        Raises:
            NotFound: there is none.
            SourceUnreadable: it cannot be read, or is no such file.
        """
        try:
            with path.open("rb") as file:
                image = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except FileNotFoundError:
            raise NotFound(
                f"There are no labels of records {shown(str(path))}.", remedy=_REMEDY
            ) from None
        except (OSError, ValueError) as error:  # ValueError: an empty file cannot be mapped
            raise SourceUnreadable(
                f"The labels {shown(str(path))} cannot be read: {error}.", remedy=_REMEDY
            ) from error
        if len(image) < _HEADER.size:
            raise _damaged("it is cut off")
        magic, count = _HEADER.unpack_from(image)
        if magic != _MAGIC or len(image) != _labels_begin(count) + LABEL_BYTES * count:
            raise _damaged("it has another length than it says, or is another file")
        return cls(count, image)

    def _label(self, number: int) -> Hash32:
        begin = _labels_begin(self.count) + LABEL_BYTES * number
        return Hash32(bytes(self._image[begin : begin + LABEL_BYTES]))

    def _group(self, number: int) -> Hash32:
        begin = _HEADER.size + LABEL_BYTES * number
        return Hash32(bytes(self._image[begin : begin + LABEL_BYTES]))

    def _place(self, label: bytes) -> int:
        """Return how many labels are smaller."""
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if self._label(middle) < label:
                low = middle + 1
            else:
                high = middle
        return low

    def _subtree(self, begin: int, end: int) -> Hash32:
        first, offset = divmod(begin, GROUP_RECORDS)
        if offset == 0 and (end - begin >= GROUP_RECORDS or end == self.count):
            return root(map(self._group, range(first, -(-end // GROUP_RECORDS))))
        return root(leaf_hash(self._label(number)) for number in range(begin, end))


def _labels_begin(count: int) -> int:
    return _HEADER.size + LABEL_BYTES * -(-count // GROUP_RECORDS)


def _sort_plainly(labels: bytearray) -> int:
    """Put the distinct labels first, in their order; return how many bytes they are."""
    found = bytes(labels)
    each = {found[begin : begin + LABEL_BYTES] for begin in range(0, len(found), LABEL_BYTES)}
    ordered = b"".join(sorted(each))
    labels[: len(ordered)] = ordered
    return len(ordered)


def _sort_by_numpy(labels: bytearray) -> int:
    """Do as `_sort_plainly`, without a copy of all labels."""
    import numpy as np

    each = np.frombuffer(labels, f"S{LABEL_BYTES}")
    each.sort()
    first = np.concatenate(([True], each[1:] != each[:-1]))
    count = 0
    for begin in range(0, len(each), BLOCK_RECORDS):
        part = slice(begin, begin + BLOCK_RECORDS)
        distinct = each[part][first[part]]
        each[count : count + len(distinct)] = distinct
        count += len(distinct)
    return count * LABEL_BYTES


def _damaged(reason: str) -> SourceUnreadable:
    return SourceUnreadable(f"This is no whole tree of labels: {reason}.", remedy=_REMEDY)
