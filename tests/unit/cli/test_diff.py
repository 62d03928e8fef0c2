"""`dataledger diff`, and what versions claim: what is asked, and what is answered."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from cli_runner import Run
from fake_ledger import REGISTERED, ROADS, VERSION, FakeLedger, confirmed

from dataledger.errors import NotFound
from dataledger.hashing import Digest
from dataledger.manifest import FileEntry, Manifest, RecordFormat, RecordSet
from dataledger.manifest.record_set import to_secret_id
from dataledger.manifest.semantic_version import Level

OLD = {"kept": "1", "edited": "22", "gone": "3", "old/name": "4444"}
NEW = {"kept": "1", "edited": "x", "come": "5", "new/name": "4444"}


def manifest(contents: Mapping[str, str]) -> Manifest:
    return Manifest(
        tuple(
            FileEntry(path, len(content), Digest.of(content.encode()))
            for path, content in contents.items()
        )
    )


def write(file: Path, contents: Mapping[str, str]) -> str:
    file.write_bytes(manifest(contents).to_bytes())
    return str(file)


@pytest.fixture
def old(tmp_path: Path) -> str:
    return write(tmp_path / "old.json", OLD)


@pytest.fixture
def new(tmp_path: Path) -> str:
    return write(tmp_path / "new.json", NEW)


def content(text: str) -> dict[str, object]:
    return {"size_bytes": len(text), "digest": str(Digest.of(text.encode()))}


def test_every_part_is_told(run: Run, old: str, new: str) -> None:
    outcome = run("diff", old, new, "--json")
    assert outcome.code == 0
    assert outcome.document == {
        "differs": True,
        "added": [{"path": "come", **content("5")}],
        "removed": [{"path": "gone", **content("3")}],
        "changed": [{"path": "edited", "from": content("22"), "to": content("x")}],
        "moved": [{"from": "old/name", "to": "new/name", **content("4444")}],
        "level": "major",
        "reasons": ["'edited' was changed", "'gone' was removed"],
        "from_version": None,
        "next_version": None,
    }
    assert outcome.session.doors == []


def test_a_person_reads_a_line_for_each_file(run: Run, old: str, new: str) -> None:
    outcome = run("diff", old, new, "--from", "1.4.2")
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "  changed  edited (2 bytes → 1 bytes)",
        "  removed  gone (1 bytes)",
        "  added    come (1 bytes)",
        "  moved    old/name → new/name (4 bytes)",
        "1 added, 1 removed, 1 changed, 1 moved.",
        "  level         major",
        "  because       'edited' was changed, 'gone' was removed",
        "  version       1.4.2",
        "  next version  2.0.0",
    ]


def test_names_do_nothing_to_the_terminal(run: Run, tmp_path: Path) -> None:
    odd = "caf\u00e9 \u200b"
    outcome = run("diff", write(tmp_path / "a", {"b": "1"}), write(tmp_path / "c", {odd: "2"}))
    assert "\u200b" not in outcome.out
    assert r"\u200b" in outcome.out


def test_many_files_are_counted(run: Run, tmp_path: Path) -> None:
    more = {f"{number:03}": str(number) for number in range(60)}
    outcome = run("diff", write(tmp_path / "a", {"a": "a"}), write(tmp_path / "b", more))
    assert outcome.out.count("  added  ") == 49
    assert "  … and 11 more; --json names all." in outcome.out


def test_the_same_files_do_not_differ(run: Run, old: str) -> None:
    outcome = run("diff", old, old, "--exit-code")
    assert outcome.code == 0
    assert outcome.out.splitlines() == ["✓ The files are the same.", "  level  none"]
    assert run("diff", old, old, "--from", "1.0.0", "--json").document["next_version"] == "1.0.0"


def test_a_difference_ends_with_1_where_that_is_asked_for(run: Run, old: str, new: str) -> None:
    assert run("diff", old, new).code == 0
    outcome = run("diff", old, new, "--exit-code", "--json")
    assert outcome.code == 1
    assert outcome.document["differs"] is True


def test_data_is_fingerprinted_by_the_manifests_digests(run: Run, tmp_path: Path, old: str) -> None:
    data = tmp_path / "data"
    for path, text in OLD.items():
        (data / path).parent.mkdir(parents=True, exist_ok=True)
        (data / path).write_text(text)
    assert run("diff", old, str(data), "--exit-code").code == 0
    assert run("diff", data.as_uri(), old, "--exit-code").code == 0
    assert run("diff", str(data), str(data), "--exit-code", "--workers", "2").code == 0
    (data / "kept").write_text("other")
    changed = run("diff", old, str(data), "--json").document["changed"]
    assert [change["path"] for change in changed] == ["kept"]


def test_data_beside_records_is_compared_by_its_files(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "a").write_text("1")
    records = RecordSet(RecordFormat.JSONL, 1, Digest.of(b""), to_secret_id("0" * 16))
    with_records = Manifest((FileEntry("a", 1, Digest.of(b"1"), records=records),))
    (tmp_path / "records.json").write_bytes(with_records.to_bytes())
    assert run("diff", str(tmp_path / "records.json"), str(data), "--exit-code").code == 0
    without = write(tmp_path / "without.json", {"a": "1"})
    outcome = run("diff", str(tmp_path / "records.json"), without)
    assert "  changed  a (the same content, described differently)" in outcome.out


def test_a_version_is_known_by_its_kept_manifest(run: Run, ledger: FakeLedger, new: str) -> None:
    ledger.documents.manifest.return_value = manifest(OLD)
    document = run("diff", "acme/roads@1", new, "--json").document
    assert document["level"] == "major"
    ledger.datasets.version.assert_called_once_with(ROADS, 1)
    ledger.documents.manifest.assert_called_once_with(VERSION.record.manifest_digest)


def test_a_version_whose_manifest_is_elsewhere_is_an_error(
    run: Run, ledger: FakeLedger, new: str
) -> None:
    ledger.documents.manifest.side_effect = NotFound("There is no document.", remedy="Ask.")
    outcome = run("diff", "acme/roads@1", new, "--json")
    assert outcome.code == 2
    assert outcome.error["code"] == "not-found"


def test_a_path_goes_before_a_version(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "acme@1", OLD)
    outcome = run("diff", "acme@1", "acme@1")
    assert outcome.code == 0
    assert outcome.session.doors == []


@pytest.mark.parametrize("text", ["nowhere", "acme/roads", "a\x00b"])
def test_what_is_neither_is_refused(run: Run, old: str, text: str) -> None:
    outcome = run("diff", old, text, "--json")
    assert outcome.code == 2
    assert outcome.error["code"] in ("source-not-found", "invalid-path")


def test_a_file_that_is_no_manifest_is_refused(run: Run, tmp_path: Path, old: str) -> None:
    (tmp_path / "table.csv").write_text("a,b\n")
    outcome = run("diff", old, str(tmp_path / "table.csv"), "--json")
    assert outcome.code == 2


@pytest.mark.parametrize("claim", ["major", "2.0.0", "2.1.0"])
def test_a_claim_of_enough_is_no_error(run: Run, old: str, new: str, claim: str) -> None:
    assert run("diff", old, new, "--from", "1.4.2", "--claim", claim).code == 0


@pytest.mark.parametrize("claim", ["minor", "none", "1.5.0", "1.4.2"])
def test_a_claim_of_too_little_is_refused(run: Run, old: str, new: str, claim: str) -> None:
    outcome = run("diff", old, new, "--from", "1.4.2", "--claim", claim, "--json")
    assert outcome.code == 1
    assert outcome.error["code"] == "claim-refused"
    assert "the change is major: 'edited' was changed" in outcome.error["message"]
    assert "2.0.0 or later" in outcome.error["remedy"]


@pytest.mark.parametrize(
    "options", [("--from", "1.4"), ("--claim", "fix"), ("--claim", "1.5.0"), ("--claim", "")]
)
def test_misspelt_versions_are_refused_before_anything_is_read(
    run: Run, options: tuple[str, ...]
) -> None:
    outcome = run("diff", "nowhere", "nowhere", *options, "--json")
    assert outcome.code == 2
    assert "nowhere" not in json.dumps(outcome.error)


@pytest.mark.parametrize("claim", ["major", "minor", "patch", "none"])
def test_a_new_version_may_claim_a_level(
    run: Run, ledger: FakeLedger, new: str, claim: str
) -> None:
    ledger.datasets.add_version.return_value = confirmed(REGISTERED)
    options = ("--manifest", new, "--claim", claim)
    assert run("dataset", "add-version", "acme/roads", *options).code == 0
    assert ledger.datasets.add_version.call_args.kwargs["claim"] is Level.parse(claim)


def test_a_new_version_claims_no_other_words(run: Run, ledger: FakeLedger, new: str) -> None:
    options = ("--manifest", new, "--claim", "1.5.0", "--json")
    outcome = run("dataset", "add-version", "acme/roads", *options)
    assert outcome.code == 2
    assert outcome.error["remedy"] == "Use one of: major, minor, patch, none."
    ledger.datasets.add_version.assert_not_called()
