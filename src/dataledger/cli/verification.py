"""Checking data and proofs against what was recorded."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dataledger.cli.output import read_input
from dataledger.cli.reading import Reading
from dataledger.cli.session import Session
from dataledger.contracts.identifiers import DatasetId
from dataledger.errors import CommitmentMismatch, InvalidArgument, ManifestMismatch, NotFound
from dataledger.hashing import Digest
from dataledger.manifest import Difference, Manifest, Proof, compare, parse_proof
from dataledger.manifest.comparing import with_records_of
from dataledger.manifest.proofs import MAX_PROOF_BYTES

if TYPE_CHECKING:
    from dataledger.ledger import Ledger
    from dataledger.ledger.results import Version


LABEL_KEY_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Verification:
    """What was recorded, and what was found."""

    version: "Version"
    actual: Manifest
    verified: bool
    difference: Difference | None
    """None where the recorded manifest is not at hand."""


def verify_data(
    session: Session,
    ledger: "Ledger",
    dataset: DatasetId,
    path: Path | str,
    *,
    number: int | None,
    workers: int | None,
) -> Verification:
    """Compare the data at `path` with a version, by default the current one.

    It is read by the digests that the recorded manifest has, where that is at hand. Files decide:
    the records in them are not hashed again.

    Raises:
        NotFound: there is no such version.
    """
    version = ledger.datasets.version(dataset, number)
    expected: Manifest | None
    try:
        expected = ledger.documents.manifest(version.record.manifest_digest)
    except (NotFound, CommitmentMismatch):  # not kept here, or no longer what it was
        expected = None
    reading = Reading(workers=workers) if expected is None else Reading.like(expected, workers)
    actual = session.fingerprint(path, reading)
    if expected is not None:
        actual = with_records_of(expected, actual)
    try:
        ledger.datasets.verify(dataset, actual, number=version.number)
    except (ManifestMismatch, CommitmentMismatch):
        verified = False
    else:
        verified = True
    difference: Difference | None
    if expected is not None:
        difference = compare(expected, actual)
    else:
        difference = compare(actual, actual) if verified else None
    return Verification(version, actual, verified, difference)


@dataclass(frozen=True, slots=True)
class ProofCheck:
    """A proof that holds."""

    proof: Proof
    against: str
    """`proof`, `root` or `chain`: where the root comes from that the proof leads to."""
    version: "Version | None"
    """What the chain records, if it was asked."""
    data_checked: bool
    """Whether data was held against it, and, for an absence, the label key."""


def check_proof(  # one for each option
    session: Session,
    file: Path,
    *,
    root: str | None,
    data: Path | None,
    label_key: Path | None,
    on_chain: bool,
) -> ProofCheck:
    """Return the proof in `file` if it holds, and what it was held against.

    Raises:
        ProofFormatError: it is no proof.
        ProofInvalid: it does not lead to the root, or `data` is not what it is about.
        InvalidArgument: it is not about data that could be given, or `label_key` is no key.
    """
    proof = parse_proof(read_input(file, noun="proof file", max_bytes=MAX_PROOF_BYTES))
    proof.verify(None if root is None else Digest.parse_sha256(root))
    if data is not None:
        # Imported late: what reads data is not needed to check a proof alone.
        from dataledger.manifest.proving import check_data, check_label

        if label_key is None:
            check_data(proof, data)
        else:
            check_label(proof, data, _read_label_key(label_key))
    elif label_key is not None:
        raise InvalidArgument(
            "The label key tells which record a label belongs to, and no record is given.",
            remedy="Pass --data with a file that holds the record.",
        )
    checked = data is not None
    if not on_chain:
        return ProofCheck(proof, "proof" if root is None else "root", None, checked)
    with session.reading() as ledger:
        return ProofCheck(proof, "chain", ledger.proofs.verify(proof), checked)


def _read_label_key(file: Path) -> bytes:
    text = read_input(file, noun="label key", max_bytes=2 * LABEL_KEY_CHARACTERS)
    if not re.fullmatch(rb"[0-9a-f]{64}\n?", text):
        raise InvalidArgument(
            "That is no label key: it is not 64 lowercase hexadecimal characters.",
            remedy="Ask the dataset's owner for the key as it was exported.",
        )
    return bytes.fromhex(text.decode())
