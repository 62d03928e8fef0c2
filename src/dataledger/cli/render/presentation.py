"""Presentations: what is proven, what is attested, and by what."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dataledger.cli.presenting import Written
from dataledger.cli.render.proofs import DRAWN_CHARACTERS, DRAWN_RECORDS, claim_of
from dataledger.cli.render.records import record_document, record_text
from dataledger.cli.render.screen import Cell, Screen, Styled
from dataledger.cli.render.words import time_text
from dataledger.errors import RecordError
from dataledger.evidence.presentation import (
    AbsenceItem,
    AnswerItem,
    BlockValues,
    ColumnBlockItem,
    ColumnItem,
    FieldsItem,
    Finding,
    Item,
    ProvenItem,
    Shown,
    Standing,
    StatisticItem,
    Verified,
)
from dataledger.evidence.presentation.fields import base64_text
from dataledger.hashing import JsonValue

SHOWN_VALUE_BYTES = 256 * 1024
"""How much of a stranger's columns is decoded, in all: that can take 400 times as much memory."""

_STYLES = {Standing.PROVEN: "green", Standing.ATTESTED: "bold yellow"}
_ATTESTED = "the owner's word"


@dataclass(frozen=True, slots=True)
class PresentationView:
    """A presentation that was written."""

    written: Written

    def to_json(self) -> dict[str, JsonValue]:
        """Return its file, and what it shows."""
        return {
            "presentation": str(self.written.path),
            **_verified_to_json(self.written.verified),
        }

    def draw(self, screen: Screen) -> None:
        """Draw the same, and how to verify it."""
        path = str(self.written.path)
        verified = self.written.verified
        content = verified.presentation.content
        screen.success("Presentation written to", Styled(path, "bold"))
        _draw(screen, verified)
        if any(shown.standing is Standing.ATTESTED for shown in verified.shown):
            screen.warning("What is attested is your word: your signature stands for it, no proof.")
        screen.hint(
            "The verifier checks it by:",
            f"dataledger presentation verify {path} --as '{content.audience}'"
            + ("" if content.challenge is None else f" --challenge '{content.challenge}'")
            + " --on-chain",
        )


@dataclass(frozen=True, slots=True)
class VerifiedView:
    """A presentation that holds."""

    verified: Verified

    def to_json(self) -> dict[str, JsonValue]:
        """Return `verified`, what is shown, and what is left open."""
        return _verified_to_json(self.verified)

    def draw(self, screen: Screen) -> None:
        """Draw the same."""
        verified = self.verified
        screen.success(
            Styled("the presentation holds:", "bold green"),
            "it is for you, and valid. Chain, version and signer were looked up."
            if verified.on_chain
            else "it is for you, and valid. Nothing was looked up on a chain.",
        )
        _draw(screen, verified)
        for phrase in verified.warnings:
            screen.warning(Styled("note:", "bold yellow"), phrase)
        for phrase in verified.leaves_open:
            screen.line(Styled("left open:", "bold"), phrase)


def _draw(screen: Screen, verified: Verified) -> None:
    content = verified.presentation.content
    anchor = content.anchor
    screen.fields(
        [
            ("dataset", str(anchor.dataset)),
            ("slug", f"{anchor.slug}, of organisation {anchor.owner}"),
            ("version", anchor.version),
            ("content root", str(anchor.content_root)),
            ("for", str(content.audience)),
            ("purpose", content.purpose),
            ("challenge", content.challenge),
            ("issued", time_text(content.issued_at_unix)),
            ("expires", time_text(content.expires_at_unix)),
            ("signed by", content.signer),
        ]
    )
    screen.table(
        ["", "what", "standing", "by", "what it says"],
        (
            _row(number, shown.item, finding)
            for number, shown in enumerate(verified.shown, start=1)
            for finding in shown.findings
        ),
        empty="",
    )
    left = SHOWN_VALUE_BYTES
    for number, shown in enumerate(verified.shown, start=1):
        rows = list(_details(shown.item, left))
        left -= _value_bytes(shown.item)
        screen.line(Styled(f"{number}", "bold"), shown.item.KIND)
        screen.fields(rows)


def _row(number: int, item: Item, finding: Finding) -> Sequence[Cell]:
    standing = Styled(finding.standing.value, _STYLES[finding.standing])
    by = finding.by.value if finding.standing is Standing.PROVEN else _ATTESTED
    return [number, item.KIND, standing, by, finding.says]


# ------------------------------------------------------------------------------------------ items


def _details(item: Item, left: int) -> Iterator[tuple[str, Cell]]:
    """Yield what an item says, as the screen has it."""
    match item:
        case ProvenItem():
            yield ("file", item.proof.place.entry.path)
            yield ("digest", str(item.proof.place.entry.digest))
            yield from claim_of(item.proof, data_checked=False).rows
        case AbsenceItem():
            yield ("file", item.proof.file.entry.path)
            yield ("absent label", item.proof.label.hex())
            if item.record is not None:
                kind = item.proof.file.records.format
                yield (f"record ({_ATTESTED})", _cut(record_text(item.record, kind)))
        case ColumnItem():
            yield ("file", item.proof.file.entry.path)
            yield ("column", f"{item.proof.column.name}: {item.proof.column.type}")
            yield from _value_rows(item.values, 0, left)
        case ColumnBlockItem():
            yield ("file", item.file.file.entry.path)
            yield ("column", f"{item.column.name}: {item.column.type}")
            yield ("records", f"{item.begin:,} to before {item.end:,}")
            yield from _value_rows([item.values], item.begin, left)
        case FieldsItem():
            yield ("file", item.file.file.entry.path)
            yield ("record", f"{item.record:,}, counted from 0")
            for name, value in item.fields.items():
                yield (f"{name} ({_ATTESTED})", _cut(json.dumps(value, ensure_ascii=False)))
        case StatisticItem():
            yield (f"{item.name} ({_ATTESTED})", item.value)
        case AnswerItem():
            yield ("grant", str(item.grant))
            yield ("run", str(item.run))
            yield ("digest", str(item.output))
            yield ("answer", _cut(item.content.decode("utf-8", "backslashreplace")))


def _item_to_json(item: Item, left: int) -> dict[str, JsonValue]:
    """Return what an item says, as `--json` has it."""
    found: dict[str, JsonValue] = {"kind": item.KIND}
    match item:
        case ProvenItem():
            found["path"] = item.proof.place.entry.path
            found["digest"] = str(item.proof.place.entry.digest)
            found["proof"] = item.proof.KIND
            found |= claim_of(item.proof, data_checked=False).members
        case AbsenceItem():
            found["path"] = item.proof.file.entry.path
            found["label"] = item.proof.label.hex()
            kind = item.proof.file.records.format
            found["record"] = None if item.record is None else record_document(item.record, kind)
        case ColumnItem():
            found["path"] = item.proof.file.entry.path
            found["column"] = item.proof.column.to_json()
            found["begin"] = 0
            found |= _values_to_json(item.values, left)
        case ColumnBlockItem():
            found["path"] = item.file.file.entry.path
            found["column"] = item.column.to_json()
            found["begin"] = item.begin
            found |= _values_to_json([item.values], left)
        case FieldsItem():
            found["path"] = item.file.file.entry.path
            found["record"] = item.record
            found["fields"] = item.fields
        case StatisticItem():
            found |= {"name": item.name, "value": item.value}
        case AnswerItem():
            found |= {"grant": str(item.grant), "run": str(item.run), "output": str(item.output)}
            found["content"] = base64_text(item.content)
    return found


def _value_rows(blocks: Sequence[BlockValues], begin: int, left: int) -> Iterator[tuple[str, Cell]]:
    values = _decoded(blocks, left)
    if values is None:
        size = sum(len(block.row()) for block in blocks)
        yield ("values", f"{size:,} bytes in canonical form, not shown; --json has them")
        return
    for number, value in enumerate(values[:DRAWN_RECORDS]):
        yield (f"{begin + number:,}", _cut(json.dumps(value, ensure_ascii=False)))
    if len(values) > DRAWN_RECORDS:
        yield ("…", f"{len(values) - DRAWN_RECORDS:,} more; --json has all")


def _values_to_json(blocks: Sequence[BlockValues], left: int) -> dict[str, JsonValue]:
    return {
        "canonical": [block.to_json() for block in blocks],
        "values": _decoded(blocks, left),
    }


def _decoded(blocks: Sequence[BlockValues], left: int) -> list[JsonValue] | None:
    """Return the values; None where they are too many to show, or no canonical ones."""
    if sum(len(block.row()) for block in blocks) > left:
        return None
    # Imported late: other kinds of items show no rows.
    from dataledger.manifest.records.decoding import decode_row

    try:
        return [value.value for block in blocks for value in decode_row(block.row())]
    except RecordError:
        return None


def _value_bytes(item: Item) -> int:
    match item:
        case ColumnItem():
            return sum(len(block.row()) for block in item.values)
        case ColumnBlockItem():
            return len(item.values.row())
    return 0


def _verified_to_json(verified: Verified) -> dict[str, JsonValue]:
    content = verified.presentation.content
    anchor = content.anchor
    shown: list[JsonValue] = []
    left = SHOWN_VALUE_BYTES
    for one in verified.shown:
        shown.append(_shown_to_json(one, left))
        left -= _value_bytes(one.item)
    return {
        "verified": True,
        "digest": str(verified.digest),
        "on_chain": verified.on_chain,
        "challenge_checked": verified.challenge_checked,
        "checked_at_unix": verified.checked_at_unix,
        "chain_id": anchor.chain_id,
        "dataset": str(anchor.dataset),
        "owner": anchor.owner,
        "slug": anchor.slug,
        "version": anchor.version,
        "content_root": str(anchor.content_root),
        "audience": str(content.audience),
        "purpose": content.purpose,
        "challenge": content.challenge,
        "issued_at_unix": content.issued_at_unix,
        "expires_at_unix": content.expires_at_unix,
        "signer": content.signer,
        "shown": shown,
        "warnings": list(verified.warnings),
        "leaves_open": list(verified.leaves_open),
    }


def _shown_to_json(shown: Shown, left: int) -> JsonValue:
    findings: list[JsonValue] = [
        {"by": finding.by.value, "says": finding.says, "standing": finding.standing.value}
        for finding in shown.findings
    ]
    return {
        "standing": shown.standing.value,
        "findings": findings,
        **_item_to_json(shown.item, left),
    }


def _cut(text: str) -> str:
    if len(text) <= DRAWN_CHARACTERS:
        return text
    return f"{text[:DRAWN_CHARACTERS]}… ({len(text):,} characters; --json has all)"
