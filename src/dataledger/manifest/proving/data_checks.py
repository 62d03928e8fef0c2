"""Holding data against proofs: whether a file is, or holds, what a proof is about."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO

from dataledger.errors import InvalidArgument, ProofInvalid, shown
from dataledger.hashing import Digest
from dataledger.manifest.hashers import begin, digests_of
from dataledger.manifest.proofs import (
    AbsenceProof,
    BytesProof,
    ColumnProof,
    FileProof,
    Proof,
    RangeProof,
    RecordProof,
    SchemaProof,
)
from dataledger.manifest.proving.absence import read_single_record
from dataledger.manifest.proving.byte_range import read_chunk
from dataledger.manifest.proving.columns import column_digests
from dataledger.manifest.proving.data import format_by_name, open_data
from dataledger.manifest.records.formats import plan_file, read_block

_READ_BYTES = 256 * 1024


def check_data(proof: Proof, path: Path) -> None:
    """Return only if the file at `path` is, or holds, what the proof is about.

    Of a file, its content; of records, a file of exactly these; of bytes, what was extracted; of a
    column or a schema, any table that has it. An absence is checked by `check_label`.

    Raises:
        ProofInvalid: it is, or holds, anything else.
        InvalidArgument: the proof is not about data that could be given.
        SourceUnreadable, RecordError, DependencyMissing: the file cannot be read.
    """
    match proof:
        case FileProof():
            _check_file(proof, path)
        case RecordProof():
            _check_records([proof.record], path)
        case RangeProof():
            _check_records(proof.records, path)
        case BytesProof():
            with open_data(path) as file:
                proof.verify_data(_chunks(file))
        case ColumnProof():
            proof.verify_values(column_digests(path, proof.column))
        case SchemaProof():
            expected = tuple(column.column for column in proof.columns)
            if plan_file(str(path), format_by_name(path)).columns != expected:
                raise _differs(path, "its columns have other names or types")
        case _:
            raise InvalidArgument(
                "There is no data to hold against this proof.",
                remedy="Leave out the data; or give the label key, too, if it is about an absence.",
            )


def check_label(proof: Proof, path: Path, label_key: bytes) -> None:
    """Return only if the proof is about the absence of the one record in the file at `path`.

    Raises:
        ProofInvalid: it is about another record, or the key is another one.
        InvalidArgument: it is about no absence; or there is not one record in the file.
        SourceUnreadable, RecordError, DependencyMissing: the file cannot be read.
    """
    if not isinstance(proof, AbsenceProof):
        raise InvalidArgument(
            "Only proofs of absence are about labels.", remedy="Leave out the label key."
        )
    proof.verify_record(label_key, read_single_record(path))


def _check_file(proof: FileProof, path: Path) -> None:
    expected = proof.file.entry.digest
    if (found := _digest(path, expected)) != expected:
        raise _differs(path, f"its digest is {found}, and the proof's {expected}")


def _digest(path: Path, like: Digest) -> Digest:
    (hasher,) = hashers = begin([like.algorithm])
    with open_data(path) as file:
        while piece := file.read(_READ_BYTES):
            hasher.update(piece)
    (digest,) = digests_of([like.algorithm], hashers)
    return digest


def _check_records(expected: Iterable[bytes], path: Path) -> None:
    for number, (one, other) in enumerate(zip_longest(expected, _records(path))):
        if one != other:
            raise _differs(path, f"record {number} in it is another one")


def _records(path: Path) -> Iterator[bytes]:
    plan = plan_file(str(path), format_by_name(path))
    for block in plan.blocks:
        for batch in read_block(plan, block):
            yield from batch.records()


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := read_chunk(file):
        yield chunk


def _differs(path: Path, reason: str) -> ProofInvalid:
    return ProofInvalid(
        f"{shown(str(path))} is not what the proof is about: {reason}.",
        remedy="Give the data as it was recorded, or ask for a proof about this data.",
    )
