"""Facts of datasets without a chain, for tests of what is made of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from dataledger.contracts.identifiers import Address, DatasetId, Slug
from dataledger.evidence.export.facts import (
    Actor,
    Ban,
    ChainRef,
    DatasetFacts,
    EventRef,
    Fact,
    Origin,
    Status,
    Step,
    said,
)
from dataledger.hashing import Digest, Hash32, JsonValue
from dataledger.ledger import Activity, Agent, Content, Tool
from dataledger.manifest import FileEntry, Manifest
from dataledger.manifest.description import Description
from dataledger.manifest.records.source import Column

KEY = Address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
OWNER = Actor("acme", KEY)
ROADS = DatasetId(Hash32(bytes([1]) * 32))
SURVEY = DatasetId(Hash32(bytes([2]) * 32))
RECORDED_AT_UNIX = 1_769_860_800
CHAIN = ChainRef(
    1145848903, "0x" + "cd" * 32, Address("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC")
)
BAN = Ban("survey-office/survey@4", "SERIOUS", "authority", RECORDED_AT_UNIX)


def event(kind: str, index: int = 0) -> EventRef:
    """Return where the chain has it."""
    return EventRef(kind, "0x" + "ab" * 32, 9, index, RECORDED_AT_UNIX)


def file(path: str, content: bytes = b"x") -> FileEntry:
    """Return the entry of a file with this content."""
    return FileEntry(path, len(content), Digest.of(content))


FILES = (file("data/a b.csv", b"x,y\n1,2\n"), file('odd"%:#\u00fc.bin'), file("README.md"))


def activity() -> Activity:
    """Return a record of what was done, with a dataset that is known and content that is not."""
    return Activity(
        type="clean",
        tool=Tool("clean.py", "1.2", Digest.of(b"code")),
        agents=(Agent(Slug("clearwater"), KEY, "OPERATOR"),),
        started_at=datetime(2026, 1, 31, 11, tzinfo=UTC),
        ended_at=datetime(2026, 1, 31, 11, 30, 0, 5, tzinfo=UTC),
        inputs=(
            Content(Digest.of(b"root"), Digest.of(b"manifest"), SURVEY, 4),
            Content(Digest.of(b"other"), Digest.of(b"other manifest")),
        ),
        outputs=(Content(Digest.of(b"root"), Digest.of(b"manifest"), ROADS, 2),),
    )


def facts(
    description: Description | None = None,
    *,
    files: Sequence[FileEntry] = FILES,
    tables: Mapping[str, Sequence[Column]] = {},
    bans: tuple[Ban, ...] = (),
    origins: bool = True,
) -> DatasetFacts:
    """Return facts of version 2 of `acme/roads`, as they would be gathered."""
    record = activity()
    steps = (
        Step(event("Advanced", 3), OWNER, 2, "PLANNED", "COLLECTED", Digest.of(b"?"), None),
        Step(
            event("Advanced", 4),
            Actor("clearwater", KEY),
            2,
            "COLLECTED",
            "CLEANED",
            record.evidence,
            record,
        ),
    )
    named: dict[str, Fact] = {
        name: Fact(value, Status.PROVEN, OWNER, event("VersionAdded", 2))
        for name, value in _recorded(files).items()
    }
    named |= {
        name: Fact(value, Status.PROVEN, OWNER, event("DatasetRegistered"))
        for name, value in {"id": str(ROADS), "owner": "acme", "slug": "roads"}.items()
    }
    named["steps"] = Fact(["COLLECTED → CLEANED: clearwater"], Status.PROVEN, OWNER, steps[1].event)
    if files:
        named["files"] = Fact(len(files), Status.PROVEN, OWNER, event("VersionAdded", 2))
    if tables:
        named["tables"] = Fact(len(tables), Status.PROVEN, OWNER, event("VersionAdded", 2))
    named["activities"] = steps[1].told
    if bans:
        named["bans"] = Fact([ban.name for ban in bans], Status.PROVEN, Actor("authority"))
    if description is not None:
        named |= said(description, OWNER, event("DatasetDescribed", 5))
    return DatasetFacts(
        chain=CHAIN,
        as_of_block=12,
        dataset=ROADS,
        owner="acme",
        slug="roads",
        version=2,
        named=named,
        steps=steps,
        origins=(Origin(SURVEY, "survey-office/survey", 4, "SAMPLED"),) if origins else (),
        bans=bans,
        files=tuple(files),
        tables=tables,
        description=description,
        names={SURVEY: "survey-office/survey"},
    )


def _recorded(files: Sequence[FileEntry]) -> dict[str, JsonValue]:
    manifest = Manifest(files) if files else Manifest(FILES)
    return {
        "version": 2,
        "recorded": "2026-01-31T12:00:00Z",
        "content_root": str(manifest.content_root),
        "manifest_digest": str(manifest.manifest_digest),
        "size_bytes": manifest.size_bytes,
        "file_count": manifest.file_count,
        "parents": ["survey-office/survey@4 (SAMPLED)"],
        "previous": "2025-01-31T12:00:00Z",
    }
