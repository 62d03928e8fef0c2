"""Small files of records, fingerprinted for tests: manifest, trees, and what proofs are made of."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dataledger.hashing import Algorithm, Digest, Hash32
from dataledger.manifest import FileEntry, LabelSet, Manifest, RecordFormat, RecordSet
from dataledger.manifest.proofs import FilePlace
from dataledger.manifest.proving import RecordData
from dataledger.manifest.records.formats import plan_file
from dataledger.manifest.records.labels import LabelTree
from dataledger.manifest.records.leaves import group_roots, record_labels, record_leaves
from dataledger.manifest.records.secret import DatasetSecret, Keys
from dataledger.manifest.records.tree import KeptTree

SECRET = DatasetSecret(bytes(range(32)))
KEYS = SECRET.keys()
OTHER_FILES = tuple(
    FileEntry(path, 1, Digest.of(path.encode())) for path in ("README.md", "a.bin", "z.bin")
)


def line(number: int) -> bytes:
    """Return record `number` of a test file."""
    return json.dumps({"id": number, "text": f"née {number % 7}"}, ensure_ascii=False).encode()


@dataclass(frozen=True)
class RecordFile:
    """A JSONL file that was fingerprinted with its records and labels."""

    path: Path
    records: tuple[bytes, ...]
    manifest: Manifest
    tree: KeptTree
    labels: LabelTree
    keys: Keys

    @property
    def place(self) -> FilePlace:
        """The file's place in its manifest."""
        return self.manifest.place(self.path.name)

    @property
    def data(self) -> RecordData:
        """What proofs about its records are made from."""
        return RecordData(self.place, self.path, self.keys, self.tree)


def write_records(path: Path, records: Sequence[bytes], *, others: bool = True) -> RecordFile:
    """Write the records to a JSONL file, and return it fingerprinted, among some other files."""
    content = b"".join(record + b"\n" for record in records)
    path.write_bytes(content)
    leaves = record_leaves(KEYS, 0, records)
    plan = plan_file(str(path), RecordFormat.JSONL)
    tree = KeptTree.of(plan, KEYS.secret_id, group_roots(leaves))
    labels = LabelTree.build(b"".join(record_labels(KEYS, records)))
    record_set = RecordSet(
        format=RecordFormat.JSONL,
        record_count=len(records),
        record_root=sha256(tree.root()),
        secret_id=KEYS.secret_id,
        labels=LabelSet(labels.count, sha256(labels.root)),
    )
    entry = FileEntry(path.name, len(content), Digest.of(content), records=record_set)
    manifest = Manifest((entry, *(OTHER_FILES if others else ())))
    return RecordFile(path, tuple(records), manifest, tree, labels, KEYS)


def sha256(value: Hash32) -> Digest:
    """Return a root as the digest that manifests hold."""
    return Digest(Algorithm.SHA256, value)
