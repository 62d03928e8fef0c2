"""Proofs of every kind: what verifies against the known roots is true of the known files."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from fuzzing import accepted, mutate_json
from record_files import KEYS, OTHER_FILES, line, write_records

from dataledger.hashing import TREE_CHUNK_BYTES, Algorithm, Digest, JsonValue, root
from dataledger.manifest import FileEntry, Manifest
from dataledger.manifest.proofs import (
    KINDS,
    AbsenceProof,
    BytesProof,
    ColumnProof,
    ConsistencyProof,
    Proof,
    RangeProof,
    RecordProof,
    SchemaProof,
    parse_proof,
)
from dataledger.manifest.proofs.byte_range import chunk_leaf
from dataledger.manifest.proving import (
    RecordData,
    prove_absence,
    prove_bytes,
    prove_column,
    prove_consistency,
    prove_range,
    prove_record,
    prove_schema,
)
from dataledger.manifest.records.engine import RecordOptions, read_records
from dataledger.manifest.records.secret import record_label
from dataledger.manifest.records.tree import KeptTree, tree_name

MAX_BYTES = 16_384

_folder = tempfile.TemporaryDirectory(prefix="dataledger-fuzz-")

RECORDS = 600
OLD_RECORDS = 300


@dataclass(frozen=True)
class World:
    """Files, their manifests, and a proof of each kind about them."""

    lines: tuple[bytes, ...]
    manifests: dict[Digest, Manifest]
    chunks: Sequence[bytes]
    columns: tuple[bytes, ...]
    proofs: list[Proof]


def check(data: bytes) -> None:
    proof = accepted(parse_proof, data)
    for kind in KINDS:
        assert accepted(kind.parse, data) == (proof if isinstance(proof, kind) else None)
    if proof is None:
        return
    assert proof.to_bytes() == data
    assert parse_proof(proof.to_bytes()) == proof
    verifies = accepted(_verified, proof)
    if isinstance(proof, RangeProof):
        accepted(lambda: list(proof.single()))
    if isinstance(proof, BytesProof):
        accepted(proof.verify_data, [b"x"])
    if isinstance(proof, AbsenceProof):
        accepted(proof.verify_record, KEYS.record_label, b"{}")
    if isinstance(proof, ColumnProof):
        accepted(proof.verify_values, [b"x" * 32])
    manifests = [world().manifests.get(place.content_root) for place in proof.places]
    if all(manifests) and verifies:
        _check_truth(proof)


def _verified(proof: Proof) -> bool:
    proof.verify()
    return True


def _check_truth(proof: Proof) -> None:
    known = world()
    for place in proof.places:
        manifest = known.manifests[place.content_root]
        if place.tree_size == manifest.file_count:
            assert manifest.entries[place.leaf_index] == place.entry
        assert place.entry in manifest.entries
    lines = known.lines
    if isinstance(proof, RecordProof):
        assert proof.file.entry.path == "table.csv" or lines[proof.leaf_index] == proof.record
    elif isinstance(proof, RangeProof):
        assert lines[proof.begin : proof.end] == proof.records
    elif isinstance(proof, BytesProof):
        expected = known.chunks[proof.first_chunk : proof.first_chunk + len(proof.chunks)]
        assert list(proof.chunks) == expected
        assert proof.end <= proof.file.entry.size_bytes
    elif isinstance(proof, AbsenceProof):
        assert proof.label not in {record_label(KEYS, record) for record in lines}
    elif isinstance(proof, ColumnProof):
        assert proof.column.to_bytes() in known.columns
    elif isinstance(proof, SchemaProof):
        assert tuple(column.to_bytes() for column in proof.columns) == known.columns
    elif isinstance(proof, ConsistencyProof):
        assert proof.old.records.record_count <= proof.new.records.record_count


def seeds() -> Iterator[bytes]:
    for proof in world().proofs:
        yield proof.to_bytes()
        anchor: dict[str, JsonValue] = {"chain": 1, "ledger": "0x"}
        yield proof.anchored(*[anchor for _ in proof.places]).to_bytes()


def mutate(data: bytes, random: Random) -> bytes:
    if random.random() < 0.1:
        data = random.choice(world().proofs).to_bytes()
    return mutate_json(data, random)


@cache
def world() -> World:
    """Return the known files; their folder stays for as long as the process."""
    folder = Path(_folder.name)
    records = [line(number) for number in range(RECORDS)]
    new = write_records(folder / "lines.jsonl", records)
    (folder / "old").mkdir()
    old = write_records(folder / "old" / "lines.jsonl", records[:OLD_RECORDS], others=False)

    large = folder / "large.bin"
    contents = [bytes([number]) * TREE_CHUNK_BYTES for number in range(4)] + [b"end"]
    large.write_bytes(b"".join(contents))
    chunks = list(map(chunk_leaf, contents))
    digest = Digest(Algorithm.SHA256_TREE, root(chunks))
    large_entry = FileEntry("large.bin", large.stat().st_size, digest)

    table = folder / "table.csv"
    table.write_bytes(b"a,b,c\n" + b"".join(b"%d,x,\n" % number for number in range(RECORDS)))
    table_records = read_records(table, RecordOptions(KEYS, keep_in=folder), workers=1)
    assert table_records is not None
    kept = folder / tree_name(table_records.record_root)
    table_bytes = table.stat().st_size
    table_entry = FileEntry("table.csv", table_bytes, Digest.of(b""), records=table_records)

    others = Manifest((large_entry, table_entry, *OTHER_FILES))
    rows = RecordData(others.place("table.csv"), table, KEYS, KeptTree.read(kept))
    return World(
        lines=new.records,
        manifests={each.content_root: each for each in (new.manifest, old.manifest, others)},
        chunks=chunks,
        columns=rows.tree.columns,
        proofs=[
            new.manifest.prove("README.md"),
            prove_record(new.data, 299),
            prove_record(new.data, RECORDS - 1),
            prove_range(new.data, 254, 258),
            prove_bytes(others.place("large.bin"), large, TREE_CHUNK_BYTES, 3 * TREE_CHUNK_BYTES),
            prove_record(rows, 3),
            prove_column(rows, "b"),
            prove_schema(rows.place, rows.tree),
            prove_consistency(old.place, new.data),
            prove_absence(new.place, new.labels, KEYS, b"{}"),
            prove_absence(new.place, new.labels, KEYS, b"{1}"),
        ],
    )
