"""Proofs of every kind about recorded versions: offline, and by the contract."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from consortium import Consortium, manifest
from record_files import KEYS, line

from dataledger.errors import CommitmentMismatch, ProofFormatError, ProofInvalid
from dataledger.hashing import Digest
from dataledger.ledger import Anchor, Capability, DatasetId, Ledger, verify_offline
from dataledger.ledger.proof_calls import record_entry
from dataledger.manifest import FileEntry, Manifest, Proof, RecordSet, parse_proof
from dataledger.manifest.proofs import (
    KINDS,
    ConsistencyProof,
    FilePlace,
    FileProof,
    RangeProof,
    RecordProof,
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
from dataledger.manifest.records.labels import LabelTree, labels_name
from dataledger.manifest.records.tree import KeptTree, tree_name


@dataclass(frozen=True)
class Recorded:
    """A dataset with two versions of two files of records, and what proofs are made from."""

    dataset: DatasetId
    folders: tuple[Path, Path]
    manifests: tuple[Manifest, Manifest]
    anchors: tuple[Anchor, Anchor]

    def place(self, version: int, name: str) -> FilePlace:
        """Return a file's place in a version."""
        anchor = self.anchors[version - 1].to_json()
        return self.manifests[version - 1].place(name).anchored(anchor)

    def data(self, version: int, name: str) -> RecordData:
        """Return what proofs about a file's records are made from."""
        folder, records = self.folders[version - 1], self.records(version, name)
        tree = KeptTree.read(folder / tree_name(records.record_root))
        return RecordData(self.place(version, name), folder / name, KEYS, tree)

    def labels(self, version: int, name: str) -> LabelTree:
        """Return the labels of a file's records."""
        labels = self.records(version, name).labels
        assert labels is not None
        return LabelTree.read(self.folders[version - 1] / labels_name(labels.label_root))

    def records(self, version: int, name: str) -> RecordSet:
        """Return what a version's manifest says of a file's records."""
        records = self.place(version, name).entry.records
        assert records is not None
        return records


def fingerprint_records(folder: Path, count: int) -> Manifest:
    """Write and fingerprint a JSONL and a CSV file of so many records, with labels and trees."""
    folder.mkdir()
    lines, table = folder / "lines.jsonl", folder / "table.csv"
    lines.write_bytes(b"".join(line(number) + b"\n" for number in range(count)))
    with table.open("w", newline="") as written:
        csv.writer(written).writerows([["id", "name"], *([n, f"né{n}"] for n in range(count))])
    return Manifest((entry_of(lines), entry_of(table), FileEntry("x", 1, Digest.of(b"x"))))


def entry_of(path: Path) -> FileEntry:
    """Return the entry of a file of less than one chunk, and keep its trees beside it."""
    content = path.read_bytes()
    tree_digest = Digest.parse(f"sha256-tree:{chunk_leaf(content).hex()}")
    options = RecordOptions(KEYS, labels=True, keep_in=path.parent)
    records = read_records(path, options, workers=1)
    return FileEntry(path.name, len(content), Digest.of(content), (tree_digest,), records)


@pytest.fixture(scope="module")
def owner(consortium: Consortium) -> Ledger:
    return consortium.join(Capability.CUSTODIAN)


@pytest.fixture(scope="module")
def recorded(
    consortium: Consortium, owner: Ledger, tmp_path_factory: pytest.TempPathFactory
) -> Recorded:
    folder = tmp_path_factory.mktemp("data")
    folders = folder / "1", folder / "2"
    manifests = fingerprint_records(folders[0], 300), fingerprint_records(folders[1], 700)
    dataset = owner.datasets.register(consortium.new_slug(), manifests[0]).event.dataset
    owner.datasets.add_version(dataset, manifests[1])
    found = [owner.proofs.recorded(dataset, version=number) for number in (1, 2)]
    assert tuple(each.manifest for each in found) == manifests
    return Recorded(dataset, folders, manifests, (found[0].anchor, found[1].anchor))


MAKERS: dict[str, Callable[[Recorded], Proof]] = {
    "file": lambda found: FileProof(found.place(2, "x")),
    "record": lambda found: prove_record(found.data(2, "lines.jsonl"), 299),
    "range": lambda found: prove_range(found.data(2, "table.csv"), 250, 350),
    "bytes": lambda found: prove_bytes(
        found.place(2, "lines.jsonl"), found.folders[1] / "lines.jsonl", 5, 10
    ),
    "column": lambda found: prove_column(found.data(2, "table.csv"), "name"),
    "schema": lambda found: prove_schema(
        found.place(2, "table.csv"), found.data(2, "table.csv").tree
    ),
    "consistency": lambda found: prove_consistency(
        found.place(1, "lines.jsonl"), found.data(2, "lines.jsonl")
    ),
    "absence": lambda found: prove_absence(
        found.place(2, "lines.jsonl"),
        found.labels(2, "lines.jsonl"),
        KEYS,
        line(700),
    ),
}


def test_there_is_a_maker_of_every_kind() -> None:
    assert list(MAKERS) == [kind.KIND for kind in KINDS]


@pytest.mark.parametrize("kind", MAKERS)
def test_a_proof_of_every_kind_stands_offline_and_on_the_chain(
    kind: str, consortium: Consortium, recorded: Recorded
) -> None:
    proof = parse_proof(MAKERS[kind](recorded).to_bytes())
    assert verify_offline(proof) == recorded.anchors[1]
    version = consortium.open().proofs.verify(proof)
    assert (version.dataset, version.number) == (recorded.dataset, 2)


@pytest.mark.parametrize("kind", MAKERS)
def test_a_proof_about_another_dataset_is_refused(
    kind: str, consortium: Consortium, owner: Ledger, recorded: Recorded
) -> None:
    other = owner.datasets.register(consortium.new_slug(), manifest("x")).event.dataset
    proof = MAKERS[kind](recorded)
    anchors: list[Any] = [
        replace(Anchor.of(place), dataset=other, version=1).to_json() for place in proof.places
    ]
    with pytest.raises(CommitmentMismatch):
        owner.proofs.verify(proof.anchored(*anchors))
    with pytest.raises(ProofFormatError, match="anchored"):
        owner.proofs.verify(proof.anchored(*(None for _ in anchors)))


def test_both_versions_of_a_consistency_are_checked(owner: Ledger, recorded: Recorded) -> None:
    proof = MAKERS["consistency"](recorded)
    assert isinstance(proof, ConsistencyProof)
    newer = proof.new.anchor
    with pytest.raises(ProofInvalid, match="is about the content root"):
        owner.proofs.verify(proof.anchored(newer, newer))
    altered = replace(recorded.anchors[0], record=replace(recorded.anchors[0].record, size_bytes=1))
    with pytest.raises(CommitmentMismatch):
        owner.proofs.verify(proof.anchored(newer, altered.to_json()))


def test_the_contract_does_not_take_our_word(
    owner: Ledger, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What passes here by mistake is still refused there."""
    kinds = ("file", "record", "range", "bytes", "column", "consistency", "absence")
    made = {kind: MAKERS[kind](recorded) for kind in kinds}
    monkeypatch.setattr("dataledger.ledger.proofs.verify_offline", lambda p: Anchor.of(p.place))
    record, some = made["record"], made["range"]
    assert isinstance(record, RecordProof)
    assert isinstance(some, RangeProof)
    forged: list[Proof] = [
        FileProof(replace(made["file"].place, leaf_index=0)),
        replace(record, leaf_index=298),
        replace(record, record=record.record + b" "),
        replace(record, file=replace(record.file, path=record.file.path[:1])),
        replace(some, records=(*some.records[:5], b"forged", *some.records[6:])),
        replace(some, path=some.path[::-1]),
        replace(made["column"], leaf_index=0),  # type: ignore[type-var]  # dataclasses all
        replace(made["bytes"], chunks=(record.path[0],)),  # type: ignore[type-var]
        replace(made["consistency"], path=record.path),  # type: ignore[type-var]
        replace(made["absence"], neighbours=(record.path[0],) * 2),  # type: ignore[type-var]
    ]
    for proof in forged:
        with pytest.raises(ProofInvalid, match="contract does not confirm"):
            owner.proofs.verify(proof)


def test_an_entry_is_taken_apart_around_its_record_root(recorded: Recorded) -> None:
    place = recorded.place(1, "table.csv")
    parts = record_entry(place)
    members = f',"record_count":300,"record_root":"{place.records.record_root}"'
    assert parts.head + members.encode() + parts.tail == place.entry.to_bytes()
    assert (parts.record_count, parts.record_root) == (300, place.records.record_root)
