"""Proofs that a record is not among those of a file."""

from pathlib import Path

from dataledger.errors import InvalidArgument, shown
from dataledger.hashing import Hash32
from dataledger.manifest.proofs import AbsenceProof, FilePlace
from dataledger.manifest.proofs.absence import label_set
from dataledger.manifest.proving.data import format_by_name
from dataledger.manifest.records.formats import plan_file, read_block
from dataledger.manifest.records.labels import LabelTree
from dataledger.manifest.records.secret import Keys, record_label


def prove_absence(place: FilePlace, labels: LabelTree, keys: Keys, record: bytes) -> AbsenceProof:
    """Return the proof that `record`, by its label, is not among the records of the file.

    Raises:
        InvalidArgument: the records have no labels, or other keys made them.
        Conflict: it is among them.
        ProofInvalid: the labels are not those of this file.
    """
    label_set(place)
    if keys.secret_id != place.records.secret_id:
        raise InvalidArgument(
            f"The labels of {shown(place.entry.path)} were made with the secret "
            f"{place.records.secret_id}, not with {keys.secret_id}.",
            remedy="Name the secret that the dataset's manifest names.",
        )
    label = Hash32(record_label(keys, record))
    first, neighbours, path = labels.gap(label)
    proof = AbsenceProof(place, label, first, neighbours, path)
    proof.verify_content()
    return proof


def read_single_record(path: Path) -> bytes:
    """Return the canonical bytes of the one record that a file holds.

    Raises:
        InvalidArgument: it holds another number of records, or its name is that of no format.
        SourceUnreadable, RecordError, DependencyMissing: the file cannot be read.
    """
    plan = plan_file(str(path), format_by_name(path))
    if plan.record_count != 1:
        raise InvalidArgument(
            f"{shown(str(path))} holds {plan.record_count} records, where one is asked about.",
            remedy="Write the one record to a file of its own; in CSV, behind the header.",
        )
    (batch,) = read_block(plan, plan.blocks[0])
    (record,) = batch.records()
    return record
