"""Manifests of files: made from data where it lies, compared, proved. Knows no chain.

`records` has the trees over single records, `proofs` what is proved of either and `proving` how
that is made, `locations` data in stores, and `engines` clusters that do the work.
"""

from dataledger.manifest.compare import ChangedFile, Difference, compare, require_same
from dataledger.manifest.entry import FileEntry
from dataledger.manifest.files import fingerprint
from dataledger.manifest.model import Manifest
from dataledger.manifest.paths import check_path
from dataledger.manifest.progress import Progress
from dataledger.manifest.proofs import FileProof, Proof, parse_proof
from dataledger.manifest.record_set import LabelSet, RecordFormat, RecordSet

__all__ = [
    "ChangedFile",
    "Difference",
    "FileEntry",
    "FileProof",
    "LabelSet",
    "Manifest",
    "Progress",
    "Proof",
    "RecordFormat",
    "RecordSet",
    "check_path",
    "compare",
    "fingerprint",
    "parse_proof",
    "require_same",
]
