"""What proofs are made from, and the checks that every maker of proofs shares."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from dataledger.errors import InvalidArgument, ProofInvalid, SourceChanged, SourceUnreadable, shown
from dataledger.manifest.proofs import FilePlace, Proof
from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records.boundaries import open_text
from dataledger.manifest.records.formats import format_of, plan_file
from dataledger.manifest.records.secret import Keys
from dataledger.manifest.records.source import Plan
from dataledger.manifest.records.tree import KeptTree
from dataledger.manifest.scan import unreadable

P = TypeVar("P", bound=Proof)


@dataclass(frozen=True, slots=True)
class RecordData:
    """What proofs about the records of one file are made from.

    Raises:
        InvalidArgument: the manifest says nothing of records in the file; or the keys or the tree
            are of another secret than the one that salted them, or the tree of other records.
    """

    place: FilePlace
    path: Path
    """The file itself."""
    keys: Keys
    tree: KeptTree

    def __post_init__(self) -> None:
        records = self.place.records
        for secret_id in (self.keys.secret_id, self.tree.secret_id):
            if secret_id != records.secret_id:
                raise InvalidArgument(
                    f"The records of {shown(self.place.entry.path)} were salted with the secret "
                    f"{records.secret_id}, not with {secret_id}.",
                    remedy="Name the secret that the dataset's manifest names.",
                )
        if self.tree.record_count != records.record_count:
            raise InvalidArgument(
                f"The kept tree is of {self.tree.record_count} records, and "
                f"{shown(self.place.entry.path)} has {records.record_count}.",
                remedy="Use the tree that was kept of this version of the file.",
            )

    def plan(self) -> Plan:
        """Return how to read the file.

        Raises:
            SourceChanged: it has another size, or another number of records, than was recorded.
            SourceUnreadable, RecordError, DependencyMissing: as `plan_file` does.
        """
        with open_data(self.path) as file:
            size_bytes = os.fstat(file.fileno()).st_size
        if size_bytes != self.place.entry.size_bytes:
            raise changed(self.path, f"it has {size_bytes} bytes")
        plan = self.tree.plan(str(self.path))
        if plan is None:
            plan = plan_file(str(self.path), self.place.records.format)
        if plan.record_count != self.place.records.record_count:
            raise changed(self.path, f"it has {plan.record_count} records")
        return plan


def checked(proof: P, path: Path) -> P:
    """Return a proof that was made from the file at `path`, if it holds.

    Raises:
        SourceChanged: it does not, and so the file is not what was recorded.
    """
    try:
        proof.verify_content()
    except ProofInvalid as error:
        raise changed(path, "what is proved leads to another root") from error
    return proof


@contextmanager
def open_data(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file, for reading without a buffer.

    Raises:
        SourceUnreadable: there is none, or it cannot be read, here or in the block.
    """
    try:
        with os.fdopen(open_text(str(path)), "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SourceUnreadable(
                    f"{shown(str(path))} is no regular file.", remedy="Name a file."
                )
            yield file
    except OSError as error:
        raise unreadable(str(path), error) from error


def format_by_name(path: Path) -> RecordFormat:
    """Return the format that a file's name says it has. Raises `InvalidArgument` if none."""
    found = format_of(str(path))
    if found is None:
        raise InvalidArgument(
            f"The name {shown(str(path))} is that of no format of records.",
            remedy="Name a file that ends in .jsonl, .csv, .parquet or .arrow.",
        )
    return found


def changed(path: Path, reason: str) -> SourceChanged:
    """Return the error for data that is not what the manifest says."""
    return SourceChanged(
        f"The file {shown(str(path))} is not as it was recorded: {reason}.",
        remedy="Use the data as it was when the version was recorded, and its secret.",
    )
