"""Proofs: what they show, and what they do not."""

from dataclasses import dataclass, field
from pathlib import Path

from dataledger.cli.render.document import document_of
from dataledger.cli.render.records import record_document, record_text
from dataledger.cli.render.screen import Cell, Screen, Styled
from dataledger.cli.verification import ProofCheck
from dataledger.hashing import JsonValue
from dataledger.manifest.proofs import (
    AbsenceProof,
    BytesProof,
    ColumnProof,
    ConsistencyProof,
    Proof,
    RangeProof,
    RecordProof,
    SchemaProof,
)
from dataledger.manifest.proofs.absence import label_set

DRAWN_RECORDS = 20
DRAWN_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Claim:
    """What a proof shows, in words and values, and what it leaves open."""

    shows: str
    leaves_open: str
    members: dict[str, JsonValue]
    """As `--json` has them."""
    rows: list[tuple[str, Cell]] = field(default_factory=list)
    """As the screen has them."""


@dataclass(frozen=True, slots=True)
class ProofView:
    """A proof file that was written."""

    proof: Proof
    written_to: Path

    def to_json(self) -> dict[str, JsonValue]:
        """Return what is proved, and the proof's file."""
        return _proof_to_json(self.proof, claim_of(self.proof, data_checked=True)) | {
            "proof": str(self.written_to)
        }

    def draw(self, screen: Screen) -> None:
        """Draw the same."""
        screen.success("Proof written to", Styled(str(self.written_to), "bold"))
        _draw_proof(screen, self.proof, claim_of(self.proof, data_checked=True))


@dataclass(frozen=True, slots=True)
class ProofCheckView:
    """A proof that holds."""

    check: ProofCheck

    def to_json(self) -> dict[str, JsonValue]:
        """Return `verified`, what is proved, and against what."""
        check = self.check
        return {
            "verified": True,
            "against": check.against,
            "data_checked": check.data_checked,
            **_proof_to_json(check.proof, self._claim()),
            "recall": None if check.version is None else document_of(check.version.recall),
        }

    def draw(self, screen: Screen) -> None:
        """Draw the same."""
        meaning = {
            "proof": "leads to the root that the proof itself names. Compare that root with the "
            "chain's: --on-chain, or --root",
            "root": "leads to the given root",
            "chain": "leads to the root that the chain records",
        }[self.check.against]
        screen.success(Styled("the proof holds:", "bold green"), f"it {meaning}.")
        _draw_proof(screen, self.check.proof, self._claim())
        version = self.check.version
        if version is not None and version.recall is not None:
            severity = version.recall.severity.name
            screen.warning(Styled("recalled:", "bold yellow"), f"the version, as {severity}.")

    def _claim(self) -> Claim:
        return claim_of(self.check.proof, data_checked=self.check.data_checked)


def claim_of(proof: Proof, *, data_checked: bool) -> Claim:
    """Return what a proof that holds shows; `data_checked` if data was held against it."""
    match proof:
        case RecordProof():
            claim = _record_claim(proof)
        case RangeProof():
            claim = _range_claim(proof)
        case BytesProof():
            claim = _bytes_claim(proof, data_checked=data_checked)
        case ColumnProof():
            claim = _column_claim(proof, data_checked=data_checked)
        case SchemaProof():
            claim = _schema_claim(proof)
        case ConsistencyProof():
            claim = _consistency_claim(proof)
        case AbsenceProof():
            claim = _absence_claim(proof, data_checked=data_checked)
        case _:
            claim = Claim(
                shows="The version has this file, with this content.",
                leaves_open="What the content says; it is named by its digest.",
                members={},
            )
    return claim


def _record_claim(proof: RecordProof) -> Claim:
    count = proof.file.records.record_count
    kind = proof.file.records.format
    return Claim(
        shows="The file has this record, at this place.",
        leaves_open="What its other records are.",
        members={
            "record_index": proof.leaf_index,
            "record_count": count,
            "record_root": str(proof.file.records.record_root),
            "record": record_document(proof.record, kind),
        },
        rows=[
            ("record", f"{proof.leaf_index:,}, counted from 0, of {count:,}"),
            ("content", _cut(record_text(proof.record, kind))),
        ],
    )


def _range_claim(proof: RangeProof) -> Claim:
    count = proof.file.records.record_count
    kind = proof.file.records.format
    rows: list[tuple[str, Cell]] = [
        ("records", f"{proof.begin:,} to before {proof.end:,}, counted from 0, of {count:,}")
    ]
    for offset, record in enumerate(proof.records[:DRAWN_RECORDS]):
        rows.append((f"{proof.begin + offset:,}", _cut(record_text(record, kind))))
    if len(proof.records) > DRAWN_RECORDS:
        rows.append(("…", f"{len(proof.records) - DRAWN_RECORDS:,} more; --json has all"))
    return Claim(
        shows="The file has these records, at these places.",
        leaves_open="What its other records are.",
        members={
            "begin": proof.begin,
            "end": proof.end,
            "record_count": count,
            "record_root": str(proof.file.records.record_root),
            "records": [record_document(record, kind) for record in proof.records],
        },
        rows=rows,
    )


def _bytes_claim(proof: BytesProof, *, data_checked: bool) -> Claim:
    return Claim(
        shows="The given data is these bytes of the file."
        if data_checked
        else "The file has bytes of these hashes, at this place.",
        leaves_open="What its other bytes are."
        if data_checked
        else "What the bytes are: hold them against it with --data.",
        members={"begin": proof.begin, "end": proof.end},
        rows=[("bytes", f"{proof.begin:,} to before {proof.end:,}")],
    )


def _column_claim(proof: ColumnProof, *, data_checked: bool) -> Claim:
    return Claim(
        shows="The file's table has this column, with the values of the given data."
        if data_checked
        else "The file's table has a column of this name, type and root.",
        leaves_open="What its other columns are, and how many."
        if data_checked
        else "What its values are: hold a table that has them against it with --data.",
        members={
            "column": proof.column.to_json(),
            "column_index": proof.leaf_index,
            "column_count": proof.tree_size,
        },
        rows=[
            ("column", proof.column.name),
            ("type", proof.column.type),
            ("column root", str(proof.column.root)),
        ],
    )


def _schema_claim(proof: SchemaProof) -> Claim:
    return Claim(
        shows="The file's table has these columns, in this order, and no others.",
        leaves_open="What their values are.",
        members={"columns": [column.to_json() for column in proof.columns]},
        rows=[(f"column {at}", f"{c.name}: {c.type}") for at, c in enumerate(proof.columns)],
    )


def _consistency_claim(proof: ConsistencyProof) -> Claim:
    old, new = proof.old.records.record_count, proof.new.records.record_count
    return Claim(
        shows="The older file's records are the newer one's first records: none was altered, "
        "removed or moved.",
        leaves_open="What the records are.",
        members={
            "old_path": proof.old.entry.path,
            "old_content_root": str(proof.old.content_root),
            "old_record_count": old,
            "new_record_count": new,
            "old_anchor": proof.old.anchor,
        },
        rows=[
            ("older file", proof.old.entry.path),
            ("older content root", str(proof.old.content_root)),
            ("records", f"{old:,}, then {new:,}"),
        ],
    )


def _absence_claim(proof: AbsenceProof, *, data_checked: bool) -> Claim:
    labels = label_set(proof.file)
    return Claim(
        shows="The recorded labels of the file's records lack the given record's."
        if data_checked
        else "The recorded labels of the file's records lack this label.",
        leaves_open="That the recorded labels are those of all records: whoever has the secret can "
        "make them again."
        if data_checked
        else "Whose label this is: that is the owner's word, unless you hold the label key "
        "(--data, --label-key). That the recorded labels are those of all records: whoever has "
        "the secret can make them again.",
        members={
            "label": proof.label.hex(),
            "label_count": labels.label_count,
            "label_root": str(labels.label_root),
        },
        rows=[
            ("absent label", proof.label.hex()),
            ("label root", str(labels.label_root)),
            ("labels", f"{labels.label_count:,}"),
        ],
    )


def _proof_to_json(proof: Proof, claim: Claim) -> dict[str, JsonValue]:
    place = proof.place
    return {
        "kind": proof.KIND,
        "path": place.entry.path,
        "digest": str(place.entry.digest),
        "size_bytes": place.entry.size_bytes,
        "leaf_index": place.leaf_index,
        "tree_size": place.tree_size,
        "content_root": str(place.content_root),
        "anchor": place.anchor,
        **claim.members,
        "shows": claim.shows,
        "leaves_open": claim.leaves_open,
    }


def _draw_proof(screen: Screen, proof: Proof, claim: Claim) -> None:
    place = proof.place
    screen.fields(
        [
            *claim.rows,
            ("file", place.entry.path),
            ("digest", str(place.entry.digest)),
            ("size", f"{place.entry.size_bytes:,} bytes"),
            ("place", f"{place.leaf_index + 1:,} of {place.tree_size:,}"),
            ("content root", str(place.content_root)),
            *(
                (key.replace("_", " "), str(value))
                for key, value in (place.anchor or {}).items()
                if key != "record"
            ),
            ("shown", claim.shows),
            ("left open", claim.leaves_open),
        ]
    )


def _cut(text: str) -> str:
    if len(text) <= DRAWN_CHARACTERS:
        return text
    return f"{text[:DRAWN_CHARACTERS]}… ({len(text):,} characters; --json has all)"
