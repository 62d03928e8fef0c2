"""What the contract is asked about a proof, so that it need not be taken from this program."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from dataledger.contracts import dataset_ledger
from dataledger.contracts.calls import Call
from dataledger.contracts.identifiers import DatasetId
from dataledger.contracts.types import Place, RecordEntry, VersionRecord
from dataledger.hashing import Hash32, leaf_hash
from dataledger.hashing.ranges import inclusion_paths
from dataledger.manifest.proofs import (
    AbsenceProof,
    BytesProof,
    ColumnProof,
    ConsistencyProof,
    FilePlace,
    Proof,
    RangeProof,
    RecordProof,
)
from dataledger.manifest.proofs.absence import label_set
from dataledger.manifest.proofs.byte_range import chunk_count, tree_digest
from dataledger.manifest.proofs.column import column_root

MAX_ASKED = 64
"""Of how many neighbouring leaves the contract is asked, at most. The range is checked as a whole
before, against the same entry."""


def entry_call(
    dataset: DatasetId, version: int, record: VersionRecord, place: FilePlace
) -> Call[bool]:
    """Whether the file's entry stands at its place in this version."""
    return dataset_ledger.verify_entry(
        dataset,
        version,
        record,
        entry=place.entry.to_bytes(),
        index=place.leaf_index,
        path=place.path,
    )


def content_calls(
    dataset: DatasetId, version: int, recorded: VersionRecord, proof: Proof
) -> Iterator[Call[bool]]:
    """Yield what is asked about the file's content, besides its entry."""
    ask_record = partial(_record_call, dataset, version, recorded)
    match proof:
        case RecordProof():
            yield ask_record(proof)
        case RangeProof():
            yield from map(ask_record, islice(proof.single(), MAX_ASKED))
        case BytesProof():
            yield from _inclusion_calls(
                proof.chunks,
                proof.first_chunk,
                chunk_count(proof.file.entry),
                proof.path,
                tree_digest(proof.file.entry).value,
            )
        case ColumnProof():
            yield dataset_ledger.verify_inclusion(
                leaf_hash(proof.column.to_bytes()),
                proof.leaf_index,
                proof.tree_size,
                proof.path,
                column_root(proof.file),
            )
        case AbsenceProof() if proof.neighbours:
            labels = label_set(proof.file)
            yield from _inclusion_calls(
                [leaf_hash(neighbour) for neighbour in proof.neighbours],
                proof.first,
                labels.label_count,
                proof.path,
                labels.label_root.value,
            )
        case ConsistencyProof():
            old, new = proof.old.records, proof.new.records
            yield dataset_ledger.verify_consistency(
                old.record_count,
                new.record_count,
                old.record_root.value,
                new.record_root.value,
                proof.path,
            )


def record_entry(place: FilePlace) -> RecordEntry:
    """Return the file's entry as the contract puts it together, around its record root."""
    records = place.records
    members = f',"record_count":{records.record_count},"record_root":"{records.record_root}"'
    head, _, tail = place.entry.to_bytes().partition(members.encode())
    return RecordEntry(head, tail, records.record_count, records.record_root)


def _record_call(
    dataset: DatasetId, version: int, recorded: VersionRecord, proof: RecordProof
) -> Call[bool]:
    return dataset_ledger.verify_record(
        dataset,
        version,
        recorded,
        entry=record_entry(proof.file),
        entry_place=Place(proof.file.leaf_index, proof.file.path),
        leaf=proof.salt + proof.record,
        leaf_place=Place(proof.leaf_index, proof.path),
    )


def _inclusion_calls(
    leaves: Sequence[Hash32], begin: int, size: int, path: Sequence[Hash32], root: Hash32
) -> Iterator[Call[bool]]:
    paths = islice(inclusion_paths(leaves, begin, size, path), MAX_ASKED)
    for offset, own in enumerate(paths):
        yield dataset_ledger.verify_inclusion(leaves[offset], begin + offset, size, own, root)
