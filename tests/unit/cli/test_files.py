"""Commands that read and write files: fingerprints, verifications, proofs."""

import json
import os
from pathlib import Path

import pytest
from cli_runner import Run
from fake_ledger import KEY, ROADS, VERSION, FakeLedger

from dataledger.chain.identifiers import BlockHash
from dataledger.cli.output import read_input, refuse_output_within, write_output
from dataledger.contracts.identifiers import OrgId
from dataledger.contracts.types import Recall, Severity, VersionRecord
from dataledger.errors import (
    CommitmentMismatch,
    InvalidPath,
    NotFound,
    OutputExists,
    OutputUnwritable,
    SourceNotFound,
    SourceUnreadable,
)
from dataledger.hashing import Digest
from dataledger.ledger.proofs import Anchor, RecordedManifest
from dataledger.ledger.results import Version
from dataledger.ledger.versions import record_of_manifest
from dataledger.manifest import Manifest, fingerprint


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.csv").write_text("1,2\n")
    (folder / "sub" / "b.txt").write_text("hello\n")
    return folder


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


# --------------------------------------------------------------------------------- fingerprint


def test_a_fingerprint_has_the_values_of_a_version(run: Run, data: Path) -> None:
    manifest = fingerprint(data)
    assert run("fingerprint", str(data), "--json").document == {
        "content_root": str(manifest.content_root),
        "manifest_digest": str(manifest.manifest_digest),
        "file_count": 2,
        "record_count": 0,
        "size_bytes": 10,
        "manifest": None,
    }
    drawn = run("fingerprint", str(data))
    assert str(manifest.content_root) in drawn.out
    assert drawn.err == ""


def test_a_fingerprint_writes_the_manifest(run: Run, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    outcome = run("fingerprint", str(data), "-o", str(file), "--json")
    assert outcome.document["manifest"] == str(file)
    assert str(Digest.of(file.read_bytes())) == outcome.document["manifest_digest"]
    assert Manifest.parse(file.read_bytes()) == fingerprint(data)


def test_a_manifest_is_not_overwritten_unless_forced(run: Run, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    file.write_text("mine")
    outcome = run("fingerprint", str(data), "-o", str(file))
    assert outcome.code == 2
    assert file.read_text() == "mine"
    assert run("fingerprint", str(data), "-o", str(file), "--force").code == 0
    assert Manifest.parse(file.read_bytes()).file_count == 2
    assert sorted(names(tmp_path)) == ["data", "manifest.json"]


def test_a_manifest_does_not_become_part_of_its_data(run: Run, data: Path) -> None:
    outcome = run("fingerprint", str(data), "-o", str(data / "manifest.json"))
    assert outcome.code == 2
    assert "would become part of the data" in outcome.err
    assert not (data / "manifest.json").exists()


def test_an_output_without_a_directory_is_refused(run: Run, data: Path, tmp_path: Path) -> None:
    outcome = run("fingerprint", str(data), "-o", str(tmp_path / "no" / "m.json"), "--json")
    assert outcome.code == 2
    assert outcome.error["code"] == "output-unwritable"


# --------------------------------------------------------------------------------------- files


def test_files_are_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.json"

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputUnwritable, match="No space left"):
        write_output(path, b"data")
    assert names(tmp_path) == []


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    write_output(path, b"first")
    with pytest.raises(OutputExists):
        write_output(path, b"second")
    assert path.read_bytes() == b"first"
    write_output(path, b"third", replace=True)
    assert path.read_bytes() == b"third"
    assert names(tmp_path) == ["out.json"]


def test_a_name_with_a_null_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritable):
        write_output(tmp_path / "a\0b", b"")
    with pytest.raises(SourceUnreadable):
        read_input(tmp_path / "a\0b", noun="file", max_bytes=1)


def test_inputs_that_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name, kind in [
        ("none", SourceNotFound),
        ("fifo", SourceUnreadable),
        (".", SourceUnreadable),
    ]:
        with pytest.raises(kind, match="proof file"):
            read_input(tmp_path / name, noun="proof file", max_bytes=10)


def test_inputs_are_read_up_to_their_limit(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * 100)
    assert len(read_input(tmp_path / "f", noun="file", max_bytes=10)) == 11


def test_an_output_beside_the_data_is_fine(data: Path, tmp_path: Path) -> None:
    refuse_output_within(data, tmp_path / "data.json", replace=False)
    with pytest.raises(InvalidPath):
        refuse_output_within(data / "a.csv", data / "a.csv", replace=True)


# -------------------------------------------------------------------------------------- verify


def recorded(data: Path) -> tuple[Manifest, Version]:
    manifest = fingerprint(data)
    record = VersionRecord(
        manifest.content_root, manifest.manifest_digest, manifest.size_bytes, manifest.file_count
    )
    return manifest, Version(ROADS, 1, record, None, VERSION.recorded_at_unix)


def test_data_as_recorded_is_verified(run: Run, ledger: FakeLedger, data: Path) -> None:
    manifest, version = recorded(data)
    ledger.datasets.version.return_value = version
    ledger.documents.manifest.return_value = manifest
    outcome = run("verify", str(data), "acme/roads", "--version", "1", "--json")
    assert outcome.code == 0, outcome.err
    document = outcome.document
    assert document["verified"] is True
    assert (document["changed"], document["added"], document["removed"]) == ([], [], [])
    ledger.datasets.verify.assert_called_once_with(ROADS, manifest, number=1)
    assert "✓ verified: the data is acme/roads@1." in run("verify", str(data), "acme/roads").out


def test_every_file_that_differs_is_named(run: Run, ledger: FakeLedger, data: Path) -> None:
    manifest, version = recorded(data)
    (data / "a.csv").write_text("1,3\n")
    (data / "sub" / "b.txt").unlink()
    (data / "c.txt").write_text("")
    ledger.datasets.version.return_value = version
    ledger.datasets.verify.side_effect = CommitmentMismatch("It differs.", remedy="Look.")
    ledger.documents.manifest.return_value = manifest
    outcome = run("verify", str(data), "acme/roads", "--json")
    assert outcome.code == 1
    document = outcome.document
    assert document["verified"] is False
    assert document["changed"] == ["a.csv"]
    assert document["removed"] == ["sub/b.txt"]
    assert document["added"] == ["c.txt"]
    drawn = run("verify", str(data), "acme/roads")
    assert drawn.code == 1
    assert "changed  a.csv" in drawn.out
    assert drawn.err == ""


@pytest.mark.parametrize("error", [NotFound, CommitmentMismatch])
def test_without_the_recorded_manifest_the_roots_are_shown(
    error: type[NotFound], run: Run, ledger: FakeLedger, data: Path
) -> None:
    ledger.datasets.verify.side_effect = CommitmentMismatch("It differs.", remedy="Look.")
    ledger.documents.manifest.side_effect = error("Not here.", remedy="Ask.")
    outcome = run("verify", str(data), "acme/roads", "--json")
    assert outcome.code == 1
    assert outcome.document["changed"] is None
    assert "--manifest" in run("verify", str(data), "acme/roads").out


def test_a_manifest_at_hand_is_kept_first(
    run: Run, ledger: FakeLedger, data: Path, tmp_path: Path
) -> None:
    manifest, version = recorded(data)
    file = tmp_path / "m.json"
    file.write_bytes(manifest.to_bytes())
    ledger.datasets.version.return_value = version
    ledger.documents.manifest.return_value = manifest
    assert run("verify", str(data), "acme/roads", "--manifest", str(file)).code == 0
    ledger.documents.keep.assert_called_once_with(manifest)


def test_a_recalled_version_is_warned_of(run: Run, ledger: FakeLedger, data: Path) -> None:
    manifest, version = recorded(data)
    recall = Recall(OrgId(1), Severity.CRITICAL, VERSION.recorded_at_unix)
    ledger.datasets.version.return_value = Version(
        ROADS, 1, version.record, recall, version.recorded_at_unix
    )
    ledger.documents.manifest.return_value = manifest
    outcome = run("verify", str(data), "acme/roads")
    assert outcome.code == 0
    assert "was recalled (CRITICAL)" in outcome.out
    document = run("verify", str(data), "acme/roads", "--json").document
    assert document["recall"]["severity"] == "CRITICAL"


# -------------------------------------------------------------------------------------- proofs


@pytest.fixture
def proof(run: Run, ledger: FakeLedger, data: Path, tmp_path: Path) -> Path:
    file = tmp_path / "proof.json"
    manifest = fingerprint(data)
    anchor = Anchor(1, BlockHash("0x" + "00" * 32), KEY, ROADS, 1, record_of_manifest(manifest))
    ledger.proofs.recorded.return_value = RecordedManifest(manifest, anchor)
    outcome = run("prove", "acme/roads", "--file", "a.csv", "-o", str(file), "--json")
    assert outcome.code == 0, outcome.err
    ledger.proofs.recorded.assert_called_once_with(ROADS, version=None, manifest=None)
    assert outcome.document["proof"] == str(file)
    return file


def test_a_proof_is_checked_offline(run: Run, proof: Path, data: Path) -> None:
    outcome = run("verify-proof", str(proof), "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.document["verified"] is True
    assert outcome.document["against"] == "proof"
    assert outcome.document["path"] == "a.csv"
    assert outcome.session.doors == []
    root = str(fingerprint(data).content_root)
    assert run("verify-proof", str(proof), "--root", root, "--json").document["against"] == "root"
    assert "the root that the proof itself names" in run("verify-proof", str(proof)).out


def test_a_proof_is_checked_on_chain(run: Run, ledger: FakeLedger, proof: Path) -> None:
    ledger.proofs.verify.return_value = VERSION
    outcome = run("verify-proof", str(proof), "--on-chain", "--json")
    assert outcome.document["against"] == "chain"
    assert outcome.session.doors == ["reading"]
    ledger.proofs.verify.assert_called_once()


def test_a_proof_is_about_one_file(run: Run, proof: Path, data: Path) -> None:
    assert run("verify-proof", str(proof), "--data", str(data / "a.csv")).code == 0
    outcome = run("verify-proof", str(proof), "--data", str(data / "sub" / "b.txt"), "--json")
    assert outcome.code == 1
    assert outcome.error["code"] == "proof-invalid"


def test_a_proof_of_another_root_fails(run: Run, proof: Path) -> None:
    outcome = run("verify-proof", str(proof), "--root", f"sha256:{'0' * 64}", "--json")
    assert outcome.code == 1
    assert outcome.error["code"] == "proof-invalid"


def test_a_root_of_the_wrong_length_is_no_root(run: Run, proof: Path) -> None:
    outcome = run("verify-proof", str(proof), "--root", f"sha256:{'0' * 63}", "--json")
    assert outcome.code == 2
    assert outcome.error["code"] == "invalid-digest"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[" * 10_000 + b"]" * 10_000,
        b"\xff\xfe",
        b'{"format":"dataledger/proof/1"}',
    ],
)
def test_a_malformed_proof_is_no_proof(content: bytes, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    file.write_bytes(content)
    outcome = run("verify-proof", str(file), "--json")
    assert outcome.code == 2
    assert outcome.error["code"] == "proof-format-error"


def test_an_altered_proof_fails(run: Run, proof: Path) -> None:
    document = json.loads(proof.read_bytes())
    document["file"]["entry"]["size_bytes"] += 1
    proof.write_text(json.dumps(document, separators=(",", ":"), sort_keys=True))
    outcome = run("verify-proof", str(proof), "--json")
    assert outcome.code == 1
    assert outcome.error["code"] == "proof-invalid"
