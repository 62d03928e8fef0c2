"""What the demo showed, as one object."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dataledger.contracts.identifiers import DatasetId, Head
from dataledger.demo.audited import Audited, tainted_json, written_json
from dataledger.demo.events import (
    ClaimVerified,
    OrganisationJoined,
    StageReached,
    StepRefused,
    TamperDetected,
    VersionRecalled,
    VersionRecorded,
)
from dataledger.demo.used import Used
from dataledger.hashing import JsonValue

FORMAT = "dataledger/demo/1"


@dataclass(frozen=True, slots=True)
class DatasetTold:
    """A dataset as it stands at the end of the story."""

    name: str
    """As `owner/slug`."""
    id: DatasetId
    stage: str
    head: Head
    event_count: int
    versions: tuple[VersionRecorded, ...]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """All that was shown; it exists only if everything went as it must."""

    organisations: tuple[OrganisationJoined, ...]
    datasets: tuple[DatasetTold, ...]
    stages: tuple[StageReached, ...]
    refused: tuple[StepRefused, ...]
    verified: tuple[ClaimVerified, ...]
    tampering: TamperDetected
    recalled: VersionRecalled
    used: Used
    audited: Audited
    chapter_seconds: Mapping[str, float]
    kept_at: Path | None
    """The home directory that was left behind; None where nothing was."""

    def to_json(self) -> dict[str, JsonValue]:
        """Return the object that `dataledger demo --json` prints."""
        return {
            "format": FORMAT,
            "organisations": [_organisation(item) for item in self.organisations],
            "datasets": [_dataset(item) for item in self.datasets],
            "stages": [_stage(item) for item in self.stages],
            "refused": [_refusal(item) for item in self.refused],
            "verified": bool(self.verified),
            "claims": [{"claim": c.claim, "finding": c.finding} for c in self.verified],
            "tamper_detected": True,
            "changed_file": self.tampering.changed_file,
            "tampering": {
                "changed_file": self.tampering.changed_file,
                "offset_bytes": self.tampering.offset_bytes,
                "message": self.tampering.message,
            },
            "recalled": _recall(self.recalled),
            **self.used.to_json(),
            **self.audited.to_json(),
            "timings": {
                "total_seconds": round(sum(self.chapter_seconds.values()), 3),
                "chapters": [
                    {"chapter": title, "seconds": round(seconds, 3)}
                    for title, seconds in self.chapter_seconds.items()
                ],
            },
            "kept_at": None if self.kept_at is None else str(self.kept_at),
        }


def _organisation(item: OrganisationJoined) -> dict[str, JsonValue]:
    return {
        "id": item.id,
        "organisation": item.slug,
        "name": item.name,
        "capabilities": list(item.capabilities.names),
        "key": item.key,
        **({} if item.written is None else written_json(item.written)),
    }


def _dataset(item: DatasetTold) -> dict[str, JsonValue]:
    return {
        "dataset": item.name,
        "dataset_id": str(item.id),
        "stage": item.stage,
        "head": f"0x{item.head.hex()}",
        "event_count": item.event_count,
        "versions": [_version(version) for version in item.versions],
    }


def _version(item: VersionRecorded) -> dict[str, JsonValue]:
    return {
        "version": item.version,
        "content_root": str(item.content_root),
        "manifest_digest": str(item.manifest_digest),
        "file_count": item.file_count,
        "size_bytes": item.size_bytes,
        "parents": [
            {"dataset": p.dataset, "version": p.version, "relation": p.relation.name}
            for p in item.parents
        ],
        **written_json(item.written),
    }


def _stage(item: StageReached) -> dict[str, JsonValue]:
    return {
        "dataset": item.dataset,
        "from": item.from_stage,
        "to": item.to_stage,
        "organisation": item.organisation,
        "version": item.version,
        "evidence": None if item.evidence is None else str(item.evidence),
        **written_json(item.written),
    }


def _refusal(item: StepRefused) -> dict[str, JsonValue]:
    return {
        "attempt": item.attempt,
        "organisation": item.organisation,
        "error": item.error,
        "message": item.message,
        "arguments": {name: _argument(value) for name, value in item.arguments.items()},
        **written_json(item.written),
    }


def _argument(value: object) -> JsonValue:
    return value if isinstance(value, int) else str(value)


def _recall(item: VersionRecalled) -> dict[str, JsonValue]:
    return {
        "dataset": item.dataset,
        "dataset_id": str(item.dataset_id),
        "version": item.version,
        "severity": item.severity.name,
        "reason": item.reason,
        "stage": item.stage,
        "organisation": item.organisation,
        **written_json(item.written),
        "tainted": [tainted_json(tainted) for tainted in item.tainted],
    }
