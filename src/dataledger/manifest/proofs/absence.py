"""The proof that a record is not among those of a file."""

import hmac
from dataclasses import dataclass
from typing import ClassVar, Self

from dataledger.errors import InvalidArgument, ProofInvalid, shown
from dataledger.hashing import EMPTY_ROOT, Hash32, JsonValue, leaf_hash, natural, to_hash32
from dataledger.hashing.ranges import verify_range
from dataledger.manifest.proofs.base import FileContentProof
from dataledger.manifest.proofs.fields import (
    MAX_PATH_HASHES,
    REMEDY,
    base64_bytes,
    base64_text,
    check_path,
    check_position,
    hash_list,
    hashes,
)
from dataledger.manifest.proofs.place import FilePlace
from dataledger.manifest.record_set import LabelSet


def label_set(file: FilePlace) -> LabelSet:
    """Return what the entry says of labels.

    Raises:
        InvalidArgument: it says nothing of them.
    """
    labels = file.records.labels
    if labels is None:
        raise InvalidArgument(
            f"The records of {shown(file.entry.path)} have no labels, without which no absence can "
            "be proved.",
            remedy="Fingerprint the data with labels, and record that as a new version.",
        )
    return labels


@dataclass(frozen=True, slots=True)
class AbsenceProof(FileContentProof):
    """No record of a file of the version has this label.

    `neighbours` are the labels between which it would stand, of which the first has number `first`
    in the sorted tree of labels: two, or one at an end of the tree, or none in the empty tree.
    `path` is their range path: see `dataledger.hashing.ranges`.

    That a label belongs to a record is shown to those who hold the label key alone:
    `verify_record`.

    Raises:
        InvalidArgument: the file has no labels, or there are more than two neighbours.
    """

    KIND: ClassVar[str] = "absence"
    MEMBERS: ClassVar[tuple[str, ...]] = ("file", "first", "label", "neighbours", "path")

    file: FilePlace
    label: Hash32
    first: int
    neighbours: tuple[Hash32, ...]
    path: tuple[Hash32, ...]

    def __post_init__(self) -> None:
        check_position(self.first)
        check_path(self.path, 2 * MAX_PATH_HASHES)
        check_path(self.neighbours, 2)
        to_hash32(self.label)
        label_set(self.file)

    def verify_content(self) -> None:
        """Return only if the label would stand between neighbours that are next to each other."""
        labels = label_set(self.file)
        count, expected_root = labels.label_count, labels.label_root.value
        if not self.neighbours:
            # A root that is that of no leaves is the root of no other tree.
            if self.path or self.first or count or expected_root != EMPTY_ROOT:
                raise _invalid("it names no neighbours, and there are labels")
            return
        below = [neighbour for neighbour in self.neighbours if neighbour < self.label]
        above = [neighbour for neighbour in self.neighbours if self.label < neighbour]
        if (*below, *above) != self.neighbours:
            raise _invalid("the label does not stand between its neighbours")
        # Only at the tree's ends may there be no neighbour on one side.
        if (not below and self.first) or (not above and self.first + len(below) != count):
            raise _invalid("its only neighbour is not the first or the last label")
        leaves = [leaf_hash(neighbour) for neighbour in self.neighbours]
        verify_range(leaves, self.first, count, self.path, expected_root)

    def verify_record(self, label_key: bytes, record: bytes) -> None:
        """Return only if the label is that of `record`, by this key.

        Raises:
            ProofInvalid: it is not.
        """
        if not hmac.compare_digest(hmac.digest(label_key, record, "sha256"), self.label):
            raise ProofInvalid(
                "The label is not that of this record by this key.",
                remedy="Give the record whose absence was to be proved, and the key of the "
                "dataset's owner.",
            )

    def to_members(self) -> dict[str, JsonValue]:
        """Return the document's members."""
        return {
            "file": self.file.to_json(),
            "first": self.first,
            "label": base64_text(self.label),
            "neighbours": hash_list(self.neighbours),
            "path": hash_list(self.path),
        }

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        return cls(
            file=FilePlace.from_json(found["file"]),
            label=to_hash32(base64_bytes(found["label"])),
            first=natural(found["first"]),
            neighbours=hashes(found["neighbours"]),
            path=hashes(found["path"]),
        )


def _invalid(reason: str) -> ProofInvalid:
    return ProofInvalid(f"The proof does not hold: {reason}.", remedy=REMEDY)
