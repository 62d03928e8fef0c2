"""A dataset with lines and a table, fingerprinted and signed for, without a chain."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from record_files import SECRET, line

from dataledger.chain.signer import Signer
from dataledger.contracts.identifiers import OrgId, Slug, dataset_id, to_address
from dataledger.evidence.presentation import (
    Anchor,
    Audience,
    Content,
    Item,
    Presentation,
    ProvenItem,
    Verified,
    verify_presentation,
)
from dataledger.evidence.presenting.make import sign
from dataledger.hashing import Digest
from dataledger.ledger.json_forms import record_to_json
from dataledger.ledger.trees import Trees
from dataledger.ledger.versions import record_of_manifest
from dataledger.manifest import FileEntry, Manifest
from dataledger.manifest.proofs import AbsenceProof, ColumnProof, FileProof, RecordProof
from dataledger.manifest.proving import (
    RecordData,
    prove_absence,
    prove_column,
    prove_range,
    prove_record,
    prove_schema,
)
from dataledger.manifest.records.engine import RecordOptions, read_records

KEYS = SECRET.keys()
OWNER = Signer(bytes([5]) * 32)
STRANGER = Signer(bytes([6]) * 32)
COURT = Audience.parse("North court")
CHALLENGE = "8c1f0a"
ISSUED_UNIX = 1_800_000_000
DURING_UNIX = ISSUED_UNIX + 60
EXPIRES_UNIX = ISSUED_UNIX + 3_600
CHAIN_ID = 2026
CONTRACT = to_address("0x" + "c0" * 20)
RECORDS = 300


@dataclass(frozen=True)
class DisclosedDataset:
    """Its files lie in `folder / "data"`."""

    folder: Path
    manifest: Manifest
    anchor: Anchor

    @classmethod
    def write(cls, folder: Path, records: int = RECORDS) -> "DisclosedDataset":
        """Write the files and fingerprint them."""
        data = folder / "data"
        data.mkdir()
        lines = data / "lines.jsonl"
        lines.write_bytes(b"".join(line(number) + b"\n" for number in range(min(records, RECORDS))))
        rows = ([number, f"né{number % 7}"] for number in range(records))
        with (data / "table.csv").open("w", newline="") as written:
            csv.writer(written).writerows([["id", "name"], *rows])
        entries = (_entry(lines, folder), _entry(data / "table.csv", folder))
        manifest = Manifest((*entries, FileEntry("z.bin", 1, Digest.of(b"z"))))
        return cls(folder, manifest, anchor_of(manifest))

    def path(self, name: str) -> Path:
        """Return where a file lies."""
        return self.folder / "data" / name

    def data(self, name: str) -> RecordData:
        """Return what proofs of a file's records are made from."""
        place = self.manifest.place(name)
        tree = Trees(self.folder).tree(place.records.record_root)
        return RecordData(place, self.path(name), KEYS, tree)

    def file(self, name: str = "z.bin") -> FileProof:
        """Return the proof of a file."""
        return self.manifest.prove(name)

    def record(self, index: int, name: str = "lines.jsonl") -> RecordProof:
        """Return the proof of a record."""
        return prove_record(self.data(name), index)

    def column(self, column: str = "name") -> ColumnProof:
        """Return the proof of a column of the table."""
        return prove_column(self.data("table.csv"), column)

    def proofs(self) -> list[ProvenItem]:
        """Return an item of each kind that is a proof alone."""
        table = self.data("table.csv")
        return [
            ProvenItem(self.file()),
            ProvenItem(self.record(17)),
            ProvenItem(prove_range(table, 3, 5)),
            ProvenItem(prove_schema(table.place, table.tree)),
        ]

    def absence(self, record: bytes) -> AbsenceProof:
        """Return the proof that a line is not there."""
        place = self.manifest.place("lines.jsonl")
        assert place.records.labels is not None
        labels = Trees(self.folder).labels(place.records.labels.label_root)
        return prove_absence(place, labels, KEYS, record)

    def content(self, items: Sequence[Item], **named: Any) -> Content:
        """Return what is signed: for the court, for an hour."""
        given = {
            "anchor": self.anchor,
            "items": tuple(items),
            "audience": COURT,
            "challenge": CHALLENGE,
            "purpose": "Case 4",
            "issued_at_unix": ISSUED_UNIX,
            "expires_at_unix": EXPIRES_UNIX,
            "signer": OWNER.address,
        }
        return Content(**{**given, **named})

    def present(self, *items: Item, **named: Any) -> Presentation:
        """Return a presentation, signed by the owner."""
        return sign(self.content(items, **named), OWNER)


def anchor_of(manifest: Manifest) -> Anchor:
    """Return the anchor of version 1 of a dataset with this manifest."""
    owner, slug = OrgId(2), Slug("roads")
    return Anchor(
        chain_id=CHAIN_ID,
        genesis_hash=f"0x{'ab' * 32}",
        ledger=CONTRACT,
        dataset=dataset_id(CHAIN_ID, CONTRACT, owner, slug),
        owner=owner,
        slug=slug,
        version=1,
        record=record_to_json(record_of_manifest(manifest)),
    )


def check(presentation: Presentation | bytes, **named: Any) -> Verified:
    """Verify a presentation as the court, in time, by its challenge."""
    data = presentation if isinstance(presentation, bytes) else presentation.to_bytes()
    given = {"audience": COURT, "now_unix": DURING_UNIX, "challenge": CHALLENGE, **named}
    return verify_presentation(data, **given)


def _entry(path: Path, home: Path) -> FileEntry:
    trees = Trees(home)
    trees.make_folder()
    options = RecordOptions(KEYS, labels=True, keep_in=trees.folder)
    records = read_records(path, options, workers=1)
    content = path.read_bytes()
    return FileEntry(path.name, len(content), Digest.of(content), records=records)
