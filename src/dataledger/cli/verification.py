"""Checking data and proofs against what was recorded."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dataledger.cli.output import read_input
from dataledger.cli.session import Session
from dataledger.contracts.identifiers import DatasetId
from dataledger.errors import CommitmentMismatch, ManifestMismatch, NotFound, ProofInvalid, shown
from dataledger.hashing import Digest
from dataledger.manifest import Difference, FileProof, Manifest, compare
from dataledger.manifest.proof import MAX_PROOF_BYTES

if TYPE_CHECKING:
    from dataledger.ledger import Ledger
    from dataledger.ledger.results import Version


@dataclass(frozen=True, slots=True)
class Verification:
    """What was recorded, and what was found."""

    version: "Version"
    actual: Manifest
    verified: bool
    difference: Difference | None
    """None where the recorded manifest is not at hand."""


def verify_data(
    ledger: "Ledger", dataset: DatasetId, actual: Manifest, number: int | None
) -> Verification:
    """Compare `actual` with a version, by default the current one. Raises `NotFound`."""
    version = ledger.datasets.version(dataset, number)
    try:
        ledger.datasets.verify(dataset, actual, number=version.number)
    except (ManifestMismatch, CommitmentMismatch):
        verified = False
    else:
        verified = True
    difference: Difference | None
    try:
        expected = ledger.documents.manifest(version.record.manifest_digest)
        difference = compare(expected, actual)
    except (NotFound, CommitmentMismatch):  # not kept here, or no longer what it was
        difference = compare(actual, actual) if verified else None
    return Verification(version, actual, verified, difference)


def check_proof(
    session: Session, file: Path, root: str | None, data: Path | None, *, on_chain: bool
) -> "tuple[FileProof, str, Version | None]":
    """Return the proof in `file` if it holds, what it was held against, and the chain's version.

    Raises:
        ProofFormatError: it is no proof.
        ProofInvalid: it does not lead to the root, or `data` is not the file that it is about.
    """
    proof = FileProof.parse(read_input(file, noun="proof file", max_bytes=MAX_PROOF_BYTES))
    proof.verify(None if root is None else Digest.parse_sha256(root))
    if data is not None:
        found = session.fingerprint(data)
        digests = [entry.digest for entry in found.entries]
        if digests != [proof.entry.digest]:
            raise ProofInvalid(
                f"{shown(str(data))} is not the file that the proof is about: its digest is "
                f"{digests[0]}, and the proof's {proof.entry.digest}.",
                remedy="Ask for the file as it was recorded, or for a proof of this one.",
            )
    if not on_chain:
        return proof, "proof" if root is None else "root", None
    with session.reading() as ledger:
        return proof, "chain", ledger.proofs.verify(proof)
