"""Auditing: the work done once more from the raw data, and every file of it compared."""

from collections import Counter
from pathlib import Path

from dataledger.demo.steps.clean import clean
from dataledger.demo.steps.label import label
from dataledger.hashing import JsonValue
from dataledger.manifest import fingerprint, require_same

PARAMETERS: dict[str, JsonValue] = {"method": "repeat cleaning and labelling, compare every file"}


def audit(raw: Path, cleaned: Path, labelled: Path, scratch: Path) -> Counter[str]:
    """Repeat cleaning and labelling in the new directory `scratch`.

    Returns how many files were compared, and how many bytes they have.

    Raises:
        ManifestMismatch: The work does not lead to the same files; the message names them.
    """
    clean(raw, scratch / "cleaned")
    label(scratch / "cleaned", scratch / "labelled")
    counts: Counter[str] = Counter()
    for claimed, repeated in ((cleaned, "cleaned"), (labelled, "labelled")):
        manifest = fingerprint(claimed)
        require_same(manifest, fingerprint(scratch / repeated))
        counts["files_compared"] += manifest.file_count
        counts["bytes_compared"] += manifest.size_bytes
    return counts
