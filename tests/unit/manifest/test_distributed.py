"""Fingerprints divided into calls: the same as undivided ones, whatever the order of answers."""

from __future__ import annotations

import hashlib
import os
import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import (
    InvalidArgument,
    ManifestError,
    RecordError,
    SourceChanged,
    SourceNotFound,
    SourceUnreadable,
)
from dataledger.hashing import TREE_CHUNK_BYTES, Algorithm, Hash32, leaf_hash, root
from dataledger.manifest import fingerprint
from dataledger.manifest.distributed import combine, fingerprint_by, run_by
from dataledger.manifest.engines.files import (
    SharedFile,
    TreeSpan,
    WholeFiles,
    divide,
    hash_unit,
    require_seen,
)
from dataledger.manifest.records.accelerate import Engine as RecordEngine
from dataledger.manifest.records.engine import RecordOptions, RecordProgress, read_records
from dataledger.manifest.records.secret import DatasetSecret

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path
    from typing import TypeVar

    from dataledger.manifest import Progress
    from dataledger.manifest.engines.files import Unit

    T = TypeVar("T")
    R = TypeVar("R")

SHA256 = (Algorithm.SHA256,)
TREE = (Algorithm.SHA256_TREE,)

SECRET = b"a secret of exactly 32 bytes ..."
KEYS = DatasetSecret(SECRET).keys()


class Shuffled:
    """An engine in this process, whose results come in any order."""

    workers = 2

    def __init__(self, unit_bytes: int = 1000) -> None:
        self.unit_bytes = unit_bytes
        self.sent: list[bytes] = []

    def map(
        self, function: Callable[[T], R], items: Iterable[T]
    ) -> Generator[tuple[int, R], None, None]:
        results: list[tuple[int, R]] = []
        for index, item in enumerate(items):
            self.sent.append(pickle.dumps((function, item)))
            called, arrived = pickle.loads(self.sent[-1])  # noqa: S301
            results.append((index, called(arrived)))
        results.sort(key=lambda result: result[0] * 7 % 11)
        yield from results


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "below").mkdir(parents=True)
    for number in range(30):
        content = bytes([number]) * (number * 37)
        (folder / ("below" if number % 2 else "") / f"{number:02}").write_bytes(content)
    return folder


def shared(directory: Path, name: str) -> SharedFile:
    info = (directory / name).stat()
    return SharedFile(name, info.st_size, info.st_mtime_ns)


# ----------------------------------------------------------------------------------------- files


def test_the_manifest_is_the_local_one(data: Path) -> None:
    engine = Shuffled()
    assert fingerprint_by(engine, data) == fingerprint(data)
    assert len(engine.sent) > 5


def test_the_same_function_takes_an_engine(data: Path) -> None:
    engine = Shuffled()
    assert fingerprint(data, engine=engine) == fingerprint(data)
    assert engine.sent


def test_an_engine_leaves_no_choice_of_workers(data: Path) -> None:
    with pytest.raises(InvalidArgument, match="workers of its own"):
        fingerprint(data, engine=Shuffled(), workers=2)


def test_a_single_file_is_fingerprinted_under_its_own_name(data: Path) -> None:
    assert fingerprint_by(Shuffled(), data / "28") == fingerprint(data / "28")


def test_a_relative_path_means_the_same_on_all_machines(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = fingerprint(data)
    monkeypatch.chdir(data.parent)
    assert fingerprint_by(Shuffled(), "data") == expected


def test_each_digest_asked_for_is_made(data: Path) -> None:
    manifest = fingerprint_by(Shuffled(), data, digests=(Algorithm.SM3, Algorithm.SHA256))
    plain = {file.path: file.digest for file in fingerprint(data).entries}
    for file in manifest.entries:
        assert file.digest.algorithm is Algorithm.SM3
        assert file.other_digests == (plain[file.path],)


@pytest.mark.parametrize("chunks", [1, 3, 4, 9])
@pytest.mark.parametrize("rest", [-1, 0, 1])
def test_a_large_file_is_divided_for_its_tree(tmp_path: Path, chunks: int, rest: int) -> None:
    content = b"".join(bytes([number]) * TREE_CHUNK_BYTES for number in range(chunks + 1))
    content = content[: chunks * TREE_CHUNK_BYTES + rest]
    (tmp_path / "large").write_bytes(content)
    (tmp_path / "empty").write_bytes(b"")
    leaves = [
        Hash32(leaf_hash(content[begin : begin + TREE_CHUNK_BYTES]))
        for begin in range(0, len(content), TREE_CHUNK_BYTES)
    ]
    engine = Shuffled(unit_bytes=3 * TREE_CHUNK_BYTES)
    empty, large = fingerprint_by(engine, tmp_path, digests=TREE).entries
    assert large.digest.value == root(leaves)
    assert empty.digest.value == hashlib.sha256(b"").digest()
    assert len(engine.sent) == 1 + (-(-len(leaves) // 2) if len(leaves) > 2 else 0)


@given(
    sizes=st.lists(st.integers(0, 40), max_size=60),
    unit_bytes=st.integers(1, 100),
    algorithms=st.sampled_from([SHA256, TREE]),
)
def test_units_cover_each_file_once_and_are_no_larger_than_asked(
    sizes: list[int], unit_bytes: int, algorithms: tuple[Algorithm, ...]
) -> None:
    scaled = TREE_CHUNK_BYTES // 8
    files = [SharedFile(str(number), size * scaled, 0) for number, size in enumerate(sizes)]
    units = divide("d", files, algorithms, unit_bytes * scaled)
    covered: dict[str, int] = {}
    for unit in units:
        assert unit.size_bytes <= max(unit_bytes * scaled, TREE_CHUNK_BYTES) or (
            isinstance(unit, WholeFiles) and len(unit.files) == 1
        )
        if isinstance(unit, TreeSpan):
            assert covered.get(unit.files[0].path, 0) == unit.begin
            covered[unit.files[0].path] = unit.end
        else:
            assert not covered.keys() & {file.path for file in unit.files}
            covered.update({file.path: file.size_bytes for file in unit.files})
    assert covered == {file.path: file.size_bytes for file in files}
    assert sum(unit.files_ended for unit in units) == len(files)


def test_progress_begins_with_nothing_and_ends_with_all(data: Path) -> None:
    seen: list[Progress] = []
    fingerprint_by(Shuffled(), data, progress=seen.append)
    assert (seen[0].files_done, seen[0].bytes_done) == (0, 0)
    assert seen[-1].files_done == seen[-1].files_total == 30
    assert seen[-1].bytes_done == seen[-1].bytes_total > 0


def test_what_progress_raises_ends_the_run(data: Path) -> None:
    def stop(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fingerprint_by(Shuffled(), data, progress=stop)


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="holds no files"):
        fingerprint_by(Shuffled(), tmp_path)


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound):
        fingerprint_by(Shuffled(), tmp_path / "none")


def test_a_digest_named_twice_is_refused(data: Path) -> None:
    with pytest.raises(InvalidArgument):
        fingerprint_by(Shuffled(), data, digests=SHA256 * 2)


# ---------------------------------------------------------------------------------------- stores


@pytest.fixture
def store() -> Iterator[str]:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    for number in range(20):
        memory.pipe(f"/cluster/{number:02}", bytes([number]) * number * 100)
    yield "memory://cluster"
    memory.rm("/cluster", recursive=True)


def test_workers_read_from_a_store_themselves(store: str) -> None:
    engine = Shuffled()
    assert fingerprint_by(engine, store) == fingerprint(store)
    assert len(engine.sent) > 5


def test_each_digest_asked_for_is_made_of_what_lies_in_a_store(store: str) -> None:
    digests = (Algorithm.SM3, Algorithm.SHA256)
    assert fingerprint_by(Shuffled(), store, digests=digests) == fingerprint(store, digests=digests)


def test_records_of_a_store_are_refused(store: str) -> None:
    with pytest.raises(InvalidArgument, match="cannot be read from afar"):
        fingerprint_by(Shuffled(), store, records=RecordOptions(KEYS))


def test_a_file_url_names_a_path(data: Path) -> None:
    assert fingerprint_by(Shuffled(), f"file://{data}") == fingerprint(data)


# ------------------------------------------------------------------------------- on other machines


class TestUnit:
    """What a worker does that sees something else than the machine that listed the files."""

    def unit(self, data: Path, file: SharedFile) -> Unit:
        return WholeFiles(str(data), (file,), SHA256)

    def test_gives_the_hashes_of_its_files(self, data: Path) -> None:
        files = (shared(data, "02"), shared(data, "04"))
        hashes = hash_unit(WholeFiles(str(data), files, SHA256))
        assert hashes == b"".join(
            hashlib.sha256((data / file.path).read_bytes()).digest() for file in files
        )

    @pytest.mark.parametrize("other", ["size_bytes", "modified_at_ns"])
    def test_refuses_a_file_that_is_another_one_here(self, data: Path, other: str) -> None:
        file = shared(data, "02")
        file = SharedFile(**(file._asdict() | {other: 1}))
        with pytest.raises(SourceChanged, match=r"'02' has 74 bytes, .* were listed"):
            hash_unit(self.unit(data, file))
        with pytest.raises(SourceChanged, match="'02'"):
            require_seen(str(data), file)

    def test_refuses_a_file_that_is_gone(self, data: Path) -> None:
        with pytest.raises(SourceChanged, match="'none' was removed"):
            hash_unit(self.unit(data, SharedFile("none", 1, 1)))

    def test_says_that_the_storage_is_not_mounted(self, data: Path) -> None:
        with pytest.raises(SourceNotFound, match=r"no directory '.*/elsewhere'") as caught:
            hash_unit(self.unit(data / "elsewhere", SharedFile("02", 1, 1)))
        assert "Mount the storage" in caught.value.remedy

    def test_refuses_a_link_and_a_directory_and_waits_for_no_pipe(self, data: Path) -> None:
        (data / "link").symlink_to("02")
        os.mkfifo(data / "pipe")
        for name in ("link", "pipe", "below"):
            with pytest.raises(SourceChanged, match=f"'{name}'"):
                hash_unit(self.unit(data, shared(data, name)))

    def test_refuses_a_file_that_may_not_be_read(
        self, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def denied(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "open", denied)
        with pytest.raises(SourceUnreadable, match="'02' cannot be read: Permission denied"):
            hash_unit(self.unit(data, shared(data, "02")))

    @pytest.mark.parametrize("size", [0, 5_000_000])
    def test_notices_a_file_that_changes_while_it_is_read(
        self, data: Path, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        file = shared(data, "02")
        readv = os.readv

        def resizing(descriptor: int, buffers: list[memoryview]) -> int:
            os.truncate(data / "02", size)
            return readv(descriptor, buffers)

        monkeypatch.setattr(os, "readv", resizing)
        with pytest.raises(SourceChanged, match="while it was being read"):
            hash_unit(self.unit(data, file))


# --------------------------------------------------------------------------------------- records


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    folder = tmp_path / "lines"
    folder.mkdir()
    for count in (1, 300, 70_000):
        text = "".join(f'{{"n":{number}}}\n' for number in range(count))
        (folder / f"{count}.jsonl").write_text(text)
    (folder / "notes.txt").write_text("no records\n")
    return folder


@pytest.mark.parametrize(
    "options",
    [
        RecordOptions(KEYS, engine=RecordEngine.HASHLIB),
        RecordOptions(KEYS, labels=True, engine=RecordEngine.HASHLIB),
    ],
    ids=["plain", "labels"],
)
def test_record_sets_are_the_local_ones(lines: Path, options: RecordOptions) -> None:
    manifest = fingerprint_by(Shuffled(), lines, records=options)
    for entry in manifest.entries:
        assert entry.records == read_records(lines / entry.path, options)
    assert sum(entry.records is not None for entry in manifest.entries) == 3


def test_progress_over_records_begins_with_nothing_and_ends_with_all(lines: Path) -> None:
    seen: list[RecordProgress] = []
    options = RecordOptions(KEYS, engine=RecordEngine.HASHLIB)
    fingerprint_by(Shuffled(), lines, records=options, record_progress=seen.append)
    assert seen[0] == RecordProgress(0, 0)
    assert seen[-1] == RecordProgress(70_301, 70_301)


def test_a_broken_record_is_named(lines: Path) -> None:
    (lines / "70000.jsonl").write_bytes(b"{}\n\n{}\n")
    with pytest.raises(RecordError, match=r"Line 2 of '.*70000\.jsonl' is empty"):
        fingerprint_by(Shuffled(), lines, records=RecordOptions(KEYS))


def test_a_worker_that_sees_other_records_is_noticed(lines: Path) -> None:
    name = "70000.jsonl"
    file = shared(lines, name)._replace(modified_at_ns=1)
    run = run_by(Shuffled(), str(lines), {str(lines / name): file})
    with pytest.raises(SourceChanged, match=r"'70000\.jsonl' has"):
        list(run(len, [str(lines / name)]))


def test_files_without_records_need_no_keys_and_no_call(data: Path) -> None:
    assert fingerprint_by(Shuffled(), data, records=RecordOptions(KEYS)) == fingerprint(data)


def test_what_workers_are_sent_does_not_hold_the_secret(lines: Path) -> None:
    engine = Shuffled()
    fingerprint_by(engine, lines, records=RecordOptions(KEYS))
    sent = b"".join(engine.sent)
    assert KEYS.record_salt in sent
    assert SECRET not in sent
    assert SECRET.hex().encode() not in sent


def test_answers_are_combined_by_file(data: Path) -> None:
    files = [shared(data, name) for name in ("00", "02", "04")]
    units = divide(str(data), files, SHA256, 100)
    assert combine(units, [hash_unit(unit) for unit in units]) == {
        file.path: hashlib.sha256((data / file.path).read_bytes()).digest() for file in files
    }
