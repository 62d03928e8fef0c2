"""`prove` and `verify-proof` for all kinds, without a chain and with a fake ledger."""

import csv
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cli_runner import Outcome, Run
from fake_ledger import KEY, ROADS, VERSION, FakeLedger
from record_files import SECRET, line

from dataledger.chain.identifiers import BlockHash
from dataledger.cli.positions import RangeType
from dataledger.cli.render.records import record_document, record_text
from dataledger.contracts.identifiers import OrgId
from dataledger.contracts.types import Recall, Severity
from dataledger.errors import InvalidArgument
from dataledger.hashing import Digest
from dataledger.ledger.proofs import Anchor, RecordedManifest
from dataledger.ledger.versions import record_of_manifest
from dataledger.manifest import FileEntry, Manifest, RecordFormat
from dataledger.manifest.proofs.byte_range import chunk_leaf
from dataledger.manifest.records.engine import RecordOptions, read_records

KEYS = SECRET.keys()
HEAVY = ["eth_abi", "eth_account", "numba", "numpy", "pyarrow", "requests", "web3"]


@dataclass(frozen=True)
class World:
    """A dataset's data, its manifest, a secret, and a home directory."""

    run: Run
    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def proof(self) -> Path:
        return self.folder / "proof.json"

    def write(self, name: str, content: bytes) -> Path:
        """Write a file beside the data."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def prove(self, *arguments: object, **options: object) -> Outcome:
        """Run `prove` with the manifest, the data, the secret and the home directory."""
        given: dict[str, object] = {
            "manifest": self.manifest,
            "data": self.data,
            "secret": self.folder / "secret",
            "home": self.folder / "home",
            "output": self.proof,
        } | options
        pairs = [
            part for name, value in given.items() if value for part in (f"--{name}", str(value))
        ]
        return self.run("prove", *map(str, arguments), *pairs, "--force", "--json")

    def verify(self, *arguments: object) -> Outcome:
        """Run `verify-proof` on the proof."""
        return self.run("verify-proof", str(self.proof), *map(str, arguments), "--json")


def entry_of(path: Path) -> FileEntry:
    content = path.read_bytes()
    tree = Digest.parse(f"sha256-tree:{chunk_leaf(content).hex()}")
    records = read_records(path, RecordOptions(KEYS, labels=True), workers=1)
    return FileEntry(path.name, len(content), Digest.of(content), (tree,), records)


def write_data(folder: Path, count: int) -> Manifest:
    folder.mkdir()
    lines, table = folder / "lines.jsonl", folder / "table.csv"
    lines.write_bytes(b"".join(line(number) + b"\n" for number in range(count)))
    with table.open("w", newline="") as written:
        csv.writer(written).writerows([["id", "name"], *([n, f"né{n}"] for n in range(count))])
    (folder / "notes.txt").write_bytes(b"notes")
    notes = FileEntry("notes.txt", 5, Digest.of(b"notes"))
    return Manifest((entry_of(lines), entry_of(table), notes))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    manifest = write_data(folder / "data", 300)
    (folder / "manifest.json").write_bytes(manifest.to_bytes())
    (folder / "old.json").write_bytes(write_data(folder / "old", 120).to_bytes())
    secret = folder / "secret"
    secret.write_text(f"{SECRET.reveal()}\n")
    secret.chmod(0o600)
    return folder


@pytest.fixture
def world(run: Run, written: Path) -> World:
    return World(run, written)


KINDS: dict[str, list[str]] = {
    "file": ["--file", "notes.txt"],
    "record": ["--file", "lines.jsonl", "--record", "17"],
    "range": ["--file", "table.csv", "--range", "3:5"],
    "bytes": ["--file", "lines.jsonl", "--bytes", "5:10"],
    "column": ["--file", "table.csv", "--column", "name"],
    "schema": ["--file", "table.csv", "--schema"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_proof_needs_no_chain(kind: str, world: World) -> None:
    made = world.prove(*KINDS[kind])
    assert made.code == 0, made.err
    assert made.document["kind"] == kind
    assert made.document["anchor"] is None
    checked = world.verify()
    assert checked.document["verified"] is True
    assert checked.document["against"] == "proof"
    assert checked.document["data_checked"] is False
    assert checked.session.doors == made.session.doors == []
    assert "proof holds" in world.run("verify-proof", str(world.proof)).out
    assert world.verify("--root", f"sha256:{'0' * 64}").code == 1


def test_what_is_proved_is_shown(world: World) -> None:
    world.prove(*KINDS["record"])
    shown = world.verify().document
    assert shown["record"] == line(17).decode()
    assert (shown["record_index"], shown["record_count"]) == (17, 300)
    assert shown["shows"]
    assert shown["leaves_open"]
    assert "née 3" in world.run("verify-proof", str(world.proof)).out
    world.prove(*KINDS["range"])
    shown = world.verify().document
    assert (shown["begin"], shown["end"]) == (3, 5)
    assert [value["value"] for value in shown["records"][0]["values"]] == ["3", "né3"]
    assert '["4", "né4"]' in world.run("verify-proof", str(world.proof)).out
    world.prove(*KINDS["schema"])
    assert [column["name"] for column in world.verify().document["columns"]] == ["id", "name"]


@pytest.mark.parametrize("kind", ["record", "range", "schema"])
def test_checking_a_proof_offline_loads_neither_tables_nor_chain(kind: str, world: World) -> None:
    world.prove(*KINDS[kind])
    code = (
        "import sys\n"
        "from dataledger.cli.main import main\n"
        "try:\n"
        f"    main(args=['verify-proof', {str(world.proof)!r}, '--json'])\n"
        "except SystemExit as end:\n"
        f"    print('heavy:', [n for n in {HEAVY} if n in sys.modules], end.code)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert finished.stdout.splitlines()[-1] == "heavy: [] 0"


def test_a_hostile_record_does_nothing_to_the_terminal(world: World) -> None:
    hostile = '{"text":"\x1b[2J\u202e[bold]"}'
    data = world.folder / "hostile"
    data.mkdir()
    (data / "h.jsonl").write_text(hostile)
    manifest = world.write("hostile.json", Manifest((entry_of(data / "h.jsonl"),)).to_bytes())
    assert world.prove("--record", "0", data=data, manifest=manifest).code == 0
    drawn = world.run("verify-proof", str(world.proof)).out
    assert r"\x1b[2J\u202e[bold]" in drawn
    assert world.verify().document["record"] == hostile


def test_data_is_held_against_the_proof(world: World) -> None:
    world.prove(*KINDS["record"])
    good, bad = world.write("a.jsonl", line(17) + b"\n"), world.write("b.jsonl", line(18))
    assert world.verify("--data", good).document["data_checked"] is True
    assert world.verify("--data", bad).error["code"] == "proof-invalid"
    world.prove(*KINDS["column"])
    assert world.verify("--data", world.data / "table.csv").document["data_checked"] is True
    world.prove(*KINDS["file"])
    assert world.verify("--data", world.data / "notes.txt").code == 0
    assert world.verify("--data", good).code == 1


def test_bytes_are_extracted(world: World) -> None:
    extract = world.folder / "extract.bin"
    made = world.prove(*KINDS["bytes"], extract=extract)
    assert made.code == 0, made.err
    assert extract.read_bytes() == (world.data / "lines.jsonl").read_bytes()
    assert world.verify("--data", extract).document["shows"].startswith("The given data")
    again = world.run(
        *("prove", "--manifest", str(world.manifest), "--data", str(world.data)),
        *(*KINDS["bytes"], "--extract", str(extract), "-o", str(world.folder / "new.json")),
        "--json",
    )
    assert again.error["code"] == "output-exists"
    assert not (world.folder / "new.json").exists()
    assert world.prove(*KINDS["file"], extract=extract).code == 2


def test_growth_is_proved_between_two_manifests(world: World) -> None:
    old = world.folder / "old.json"
    arguments = ("--consistency", old, world.manifest, "--file", "lines.jsonl")
    made = world.prove(*arguments, manifest=None)
    assert made.code == 0, made.err
    shown = world.verify().document
    assert (shown["old_record_count"], shown["new_record_count"]) == (120, 300)
    assert "first records" in world.run("verify-proof", str(world.proof)).out
    shrunk = world.prove(
        *("--consistency", world.manifest, old, "--file", "lines.jsonl"),
        manifest=None,
        data=world.folder / "old",
    )
    assert shrunk.error["code"] == "invalid-argument"


def test_absence_is_proved_and_an_auditor_knows_of_what(world: World) -> None:
    absent = world.write("absent.jsonl", line(300))
    made = world.prove("--file", "lines.jsonl", "--absent", absent)
    assert made.code == 0, made.err
    assert line(300).decode() not in world.proof.read_text()
    assert "the owner's word" in world.verify().document["leaves_open"]
    key = world.write("key", KEYS.record_label.hex().encode() + b"\n")
    checked = world.verify("--data", absent, "--label-key", key)
    assert checked.document["data_checked"] is True
    assert "the given record's" in checked.document["shows"]
    other = world.write("other.jsonl", line(301))
    assert world.verify("--data", other, "--label-key", key).error["code"] == "proof-invalid"
    assert world.verify("--label-key", key).error["code"] == "invalid-argument"
    assert world.verify("--data", absent).error["code"] == "invalid-argument"
    for text in (b"", b"00" * 31, b"00" * 33, b"AB" * 32):
        bad = world.write("bad-key", text)
        refused = world.verify("--data", absent, "--label-key", bad)
        assert refused.error["code"] == "invalid-argument"
    present = world.write("present.jsonl", line(3))
    refused = world.prove("--file", "lines.jsonl", "--absent", present)
    assert refused.error["code"] == "conflict"


def test_a_tree_is_kept_for_the_next_proof(world: World, tmp_path: Path) -> None:
    first = world.prove(*KINDS["record"], home=tmp_path)
    assert first.code == 0, first.err
    kept = sorted(path.suffix for path in (tmp_path / "trees").iterdir())
    assert kept == [".labels", ".tree"]
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "trees").iterdir()}
    world.prove(*KINDS["record"], home=tmp_path)
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_changed_data_is_noticed(world: World, tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes((world.data / "lines.jsonl").read_bytes().replace(b"17", b"71"))
    refused = world.prove(*KINDS["record"], data=path, home=tmp_path / "home")
    assert refused.error["code"] == "source-changed"
    assert not list((tmp_path / "home" / "trees").iterdir())


@pytest.mark.parametrize(
    ("arguments", "changes", "message"),
    [
        ([], {}, "Give one of --record"),
        (["--record", "1", "--schema"], {}, "Give one of --record"),
        (["--record", "1"], {}, "2 could be meant"),
        (["--record", "1"], {"manifest": None}, "Name a DATASET"),
        (["--record", "1", "--version", "1"], {}, "--version needs a DATASET"),
        (["--file", "lines.jsonl", "--record", "1"], {"data": None}, "pass --data"),
        (["--file", "notes.txt", "--record", "1"], {}, "nothing of records"),
        (["--file", "lines.jsonl", "--record", "300"], {}, "no record 300"),
        (["--file", "lines.jsonl", "--record", "x"], {}, "not a position"),
        (["--file", "lines.jsonl", "--record", "007"], {}, "not a position"),
        (["--file", "lines.jsonl", "--range", "5"], {}, "not a range"),
        (["--file", "lines.jsonl", "--range", "5:5"], {}, "not a range"),
        (["--file", "lines.jsonl", "--column", "id"], {}, "no columns"),
        (["--file", "notes.txt", "--bytes", "0:1"], {}, "no digest by sha256-tree"),
        (["--file", "none.txt"], {}, "no file 'none.txt'"),
    ],
    ids=str,
)
def test_what_cannot_be_proved_is_said(
    arguments: list[str], changes: dict[str, Any], message: str, world: World
) -> None:
    refused = world.prove(*arguments, **changes)
    assert refused.code == 2
    assert message in refused.error["message"]


def test_versions_of_a_dataset_are_anchored(world: World, ledger: FakeLedger) -> None:
    def recorded(_dataset: object, *, version: int | None, manifest: object) -> RecordedManifest:
        assert manifest is None
        file = world.folder / ("old.json" if version == 1 else "manifest.json")
        found = Manifest.parse(file.read_bytes())
        anchor = Anchor(
            1, BlockHash("0x" + "00" * 32), KEY, ROADS, version or 2, record_of_manifest(found)
        )
        return RecordedManifest(found, anchor)

    ledger.proofs.recorded.side_effect = recorded
    ledger.proofs.verify.return_value = VERSION
    prove = world.prove
    made = prove("acme/roads", *KINDS["record"], manifest=None)
    assert made.document["anchor"]["version"] == 2
    made = prove("acme/roads", "--file", "lines.jsonl", "--consistency", 1, 2, manifest=None)
    assert made.code == 0, made.err
    document = json.loads(world.proof.read_bytes())
    assert (document["old"]["anchor"]["version"], document["new"]["anchor"]["version"]) == (1, 2)
    assert made.document["old_anchor"]["version"] == 1
    assert world.verify("--on-chain").document["against"] == "chain"
    both = prove("acme/roads", "--consistency", 1, 2, "--version", 2, manifest=None)
    assert "already names" in both.error["message"]


def test_a_person_sees_what_was_proved(world: World) -> None:
    arguments = ("--manifest", str(world.manifest), "--data", str(world.data), "--force")
    secret = ("--secret", str(world.folder / "secret"), "--home", str(world.folder / "home"))
    output = ("-o", str(world.proof))
    made = world.run(
        "prove", "--file", "table.csv", "--range", "0:50", *arguments, *secret, *output
    )
    assert made.code == 0, made.err
    assert "Proof written to" in made.out
    assert "30 more; --json has all" in made.out
    assert "What its other records are." in made.out


def test_long_records_are_cut_on_the_screen(world: World) -> None:
    data = world.folder / "long"
    data.mkdir()
    (data / "long.jsonl").write_bytes(b"x" * 5000)
    manifest = world.write("long.json", Manifest((entry_of(data / "long.jsonl"),)).to_bytes())
    world.prove("--record", "0", data=data, manifest=manifest)
    assert "(5,000 characters; --json has all)" in world.run("verify-proof", str(world.proof)).out
    assert world.verify().document["record"] == "x" * 5000


def test_bytes_that_are_no_row_are_shown_as_they_are() -> None:
    assert record_document(b"no row", RecordFormat.CSV) == {"canonical": "bm8gcm93", "values": None}
    assert record_text(b"no row", RecordFormat.CSV) == "no canonical row: bm8gcm93"


def test_the_secret_is_found_by_its_id(world: World, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    named = "roads"
    missing = world.prove(*KINDS["record"], secret=None, home=tmp_path)
    assert missing.error["code"] == "not-found"
    (secrets / "roads.secret").write_text(f"{SECRET.reveal()}\n")
    (secrets / "roads.secret").chmod(0o600)
    assert world.prove(*KINDS["record"], secret=None, home=tmp_path).code == 0
    assert world.prove(*KINDS["record"], secret=named, home=tmp_path).code == 0


def test_labels_that_were_not_kept_are_made_again(world: World, tmp_path: Path) -> None:
    absent = world.write("absent.jsonl", line(300))
    for _ in range(2):
        made = world.prove("--file", "lines.jsonl", "--absent", absent, home=tmp_path)
        assert made.code == 0, made.err


def test_an_extract_that_cannot_be_written_is_named(world: World) -> None:
    extract = world.folder / "missing" / "extract.bin"
    assert world.prove(*KINDS["bytes"], extract=extract).error["code"] == "output-unwritable"


def test_a_recalled_version_is_warned_of(world: World, ledger: FakeLedger) -> None:
    world.prove(*KINDS["file"])
    recall = Recall(OrgId(1), Severity.SERIOUS, 1)
    ledger.proofs.verify.return_value = replace(VERSION, recall=recall)
    assert world.verify("--on-chain").document["recall"]["severity"] == "SERIOUS"
    drawn = world.run("verify-proof", str(world.proof), "--on-chain").out
    assert "recalled: the version, as SERIOUS" in drawn


@pytest.mark.parametrize("text", ["", ":", "1:", "1:x", "-1:5", "1:99999999999999999"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument):
        RangeType().convert(text, None, None)
    assert RangeType().convert("0:7", None, None) == (0, 7)
    assert RangeType().convert((0, 7), None, None) == (0, 7)
