"""How answers look, where that depends on what they say."""

from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from cli_runner import Run
from fake_ledger import (
    DATASET,
    HEAD,
    HISTORY,
    KEY,
    LOG,
    POLICY,
    RECORD,
    RECORDED_AT_UNIX,
    REGISTERED,
    ROADS,
    TRANSACTION,
    FakeLedger,
    confirmed,
)

from dataledger.chain.accounts import AccountEntry
from dataledger.chain.identifiers import OperationId
from dataledger.chain.outbox import Entry
from dataledger.cli.render.document import document_of
from dataledger.cli.render.machine import AccountList, OutboxView
from dataledger.cli.render.policies import draw_stages
from dataledger.cli.render.screen import Screen
from dataledger.cli.render.words import (
    duration_text,
    size_text,
    time_text,
)
from dataledger.contracts.event_words import capabilities_text
from dataledger.contracts.events import (
    Advanced,
    DatasetDescribed,
    DatasetEvent,
    DatasetReinstated,
    DatasetSuspended,
    StepApproved,
    VersionAdded,
    VersionRecalled,
)
from dataledger.contracts.identifiers import WITHOUT_END, OrgId, PolicyId, Stage
from dataledger.contracts.types import (
    ALL_CAPABILITIES,
    Capability,
    Parts,
    Severity,
    StageTable,
    Step,
)
from dataledger.hashing import Digest
from dataledger.ledger.actions import Action, AddVersion, Advance, Approve, Describe, Register
from dataledger.ledger.results import NextStep, Recorded
from dataledger.ledger.signed import SignedAction, Unsigned
from dataledger.manifest.description import Description


class Colour(Enum):
    RED = "red"


# ------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (1023, "1,023 bytes"), (1024, "1.0 KiB"), (2**64, "16.0 EiB")],
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("unix", "text"),
    [
        (0, "1970-01-01 00:00:00 UTC"),
        (WITHOUT_END, "without end"),
        (WITHOUT_END - 1, f"after the year 9999 ({WITHOUT_END - 1})"),
    ],
)
def test_times(unix: int, text: str) -> None:
    assert time_text(unix) == text


def test_capabilities_and_durations() -> None:
    assert capabilities_text(ALL_CAPABILITIES) == "all"
    assert capabilities_text(Capability(0)) == "none"
    assert capabilities_text(Capability.AUDITOR | Capability(1 << 9)) == "AUDITOR, BIT_9"
    assert duration_text(90_061) == "1 day, 1:01:01"


def test_values_of_every_kind_have_a_json_form() -> None:
    assert document_of(Colour.RED) == "red"
    assert document_of(b"\x01\xff") == "0x01ff"
    assert document_of({"a": (1, None, True, 0.5)}) == {"a": [1, None, True, 0.5]}
    assert document_of(2**53 - 1) == 2**53 - 1
    assert document_of(-(2**53)) == str(-(2**53))
    assert document_of(Capability.CUSTODIAN | Capability(1 << 9)) == ["CUSTODIAN", "BIT_9"]
    assert document_of(StageTable.of({Stage(1): Stage(2)})) == {"1": 2}
    assert document_of(Path("/a")) == "/a"
    with pytest.raises(TypeError, match="object has no JSON form"):
        document_of(object())


# ---------------------------------------------------------------------------------------- datasets


COMMON: dict[str, Any] = {
    "dataset": ROADS,
    "org": OrgId(2),
    "by": KEY,
    "head": HEAD,
    "recorded_at_unix": RECORDED_AT_UNIX,
}
STEP: dict[str, Any] = {
    "version": 1,
    "from_stage": Stage(2),
    "to_stage": Stage(3),
    "evidence": Digest.of(b""),
}
EVENTS: list[tuple[DatasetEvent, str]] = [
    (REGISTERED, "registered, with version 1"),
    (replace(REGISTERED, record=None), "registered, as yet empty"),
    (
        VersionAdded(version=2, stage=Stage(2), record=RECORD, **COMMON),
        "version 2 added → COLLECTED",
    ),
    (StepApproved(**STEP, **COMMON), "approved COLLECTED → CLEANED"),
    (Advanced(**STEP, **COMMON), "COLLECTED → CLEANED"),
    (
        DatasetDescribed(description=Digest.of(b"words"), **COMMON),
        f"described by {Digest.of(b'words')}",
    ),
    (
        DatasetSuspended(from_stage=Stage(2), reason="a\x1bb", **COMMON),
        "suspended: a\\x1bb",
    ),
    (
        DatasetReinstated(to_stage=Stage(77), reason="ok", **COMMON),
        "reinstated → stage 77: ok",
    ),
    (
        VersionRecalled(
            version=1,
            severity=Severity.CRITICAL,
            stage=Stage(31),
            reason="why",
            **COMMON,
        ),
        "version 1 recalled as CRITICAL → RECALLED: why",
    ),
]


@pytest.mark.parametrize(("event", "words"), EVENTS, ids=[words for _, words in EVENTS])
def test_history_says_what_happened(
    event: DatasetEvent, words: str, run: Run, ledger: FakeLedger
) -> None:
    ledger.datasets.history.return_value = replace(HISTORY, events=(Recorded(event, LOG),))
    drawn = run("dataset", "history", "acme/roads").out
    assert words in drawn
    assert "1 event(s) lead to the contract's head" in drawn


def test_a_dataset_says_what_can_come_next(run: Run, ledger: FakeLedger) -> None:
    ledger.lifecycle.next_steps.return_value = (
        NextStep(
            to_stage=Stage(3),
            to_stage_name="CLEANED",
            capability=Capability.PROCESSOR,
            must_differ=Parts.OWNER | Parts.DUTY_2,
            owner_only=False,
            approvals=2,
            allowed_from_unix=RECORDED_AT_UNIX + 3600,
        ),
    )
    drawn = run("dataset", "show", "acme/roads").out
    assert (
        "→ next: CLEANED by PROCESSOR; not by owner, duty 2; after 2 approval(s); "
        "not before 2023-11-14 23:13:20 UTC"
    ) in drawn


def test_a_dataset_without_a_version(run: Run, ledger: FakeLedger) -> None:
    ledger.datasets.get.return_value = replace(DATASET, version_count=0)
    ledger.datasets.versions.return_value = ()
    assert "There is no version yet." in run("dataset", "show", "acme/roads").out


# ---------------------------------------------------------------------------------------- policies


def test_every_condition_of_a_step_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    policy = POLICY.policy
    edge = replace(
        policy.edges[0],
        duty=2,
        gated=True,
        approvals=2,
        approver_capability=Capability.AUDITOR,
        min_seconds=3600,
    )
    draw_stages(Screen(), replace(policy, edges=(edge,)))
    assert (
        "└─► COLLECTED    needs CUSTODIAN; owner only; does duty 2; after 2 approval(s) by "
        "AUDITOR; not before 1:00:00; if the gate agrees"
    ) in capsys.readouterr().out


# ------------------------------------------------------------------------------------------ machine


def test_what_is_in_flight_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    entry = Entry(
        operation_id=OperationId("register:x"),
        sender=KEY,
        nonce=3,
        transaction_hash=TRANSACTION,
        raw=b"",
        to=None,
        data=b"",
        gas=21_000,
        signed_at_block=1,
        signed_at_unix=RECORDED_AT_UNIX + 0.5,
    )
    view = OutboxView([entry], reconciled=True)
    assert view.to_json()["in_flight"] == [
        {
            "operation_id": "register:x",
            "transaction_hash": TRANSACTION,
            "sender": KEY,
            "nonce": 3,
            "state": "signed",
            "sends": 0,
            "signed_at_unix": RECORDED_AT_UNIX,
        }
    ]
    view.draw(Screen())
    drawn = capsys.readouterr().out
    assert "agree on all that is settled" in drawn
    assert TRANSACTION in drawn


def test_accounts_are_told_from_those_everybody_knows(capsys: pytest.CaptureFixture[str]) -> None:
    AccountList([AccountEntry("alice", KEY)], [AccountEntry("dev0", KEY)]).draw(Screen())
    mine, known = capsys.readouterr().out.splitlines()[-2:]
    assert mine.split() == ["alice", KEY, "key", "file"]
    assert known.strip().endswith("everybody knows its key")


# ------------------------------------------------------------------------------------------- signed


def signed(action: Action) -> SignedAction:
    return SignedAction(
        Unsigned(
            action=action,
            chain_id=7,
            ledger=KEY,
            signer=KEY,
            nonce=0,
            deadline_unix=RECORDED_AT_UNIX,
        ),
        b"\x01" * 65,
    )


SIGNED = {
    "register roads": Register(slug=DATASET.slug, policy=PolicyId(1), record=None),
    "add-version acme/roads DATA": AddVersion(dataset=ROADS, number=2, record=RECORD),
}


@pytest.mark.parametrize(("line", "action"), SIGNED.items(), ids=SIGNED)
def test_actions_are_signed_into_files_and_relayed(
    line: str, action: Register | AddVersion, run: Run, ledger: FakeLedger, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").write_text("a")
    ledger.datasets.sign_register.return_value = signed(action)
    ledger.datasets.sign_add_version.return_value = signed(action)
    file = tmp_path / "action.json"
    words = line.replace("DATA", str(tmp_path / "data")).split()
    outcome = run("sign", *words, "-o", str(file), "--valid-for", "1h", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.document["action"] == action.name
    assert SignedAction.parse(file.read_bytes()) == signed(action)
    assert run("sign", *words, "-o", str(file)).code == 2
    assert "Signed action written to" in run("sign", *words, "-o", str(file), "--force").out
    ledger.relay.return_value = confirmed(REGISTERED)
    relayed = run("relay", str(file))
    assert relayed.code == 0, relayed.err
    assert ledger.relay.call_args.args == (signed(action),)


@pytest.mark.parametrize(("verb", "kind"), [("advance", Advance), ("approve", Approve)])
def test_steps_are_signed_with_their_evidence(
    verb: str, kind: type[Advance | Approve], run: Run, ledger: FakeLedger, tmp_path: Path
) -> None:
    step = Step(ROADS, 1, Stage(2), Stage(3), Digest.of(b"evidence"))
    call = getattr(ledger.lifecycle, f"sign_{verb}")
    call.return_value = signed(kind(step))
    words = ["sign", verb, "acme/roads", "CLEANED", "--evidence", str(step.evidence)]
    outcome = run(*words, "-o", str(tmp_path / "step.json"), "--json")
    assert outcome.code == 0, outcome.err
    assert call.call_args.kwargs["evidence"] == step.evidence
    assert call.call_args.kwargs["to"] == Stage(3)
    assert outcome.document["action"] == verb


def test_a_description_is_signed(run: Run, ledger: FakeLedger, tmp_path: Path) -> None:
    description = Description(title="Roads \x1b[31m")
    file = tmp_path / "roads.json"
    file.write_bytes(description.to_bytes())
    ledger.datasets.sign_describe.return_value = signed(Describe(ROADS, description.digest))
    words = ["sign", "describe", "acme/roads", str(file), "-o", str(tmp_path / "signed.json")]
    outcome = run(*words, "--valid-for", "1h", "--json")
    assert outcome.code == 0, outcome.err
    assert ledger.datasets.sign_describe.call_args.args == (ROADS, description)
    assert outcome.document["arguments"] == {
        "dataset": str(ROADS),
        "description": str(description.digest),
    }


@pytest.mark.parametrize("data", [b"", b"{}", b'{"format":"dataledger/description/1"}', b"\xff"])
def test_what_is_no_description_is_not_signed(
    data: bytes, run: Run, ledger: FakeLedger, tmp_path: Path
) -> None:
    file = tmp_path / "roads.json"
    file.write_bytes(data)
    output = tmp_path / "signed.json"
    outcome = run("sign", "describe", "acme/roads", str(file), "-o", str(output))
    assert outcome.code == 2
    assert not output.exists()
    assert not ledger.datasets.sign_describe.called


def test_an_activity_is_drawn(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "activity.json"
    line = ["activity", "new", "--type", "clean", "--tool", "t@1", "-o", str(file)]
    drawn = run(*line, "--input", "acme/roads@1", "--param", "k=[1]").out
    assert "Record written to" in drawn
    assert f"  input        {RECORD.content_root}, {ROADS}@1\n" in drawn
    assert "  parameter k  [1]\n" in drawn
