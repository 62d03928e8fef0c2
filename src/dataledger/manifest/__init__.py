"""Manifests of files: made from data where it lies, compared, proved. Knows no chain.

`records` has the trees over single records, `proofs` what is proved of either and `proving` how
that is made, `locations` data in stores, and `engines` clusters that do the work. The names below
are loaded when first used: whoever checks a proof loads nothing that reads files.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataledger.manifest.comparing import ChangedFile, Difference, compare, require_same
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

_ROOM = "dataledger.manifest"
# No module may have the name of one of these: it would take the name's place.
_HOMES = {
    "ChangedFile": f"{_ROOM}.comparing",
    "Difference": f"{_ROOM}.comparing",
    "FileEntry": f"{_ROOM}.entry",
    "FileProof": f"{_ROOM}.proofs",
    "LabelSet": f"{_ROOM}.record_set",
    "Manifest": f"{_ROOM}.model",
    "Progress": f"{_ROOM}.progress",
    "Proof": f"{_ROOM}.proofs",
    "RecordFormat": f"{_ROOM}.record_set",
    "RecordSet": f"{_ROOM}.record_set",
    "check_path": f"{_ROOM}.paths",
    "compare": f"{_ROOM}.comparing",
    "fingerprint": f"{_ROOM}.files",
    "parse_proof": f"{_ROOM}.proofs",
    "require_same": f"{_ROOM}.comparing",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
