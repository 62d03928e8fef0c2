"""Proofs about single files, records, byte ranges and columns, as files that speak for themselves.

`parse_proof` reads a proof of any kind. `docs/proofs.md` says what each kind shows, and
`proof.schema.json` is the format's JSON Schema. The makers of proofs, which read data, stand in
`dataledger.manifest.proving`.
"""

from dataledger.hashing import JsonValue
from dataledger.manifest.proofs.absence import AbsenceProof
from dataledger.manifest.proofs.base import FORMAT, MAX_PROOF_BYTES, Proof, parsed
from dataledger.manifest.proofs.byte_range import BytesProof
from dataledger.manifest.proofs.column import ColumnProof, SchemaProof
from dataledger.manifest.proofs.consistency import ConsistencyProof
from dataledger.manifest.proofs.file import FileProof
from dataledger.manifest.proofs.place import FilePlace
from dataledger.manifest.proofs.record import RangeProof, RecordProof
from dataledger.manifest.records.columns import ColumnEntry

KINDS: tuple[type[Proof], ...] = (
    FileProof,
    RecordProof,
    RangeProof,
    BytesProof,
    ColumnProof,
    SchemaProof,
    ConsistencyProof,
    AbsenceProof,
)


def parse_proof(data: bytes) -> Proof:
    """Read a proof file of any kind.

    Raises:
        ProofFormatError: as `Proof.parse` does, or there is no such kind.
    """
    return parsed(data, _kind_of)


def _kind_of(name: JsonValue) -> type[Proof] | None:
    return next((kind for kind in KINDS if name == kind.KIND), None)


__all__ = [
    "FORMAT",
    "KINDS",
    "MAX_PROOF_BYTES",
    "AbsenceProof",
    "BytesProof",
    "ColumnEntry",
    "ColumnProof",
    "ConsistencyProof",
    "FilePlace",
    "FileProof",
    "Proof",
    "RangeProof",
    "RecordProof",
    "SchemaProof",
    "parse_proof",
]
