"""Records of unchanged files are not hashed again, if the earlier result is what is asked for."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dataledger.manifest import fingerprint, identity
from dataledger.manifest.cache import ManifestCache
from dataledger.manifest.records.engine import RecordOptions, read_record_files
from dataledger.manifest.records.secret import DatasetSecret
from dataledger.manifest.records.tree import tree_name

TICK_SECONDS = 0.03
OPTIONS = RecordOptions(DatasetSecret(bytes(32)).keys())
Read = Callable[[RecordOptions], list[str]]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three files, which count as settled after a tick, and not only after two seconds."""
    monkeypatch.setattr(identity, "RACY_NS", int(TICK_SECONDS * 1e9))
    data = tmp_path / "data"
    data.mkdir()
    for name in ("a.jsonl", "b.jsonl", "c.txt"):
        (data / name).write_bytes(b"1\n2\n")
    return data


@pytest.fixture
def read(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Fingerprint with the cache, and return whose records were hashed."""
    hashed: list[str] = []

    def noted(paths: Sequence[str], *arguments: Any, **options: Any) -> Any:
        hashed.extend(Path(path).name for path in paths)
        return read_record_files(paths, *arguments, **options)

    monkeypatch.setattr("dataledger.manifest.records.engine.read_record_files", noted)
    cache = ManifestCache(tmp_path / "cache")

    def run(options: RecordOptions) -> list[str]:
        time.sleep(3 * TICK_SECONDS)
        hashed.clear()
        manifest = fingerprint(data, records=options, cache=cache)
        names = list(hashed)
        assert manifest == fingerprint(data, records=options)
        return names

    return run


def test_records_of_a_changed_file_are_hashed_alone(read: Read, data: Path) -> None:
    assert read(OPTIONS) == ["a.jsonl", "b.jsonl"]
    assert read(OPTIONS) == []
    (data / "b.jsonl").write_bytes(b"1\n2\n3\n")
    assert read(OPTIONS) == ["b.jsonl"]
    (data / "d.jsonl").write_bytes(b"4\n")
    assert read(OPTIONS) == ["d.jsonl"]


def test_another_secret_hashes_anew(read: Read) -> None:
    read(OPTIONS)
    assert len(read(replace(OPTIONS, keys=DatasetSecret(bytes([1]) * 32).keys()))) == 2


def test_labels_that_are_missing_are_made(read: Read) -> None:
    read(OPTIONS)
    assert len(read(replace(OPTIONS, labels=True))) == 2
    assert len(read(OPTIONS)) == 2


def test_a_tree_that_is_not_kept_is_made(read: Read, data: Path, tmp_path: Path) -> None:
    read(OPTIONS)
    keeping = replace(OPTIONS, keep_in=tmp_path)
    assert len(read(keeping)) == 2
    assert read(keeping) == []
    (records,) = {entry.records for entry in fingerprint(data, records=OPTIONS).entries[:2]}
    assert records is not None
    (tmp_path / tree_name(records.record_root)).unlink()
    assert len(read(keeping)) == 2
