"""The options that say how data is to be read reach what reads it."""

from pathlib import Path

import pytest
from cli_runner import Run

from dataledger.cli.parameters import ALGORITHM, ENGINE
from dataledger.cli.reading import Reading
from dataledger.hashing import Algorithm, Digest
from dataledger.ledger.secrets import Secrets
from dataledger.manifest import Manifest, fingerprint
from dataledger.manifest.comparing import with_records_of
from dataledger.manifest.records.engine import RecordOptions


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "lines.jsonl").write_bytes(b'{"id":1}\n{"id":2}\n')
    (folder / "notes.txt").write_bytes(b"none")
    return folder


def manifest_of(run: Run, data: Path, *options: str) -> Manifest:
    file = data.parent / "manifest.json"
    outcome = run("fingerprint", str(data), "-o", str(file), "--force", *options)
    assert outcome.code == 0, outcome.err
    return Manifest.parse(file.read_bytes())


def home() -> Path:
    from dataledger.chain.home import home_directory

    return home_directory()


def test_the_algorithms_on_the_command_line_are_those_of_the_package() -> None:
    assert ALGORITHM.name.split("|") == [algorithm.value for algorithm in Algorithm]
    assert "dask" in ENGINE.name


def test_digests_are_made_in_the_order_that_is_asked_for(run: Run, data: Path) -> None:
    manifest = manifest_of(run, data, "--digest", "blake3", "--digest", "sha256")
    algorithms = [digest.algorithm for digest in manifest.entries[0].digests]
    assert algorithms == [Algorithm.BLAKE3, Algorithm.SHA256]
    assert Reading.like(manifest, None).algorithms() == tuple(algorithms)
    assert manifest_of(run, data).entries[0].digests == (Digest.of(b'{"id":1}\n{"id":2}\n'),)


def test_an_unknown_digest_is_refused(run: Run, data: Path) -> None:
    outcome = run("fingerprint", str(data), "--digest", "md5")
    assert outcome.code == 2
    assert "'md5' is not a digest" in outcome.err


def test_records_need_a_secret_which_is_made_on_purpose(run: Run, data: Path) -> None:
    outcome = run("fingerprint", str(data), "--records")
    assert outcome.code == 2
    assert "There is no secret 'default'" in outcome.err
    assert "secret new" in outcome.err


@pytest.mark.parametrize("option", ["--records", "--labels"])
def test_records_are_hashed_and_their_trees_kept(run: Run, data: Path, option: str) -> None:
    assert run("secret", "new", "roads").code == 0
    manifest = manifest_of(run, data, option, "--secret", "roads")
    keys = Secrets(home()).open("roads").keys()
    expected = fingerprint(data, records=RecordOptions(keys, labels=option == "--labels"))
    assert manifest == expected
    records = manifest.entries[0].records
    assert records is not None
    kept = {path.suffix for path in (home() / "trees").iterdir()}
    assert kept == ({".tree", ".labels"} if option == "--labels" else {".tree"})
    document = run("fingerprint", str(data), option, "--secret", "roads", "--json").document
    assert document["record_count"] == 2


def test_unchanged_files_come_from_the_cache_unless_evidence_is_wanted(
    run: Run, data: Path
) -> None:
    cache = home() / "cache"
    manifest_of(run, data, "--no-cache")
    assert not cache.exists()
    manifest_of(run, data)
    assert any(cache.rglob("*.cache"))


def test_a_cache_that_cannot_be_written_is_told_and_stops_nothing(run: Run, data: Path) -> None:
    (home() / "cache").write_text("in the way")
    outcome = run("fingerprint", str(data))
    assert outcome.code == 0
    assert "Nothing can be kept in the cache" in outcome.err


def test_a_scheduler_is_for_clusters_alone(run: Run, data: Path) -> None:
    outcome = run("fingerprint", str(data), "--scheduler", "tls://node:8786")
    assert outcome.code == 2
    assert "--engine dask" in outcome.err


def test_whoever_lacks_the_secret_takes_records_over_from_files_that_are_the_same(
    run: Run, data: Path
) -> None:
    run("secret", "new", "default")
    recorded = manifest_of(run, data, "--records")
    found = fingerprint(data)
    assert found != recorded
    assert with_records_of(recorded, found) == recorded
    (data / "lines.jsonl").write_bytes(b'{"id":1}\n{"id":3}\n')
    changed = fingerprint(data)
    assert with_records_of(recorded, changed) == changed
