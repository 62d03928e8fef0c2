"""The demo's datasets leave the ledger in every format, and what is said of them comes back."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from consortium import manifest
from croissant_example import croissant_example
from record_files import SECRET
from standards import HOLD

from dataledger.chain.accounts import Accounts
from dataledger.chain.devnet import Devnet
from dataledger.chain.profile import Profile
from dataledger.cli.main import main
from dataledger.demo import run
from dataledger.demo.consortium import PASSPHRASE_FILE
from dataledger.demo.result import DemoResult
from dataledger.errors import CommitmentMismatch, NotFound, SourceChanged
from dataledger.evidence.coverage import Standard, coverage
from dataledger.evidence.export import DatasetFacts, Format, Status, export, gather
from dataledger.evidence.export.notes import FACTS_TERM
from dataledger.hashing import Digest, Hash32
from dataledger.ledger import Dataset, Head, Ledger
from dataledger.ledger.results import DatasetRef
from dataledger.ledger.trees import Trees
from dataledger.ledger.versions import record_of_manifest
from dataledger.manifest import fingerprint
from dataledger.manifest.description import Description, Measure, Topic, read_description
from dataledger.manifest.records.engine import RecordOptions

AIR = "city-data-office/harbour-air"
VERSIONS = [
    *((AIR, number) for number in (1, 2, 3)),
    ("model-lab/air-sample", 1),
    ("model-lab/air-model", 1),
]
HOSTILE = "\x1b]0;owned\x07\x1b[31m [bold]x[/] \u202egnp.exe '; DROP TABLE documents; --\r\n"


@dataclass(frozen=True)
class Told:
    """The demo's ledger as its owner uses it, and where it lies."""

    home: Path
    ledger: Ledger

    def facts(self, name: str, version: int | None = None) -> DatasetFacts:
        return gather(self.ledger, name, version)


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    result = next(event for event in run(keep=True) if isinstance(event, DemoResult))
    assert result.kept_at is not None
    home = result.kept_at
    try:
        passphrase = (home / PASSPHRASE_FILE).read_text().strip()
        signer = Accounts(home).unlock("city-data-office", passphrase)
        profile = Profile.load("devnet", home)
        with Ledger.connect(profile, signer=signer, home=home) as ledger:
            yield Told(home, ledger)
    finally:
        Devnet(home).erase()
        shutil.rmtree(home.parent)


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_every_version_of_the_demo_passes_each_standard(
    told: Told, name: str, version: int
) -> None:
    facts = told.facts(name, version)
    for format_, hold in HOLD.items():
        hold(export(facts, Format(format_)).text)


def test_every_proven_fact_leads_to_an_event_of_the_history(told: Told) -> None:
    facts = told.facts(AIR)
    logs = {
        (str(r.log.transaction_hash), r.log.block_number, r.log.log_index): r
        for r in told.ledger.datasets.history(AIR).events
    }
    for name, fact in facts.named.items():
        assert fact.event is not None, name
        place = (fact.event.transaction_hash, fact.event.block_number, fact.event.log_index)
        recorded = logs[place]
        assert type(recorded.event).__name__ == fact.event.kind
        if name != "bans":  # which names the regulator
            assert fact.by is not None
            assert fact.by.key == recorded.event.by
    assert facts.value("stage") == "RECALLED"
    assert told.facts(AIR, 1).value("stage") is None
    assert [step.to_stage for step in facts.steps] == [
        *("LABELED", "VALIDATED", "AUDITED", "PUBLISHED")
    ]
    assert all(step.activity is not None for step in facts.steps)
    assert facts.value("parts") == ["city-data-office", "labelworks", "north-audit"]


def test_what_came_from_a_recalled_version_says_so_in_every_export(told: Told) -> None:
    facts = told.facts("model-lab/air-model")
    assert [ban.name for ban in facts.bans] == [f"{AIR}@3"]
    for format_ in HOLD:
        assert "harbour-air@3: SERIOUS" in export(facts, Format(format_)).text


def test_without_documents_contents_are_missing_and_the_chain_speaks_alone(
    told: Told, tmp_path: Path
) -> None:
    told.ledger.datasets.describe(AIR, Description("Harbour air"))
    with Ledger.connect(told.ledger.profile, home=tmp_path) as elsewhere:
        facts = gather(elsewhere, AIR, 3)
    assert facts.files == ()
    for name in ("files", "title", "activities"):
        fact = facts.fact(name)
        assert fact.status is Status.MISSING
        assert fact.event is not None
        assert fact.document is not None
    assert facts.fact("content_root").status is Status.PROVEN
    for format_, hold in HOLD.items():
        hold(export(facts, Format(format_)).text)


def test_a_document_that_was_altered_is_not_exported(told: Told, tmp_path: Path) -> None:
    description = Description("Harbour air, as it is")
    told.ledger.datasets.describe(AIR, description)
    with Ledger.connect(told.ledger.profile, home=tmp_path) as elsewhere:
        path = elsewhere.documents.folder / "sha256" / description.digest.hex[:2]
        path.mkdir(parents=True)
        altered = description.to_bytes().replace(b"is", b"was")
        (path / f"{description.digest.hex}.json").write_bytes(altered)
        with pytest.raises(CommitmentMismatch, match="altered"):
            gather(elsewhere, AIR)


def test_a_record_that_contradicts_its_manifest_is_not_exported(told: Told) -> None:
    found = manifest("one", "two")
    told.ledger.documents.keep(found)
    record = record_of_manifest(found)
    told.ledger.datasets.register("odd", replace(record, content_root=Digest.of(b"other")))
    with pytest.raises(CommitmentMismatch, match="content_root is"):
        told.facts("city-data-office/odd")


def test_a_dataset_that_changes_while_it_is_read_is_read_again(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = told.ledger.datasets.get
    happening = iter([Description("Harbour air, once more")])

    def get_late(dataset: DatasetRef) -> Dataset:
        for description in happening:
            told.ledger.datasets.describe(AIR, description)
        return get(dataset)

    monkeypatch.setattr(told.ledger.datasets, "get", get_late)
    assert told.facts(AIR).value("title") == "Harbour air, once more"

    def get_never_at_rest(dataset: DatasetRef) -> Dataset:
        return replace(get(dataset), head=Head(Hash32(bytes(32))))

    monkeypatch.setattr(told.ledger.datasets, "get", get_never_at_rest)
    with pytest.raises(SourceChanged, match=AIR):
        told.facts(AIR)


def test_a_version_that_is_not_there_is_not_found(told: Told) -> None:
    with pytest.raises(NotFound, match="no version 9"):
        told.facts(AIR, 9)


def test_croissant_is_registered_and_comes_back_with_every_field(told: Told) -> None:
    original = croissant_example()
    del original["recordSet"][0]["field"][1]["dataType"][1]
    told.ledger.datasets.describe(AIR, read_description(json.dumps(original).encode()))
    facts = told.facts(AIR)
    made = export(facts, Format.CROISSANT)
    HOLD["croissant"](made.text)
    document = json.loads(made.text)
    added = document["distribution"][len(original["distribution"]) :]
    assert {part["name"]: part["sha256"] for part in added} == {
        entry.path: entry.digest.hex for entry in facts.files
    }
    document["distribution"] = document["distribution"][: len(original["distribution"])]
    del document[FACTS_TERM]
    assert document == original
    assert facts.fact("statements.biases").status is Status.ASSERTED
    assert facts.fact("statements.biases").document == facts.description.digest  # type: ignore[union-attr]
    for format_, hold in HOLD.items():
        hold(export(facts, Format(format_)).text)


def test_what_is_described_answers_points_that_were_missing(told: Told) -> None:
    told.ledger.datasets.describe(AIR, Description("Harbour air"))
    before = coverage(told.facts(AIR), Standard.EU_AI_ACT_ART10).count(Status.MISSING)
    told.ledger.datasets.describe(
        AIR,
        Description(
            "Harbour air",
            statements={Topic.BIASES: ("One quay only.",), Topic.ASSUMPTIONS: ("Wind is even.",)},
            measures=(Measure("accuracy", "0.9"),),
        ),
    )
    after = coverage(told.facts(AIR), Standard.EU_AI_ACT_ART10).count(Status.MISSING)
    assert after == before - 3


def test_columns_that_the_chain_commits_to_become_record_sets(told: Told, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("when,value\n2026,1\n2027,2\n")
    trees = Trees(told.home)
    options = RecordOptions(SECRET.keys(), keep_in=trees.make_folder())
    told.ledger.datasets.register("table", fingerprint(tmp_path, records=options))
    facts = told.facts("city-data-office/table")
    assert facts.value("record_count") == 2
    metadata = HOLD["croissant"](export(facts, Format.CROISSANT).text)
    (records,) = metadata.record_sets
    assert [field.name for field in records.fields] == ["when", "value"]


# ----------------------------------------------------------------------------- on the command line


@pytest.fixture
def command(told: Told, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv("DATALEDGER_HOME", str(told.home))
    monkeypatch.setenv("DATALEDGER_PASSPHRASE_FILE", str(told.home / PASSPHRASE_FILE))
    monkeypatch.setenv("DATALEDGER_ACCOUNT", "city-data-office")

    def run_command(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, said.err

    return run_command


def test_hostile_descriptions_are_kept_as_they_are_and_shown_harmless(
    told: Told, command: Any, tmp_path: Path
) -> None:
    description = Description(HOSTILE, licence=HOSTILE, description=HOSTILE * 15_000)
    file = tmp_path / "description.json"
    file.write_bytes(description.to_bytes())
    code, out, err = command("dataset", "describe", AIR, file)
    assert (code, err) == (0, "")
    assert str(description.digest) in out
    for arguments in (
        ("dataset", "show", AIR),
        ("export", AIR, "--format", "croissant"),
        ("export", AIR, "--format", "openlineage"),
        ("coverage", AIR, "--standard", "iso5259"),
    ):
        code, shown, err = command(*arguments)
        assert (code, err) == (0, "")
        out += shown
    assert not {char for char in out if not char.isprintable()} - {"\n"}
    assert told.ledger.datasets.description(AIR) == description
    assert told.facts(AIR).value("title") == HOSTILE


def test_export_writes_files_whole_and_replaces_none_unasked(
    told: Told, command: Any, tmp_path: Path
) -> None:
    output, facts = tmp_path / "roads.json", tmp_path / "facts.json"
    arguments = ("export", AIR, "--format", "dcat", "--output", output, "--facts", facts)
    code, out, _ = command(*arguments)
    assert code == 0
    assert "proven" in out
    HOLD["dcat"](output.read_text())
    assert json.loads(facts.read_text())["format"] == "dataledger/facts/1"
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert "already" in err
    assert command(*arguments, "--force")[0] == 0
    code, _, err = command(*arguments[:4], "--output", output, "--facts", output)
    assert (code, "same file" in err) == (2, True)
    code, out, _ = command("export", AIR, "--format", "openlineage", "--json", "--version", 1)
    assert code == 0
    document = json.loads(out)
    assert document["document"][0]["eventType"] == "COMPLETE"
    assert document["notes"]["version"] == 1
    assert told.facts(AIR, 1).version == 1


def test_a_dataset_is_registered_with_what_a_croissant_file_says(
    told: Told, command: Any, tmp_path: Path
) -> None:
    file = tmp_path / "croissant.json"
    file.write_text(json.dumps(croissant_example()))
    code, out, _ = command("dataset", "register", "imported", "--description", file, "--json")
    assert code == 0
    assert json.loads(out)["event"] == "DatasetRegistered"
    found = told.ledger.datasets.description("city-data-office/imported")
    assert found is not None
    assert found.said(Topic.LIMITATIONS) == ("No night.",)
    again = command("dataset", "register", "imported", "--description", file, "--json")
    assert json.loads(again[1])["already_there"] is True
    file.write_text("{}")
    code, _, err = command("dataset", "register", "never", "--description", file)
    assert (code, "neither" in err) == (2, True)
    with pytest.raises(NotFound):
        told.ledger.datasets.get("city-data-office/never")


def test_coverage_prints_its_table_and_what_it_does_not_say(command: Any) -> None:
    code, out, _ = command("coverage", AIR, "--standard", "eu-ai-act-art10")
    assert code == 0
    assert "Art. 10(2)(f)" in out
    assert "Not that a requirement is met" in out
    code, out, _ = command("coverage", AIR, "--standard", "dps", "--json")
    assert json.loads(out)["standard"] == "dps"
    assert command("coverage", AIR, "--standard", "iso9000")[0] == 2


def test_a_dataset_without_a_version_has_nothing_to_export(told: Told, command: Any) -> None:
    told.ledger.datasets.register("empty")
    code, out, err = command("export", "city-data-office/empty", "--format", "dps")
    assert (code, out) == (2, "")
    assert "Add its first version" in err


def test_digests_of_descriptions_are_those_on_the_chain(told: Told) -> None:
    description = Description("Harbour air", keywords=("air",))
    confirmed = told.ledger.datasets.describe(AIR, description)
    assert confirmed.event.description == Digest.of(description.to_bytes())
    assert told.facts(AIR).fact("keywords").event.transaction_hash == confirmed.transaction_hash  # type: ignore[union-attr]
