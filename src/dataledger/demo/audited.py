"""What the auditor's chapter showed, as a part of the result."""

from dataclasses import dataclass

from dataledger.demo.events import (
    DatasetDescribed,
    EvidenceRefused,
    EvidenceVerified,
    ImpactFound,
    IndexHeld,
    SearchAnswered,
    TaintedVersion,
    TimelineEntry,
    TimelineTold,
    VersionExported,
    Written,
)
from dataledger.hashing import JsonValue


@dataclass(frozen=True, slots=True)
class Audited:
    """What the index answered, what the evidence held against, and what was exported."""

    described: DatasetDescribed
    index: IndexHeld
    timeline: TimelineTold
    impact: ImpactFound
    search: SearchAnswered
    evidence: EvidenceVerified
    refused: tuple[EvidenceRefused, ...]
    exported: VersionExported

    def to_json(self) -> dict[str, JsonValue]:
        """Return the members that the result gains by it."""
        return {
            "audit": {
                "described": _described(self.described),
                "index": {
                    "events": self.index.events,
                    "datasets": self.index.datasets,
                    "organisations": self.index.organisations,
                    "block_number": self.index.block_number,
                },
                "timeline": _timeline(self.timeline),
                "impact": {
                    "dataset": self.impact.dataset,
                    "version": self.impact.version,
                    "tainted": [tainted_json(item) for item in self.impact.tainted],
                    "confirmed_paths": self.impact.confirmed_paths,
                },
                "search": {
                    "word": self.search.word,
                    "dataset": self.search.dataset,
                    "title": self.search.title,
                    "stage": self.search.stage,
                },
            },
            "evidence": {
                **_evidence(self.evidence),
                "refused": [
                    {"attempt": item.attempt, "check": item.check, "message": item.message}
                    for item in self.refused
                ],
            },
            "export": _export(self.exported),
        }


def written_json(written: Written) -> dict[str, JsonValue]:
    """Return a transaction as the result has it."""
    return {"transaction_hash": written.transaction_hash, "gas_used": written.gas_used}


def tainted_json(item: TaintedVersion) -> dict[str, JsonValue]:
    """Return a tainted version, and its path, as the result has them."""
    return {
        "dataset": item.dataset,
        "version": item.version,
        "path": [{"dataset": dataset, "version": version} for dataset, version in item.path],
    }


def _described(item: DatasetDescribed) -> dict[str, JsonValue]:
    return {
        "dataset": item.dataset,
        "title": item.title,
        "description": str(item.description),
        "organisation": item.organisation,
        **written_json(item.written),
    }


def _timeline(item: TimelineTold) -> dict[str, JsonValue]:
    return {
        "dataset": item.dataset,
        "version": item.version,
        "event_count": item.event_count,
        "entries": [_entry(entry) for entry in item.entries],
    }


def _entry(entry: TimelineEntry) -> dict[str, JsonValue]:
    return {
        "organisation": entry.organisation,
        "event": entry.kind,
        "text": entry.text,
        "recorded_at_unix": entry.recorded_at_unix,
        "block_number": entry.block_number,
        "transaction_hash": entry.transaction_hash,
    }


def _evidence(item: EvidenceVerified) -> dict[str, JsonValue]:
    return {
        "file": item.file,
        "size_bytes": item.size_bytes,
        "block_number": item.block_number,
        "block_hash": item.block_hash,
        "head": f"0x{item.head.hex()}",
        "checks": list(item.checks),
        "event_count": item.event_count,
        "document_count": item.document_count,
    }


def _export(item: VersionExported) -> dict[str, JsonValue]:
    return {
        "dataset": item.dataset,
        "version": item.version,
        "format": item.format,
        "file": item.file,
        "title": item.title,
        "proven": item.proven,
        "asserted": item.asserted,
        "missing": item.missing,
    }
