"""How the demo's events look to a person: plain, whole, and harmless."""

import subprocess
import sys

import pytest

from dataledger.chain.identifiers import TransactionHash
from dataledger.cli.render.screen import Screen
from dataledger.cli.render.story import draw_story
from dataledger.contracts.identifiers import Address, DatasetId, Head, OrgId
from dataledger.contracts.types import Capability, Relation, Severity
from dataledger.demo.events import (
    Chapter,
    Event,
    EvidenceRefused,
    EvidenceVerified,
    ImpactFound,
    OrganisationJoined,
    StepRefused,
    TaintedVersion,
    TamperDetected,
    TimelineEntry,
    TimelineTold,
    VersionExported,
    VersionParent,
    VersionRecalled,
    VersionRecorded,
    Written,
)
from dataledger.hashing import Digest, Hash32

WRITTEN = Written(TransactionHash("0x" + "ab" * 32), 12_345)
DIGEST = Digest.of(b"")


def drawn(capsys: pytest.CaptureFixture[str], *events: Event) -> list[str]:
    draw_story(Screen(), events)
    return capsys.readouterr().out.splitlines()


def recalled(*tainted: TaintedVersion) -> VersionRecalled:
    return VersionRecalled(
        dataset="city/air",
        dataset_id=DatasetId(Hash32(bytes(32))),
        version=3,
        severity=Severity.CRITICAL,
        reason="wrong",
        stage="RECALLED",
        organisation="authority",
        tainted=tainted,
        written=WRITTEN,
    )


def test_a_long_text_is_folded_at_80_columns_and_not_at_hyphens(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = drawn(capsys, Chapter("A title", "well-known " * 30))
    assert lines[1] == "A title"
    assert max(map(len, lines)) <= 80
    assert not any(line.endswith("-") for line in lines)


def test_organisations_stand_in_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    key = Address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
    lines = drawn(
        capsys,
        OrganisationJoined(OrgId(1), "authority", "Authority", Capability(0xFFFF), key, None),
        OrganisationJoined(OrgId(2), "city", "City", Capability.CUSTODIAN, key, WRITTEN),
    )
    assert lines[0].split() == ["organisation", "may", "act", "as", "key", "gas"]
    assert lines[2].split() == ["authority", "all", "0x709979…dc79C8"]
    assert lines[3].split() == ["city", "CUSTODIAN", "0x709979…dc79C8", "12,345"]


def test_a_version_names_what_it_came_from(capsys: pytest.CaptureFixture[str]) -> None:
    parents = (
        VersionParent("city/air", 2, Relation.LABELED_FROM),
        VersionParent("city/air", 1, Relation.SAMPLED),
        VersionParent("city/air", 3, Relation.TRAINED_ON),
    )
    lines = drawn(
        capsys, VersionRecorded("lab/model", 1, DIGEST, DIGEST, 1, 9, parents, "lab", WRITTEN)
    )
    assert lines[0] == "✓ lab/model version 1: 1 file, 9 bytes (12,345 gas)"
    assert lines[1:4] == [
        "    labeled from version 2 of city/air",
        "    sampled from version 1 of city/air",
        "    trained on version 3 of city/air",
    ]


def test_a_refusal_says_who_what_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    lines = drawn(
        capsys, StepRefused("audit itself", "city", "NotOwner", "It may not.", {}, WRITTEN)
    )
    assert lines == [
        "✗ city tries to audit itself.",
        "    NotOwner",
        "    It may not.",
        "    Sent regardless: mined and reverted, 12,345 gas; nothing changed.",
    ]


def test_tainted_versions_hang_below_what_they_came_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    root, child, other = ("city/air", 3), ("lab/sample", 1), ("lab/copy", 2)
    lines = drawn(
        capsys,
        recalled(
            TaintedVersion(*child, (root, child)),
            TaintedVersion(*other, (root, other)),
            TaintedVersion("lab/model", 1, (root, child, ("lab/model", 1))),
        ),
    )
    start = lines.index("city/air version 3 recalled")
    assert lines[start : start + 4] == [
        "city/air version 3 recalled",
        "├── lab/sample version 1 tainted",
        "│   └── lab/model version 1 tainted",
        "└── lab/copy version 2 tainted",
    ]


def test_a_file_s_name_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    lines = drawn(capsys, TamperDetected("a\x1b[2J\u202eb", 7, "changed 'a\\x1b'"))
    assert "\x1b" not in "".join(lines)
    assert lines[0].startswith(r"✓ Detected: a\x1b[2J\u202eb")


def test_a_timeline_says_who_did_what_on_one_line_each_whatever_was_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    entries = tuple(
        TimelineEntry(who, "Advanced", text, 0, 1, WRITTEN.transaction_hash)
        for who, text in (("lab", "CLEANED → LABELED"), ("authority", "recalled: " + "x\n" * 99))
    )
    lines = drawn(capsys, TimelineTold("city/air", 3, 12, entries))
    assert lines == [
        "✓ Who did what to version 3, among 12 events that lead to the contract's head:",
        "    lab       CLEANED → LABELED",
        f"    authority recalled:{' x' * 27} …",
    ]
    assert max(map(len, lines)) <= 80


def test_only_paths_that_lead_on_to_no_other_are_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    root, child, grandchild = ("city/air", 3), ("lab/sample", 1), ("lab/model", 1)
    tainted = (
        TaintedVersion(*child, (root, child)),
        TaintedVersion("lab/copy", 2, (root, ("lab/copy", 2))),
        TaintedVersion(*grandchild, (root, child, grandchild)),
    )
    assert drawn(capsys, ImpactFound("city/air", 3, tainted, 2)) == [
        "✓ The recall taints 3 versions, as the contract confirms by each path:",
        "    city/air@3 → lab/copy@2",
        "    city/air@3 → lab/sample@1 → lab/model@1",
    ]


def test_evidence_says_what_it_shows_and_a_refusal_which_check_failed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    head = Head(Hash32(bytes(32)))
    verified = EvidenceVerified("e.json", 2048, 34, "0x00", head, ("format", "anchor"), 12, 8)
    says = f"Event 11 (0x{'f7' * 32}) does not follow from the one before it."
    assert drawn(capsys, verified, EvidenceRefused("One byte altered", "history", says)) == [
        "✓ The evidence holds by the hash of block 34, without a node:",
        "    2 checks passed: these 12 events and no others, 8 documents that they name",
        "✗ One byte altered: refused by the check history",
        "    Event 11 (0xf7f7f7…f7f7f7) does not follow from the one before it.",
    ]


def test_an_export_says_how_much_rests_on_what(capsys: pytest.CaptureFixture[str]) -> None:
    exported = VersionExported("city/air", 3, "croissant", "air.json", "Air", 3, 10, 23)
    assert drawn(capsys, exported) == [
        "✓ Exported as Croissant: 3 parts proven, 10 asserted, 23 missing"
    ]


def test_nobody_waits_for_a_database_before_the_story_begins() -> None:
    program = "import sys, dataledger.demo; print({'alembic', 'sqlalchemy'} & set(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert loaded.stdout == "set()\n"
