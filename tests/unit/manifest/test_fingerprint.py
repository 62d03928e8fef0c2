"""Fingerprinting: the same files give the same manifest, wherever and however they are read."""

import faulthandler
import hashlib
import os
import random
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from dataledger.errors import (
    DependencyMissing,
    InvalidArgument,
    ManifestError,
    SourceChanged,
)
from dataledger.hashing import TREE_CHUNK_BYTES, Algorithm, Digest, Hash32, leaf_hash, root
from dataledger.manifest import Manifest, Progress, batches, files, fingerprint, pool
from dataledger.manifest.cache import ManifestCache
from dataledger.manifest.content import SMALL_BYTES
from dataledger.manifest.reading import hash_large
from dataledger.manifest.records.engine import RecordOptions, read_record_files, read_records
from dataledger.manifest.records.secret import DatasetSecret

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
    monkeypatch.setattr(batches, "LEAST_BATCH_FILES", 2)
    monkeypatch.setattr(pool, "may_fork", lambda: request.param == "processes")
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


def test_many_files_and_large_ones_are_divided_among_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {f"small/{number:04}": b"%d" % number for number in range(2_500)}
    contents |= {f"large/{number}": bytes([number]) * (SMALL_BYTES + 1) for number in range(5)}
    write(tmp_path, contents)
    monkeypatch.setattr(batches, "LARGE_BATCH_BYTES", 2 * SMALL_BYTES)
    expected = {path: Digest.of(content) for path, content in contents.items()}
    for workers in (1, 2):
        manifest = fingerprint(tmp_path, workers=workers)
        assert {entry.path: entry.digest for entry in manifest.entries} == expected
        assert manifest == Manifest(manifest.entries)


@pytest.mark.parametrize(("count", "threads"), [(1, {2}), (2, {1}), (5, {1})])
def test_a_file_gets_several_threads_only_where_workers_would_be_idle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, threads: set[int]
) -> None:
    monkeypatch.setattr(batches, "THREADS_BYTES", SMALL_BYTES)
    monkeypatch.setattr(batches, "LARGE_BATCH_BYTES", SMALL_BYTES)
    given: list[int] = []

    class RecordingPool(pool.Pool):
        def run(self, tasks: Any, **options: Any) -> Any:
            large = [task for task in tasks if task.function is hash_large]
            given.extend(task.arguments[2] for task in large)
            return super().run(tasks, **options)

    monkeypatch.setattr(files, "Pool", RecordingPool)
    data = write(tmp_path, {f"{number}": os.urandom(SMALL_BYTES + 1) for number in range(count)})
    fingerprint(data, digests=(Algorithm.BLAKE3,), workers=2)
    assert len(given) == count
    assert set(given) == threads


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

    class RecordingPool(pool.Pool):
        def __init__(self, workers: int, *others: Any) -> None:
            asked.append(workers)
            super().__init__(workers, *others)

    monkeypatch.setattr(files, "Pool", RecordingPool)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    fingerprint(dataset)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    fingerprint(dataset)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    fingerprint(dataset)
    assert asked == [3, 2, 1]


# ------------------------------------------------------------------------------- algorithms

SIZES = [
    0,
    1,
    SMALL_BYTES,
    SMALL_BYTES + 1,
    TREE_CHUNK_BYTES - 1,
    TREE_CHUNK_BYTES,
    TREE_CHUNK_BYTES + 1,
    5 * TREE_CHUNK_BYTES + 3,
]


def hash_by(algorithm: Algorithm, content: bytes) -> bytes:
    if algorithm is Algorithm.SHA256_TREE:
        chunks = range(0, len(content), TREE_CHUNK_BYTES)
        return root(leaf_hash(content[at : at + TREE_CHUNK_BYTES]) for at in chunks)
    if algorithm is Algorithm.BLAKE3:
        return blake3(content).digest()
    return hashlib.new(algorithm, content).digest()


@pytest.fixture(scope="module")
def sized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    noise = random.Random(2)  # noqa: S311  # data, not a secret
    contents = {f"{size:08}": noise.randbytes(size) for size in SIZES}
    return write(tmp_path_factory.mktemp("sized"), contents)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_each_algorithm_gives_what_its_own_implementation_does(
    sized: Path, algorithm: Algorithm, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "RANGE_BYTES", 2 * TREE_CHUNK_BYTES)
    monkeypatch.setattr("dataledger.manifest.content.WINDOW_BYTES", TREE_CHUNK_BYTES)
    manifest = fingerprint(sized, digests=[algorithm], workers=workers)
    assert manifest.file_count == len(SIZES)
    for entry in manifest.entries:
        data = (sized / entry.path).read_bytes()
        assert entry.digest == Digest(algorithm, Hash32(hash_by(algorithm, data)))
        assert entry.other_digests == ()


@pytest.mark.parametrize("first", Algorithm)
def test_several_digests_come_from_a_single_reading(
    sized: Path, first: Algorithm, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    real = os.open

    def record(path: str, flags: int, *arguments: Any, **options: Any) -> int:
        opened.extend([path] if not flags & os.O_DIRECTORY else [])
        return real(path, flags, *arguments, **options)

    monkeypatch.setattr(os, "open", record)
    others = [algorithm for algorithm in reversed(Algorithm) if algorithm is not first]
    manifest = fingerprint(sized, digests=[first, *others], workers=1)
    small = [f"{size:08}" for size in SIZES if size <= SMALL_BYTES]
    assert all(opened.count(path) == 1 for path in small)
    for entry in manifest.entries:
        data = (sized / entry.path).read_bytes()
        assert entry.digest == Digest(first, Hash32(hash_by(first, data)))
        assert entry.other_digests == tuple(
            Digest(algorithm, Hash32(hash_by(algorithm, data))) for algorithm in sorted(others)
        )
    assert manifest == Manifest(manifest.entries) == Manifest.parse(manifest.to_bytes())


def test_digests_are_those_that_are_published(tmp_path: Path) -> None:
    write(tmp_path, {"abc": b"abc", "empty": b""})
    sm3 = fingerprint(tmp_path / "abc", digests=[Algorithm.SM3]).entries[0]
    # GB/T 32905-2016, appendix A.1
    assert sm3.digest.hex == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    blake = fingerprint(tmp_path / "empty", digests=[Algorithm.BLAKE3]).entries[0]
    # the first of BLAKE3's official test vectors
    assert blake.digest.hex == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"


@pytest.mark.parametrize("digests", [(), (Algorithm.SM3, Algorithm.SM3)])
def test_digests_are_some_and_different(dataset: Path, digests: tuple[Algorithm, ...]) -> None:
    with pytest.raises(InvalidArgument, match="algorithms are named"):
        fingerprint(dataset, digests=digests)


def test_a_missing_algorithm_is_noticed_before_anything_is_read(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "blake3", None)
    monkeypatch.delattr(os, "scandir")
    with pytest.raises(DependencyMissing, match="BLAKE3 is not installed"):
        fingerprint(dataset, digests=[Algorithm.SHA256, Algorithm.BLAKE3])


@pytest.mark.parametrize("algorithm", [Algorithm.BLAKE3, Algorithm.SHA256_TREE])
def test_a_mapped_file_that_is_cut_short_is_named_and_kills_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: Algorithm
) -> None:
    monkeypatch.setattr(pool, "may_fork", lambda: True)
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(20 * 1024**3)

    def cut(progress: Progress) -> None:
        if progress.bytes_done:
            os.truncate(path, 1)

    faulthandler.disable()  # the process that is killed would print where
    try:
        with pytest.raises(SourceChanged, match="'large' was written"):
            fingerprint(tmp_path, digests=[algorithm], workers=2, progress=cut)
    finally:
        faulthandler.enable(2)


def test_a_file_is_hashed_in_bounded_memory(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(48 * 1024 * 1024)
    program = f"""
        import resource
        from dataledger.hashing import Algorithm
        from dataledger.manifest import fingerprint
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        fingerprint({str(tmp_path)!r}, digests=list(Algorithm), workers=1)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    printed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, check=True, text=True
    ).stdout
    assert int(printed) < 24 * 1024, "KiB"


# ---------------------------------------------------------------------------------- records


@pytest.mark.parametrize("with_cache", [False, True])
def test_files_of_a_format_of_records_say_what_records_they_hold(
    tmp_path: Path, *, with_cache: bool
) -> None:
    data = write(tmp_path / "data", {"lines.jsonl": b"{}\n[]\n", "notes.txt": b"none"})
    keys = DatasetSecret(bytes(32)).keys()
    options = RecordOptions(keys)
    cache = ManifestCache(tmp_path / "cache") if with_cache else None
    for _ in range(2):
        manifest = fingerprint(data, records=options, cache=cache)
        lines, notes = manifest.entries
        assert lines.records == read_records(data / "lines.jsonl", options)
        assert lines.records is not None
        assert notes.records is None
        assert (manifest.record_count, manifest.salt_scheme) == (2, 1)
        assert lines.digest == Digest.of(b"{}\n[]\n")
        assert Manifest.parse(manifest.to_bytes()) == manifest == Manifest(manifest.entries)
    without = fingerprint(data, cache=cache)
    assert (without.record_count, without.salt_scheme) == (0, 0)


def test_a_file_that_changes_while_its_records_are_read_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write(tmp_path / "data", {"lines.jsonl": b"{}\n"})

    def change(paths: list[str], *arguments: Any, **options: Any) -> Any:
        found = read_record_files(paths, *arguments, **options)
        time.sleep(0.03)
        Path(paths[0]).write_bytes(b"[]\n")
        return found

    monkeypatch.setattr("dataledger.manifest.records.engine.read_record_files", change)
    with pytest.raises(SourceChanged, match=r"'lines\.jsonl' was written"):
        fingerprint(data, records=RecordOptions(DatasetSecret(bytes(32)).keys()))
