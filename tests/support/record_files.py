"""Small files of records, fingerprinted for tests: manifest, trees, and what proofs are made of."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dataledger.hashing import Algorithm, Digest, Hash32, root
from dataledger.manifest import FileEntry, LabelSet, Manifest, RecordFormat, RecordSet
from dataledger.manifest.proofs import FilePlace
from dataledger.manifest.proving import RecordData
from dataledger.manifest.records.columns import ColumnEntry, table_root
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


def table_place(columns: Sequence[ColumnEntry], rows: Sequence[bytes]) -> FilePlace:
    """Return the place of a Parquet file that has these columns and rows, and needs not exist."""
    leaves = record_leaves(KEYS, 0, rows)
    record_set = RecordSet(
        format=RecordFormat.PARQUET,
        record_count=len(rows),
        record_root=sha256(root(map(Hash32, leaves))),
        secret_id=KEYS.secret_id,
        column_root=sha256(table_root([column.to_bytes() for column in columns])),
    )
    entry = FileEntry("table.parquet", 1000, Digest.of(b"table"), records=record_set)
    return Manifest((entry, *OTHER_FILES)).place(entry.path)


def chunked_place(size_bytes: int, chunks: Sequence[Hash32]) -> FilePlace:
    """Return the place of a file of these chunks, digested by `sha256-tree`."""
    digest = Digest(Algorithm.SHA256_TREE, root(chunks))
    entry = FileEntry("large.bin", size_bytes, Digest.of(b"large"), other_digests=(digest,))
    return Manifest((entry, *OTHER_FILES)).place(entry.path)
