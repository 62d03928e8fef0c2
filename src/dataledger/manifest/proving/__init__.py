"""Making proofs: from a file's place in a version, and the data where it lies.

Whatever is made was checked: it leads from the data, as it is now, to what the version's manifest
says. Proofs about records need the keys that salted them, and the kept tree.
"""

from dataledger.manifest.proving.absence import prove_absence, read_single_record
from dataledger.manifest.proving.byte_range import prove_bytes
from dataledger.manifest.proving.columns import column_digests, prove_column, prove_schema
from dataledger.manifest.proving.data import RecordData
from dataledger.manifest.proving.data_checks import check_data, check_label
from dataledger.manifest.proving.records import prove_consistency, prove_range, prove_record

__all__ = [
    "RecordData",
    "check_data",
    "check_label",
    "column_digests",
    "prove_absence",
    "prove_bytes",
    "prove_column",
    "prove_consistency",
    "prove_range",
    "prove_record",
    "prove_schema",
    "read_single_record",
]
