"""The cache: whatever it holds, a manifest is what it would be without; little is read twice."""

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dataledger.errors import InvalidArgument, ManifestMismatch, SourceChanged
from dataledger.hashing import TREE_CHUNK_BYTES, Algorithm
from dataledger.manifest import (
    Manifest,
    Progress,
    batches,
    cache,
    fingerprint,
    identity,
    journal,
    kept,
    reading,
)
from dataledger.manifest.cache import ManifestCache
from dataledger.manifest.content import SMALL_BYTES

TICK_SECONDS = 0.03
"""Longer than the clock that file systems take their times from needs to advance."""

pytestmark = pytest.mark.usefixtures("quick_clock")


@pytest.fixture
def quick_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files be settled after one tick, and not only after two seconds."""
    monkeypatch.setattr(identity, "RACY_NS", int(TICK_SECONDS * 1e9))


def settle() -> None:
    time.sleep(3 * TICK_SECONDS)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    directory = tmp_path / "dataset"
    for number in range(40):
        path = directory / f"d{number % 3}" / f"{number:03}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%d" % number)
    settle()
    return directory


@pytest.fixture
def unsampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ManifestCache:
    """Return a cache that reads no sample, so that it shows what else is read."""
    monkeypatch.setattr(cache, "LEAST_SAMPLE", 0)
    return ManifestCache(tmp_path / "cache", sample_share=0)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the dataset's files that are opened, as that happens."""
    names: list[str] = []
    real = os.open

    def record(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if "dir_fd" in options:
            names.append(path)
        return real(path, flags, *arguments, **options)

    monkeypatch.setattr(os, "open", record)
    return names


def cached(dataset: Path, memory: ManifestCache, **options: Any) -> Manifest:
    manifest = fingerprint(dataset, cache=memory, workers=1, **options)
    assert manifest.to_bytes() == fingerprint(dataset, workers=1, **options).to_bytes()
    assert memory.failure is None
    return manifest


# --------------------------------------------------------------------------- what is read again


def test_unchanged_files_are_not_read_again(
    dataset: Path, unsampled: ManifestCache, opened: list[str]
) -> None:
    first = fingerprint(dataset, cache=unsampled, workers=1)
    assert len(opened) == 40
    opened.clear()
    again = fingerprint(dataset, cache=unsampled, workers=1)
    assert opened == []
    assert again == first
    assert again.content_root == first.content_root == Manifest(first.entries).content_root


def test_a_changed_file_is_read_alone(
    dataset: Path, unsampled: ManifestCache, opened: list[str]
) -> None:
    fingerprint(dataset, cache=unsampled, workers=1)
    (dataset / "d1" / "004").write_bytes(b"changed")
    settle()
    opened.clear()
    assert fingerprint(dataset, cache=unsampled, workers=1) == fingerprint(dataset, workers=1)
    assert opened == ["004", *opened[1:41]]
    assert len(opened) == 41, "one with the cache, and all without"


@pytest.mark.parametrize(
    "change",
    [
        lambda data: (data / "a new one").write_bytes(b"new"),
        lambda data: (data / "d1" / "zzz").write_bytes(b"new"),
        lambda data: (data / "d0" / "000").unlink(),
        lambda data: (data / "d0" / "000").rename(data / "d2" / "moved"),
        lambda data: (data / "d0").rename(data / "d9"),
    ],
    ids=["first", "last", "removed", "moved", "directory moved"],
)
def test_files_are_found_again_where_others_come_and_go(
    dataset: Path, unsampled: ManifestCache, opened: list[str], change: Callable[[Path], object]
) -> None:
    cached(dataset, unsampled)
    change(dataset)
    settle()
    opened.clear()
    fingerprint(dataset, cache=unsampled, workers=1)
    assert len(opened) <= 14, "at most the files of the directory that moved"
    cached(dataset, unsampled)


def test_whole_parts_are_kept_and_others_made_anew(
    tmp_path: Path, unsampled: ManifestCache, opened: list[str]
) -> None:
    directory = tmp_path / "many"
    directory.mkdir()
    for number in range(2_500):
        (directory / f"{number:04}").write_bytes(b"%d" % number)
    settle()
    first = fingerprint(directory, cache=unsampled, workers=1)
    (directory / "1500").write_bytes(b"changed")
    settle()
    opened.clear()
    again = fingerprint(directory, cache=unsampled, workers=1)
    assert opened == ["1500"]
    assert again.parts[0] == first.parts[0]
    assert again.parts[2] == first.parts[2]
    assert again.parts[1] != first.parts[1]
    assert again.to_bytes() == fingerprint(directory, workers=1).to_bytes()
    assert again.content_root == Manifest(again.entries).content_root


def test_a_file_written_just_before_the_run_is_read_again(
    dataset: Path, unsampled: ManifestCache, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "RACY_NS", 3_600_000_000_000)
    fingerprint(dataset, cache=unsampled, workers=1)
    opened.clear()
    fingerprint(dataset, cache=unsampled, workers=1)
    assert len(opened) == 40


def test_a_change_within_one_tick_of_the_clock_is_seen(
    dataset: Path, unsampled: ManifestCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change that has the same size and times: only the time before the run gives it away."""
    path = dataset / "d0" / "000"
    now = time.time_ns()
    real = identity.identity
    monkeypatch.setattr(identity, "RACY_NS", 2_000_000_000)

    def same_tick(info: os.stat_result) -> bytes:
        fields = list(identity.IDENTITY.unpack(real(info)))
        return identity.IDENTITY.pack(*fields[:3], now, now)

    monkeypatch.setattr("dataledger.manifest.reading.identity", same_tick)
    before = fingerprint(dataset, cache=unsampled, workers=1)
    path.write_bytes(b"X")
    after = fingerprint(dataset, cache=unsampled, workers=1)
    assert after != before


def test_other_digests_are_no_digests_of_these(
    dataset: Path, unsampled: ManifestCache, opened: list[str]
) -> None:
    for digests in (
        [Algorithm.SHA256],
        [Algorithm.BLAKE3],
        [Algorithm.BLAKE3, Algorithm.SHA256],
        [Algorithm.SHA256, Algorithm.SM3, Algorithm.BLAKE3],
    ):
        cached(dataset, unsampled, digests=digests)
        opened.clear()
        fingerprint(dataset, cache=unsampled, workers=1, digests=digests)
        assert opened == []


def test_another_dataset_is_another(
    dataset: Path, tmp_path: Path, unsampled: ManifestCache
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(dataset, copy)
    (copy / "d0" / "000").write_bytes(b"!")
    settle()
    for each in (dataset, copy, dataset, copy):
        cached(each, unsampled)


def test_progress_counts_what_need_not_be_read(dataset: Path, unsampled: ManifestCache) -> None:
    fingerprint(dataset, cache=unsampled)
    (dataset / "d0" / "000").write_bytes(b"changed")
    settle()
    seen: list[Progress] = []
    fingerprint(dataset, cache=unsampled, progress=seen.append)
    assert (seen[-1].files_done, seen[-1].files_total) == (40, 40)
    assert seen[-1].bytes_done == seen[-1].bytes_total


# ----------------------------------------------------------------------------------- the sample


def rewrite_unseen(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change a file so that its identity stays, as a broken storage would."""
    before = identity.identity(path.stat())
    path.write_bytes(b"?" * path.stat().st_size)
    after = identity.identity(path.stat())
    real = identity.identity

    def unchanged(info: os.stat_result) -> bytes:
        found = real(info)
        return before if found == after else found

    monkeypatch.setattr("dataledger.manifest.reading.identity", unchanged)


def test_a_file_that_changed_unseen_is_noticed_and_the_cache_emptied(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = ManifestCache(tmp_path / "cache", sample_share=1)
    fingerprint(dataset, cache=memory, workers=1)
    rewrite_unseen(dataset / "d2" / "005", monkeypatch)
    with pytest.raises(ManifestMismatch, match=r"'d2/005' has another content") as caught:
        fingerprint(dataset, cache=memory, workers=1)
    assert "without the cache" in caught.value.remedy
    assert list(memory.directory.iterdir()) == []
    cached(dataset, memory)


def test_the_sample_is_random_and_bounded(tmp_path: Path) -> None:
    memory = ManifestCache(tmp_path)
    assert memory.sample_of([]) == []
    assert memory.sample_of([3, 5]) == [3, 5]
    assert len(memory.sample_of(range(500))) == 10
    assert len(memory.sample_of(range(50_000))) == 500
    assert len(memory.sample_of(range(10_000_000))) == 1_000
    assert memory.sample_of(range(50_000)) != memory.sample_of(range(50_000))


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_a_share(tmp_path: Path, share: float) -> None:
    with pytest.raises(InvalidArgument, match="no share"):
        ManifestCache(tmp_path, sample_share=share)


# --------------------------------------------------------------------- damage and foreign files


def test_the_cache_is_for_its_owner_alone(dataset: Path, unsampled: ManifestCache) -> None:
    cached(dataset, unsampled)
    assert unsampled.directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in unsampled.directory.iterdir()} == {0o600}
    assert sorted(path.suffix for path in unsampled.directory.iterdir()) == [".cache", ".manifest"]


def test_only_the_newest_manifest_is_kept(dataset: Path, unsampled: ManifestCache) -> None:
    for number in range(3):
        (dataset / "d0" / "000").write_bytes(b"%d" % number)
        settle()
        manifest = cached(dataset, unsampled)
    (kept,) = unsampled.directory.glob("*.manifest")
    assert kept.read_bytes() == manifest.to_bytes()


@pytest.mark.parametrize("suffix", [".cache", ".manifest"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"something else altogether"),
        lambda path: os.truncate(path, path.stat().st_size - 1),
        lambda path: path.write_bytes(path.read_bytes() + b"\0"),
        lambda path: (path.unlink(), path.mkdir()),
    ],
    ids=["missing", "empty", "foreign", "short", "long", "directory"],
)
def test_a_damaged_cache_is_ignored(
    dataset: Path,
    unsampled: ManifestCache,
    opened: list[str],
    suffix: str,
    damage: Callable[[Path], object],
) -> None:
    expected = cached(dataset, unsampled)
    (path,) = unsampled.directory.glob(f"*{suffix}")
    damage(path)
    opened.clear()
    assert fingerprint(dataset, cache=unsampled, workers=1) == expected
    assert len(opened) == 40


def test_a_cache_that_says_it_is_huge_takes_no_memory(
    dataset: Path, unsampled: ManifestCache
) -> None:
    expected = cached(dataset, unsampled)
    (path,) = unsampled.directory.glob("*.cache")
    content = path.read_bytes()
    place = len(kept._MAGIC)
    assert content[place : place + 8] == (40).to_bytes(8)
    path.write_bytes(content[:place] + (2**30).to_bytes(8) + content[place + 8 :])
    tracemalloc.start()
    assert kept.load(path) is None
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_bytes < 1024**2
    assert fingerprint(dataset, cache=unsampled, workers=1) == expected


def test_no_byte_can_be_altered_unseen(dataset: Path, unsampled: ManifestCache) -> None:
    expected = cached(dataset, unsampled)
    originals = {path: path.read_bytes() for path in unsampled.directory.iterdir()}

    @settings(max_examples=25, deadline=None)
    @given(st.data())
    def altered(data: st.DataObject) -> None:
        for path, content in originals.items():
            path.write_bytes(content)
        path = data.draw(st.sampled_from(sorted(originals)))
        other = bytearray(originals[path])
        at = data.draw(st.integers(0, len(other) - 1))
        other[at] ^= data.draw(st.integers(1, 255))
        path.write_bytes(other)
        assert fingerprint(dataset, cache=unsampled, workers=1) == expected

    altered()


@given(st.binary(max_size=300))
@settings(max_examples=40, deadline=None)
def test_any_bytes_can_stand_in_a_journal(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "x.journal"
        framed = len(content).to_bytes(4, "big") + content + hashlib.sha256(content).digest()[:8]
        path.write_bytes(journal._MAGIC + framed)
        assert journal.read_journal(path).hashes("a", content) is None
        path.write_bytes(content)
        assert journal.read_journal(path).hashes("a", content) is None


def test_a_cache_that_cannot_be_written_stops_nothing(
    dataset: Path, unsampled: ManifestCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cached(dataset, unsampled)
    kept = {path: path.read_bytes() for path in unsampled.directory.iterdir()}
    (dataset / "d0" / "000").write_bytes(b"changed")
    settle()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        manifest = fingerprint(dataset, cache=unsampled, workers=1)
    assert manifest == fingerprint(dataset) != before
    assert unsampled.failure is not None
    assert "No space left on device" in str(unsampled.failure)
    assert {path: path.read_bytes() for path in kept} == kept
    cached(dataset, unsampled)


def test_a_cache_in_the_place_of_a_file_stops_nothing(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    memory = ManifestCache(tmp_path / "file")
    assert fingerprint(dataset, cache=memory) == fingerprint(dataset)
    assert memory.failure is not None


# -------------------------------------------------------------------------------------- resuming


class Interruption(BaseException):
    """Ends a run from outside, as Ctrl-C does."""


def test_an_interrupted_run_goes_on_where_it_was(
    dataset: Path, unsampled: ManifestCache, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "LEAST_BATCH_FILES", 10)
    real = cache.CachedRun.finished
    batches_done: list[int] = []

    def interrupt(self: cache.CachedRun, files: Any, positions: Any) -> None:
        real(self, files, positions)
        batches_done.append(len(positions))
        if len(batches_done) == 3:
            raise Interruption

    with monkeypatch.context() as patch:
        patch.setattr(cache.CachedRun, "finished", interrupt)
        with pytest.raises(Interruption):
            fingerprint(dataset, cache=unsampled, workers=1)
    assert len(opened) == 30
    first = list(opened)
    opened.clear()
    manifest = fingerprint(dataset, cache=unsampled, workers=1)
    assert len(opened) == 10
    assert not set(opened) & set(first)
    assert manifest == fingerprint(dataset)
    assert list(unsampled.directory.glob("*.journal")) == []


def test_an_interrupted_run_does_not_vouch_for_what_has_changed_since(
    dataset: Path, unsampled: ManifestCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise Interruption

    with monkeypatch.context() as patch:
        patch.setattr(cache.CachedRun, "require_sample", interrupt)
        with pytest.raises(Interruption):
            fingerprint(dataset, cache=unsampled)
    (dataset / "d0" / "000").write_bytes(b"X")
    cached(dataset, unsampled)


def test_finished_ranges_of_a_large_file_are_not_read_again(
    tmp_path: Path, unsampled: ManifestCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "RANGE_BYTES", TREE_CHUNK_BYTES)
    directory = tmp_path / "large"
    directory.mkdir()
    (directory / "file").write_bytes(os.urandom(5 * TREE_CHUNK_BYTES + 3))
    settle()
    read: list[range] = []
    real = reading.hash_range

    def record(batch: Any, extent: range, tick: Any) -> bytes:
        if len(read) == 4:
            raise Interruption
        read.append(extent)
        return real(batch, extent, tick)

    digests = [Algorithm.SHA256_TREE]
    monkeypatch.setattr(batches, "hash_range", record)
    with pytest.raises(Interruption):
        fingerprint(directory, digests=digests, cache=unsampled, workers=1)
    first = list(read)
    read.clear()
    manifest = fingerprint(directory, digests=digests, cache=unsampled, workers=1)
    assert len(first) == 4
    assert len(read) == 2
    assert not set(read) & set(first)
    monkeypatch.setattr(batches, "hash_range", real)
    assert manifest == fingerprint(directory, digests=digests)


def test_a_torn_journal_counts_up_to_the_tear(
    dataset: Path, unsampled: ManifestCache, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "LEAST_BATCH_FILES", 10)

    def interrupt(*_: object) -> None:
        raise Interruption

    with monkeypatch.context() as patch:
        patch.setattr(cache.CachedRun, "require_sample", interrupt)
        with pytest.raises(Interruption):
            fingerprint(dataset, cache=unsampled, workers=1)
    (path,) = unsampled.directory.glob("*.journal")
    os.truncate(path, path.stat().st_size - 3)
    opened.clear()
    manifest = fingerprint(dataset, cache=unsampled, workers=1)
    assert len(opened) == 10
    assert manifest == fingerprint(dataset)


PROGRAM = """
    import os, sys, time
    from dataledger.manifest import batches, cache, fingerprint, identity, journal
    from dataledger.manifest.cache import ManifestCache
    identity.RACY_NS = 10_000_000
    cache.LEAST_SAMPLE = 0
    journal.FLUSH_SECONDS = 0.0
    batches.LEAST_BATCH_FILES = 2
    real, opened = os.open, 0
    def record(path, flags, *arguments, **options):
        global opened
        opened += "dir_fd" in options
        if {slow}:
            time.sleep(0.03)
        return real(path, flags, *arguments, **options)
    os.open = record
    print("begun", flush=True)
    manifest = fingerprint({dataset!r}, cache=ManifestCache({cache!r}, sample_share=0),
                           workers={workers})
    print(opened, manifest.content_root)
"""


def run(dataset: Path, directory: Path, *, slow: bool, workers: int) -> subprocess.Popen[str]:
    program = PROGRAM.format(dataset=str(dataset), cache=str(directory), slow=slow, workers=workers)
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize(("ending", "workers"), [(signal.SIGKILL, 2), (signal.SIGINT, 1)])
def test_a_killed_run_goes_on_where_it_was(
    dataset: Path, tmp_path: Path, ending: signal.Signals, workers: int
) -> None:
    directory = tmp_path / "cache"
    killed = run(dataset, directory, slow=True, workers=workers)
    deadline_seconds = time.monotonic() + 20
    while time.monotonic() < deadline_seconds:
        journals = list(directory.glob("*.journal")) if directory.exists() else []
        if journals and journals[0].stat().st_size > 1_500:
            break
        time.sleep(0.01)
    os.killpg(killed.pid, ending)
    killed.communicate(timeout=20)
    assert not list(directory.glob("*.cache"))
    printed, _ = run(dataset, directory, slow=False, workers=1).communicate(timeout=20)
    opened, root = printed.splitlines()[-1].split()
    assert 0 < int(opened) < 36
    assert root == str(fingerprint(dataset).content_root)


# ----------------------------------------------------------------------------- as if without it


def test_a_change_during_a_cached_run_is_noticed(dataset: Path, unsampled: ManifestCache) -> None:
    cached(dataset, unsampled)

    def interfere(progress: Progress) -> None:
        if progress.files_done == progress.files_total:
            (dataset / "d1" / "001").write_bytes(b"late")

    with pytest.raises(SourceChanged, match="'d1/001' was written"):
        fingerprint(dataset, cache=unsampled, progress=interfere)
    settle()
    cached(dataset, unsampled)


NAMES = [f"{directory}{name}" for directory in ("", "a/", "b/") for name in "uvwxyz"]


class AnyEdits(RuleBasedStateMachine):
    """Whatever is done to a dataset between runs, a run with the cache equals one without."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.data = self.home / "data"
        self.memory = ManifestCache(self.home / "cache")

    @initialize()
    def begin(self) -> None:
        for directory in ("a", "b"):
            (self.data / directory).mkdir(parents=True)
        (self.data / "always").write_bytes(b"there")

    @rule(name=st.sampled_from(NAMES), content=st.binary(max_size=3))
    def write(self, name: str, content: bytes) -> None:
        (self.data / name).write_bytes(content)

    @rule(name=st.sampled_from(NAMES))
    def remove(self, name: str) -> None:
        (self.data / name).unlink(missing_ok=True)

    @rule(name=st.sampled_from(NAMES), other=st.sampled_from(NAMES))
    def move(self, name: str, other: str) -> None:
        if (self.data / name).exists():
            (self.data / name).rename(self.data / other)

    @rule(name=st.sampled_from(NAMES), seconds=st.integers(-5, 5))
    def touch(self, name: str, seconds: int) -> None:
        if (self.data / name).exists():
            now_ns = time.time_ns() + seconds * 1_000_000_000
            os.utime(self.data / name, ns=(now_ns, now_ns))

    @rule()
    def wait(self) -> None:
        time.sleep(TICK_SECONDS)

    @invariant()
    def with_it_equals_without(self) -> None:
        if self.data.exists():
            expected = fingerprint(self.data, workers=1)
            assert fingerprint(self.data, cache=self.memory, workers=1) == expected
            there = [path for path in self.data.rglob("*") if path.is_file()]
            assert expected.file_count == len(there)

    def teardown(self) -> None:
        shutil.rmtree(self.home)


TestAnyEdits = AnyEdits.TestCase
TestAnyEdits.settings = settings(max_examples=8, stateful_step_count=12, deadline=None)


def test_large_files_are_remembered(
    tmp_path: Path, unsampled: ManifestCache, opened: list[str]
) -> None:
    directory = tmp_path / "large"
    directory.mkdir()
    (directory / "large").write_bytes(bytes(SMALL_BYTES + 1))
    (directory / "small").write_bytes(b"")
    settle()
    cached(directory, unsampled)
    opened.clear()
    fingerprint(directory, cache=unsampled, workers=1)
    assert opened == []
