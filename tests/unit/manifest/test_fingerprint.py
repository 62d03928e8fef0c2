"""Fingerprinting: the same files give the same manifest, wherever and however they are read."""

import hashlib
import os
import random
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from dataledger.errors import InvalidArgument, ManifestError
from dataledger.hashing import Digest
from dataledger.manifest import Manifest, Progress, batches, fingerprint, pool

CONTENTS = {
    "README.md": b"# Dataset\n",
    "data/empty": b"",
    "data/table.csv": b"id\n1\n",
    "images/a/b/c/deep.png": b"\x89PNG",
    "images/\u00e9t\u00e9.png": b"e",
    "\u6570\u636e.jsonl": b"{}\n",
    'odd "names" here/-rf *': b"x",
}


def write(directory: Path, contents: dict[str, bytes]) -> Path:
    for path, content in contents.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(content)
    return directory


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write(tmp_path / "dataset", CONTENTS)


@pytest.fixture(params=["inline", "processes", "threads"])
def workers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Number of workers; with more than one, batches are small enough to need them."""
    if request.param == "inline":
        return 1
    monkeypatch.setattr(batches, "BATCH_FILES", 2)
    monkeypatch.setattr(pool, "_may_fork", lambda: request.param == "processes")
    return 3


# ------------------------------------------------------------------------------- the manifest


def test_every_file_is_listed_with_its_size_and_digest(dataset: Path, workers: int) -> None:
    manifest = fingerprint(dataset, workers=workers)
    assert {entry.path: (entry.size_bytes, entry.digest) for entry in manifest.entries} == {
        path: (len(content), Digest.of(content)) for path, content in CONTENTS.items()
    }
    assert manifest.file_count == len(CONTENTS)
    assert manifest.size_bytes == sum(map(len, CONTENTS.values()))


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum")
def test_digests_are_those_of_sha256sum(dataset: Path) -> None:
    for entry in fingerprint(dataset).entries:
        printed = subprocess.run(
            ["sha256sum", "--", dataset / entry.path],
            capture_output=True,
            check=True,
        ).stdout
        # It escapes a name with a backslash or newline in front of the digest; none has one here.
        assert printed.split()[0].decode() == entry.digest.hex


def test_a_copy_elsewhere_gives_the_same_manifest(dataset: Path, tmp_path: Path) -> None:
    original = fingerprint(dataset)
    paths = list(CONTENTS)
    random.Random(1).shuffle(paths)  # noqa: S311  # an order, not a secret
    copy = write(tmp_path / "else where", {path: CONTENTS[path] for path in paths})
    for number, path in enumerate(paths):
        os.utime(copy / path, (number, number))
        (copy / path).chmod(0o600)
    (copy / "empty directory").mkdir()
    assert fingerprint(copy) == original
    assert fingerprint(copy).content_root == original.content_root
    assert fingerprint(copy).manifest_digest == original.manifest_digest


def test_listing_order_makes_no_difference(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = fingerprint(dataset)
    listed = os.scandir

    class Reversed:
        def __init__(self, path: str) -> None:
            with listed(path) as entries:
                self.entries = sorted(entries, key=lambda entry: entry.name, reverse=True)

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self.entries

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(os, "scandir", Reversed)
    assert fingerprint(dataset) == expected


def test_every_way_to_name_a_directory_gives_the_same(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = fingerprint(dataset)
    monkeypatch.chdir(dataset)
    for path in (f"{dataset}/", f"{dataset}//", ".", "./", "../dataset", "images/..", Path()):
        assert fingerprint(path) == expected


def test_a_single_file_is_listed_under_its_own_name(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = fingerprint(dataset / "data" / "table.csv")
    assert [entry.path for entry in expected.entries] == ["table.csv"]
    assert expected.entries[0].digest == Digest.of(b"id\n1\n")
    monkeypatch.chdir(dataset / "data")
    assert fingerprint("table.csv") == fingerprint("./table.csv") == expected


def test_a_changed_byte_changes_the_root(dataset: Path) -> None:
    before = fingerprint(dataset)
    (dataset / "data" / "table.csv").write_bytes(b"id\n2\n")
    after = fingerprint(dataset)
    assert before.size_bytes == after.size_bytes
    assert before.content_root != after.content_root


def test_a_sparse_file_is_hashed_in_full(tmp_path: Path) -> None:
    size_bytes = 3 * 1024 * 1024 + 1
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(size_bytes)
    (entry,) = fingerprint(tmp_path).entries
    assert entry.size_bytes == size_bytes
    assert entry.digest.value == hashlib.sha256(bytes(size_bytes)).digest()


def test_hard_links_are_files_like_others(dataset: Path) -> None:
    (dataset / "linked").hardlink_to(dataset / "README.md")
    entries = {entry.path: entry for entry in fingerprint(dataset).entries}
    assert entries["linked"].digest == entries["README.md"].digest


def test_many_files_and_large_ones_are_divided_among_processes(tmp_path: Path) -> None:
    contents = {f"small/{number:04}": b"%d" % number for number in range(2_500)}
    write(tmp_path, contents | {"large": b"x" * (batches.BATCH_BYTES + 1)})
    assert len(batches.divide(pool_scan(tmp_path))) == 4
    assert fingerprint(tmp_path, workers=2) == fingerprint(tmp_path, workers=1)


def pool_scan(directory: Path) -> Any:
    from dataledger.manifest.scan import scan

    return scan(str(directory)).files


@pytest.mark.parametrize("directory", ["", "a/b/c"])
def test_no_files_no_manifest(tmp_path: Path, directory: str) -> None:
    (tmp_path / directory).mkdir(parents=True, exist_ok=True)
    with pytest.raises(ManifestError, match="holds no files"):
        fingerprint(tmp_path)


@pytest.mark.parametrize("count", [0, -1])
def test_someone_must_do_the_work(dataset: Path, count: int) -> None:
    with pytest.raises(InvalidArgument, match=f"{count} workers"):
        fingerprint(dataset, workers=count)


# ---------------------------------------------------------------------------------- progress


def test_progress_runs_from_nothing_to_everything(dataset: Path, workers: int) -> None:
    seen: list[Progress] = []
    fingerprint(dataset, workers=workers, progress=seen.append)
    files, size_bytes = len(CONTENTS), sum(map(len, CONTENTS.values()))
    assert (seen[0].files_total, seen[0].bytes_total) == (files, size_bytes)
    assert seen[-1] == Progress(files, files, size_bytes, size_bytes)
    assert seen == sorted(seen, key=lambda each: (each.files_done, each.bytes_done))


def test_progress_begins_at_nothing(dataset: Path) -> None:
    seen: list[Progress] = []
    fingerprint(dataset, workers=1, progress=seen.append)
    assert (seen[0].files_done, seen[0].bytes_done) == (0, 0)


def test_progress_comes_within_files_and_not_too_often(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    called_at_seconds: list[float] = []
    within: list[int] = []

    def record(progress: Progress) -> None:
        called_at_seconds.append(time.monotonic())
        if progress.files_done == 0:
            within.append(progress.bytes_done)

    started_at_seconds = time.monotonic()
    fingerprint(tmp_path, progress=record)
    elapsed_seconds = time.monotonic() - started_at_seconds
    assert any(0 < count < 200 * 1024 * 1024 for count in within)
    assert len(called_at_seconds) <= elapsed_seconds * 20 + 2


class NoMoreError(Exception):
    """Raised by a caller's own callback."""


def test_what_the_callback_raises_ends_the_run(dataset: Path, workers: int) -> None:
    def refuse(_: Progress) -> None:
        raise NoMoreError

    with pytest.raises(NoMoreError):
        fingerprint(dataset, workers=workers, progress=refuse)


def test_manifests_read_back(dataset: Path, workers: int) -> None:
    manifest = fingerprint(dataset, workers=workers)
    assert Manifest.parse(manifest.to_bytes()) == manifest


def test_the_default_is_one_worker_for_each_processor(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real: Any = pool.hash_in_pool

    def record(scan: Any, parts: Any, workers: int, callback: Any) -> Any:
        asked.append(workers)
        return real(scan, parts, workers, callback)

    monkeypatch.setattr(batches, "BATCH_FILES", 1)
    monkeypatch.setattr(pool, "hash_in_pool", record)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    fingerprint(dataset)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    fingerprint(dataset)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    fingerprint(dataset)  # one worker: no pool
    assert asked == [3, 2]
