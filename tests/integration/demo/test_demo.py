"""The demo as a program: each field of its JSON against chain and files, and what it leaves."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from dataledger.chain.accounts import Accounts
from dataledger.chain.connection import Connection, connect
from dataledger.chain.devnet import Devnet
from dataledger.chain.identifiers import to_transaction_hash
from dataledger.chain.profile import Profile
from dataledger.cli.main import main
from dataledger.contracts.amounts import epsilon_text
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.dataset_ledger import advance
from dataledger.contracts.events import Advanced, DatasetRegistered, LogContent, decode_event
from dataledger.contracts.identifiers import DatasetId, Stage
from dataledger.contracts.reverts import decode_refusal
from dataledger.contracts.types import Severity, Step
from dataledger.demo import run
from dataledger.demo.consortium import AUDITOR, OWNER, PASSPHRASE_FILE, PROCESSOR, Consortium
from dataledger.demo.events import (
    Chapter,
    StageReached,
    TaintedVersion,
    VersionRecalled,
    Written,
)
from dataledger.demo.evidence import _refuse
from dataledger.demo.inquiry import _hold, _impact, _timeline
from dataledger.demo.life import collect, found
from dataledger.demo.scene import Scene, attempt
from dataledger.demo.steps import audit
from dataledger.demo.steps.describe import describe
from dataledger.demo.steps.label import label
from dataledger.errors import CheckFailed, HistoryBroken, Reverted
from dataledger.evidence import pins_of, verify_bundle
from dataledger.evidence.export import Format, Status, export, gather
from dataledger.evidence.verifier import CheckName, Outcome
from dataledger.evidence.verifier.pins import to_hash
from dataledger.hashing import Digest, Hash32
from dataledger.index import Index, schema
from dataledger.ledger import Ledger
from dataledger.manifest import fingerprint
from dataledger.manifest.description import read_description

ROOT = Path(__file__).resolve().parents[3]
DEMO = [sys.executable, "-m", "dataledger", "demo"]
MAIN = "city-data-office/harbour-air"
ANY_STEP = Step(DatasetId(Hash32(bytes(32))), 1, Stage(1), Stage(2), Digest.of(b""))
RECALLED = VersionRecalled(
    dataset=MAIN,
    dataset_id=ANY_STEP.dataset,
    version=3,
    severity=Severity.SERIOUS,
    reason="",
    stage="RECALLED",
    organisation="data-authority",
    tainted=(TaintedVersion("model-lab/air-sample", 1, ((MAIN, 3), ("model-lab/air-sample", 1))),),
    written=Written(to_transaction_hash("0x" + "00" * 32), 0),
)
DIRECTORIES = {
    (MAIN, 1): "raw",
    (MAIN, 2): "cleaned",
    (MAIN, 3): "labelled",
    ("model-lab/air-sample", 1): "air-sample",
    ("model-lab/air-model", 1): "air-model",
}


def environment(temporary: Path) -> dict[str, str]:
    temporary.mkdir(exist_ok=True)
    # A home of the user's own, which the demo must leave alone.
    return os.environ | {"TMPDIR": str(temporary), "DATALEDGER_HOME": str(temporary / "own")}


def processes_of(temporary: Path) -> list[bytes]:
    """Every process whose command line names the directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue
        if os.fsencode(temporary) in command:
            found.append(command)
    return found


@dataclass(frozen=True)
class Kept:
    """A run of `demo --json --keep`, and the devnet that it left."""

    document: dict[str, Any]
    home: Path
    connection: Connection
    ledger: Ledger


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    temporary = tmp_path_factory.mktemp("kept")
    finished = subprocess.run(
        [*DEMO, "--json", "--keep"],
        env=environment(temporary),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.stderr == ""
    assert finished.returncode == 0
    document = json.loads(finished.stdout)
    home = Path(document["kept_at"])
    assert home.is_relative_to(temporary)
    profile = Profile.load("devnet", home)
    try:
        with Ledger.connect(profile, home=home) as ledger:
            yield Kept(document, home, connect(profile), ledger)
    finally:
        Devnet(home).erase()
    assert processes_of(temporary) == []


def steps(kept: Kept) -> list[dict[str, Any]]:
    return [stage for stage in kept.document["stages"] if stage["from"] is not None]


def test_the_stages_are_those_of_the_default_policy(kept: Kept) -> None:
    assert [(stage["to"], stage["organisation"]) for stage in kept.document["stages"]] == [
        ("PLANNED", "city-data-office"),
        ("COLLECTED", "city-data-office"),
        ("CLEANED", "clearwater"),
        ("LABELED", "labelworks"),
        ("VALIDATED", "city-data-office"),
        ("AUDITED", "north-audit"),
        ("PUBLISHED", "city-data-office"),
    ]


def test_each_stage_is_what_its_transaction_logged(kept: Kept) -> None:
    policy = kept.ledger.policies.get(kept.ledger.policies.default()).policy
    for stage in kept.document["stages"]:
        receipt = kept.connection.receipt(to_transaction_hash(stage["transaction_hash"]))
        assert receipt is not None
        assert receipt.succeeded
        assert receipt.gas_used == stage["gas_used"]
        (log,) = receipt.logs
        event = decode_event(LogContent(log.topics, log.data))
        if stage["from"] is None:
            assert isinstance(event, DatasetRegistered)
            assert (stage["version"], stage["evidence"], event.record) == (None, None, None)
            continue
        assert isinstance(event, Advanced)
        assert policy.stages[event.from_stage] == stage["from"]
        assert policy.stages[event.to_stage] == stage["to"]
        assert event.version == stage["version"]
        assert str(event.evidence) == stage["evidence"]
        assert kept.ledger.organisations.get(event.org).slug == stage["organisation"]
        assert event.dataset == kept.ledger.datasets.resolve(stage["dataset"])


def test_each_evidence_is_the_digest_of_a_record_of_who_did_what(kept: Kept) -> None:
    for stage in steps(kept):
        path = next((kept.home / "documents").rglob(f"*{stage['evidence'][7:]}*"))
        assert str(Digest.of(path.read_bytes())) == stage["evidence"]
        activity = kept.ledger.documents.activity(Digest.parse(stage["evidence"]))
        assert activity.agents[0].organisation == stage["organisation"]
        source = ROOT / "src" / Path(*activity.tool.name.split(".")).with_suffix(".py")
        assert activity.tool.code_digest == Digest.of(source.read_bytes())
        for content in (*activity.inputs, *activity.outputs):
            assert content.dataset is not None
            version = kept.ledger.datasets.version(content.dataset, content.version)
            assert version.record.content_root == content.content_root


def test_each_refusal_was_mined_and_reverts_with_its_error(kept: Kept) -> None:
    assert [(item["organisation"], item["error"]) for item in kept.document["refused"]] == [
        ("city-data-office", "NoSuchStep"),
        ("city-data-office", "MissingCapability"),
        ("city-data-office", "DutiesNotSeparate"),
        ("clearwater", "DutiesNotSeparate"),
        ("north-audit", "OrganisationIsSuspended"),
    ]
    for item in kept.document["refused"]:
        hash_ = to_transaction_hash(item["transaction_hash"])
        receipt = kept.connection.receipt(hash_)
        assert receipt is not None
        assert not receipt.succeeded
        assert receipt.gas_used == item["gas_used"]
        sent = kept.connection.transport.request("eth_getTransactionByHash", [hash_])
        data = bytes.fromhex(sent["input"][2:])
        assert data[:4] == advance(ANY_STEP).data[:4]
        with pytest.raises(Reverted) as caught:
            kept.connection.call(
                kept.connection.profile.contract(ContractName.DATASET_LEDGER).address,
                data,
                sender=sent["from"],
                block=receipt.block_number - 1,
            )
        refusal = decode_refusal(caught.value.data, ContractName.DATASET_LEDGER)
        assert refusal.error_name == item["error"]
        plain = refusal.in_words().arguments
        assert {name: str(value) for name, value in plain.items()} == {
            name: str(value) for name, value in item["arguments"].items()
        }
        assert item["organisation"] in item["message"] or item["error"] == "NoSuchStep"


def test_each_version_is_what_lies_in_its_directory(kept: Kept) -> None:
    data = kept.home.parent / "data"
    told = {
        (dataset["dataset"], version["version"]): version
        for dataset in kept.document["datasets"]
        for version in dataset["versions"]
    }
    assert told.keys() == DIRECTORIES.keys()
    for (name, number), directory in DIRECTORIES.items():
        manifest = fingerprint(data / directory)
        version = told[name, number]
        assert version["content_root"] == str(manifest.content_root)
        assert version["manifest_digest"] == str(manifest.manifest_digest)
        assert version["file_count"] == manifest.file_count
        assert version["size_bytes"] == manifest.size_bytes
        recorded = kept.ledger.datasets.verify(name, manifest, number=number)
        parents = [
            (kept.ledger.datasets.resolve(p["dataset"]), p["version"], p["relation"])
            for p in version["parents"]
        ]
        assert parents == [(p.dataset, p.version, p.relation.name) for p in recorded.record.parents]
    raw = fingerprint(data / "raw")
    assert raw == fingerprint(ROOT / "examples" / "harbour-air")


def test_the_history_of_each_dataset_recomputes_its_head(kept: Kept) -> None:
    assert kept.document["verified"] is True
    assert len(kept.document["claims"]) == 4
    assert len(kept.document["datasets"]) == len(kept.ledger.datasets.list()) == 3
    for told in kept.document["datasets"]:
        history = kept.ledger.datasets.history(told["dataset"])
        assert f"0x{history.head.hex()}" == told["head"]
        assert len(history.events) == told["event_count"]
        dataset = kept.ledger.datasets.get(told["dataset"])
        assert str(dataset.id) == told["dataset_id"]
        assert dataset.stage_name == told["stage"]


def test_the_flipped_bit_was_in_the_file_it_names_and_was_put_right(kept: Kept) -> None:
    assert kept.document["tamper_detected"] is True
    changed = kept.document["changed_file"]
    assert kept.document["tampering"]["changed_file"] == changed
    published = fingerprint(kept.home.parent / "data" / "labelled")
    entry = published.entries[published.index_of(changed)]
    assert 0 <= kept.document["tampering"]["offset_bytes"] < entry.size_bytes
    assert changed in kept.document["tampering"]["message"]
    kept.ledger.datasets.verify(MAIN, published)


def test_the_recall_and_its_taint_are_what_the_chain_says(kept: Kept) -> None:
    told = kept.document["recalled"]
    assert (told["dataset"], told["version"], told["stage"]) == (MAIN, 3, "RECALLED")
    recall = kept.ledger.datasets.version(MAIN, 3).recall
    assert recall is not None
    assert recall.severity.name == told["severity"]
    taint = kept.ledger.lineage.taint(MAIN, 3)
    assert [
        (item.version, [(ref.dataset, ref.version) for ref in item.path]) for item in taint.tainted
    ] == [
        (
            type(item.version)(kept.ledger.datasets.resolve(said["dataset"]), said["version"]),
            [
                (kept.ledger.datasets.resolve(node["dataset"]), node["version"])
                for node in said["path"]
            ],
        )
        for item, said in zip(taint.tainted, told["tainted"], strict=True)
    ]
    assert [said["dataset"] for said in told["tainted"]] == [
        "model-lab/air-sample",
        "model-lab/air-model",
    ]


def test_organisations_are_those_on_the_chain(kept: Kept) -> None:
    there = kept.ledger.organisations.list()
    told = kept.document["organisations"]
    assert [(item["id"], item["organisation"], item["name"]) for item in told] == [
        (org.id, org.slug, org.name) for org in there
    ]
    assert [item["capabilities"] for item in told] == [list(o.capabilities.names) for o in there]
    keys = {member.key for member in kept.ledger.members.list()}
    assert {item["key"] for item in told} == keys
    assert len(keys) == 6


def test_the_use_is_what_the_chain_has_of_it(kept: Kept) -> None:
    told = kept.document["use"]
    grant = kept.ledger.uses.get(told["grant"])
    assert epsilon_text(grant.counted.micro) == told["answer"]["epsilon"]
    assert epsilon_text(grant.left.micro) == told["answer"]["epsilon_left"]
    (run,) = kept.ledger.runs.list(grant=grant.id)
    assert run.receipt is not None
    assert str(run.run) == told["answer"]["run"]
    assert str(run.receipt.output) == told["answer"]["output"]
    assert Decimal(told["answer"]["low"]) <= Decimal(told["answer"]["high"])
    why = kept.ledger.uses.why_not(grant.id)
    assert why is not None
    assert [item["error"] for item in told["refused"]] == ["GrantLimitExceeded", why.error_name]


def test_the_description_is_the_one_on_the_chain(kept: Kept) -> None:
    told = kept.document["audit"]["described"]
    found = kept.ledger.datasets.description(told["dataset"])
    assert found == describe(kept.home.parent / "data" / "labelled")
    assert (told["title"], told["description"]) == (found.title, str(found.digest))
    receipt = kept.connection.receipt(to_transaction_hash(told["transaction_hash"]))
    assert receipt is not None
    assert receipt.gas_used == told["gas_used"]


def test_the_index_that_was_left_answers_as_was_told(kept: Kept) -> None:
    told = kept.document["audit"]
    with Index.open(kept.ledger) as index:
        assert index.sync().events == 0
        found = index.check()
        assert told["index"] == {
            "events": found.events,
            "datasets": found.datasets,
            "organisations": found.organisations,
            "block_number": found.block_number,
        }
        timeline = index.audit.timeline(MAIN)
        impact = index.lineage.impact(MAIN, 3)
        search = index.audit.search(told["search"]["word"])
        assert [item.name for item in search.items] == [told["search"]["dataset"]] == [MAIN]
    assert told["timeline"]["event_count"] == len(timeline.items)
    by_hash = {entry.transaction_hash: entry for entry in timeline.items}
    assert [(e["organisation"], e["event"]) for e in told["timeline"]["entries"]] == [
        ("labelworks", "Advanced"),
        ("city-data-office", "Advanced"),
        ("north-audit", "Advanced"),
        ("city-data-office", "Advanced"),
        ("data-authority", "VersionRecalled"),
    ]
    for said in told["timeline"]["entries"]:
        entry = by_hash[said["transaction_hash"]]
        assert said["text"] == entry.text
        assert said["block_number"] == entry.block_number
        assert said["recorded_at_unix"] == entry.recorded_at_unix
    assert told["impact"]["tainted"] == kept.document["recalled"]["tainted"]
    assert [(ref.dataset, ref.version) for ref in impact.tainted] == [
        (kept.ledger.datasets.resolve(said["dataset"]), said["version"])
        for said in told["impact"]["tainted"]
    ]


def test_the_evidence_that_was_left_holds_and_was_refused_where_it_must_be(kept: Kept) -> None:
    told = kept.document["evidence"]
    file = kept.home.parent / told["file"]
    pins = pins_of(kept.ledger.profile, block_hash=to_hash(told["block_hash"]))
    report = verify_bundle(file, pins)
    assert report.facts is not None
    assert report.size_bytes == told["size_bytes"] == file.stat().st_size
    assert f"0x{report.facts.head.hex()}" == told["head"]
    assert [c.name for c in report.checks if c.outcome is Outcome.PASSED] == told["checks"]
    block = kept.connection.block(told["block_number"])
    assert block is not None
    assert block.hash == told["block_hash"]
    altered, unanchored = told["refused"]
    assert (altered["check"], unanchored["check"]) == ("history", "anchor")
    failed = verify_bundle(file, replace(pins, block_hash=None)).failed
    assert failed is not None
    assert failed.says == unanchored["message"]


def test_the_export_that_was_left_is_what_was_counted(kept: Kept) -> None:
    told = kept.document["export"]
    file = kept.home.parent / told["file"]
    made = export(gather(kept.ledger, told["dataset"], told["version"]), Format.CROISSANT)
    assert file.read_text("ascii") == made.text
    for status in Status:
        assert told[status] == sum(note.fact.status is status for note in made.notes.notes) > 0
    assert read_description(file.read_bytes()).title == told["title"]


def test_the_auditor_s_checks_can_fail(kept: Kept, tmp_path: Path) -> None:
    passphrase = (kept.home / PASSPHRASE_FILE).read_text().strip()
    signer = Accounts(kept.home).unlock(AUDITOR.slug, passphrase)
    consortium = Consortium(kept.home, kept.ledger.profile, {OWNER: signer, AUDITOR: signer})
    scene = Scene(consortium, kept.home.parent / "data", main=kept.ledger.datasets.resolve(MAIN))
    evidence = kept.document["evidence"]
    data = (kept.home.parent / evidence["file"]).read_bytes()
    pins = pins_of(kept.ledger.profile, block_hash=to_hash(evidence["block_hash"]))
    try:
        with pytest.raises(CheckFailed, match="refused by the check history"):
            _refuse("nothing altered", data, pins, CheckName.HISTORY)
        with pytest.raises(CheckFailed, match="refused by the check history"):
            _refuse("another check", data, replace(pins, block_hash=None), CheckName.HISTORY)
        with Index.open(kept.ledger, f"sqlite:///{tmp_path / 'index.sqlite3'}") as index:
            _hold(scene, index)
            with index.store.write() as connection:
                connection.execute(update(schema.versions).values(file_count=11))
            with pytest.raises(HistoryBroken, match="versions"):
                _hold(scene, index)
            with index.store.write() as connection:
                last = select(func.max(schema.events.c.event)).scalar_subquery()
                connection.execute(delete(schema.events).where(schema.events.c.event == last))
            with pytest.raises(CheckFailed, match="history that leads to the contract's head"):
                _timeline(scene, index, RECALLED)
            with index.store.write() as connection:
                connection.execute(delete(schema.lineage))
            with pytest.raises(CheckFailed, match="what a walk over the chain found"):
                _impact(scene, index, RECALLED)
    finally:
        consortium.close()


def test_the_user_s_own_home_is_left_alone(kept: Kept) -> None:
    assert not (kept.home.parents[1] / "own").exists()


# --------------------------------------------------------------------------------- for a person


def test_the_story_for_a_person_is_plain_and_leaves_nothing(tmp_path: Path) -> None:
    finished = subprocess.run(
        DEMO, env=environment(tmp_path), capture_output=True, text=True, check=True, timeout=60
    )
    assert "\x1b" not in finished.stdout
    assert max(map(len, finished.stdout.splitlines())) <= 80
    for told in (
        *("DutiesNotSeparate", "OrganisationIsSuspended", "Detected: readings/", "tainted"),
        *("GrantLimitExceeded", "The node answers", "StageNotAllowed"),
        *("by the check history", "by the check anchor", "Exported as Croissant"),
    ):
        assert told in finished.stdout
    assert re.search(r"Everything was as it must be, in \d+\.\d s\.", finished.stdout)
    assert list(tmp_path.iterdir()) == []
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        DEMO, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        told = any("version 1:" in line for line in process.stdout)
        assert told, process.stderr.read()
        assert processes_of(tmp_path) != []
        process.send_signal(number)
        process.stdout.read()
        assert process.wait(30) == 130
    assert list(tmp_path.iterdir()) == []
    assert processes_of(tmp_path) == []


def test_options_that_mean_nothing_to_it_are_refused(tmp_path: Path) -> None:
    finished = subprocess.run(
        [*DEMO, "--home", str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert finished.returncode == 2
    assert "--home" in finished.stderr


# ------------------------------------------------------------------------------- it checks itself


def test_closing_the_story_early_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    story = run()
    next(event for event in story if isinstance(event, StageReached))
    assert processes_of(tmp_path) != []
    story.close()
    assert list(tmp_path.iterdir()) == []
    assert processes_of(tmp_path) == []


def test_an_audit_that_finds_other_files_ends_the_story(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def careless(source: Path, target: Path) -> None:
        label(source, target)
        (target / "README.md").write_text("forgotten", "utf-8")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(audit, "label", careless)
    with pytest.raises(SystemExit) as ended:
        main.main(["demo", "--json"])
    assert ended.value.code == 1
    said = capsys.readouterr()
    assert said.out == ""
    error = json.loads(said.err)["error"]
    assert error["code"] == "manifest-mismatch"
    assert "README.md" in error["message"]
    assert list(tmp_path.iterdir()) == []
    assert processes_of(tmp_path) == []


def test_a_refusal_must_be_one_and_for_the_reason_told(tmp_path: Path) -> None:
    consortium = Consortium.found(tmp_path / "home", lambda _line: None)
    try:
        scene = Scene(consortium, tmp_path / "data")
        events = [*found(scene), *collect(scene)]
        assert isinstance(events[0], Chapter)
        with pytest.raises(CheckFailed, match="clearwater is refused with DutiesNotSeparate"):
            attempt(scene, PROCESSOR, "LABELED", "label", error="DutiesNotSeparate")
        with pytest.raises(CheckFailed, match="refuses clearwater the step to CLEANED"):
            attempt(scene, PROCESSOR, "CLEANED", "do its honest work", error="NoSuchStep")
    finally:
        consortium.close()
        Devnet(tmp_path / "home").erase()
