"""Evidence bundles: what one shows, check by check, and what it leaves open."""

from collections.abc import Sequence
from dataclasses import dataclass

from dataledger.cli.bundling import Written
from dataledger.cli.render.document import document_of
from dataledger.cli.render.proofs import claim_of
from dataledger.cli.render.screen import Cell, Hash, Screen, Styled
from dataledger.cli.render.words import size_text, time_text
from dataledger.contracts.identifiers import RESERVED_STAGES, Stage
from dataledger.contracts.types import Severity
from dataledger.evidence.verifier import Facts, Outcome, Report
from dataledger.evidence.verifier.history import VersionFacts
from dataledger.evidence.verifier.report import Check, IncludedDocument, IncludedProof
from dataledger.hashing import JsonValue

DRAWN_EVENTS = 20
_STYLES = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "bold red",
    Outcome.NOT_NEEDED: "dim",
    Outcome.NOT_REACHED: "dim",
}


@dataclass(frozen=True, slots=True)
class BundleView:
    """A bundle that was written."""

    written: Written

    def to_json(self) -> dict[str, JsonValue]:
        """Return its file, what it shows, and the pins by which it was verified."""
        return {
            "bundle": str(self.written.path),
            "seconds": round(self.written.seconds, 3),
            "pins": self.written.pins.to_json(),
            **_report_to_json(self.written.report),
        }

    def draw(self, screen: Screen) -> None:
        """Draw the same, and how to verify it."""
        report, path = self.written.report, str(self.written.path)
        size = f"({size_text(report.size_bytes)}, made in {self.written.seconds:.2f} s)"
        screen.success("Evidence written to", Styled(path, "bold"), size)
        if report.facts is not None:
            _draw_facts(screen, report.facts)
            _draw_missing(screen, report.facts.missing)
            digest = f"0x{report.facts.block_hash.hex()}"
            screen.hint(
                "Whoever verifies it takes the block's hash from a node of their own:",
                f"dataledger evidence verify {path} --block-hash {digest}",
            )


@dataclass(frozen=True, slots=True)
class ReportView:
    """A verification, however it ended."""

    report: Report

    def to_json(self) -> dict[str, JsonValue]:
        """Return `verified`, the checks, and what is shown where all passed."""
        return _report_to_json(self.report) | {"seconds": round(self.report.seconds, 6)}

    def draw(self, screen: Screen) -> None:
        """Draw the same."""
        report = self.report
        took = f"({size_text(report.size_bytes)}, checked in {report.seconds:.3f} s)"
        if report.facts is None:
            screen.failure(Styled("the bundle shows nothing:", "bold red"), _reason(report), took)
        else:
            screen.success(Styled("the bundle holds", "bold green"), took)
        screen.table(["check", "outcome", "what it says"], map(_row, report.checks), empty="")
        if report.facts is not None:
            _draw_facts(screen, report.facts)
            _draw_events(screen, report.facts)
        for phrase in report.leaves_open:
            screen.line(Styled("left open:", "bold"), phrase)


def _reason(report: Report) -> str:
    return "" if report.failed is None else report.failed.says


def _row(check: Check) -> Sequence[Cell]:
    style = _STYLES[check.outcome]
    return [check.name.value, Styled(check.outcome.value, style), check.says]


def _draw_facts(screen: Screen, facts: Facts) -> None:
    screen.fields(
        [
            ("dataset", str(facts.dataset)),
            ("slug", f"{facts.slug}, of organisation {facts.owner}"),
            ("stage", _stage_text(facts)),
            *(_version_field(version) for version in facts.versions),
            ("head", f"0x{facts.head.hex()}"),
            ("events", len(facts.events)),
            ("as of block", f"{facts.block_number}, {time_text(facts.block_time_unix)}"),
            ("block hash", f"0x{facts.block_hash.hex()}"),
            ("blocks on it", facts.following_blocks or None),
            ("sealed by", ", ".join(facts.sealed_by) or None),
            *(_document_field(document) for document in facts.documents),
            *(_proof_field(proof) for proof in facts.proofs),
        ]
    )


def _stage_text(facts: Facts) -> str:
    name = RESERVED_STAGES.get(Stage(facts.stage))
    words = f"{facts.stage} of policy {facts.policy}" if name is None else name
    by = f", by organisation {facts.suspended_by}" if facts.suspended_by else ""
    return f"{words}{by}"


def _version_field(version: VersionFacts) -> tuple[str, Cell]:
    words = f"{version.content_root}, {version.file_count:,} files, {size_text(version.size_bytes)}"
    recall = version.recall
    if recall is not None:
        words += f", recalled as {_severity(recall.severity)} by organisation {recall.org}"
    return f"version {version.number}", words


def _severity(number: int) -> str:
    try:
        return Severity(number).name
    except ValueError:
        return f"severity {number}"


def _document_field(document: IncludedDocument) -> tuple[str, Cell]:
    of = "" if document.version is None else f" of version {document.version}"
    return f"{document.kind}{of}", str(document.digest)


def _proof_field(included: IncludedProof) -> tuple[str, Cell]:
    claim = claim_of(included.proof, data_checked=False)
    path = included.proof.place.entry.path
    return f"{included.proof.KIND} proof", f"version {included.versions[0]}, {path}: {claim.shows}"


def _draw_events(screen: Screen, facts: Facts) -> None:
    first = max(len(facts.events) - DRAWN_EVENTS, 0)
    if first:
        screen.line(f"{first:,} earlier events; --json has all")
    screen.table(
        ["", "event", "organisation", "key", "recorded"],
        (
            [
                number,
                event.name,
                event.org,
                Hash(event.by),
                "" if event.recorded_at_unix is None else time_text(event.recorded_at_unix),
            ]
            for number, event in enumerate(facts.events[first:], start=first + 1)
        ),
        empty="",
    )


def _draw_missing(screen: Screen, missing: Sequence[IncludedDocument]) -> None:
    if missing:
        digests = ", ".join(f"{document.kind} {document.digest}" for document in missing)
        screen.warning(Styled("not included:", "bold yellow"), digests)


def _report_to_json(report: Report) -> dict[str, JsonValue]:
    return {
        "verified": report.passed,
        "failed": None if report.failed is None else report.failed.name.value,
        "checks": document_of(report.checks),
        "shows": None if report.facts is None else _facts_to_json(report.facts),
        "leaves_open": list(report.leaves_open),
        "size_bytes": report.size_bytes,
    }


def _facts_to_json(facts: Facts) -> JsonValue:
    document = {
        name: document_of(getattr(facts, name))
        for name in Facts.__dataclass_fields__
        if name != "proofs"
    }
    document["proofs"] = [
        {
            "kind": included.proof.KIND,
            "path": included.proof.place.entry.path,
            "digest": str(included.proof.place.entry.digest),
            "versions": list(included.versions),
            "shows": claim_of(included.proof, data_checked=False).shows,
        }
        for included in facts.proofs
    ]
    return document
