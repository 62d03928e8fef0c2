"""Keeps the tree of a table, proves some of its records from it, and prints what that took.

Usage: _fingerprint_prove.py TABLE PROOF COUNT. The last proof is left in the file PROOF.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from dataledger.manifest import Manifest, fingerprint, parse_proof
from dataledger.manifest.proving import RecordData, prove_record
from dataledger.manifest.records.engine import RecordOptions, read_records
from dataledger.manifest.records.secret import DatasetSecret
from dataledger.manifest.records.tree import KeptTree, tree_name


def main() -> None:
    table, proof_path, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    keys = DatasetSecret(bytes(range(32))).keys()
    records = read_records(table, RecordOptions(keys, keep_in=proof_path.parent))
    if records is None:
        raise SystemExit(f"{table} is no table")
    tree_path = proof_path.parent / tree_name(records.record_root)
    (entry,) = fingerprint(table).entries
    manifest = Manifest((replace(entry, records=records),))
    make_seconds, verify_seconds, sizes_bytes = [], [], []
    for number in range(count):
        index = (2 * number + 1) * records.record_count // (2 * count)
        started = time.perf_counter()
        tree = KeptTree.read(tree_path)
        data = RecordData(manifest.place(table.name), table, keys, tree)
        document = prove_record(data, index).to_bytes()
        made = time.perf_counter()
        parse_proof(document).verify(manifest.content_root, file_count=1)
        verify_seconds.append(time.perf_counter() - made)
        make_seconds.append(made - started)
        sizes_bytes.append(len(document))
        proof_path.write_bytes(document)
    print(
        json.dumps(
            {
                "make_seconds": make_seconds,
                "verify_seconds": verify_seconds,
                "sizes_bytes": sizes_bytes,
                "tree_bytes": tree_path.stat().st_size,
            }
        )
    )


if __name__ == "__main__":
    main()
