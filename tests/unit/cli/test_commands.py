"""Each command: what it asks of the ledger, and what it answers in both forms."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli_runner import Run
from fake_ledger import (
    ACME,
    DATASET,
    HEAD,
    KEY,
    POLICY,
    RECORD,
    RECORDED_AT_UNIX,
    REGISTERED,
    ROADS,
    TRANSACTION,
    VERSION,
    FakeLedger,
    confirmed,
)

from dataledger.contracts.events import (
    Advanced,
    CapabilitiesChanged,
    DatasetReinstated,
    DatasetSuspended,
    Event,
    KeyRotated,
    MemberAdded,
    MemberEnded,
    MemberRenewed,
    OrganisationAdmitted,
    OrganisationReinstated,
    OrganisationSuspended,
    PolicyPublished,
    RootHandedOver,
    RootHandoverCancelled,
    RootHandoverProposed,
    StepApproved,
    VersionAdded,
    VersionRecalled,
)
from dataledger.contracts.identifiers import WITHOUT_END, OrgId, PolicyId, Slug, Stage
from dataledger.contracts.types import Capability, Recall, Relation, Role, Severity
from dataledger.hashing import Digest, Hash32
from dataledger.ledger.activity import Activity
from dataledger.ledger.policy_document import PolicyDocument
from dataledger.ledger.results import LineageEdge, Taint, TaintedVersion, VersionRef

ROOT = Path(__file__).resolve().parents[3]
AT = RECORDED_AT_UNIX
ORG = OrgId(2)
EVIDENCE = Digest.of(b"evidence")
ACTOR: dict[str, Any] = {"org": ORG, "by": KEY, "recorded_at_unix": AT}
ON_ROADS: dict[str, Any] = {"dataset": ROADS, "head": HEAD, **ACTOR}
STEP: dict[str, Any] = {
    "version": 1,
    "from_stage": Stage(2),
    "to_stage": Stage(3),
    "evidence": EVIDENCE,
    **ON_ROADS,
}
PUBLISHED = PolicyPublished(
    policy=PolicyId(1),
    digest=Hash32(bytes(32)),
    content=PolicyDocument.default().policy,
    **ACTOR,
)
ADMITTED = OrganisationAdmitted(
    org=ORG,
    parent=OrgId(1),
    by=KEY,
    slug=Slug("acme"),
    name="Acme",
    capabilities=Capability.CUSTODIAN,
    grantable=Capability(0),
    profile_digest=None,
    recorded_at_unix=AT,
)


@dataclass(frozen=True)
class Write:
    """A command line, the call that it makes, and what that records."""

    line: str
    method: str
    event: Event
    positional: tuple[object, ...]
    named: dict[str, object]


WRITES = [
    Write(
        "org admit acme --name Acme --admin alice -c custodian -c AUDITOR -g PROCESSOR",
        "organisations.admit",
        ADMITTED,
        ("acme", "Acme"),
        {
            "admin": KEY,
            "capabilities": Capability.CUSTODIAN | Capability.AUDITOR,
            "grantable": Capability.PROCESSOR,
            "admin_valid_until_unix": WITHOUT_END,
            "profile_digest": None,
        },
    ),
    Write(
        "org suspend acme --reason why",
        "organisations.suspend",
        OrganisationSuspended(by_org=OrgId(1), reason="why", **ACTOR),
        (ORG, "why"),
        {},
    ),
    Write(
        "org reinstate acme",
        "organisations.reinstate",
        OrganisationReinstated(by_org=OrgId(1), **ACTOR),
        (ORG,),
        {},
    ),
    Write(
        "org set-capabilities acme -c LABELER",
        "organisations.set_capabilities",
        CapabilitiesChanged(
            by_org=OrgId(1), capabilities=Capability.LABELER, grantable=Capability(0), **ACTOR
        ),
        (ORG,),
        {"capabilities": Capability.LABELER, "grantable": Capability(0)},
    ),
    Write(
        "org handover propose bob",
        "organisations.propose_handover",
        RootHandoverProposed(successor=KEY, by=KEY, recorded_at_unix=AT),
        (KEY,),
        {},
    ),
    Write(
        "org handover accept",
        "organisations.accept_handover",
        RootHandedOver(successor=KEY, generation=1, recorded_at_unix=AT),
        (),
        {},
    ),
    Write(
        "org handover cancel",
        "organisations.cancel_handover",
        RootHandoverCancelled(successor=KEY, by=KEY, recorded_at_unix=AT),
        (),
        {},
    ),
    Write(
        "member add acme bob --role admin --from 2027-01-01 --until 2028-01-01T00:00:00+00:00",
        "members.add",
        MemberAdded(
            key=KEY, role=Role.ADMIN, valid_from_unix=0, valid_until_unix=WITHOUT_END, **ACTOR
        ),
        (ORG, KEY, Role.ADMIN),
        {"valid_from_unix": 1_798_761_600, "valid_until_unix": 1_830_297_600},
    ),
    Write(
        "member renew bob --until never",
        "members.renew",
        MemberRenewed(key=KEY, valid_until_unix=WITHOUT_END, **ACTOR),
        (KEY, WITHOUT_END),
        {},
    ),
    Write("member end bob", "members.end", MemberEnded(key=KEY, **ACTOR), (KEY,), {}),
    Write(
        "member rotate bob",
        "members.rotate",
        KeyRotated(org=ORG, old_key=KEY, new_key=KEY, recorded_at_unix=AT),
        (KEY,),
        {},
    ),
    Write(
        "dataset register roads",
        "datasets.register",
        REGISTERED,
        ("roads", None),
        {"policy": PolicyId(1), "parents": []},
    ),
    Write(
        "dataset suspend acme/roads --reason why",
        "lifecycle.suspend",
        DatasetSuspended(from_stage=Stage(2), reason="why", **ON_ROADS),
        (ROADS, "why"),
        {},
    ),
    Write(
        "dataset reinstate acme/roads --reason why",
        "lifecycle.reinstate",
        DatasetReinstated(to_stage=Stage(2), reason="why", **ON_ROADS),
        (ROADS, "why"),
        {},
    ),
    Write(
        f"advance acme/roads cleaned --evidence {EVIDENCE} --version 1 --from COLLECTED",
        "lifecycle.advance",
        Advanced(**STEP),
        (),
        {
            "dataset": ROADS,
            "to": Stage(3),
            "evidence": EVIDENCE,
            "version": 1,
            "from_stage": Stage(2),
        },
    ),
    Write(
        f"approve acme/roads CLEANED --evidence {EVIDENCE}",
        "lifecycle.approve",
        StepApproved(**STEP),
        (),
        {
            "dataset": ROADS,
            "to": Stage(3),
            "evidence": EVIDENCE,
            "version": None,
            "from_stage": None,
        },
    ),
]


def method(ledger: FakeLedger, path: str) -> Any:
    noun, _, verb = path.partition(".")
    return getattr(getattr(ledger, noun), verb)


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.line)
def test_a_write_makes_one_call_and_confirms_it(write: Write, run: Run, ledger: FakeLedger) -> None:
    call = method(ledger, write.method)
    call.return_value = confirmed(write.event)
    outcome = run(*write.line.split(), "--json")
    assert outcome.code == 0, outcome.err
    call.assert_called_once_with(*write.positional, **write.named)
    assert outcome.session.doors == ["writing"]
    document = outcome.document
    assert document["event"] == type(write.event).__name__
    assert document["transaction_hash"] == TRANSACTION
    assert document["block_number"] == 9
    assert document["gas_used"] == 100_000
    assert document["already_there"] is False
    assert document["arguments"]["recorded_at_unix"] == AT
    assert list(document) == [
        "event",
        "arguments",
        "transaction_hash",
        "block_number",
        "gas_used",
        "already_there",
    ]

    drawn = run(*write.line.split())
    assert drawn.code == 0
    assert drawn.out.startswith("✓ ")
    assert TRANSACTION in drawn.out
    assert drawn.err == ""


def test_what_was_there_already_says_so(run: Run, ledger: FakeLedger) -> None:
    ledger.datasets.register.return_value = confirmed(REGISTERED, already_there=True)
    outcome = run("dataset", "register", "roads")
    assert "nothing was sent" in outcome.out
    assert "gas" not in outcome.out


def test_registering_data_passes_manifest_and_parents(
    run: Run, ledger: FakeLedger, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("a")
    ledger.datasets.register.return_value = confirmed(REGISTERED)
    parent = "acme/roads@1:trained_on"
    outcome = run("dataset", "register", "model", str(tmp_path), "--parent", parent)
    assert outcome.code == 0, outcome.err
    slug, manifest = ledger.datasets.register.call_args.args
    assert slug == "model"
    assert [entry.path for entry in manifest.entries] == ["a.csv"]
    (found,) = ledger.datasets.register.call_args.kwargs["parents"]
    assert (found.dataset, found.version, found.relation) == (ROADS, 1, Relation.TRAINED_ON)


def test_a_manifest_file_stands_for_its_data(run: Run, ledger: FakeLedger, tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "manifest.json"
    data.mkdir()
    (data / "a.csv").write_text("a")
    assert run("fingerprint", str(data), "-o", str(file)).code == 0
    added = VersionAdded(version=2, stage=Stage(2), record=RECORD, **ON_ROADS)
    ledger.datasets.add_version.return_value = confirmed(added)
    outcome = run("dataset", "add-version", "acme/roads", "--manifest", str(file), "--number", "2")
    assert outcome.code == 0, outcome.err
    dataset, manifest = ledger.datasets.add_version.call_args.args
    assert dataset == ROADS
    assert manifest.to_bytes() == file.read_bytes()
    assert ledger.datasets.add_version.call_args.kwargs == {
        "number": 2,
        "parents": [],
        "claim": None,
    }
    assert "Version 2 of acme/roads" in outcome.out


def test_a_version_needs_one_source(run: Run, ledger: FakeLedger, tmp_path: Path) -> None:
    both = ["dataset", "add-version", "acme/roads", str(tmp_path), "--manifest", "m.json"]
    assert "exclude each other" in run(*both).err
    assert "Give PATH, or --manifest" in run("dataset", "add-version", "acme/roads").err
    ledger.datasets.add_version.assert_not_called()


def test_publishing_a_policy_reads_its_file(run: Run, ledger: FakeLedger, tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text(run("policy", "default").out)
    ledger.policies.publish.return_value = confirmed(PUBLISHED)
    outcome = run("policy", "publish", str(file), "--json")
    assert outcome.code == 0, outcome.err
    ((document,),) = [call.args for call in ledger.policies.publish.call_args_list]
    assert document == PolicyDocument.default()
    edges = outcome.document["arguments"]["content"]["edges"]
    assert edges[0]["capability"] == ["CUSTODIAN"]


def test_a_published_policy_reads_back_as_its_file(run: Run) -> None:
    policy = run("policy", "show", "--json").document["policy"]
    assert PolicyDocument.parse(json.dumps(policy).encode()) == PolicyDocument.default()


def test_a_policy_is_drawn_stage_by_stage(run: Run) -> None:
    drawn = run("policy", "show", "1").out
    for name in POLICY.policy.stages.values():
        assert f"● {name}" in drawn
    assert "└─► PUBLISHED" in drawn or "├─► PUBLISHED" in drawn
    assert "not by owner, duty 1, duty 2, duty 3" in drawn


READS = [
    ("org list", {"organisations"}, "acme"),
    ("org show acme", {"organisation", "members"}, "suspended by authority"),
    ("member list", {"members"}, KEY),
    ("member list acme", {"members"}, KEY),
    ("member show", {"member"}, "OPERATOR"),
    ("policy list", {"policies"}, "default"),
    (
        "policy show",
        {"id", "organisation", "digest", "recorded_at_unix", "policy"},
        "PUBLISHED",
    ),
    ("dataset list", {"datasets"}, "acme/roads"),
    ("dataset list --owner acme", {"datasets"}, "acme/roads"),
    ("dataset show acme/roads", {"dataset", "description", "versions", "next_steps"}, "duty 2 by"),
    (
        "dataset history acme/roads",
        {"dataset", "events", "head", "as_of_block", "head_verified"},
        "registered, with version 1",
    ),
    (
        "dataset lineage acme/roads",
        {"version", "ancestors", "descendants", "recalled_ancestors"},
        "came from nothing else",
    ),
]


@pytest.mark.parametrize(("line", "keys", "words"), READS, ids=[r[0] for r in READS])
def test_a_read_needs_no_account(line: str, keys: set[str], words: str, run: Run) -> None:
    outcome = run(*line.split(), "--json")
    assert outcome.code == 0, outcome.err
    assert set(outcome.document) == keys
    assert outcome.session.doors == ["reading"]
    drawn = run(*line.split())
    assert drawn.code == 0
    assert words in drawn.out
    assert "\x1b" not in drawn.out
    assert "\u202e" not in drawn.out


@pytest.mark.parametrize(("line", "keys", "_words"), READS, ids=[r[0] for r in READS])
def test_the_keys_of_answers_are_documented(line: str, keys: set[str], _words: str) -> None:
    noun, verb = line.split()[:2]
    rows = (ROOT / "docs" / "cli.md").read_text().splitlines()
    (row,) = [row for row in rows if row.startswith(f"| `{noun} {verb}`")]
    assert set(re.findall(r"`([a-z_]+)`", row.split("|")[2])) == keys


def test_empty_lists_say_what_there_is_not(run: Run, ledger: FakeLedger) -> None:
    ledger.datasets.list.return_value = ()
    assert run("dataset", "list").out == "There are no datasets.\n"
    assert run("dataset", "list", "--json").document == {"datasets": []}


def test_large_numbers_are_text(run: Run) -> None:
    versions = run("dataset", "show", "acme/roads", "--json").document["versions"]
    assert versions[0]["record"]["size_bytes"] == str(2**60)
    assert versions[0]["record"]["file_count"] == 3


def test_a_recall_names_all_that_is_tainted(run: Run, ledger: FakeLedger) -> None:
    event = VersionRecalled(
        version=1, severity=Severity.SERIOUS, stage=Stage(31), reason="why", **ON_ROADS
    )
    recalled, child = VersionRef(ROADS, 1), VersionRef(ROADS, 2)
    taint = Taint(
        recalled,
        Recall(ORG, Severity.SERIOUS, AT),
        (TaintedVersion(child, (recalled, child)),),
        9,
    )
    ledger.lifecycle.recall.return_value = confirmed(event)
    ledger.lineage.taint.return_value = taint
    line = ["recall", "acme/roads", "1", "--severity", "serious", "--reason", "why"]
    outcome = run(*line, "--json")
    ledger.lifecycle.recall.assert_called_once_with(ROADS, 1, Severity.SERIOUS, "why")
    assert outcome.document["tainted"][0]["version"] == {"dataset": str(ROADS), "version": 2}
    assert len(outcome.document["tainted"][0]["path"]) == 2
    assert "acme/roads@1 → acme/roads@2" in run(*line).out


def test_lineage_is_a_tree_in_which_nothing_is_unfolded_twice(run: Run, ledger: FakeLedger) -> None:
    start, left, right, top = (VersionRef(ROADS, number) for number in (1, 2, 3, 4))
    edges = tuple(
        LineageEdge(parent, child, Relation.DERIVED)
        for parent, child in [(left, start), (right, start), (top, left), (top, right)]
    )
    lineage = ledger.lineage.ancestors.return_value
    ledger.lineage.ancestors.return_value = type(lineage)(start, edges, 9)
    drawn = run("dataset", "lineage", "acme/roads", "--up").out
    assert drawn.splitlines() == [
        "acme/roads@1 came from",
        "├── acme/roads@2 DERIVED",
        "│   └── acme/roads@4 DERIVED",
        "└── acme/roads@3 DERIVED",
        "    └── acme/roads@4 DERIVED",
    ]
    ledger.lineage.descendants.assert_not_called()


def test_an_advance_describes_what_was_done(run: Run, ledger: FakeLedger, tmp_path: Path) -> None:
    code = tmp_path / "clean.py"
    code.write_text("pass")
    ledger.lifecycle.advance.return_value = confirmed(Advanced(**STEP))
    outcome = run(
        *("advance", "acme/roads", "CLEANED", "--tool", "clean.py@1.2", "--code", str(code)),
        *("--param", "threshold=0.5", "--param", "mode=fast", "--ended-at", "2026-01-31"),
    )
    assert outcome.code == 0, outcome.err
    activity = ledger.lifecycle.advance.call_args.kwargs["evidence"]
    assert isinstance(activity, Activity)
    assert activity.type == "COLLECTED → CLEANED"
    assert (activity.tool.name, activity.tool.version) == ("clean.py", "1.2")
    assert activity.tool.code_digest == Digest.of(b"pass")
    assert activity.parameters == {"threshold": 0.5, "mode": "fast"}
    assert activity.agents[0].organisation == ACME.slug
    assert activity.inputs[0].content_root == VERSION.record.content_root
    assert activity.started_at == activity.ended_at


def test_an_activity_file_is_the_evidence(run: Run, ledger: FakeLedger, tmp_path: Path) -> None:
    file = tmp_path / "activity.json"
    written = run("activity", "new", "--type", "clean", "--tool", "t@1", "-o", str(file), "--json")
    assert written.code == 0, written.err
    shown = run("activity", "show", str(file), "--json").document
    assert shown["evidence"] == written.document["evidence"] == str(Digest.of(file.read_bytes()))
    ledger.lifecycle.advance.return_value = confirmed(Advanced(**STEP))
    assert run("advance", "acme/roads", "CLEANED", "--activity", str(file)).code == 0
    evidence = ledger.lifecycle.advance.call_args.kwargs["evidence"]
    assert evidence.to_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    "options",
    [[], ["--evidence", str(EVIDENCE), "--tool", "t@1"], ["--tool", "t"], ["--type", "x"]],
)
def test_a_step_without_one_clear_evidence_is_not_taken(
    options: list[str], run: Run, ledger: FakeLedger
) -> None:
    outcome = run("advance", "acme/roads", "CLEANED", *options)
    assert outcome.code == 2
    assert "→ See `dataledger advance --help`." in outcome.err
    ledger.lifecycle.advance.assert_not_called()


def test_an_unknown_stage_lists_the_stages(run: Run) -> None:
    outcome = run("advance", "acme/roads", "CLEANSED", "--tool", "t@1")
    assert outcome.code == 2
    assert "'CLEANSED'" in outcome.err
    assert "'CLEANED'" in outcome.err


def test_the_dataset_is_shown_by_its_name(run: Run) -> None:
    assert f"{DATASET.owner_slug}/{DATASET.slug}" in run("dataset", "show", str(ROADS)).out
