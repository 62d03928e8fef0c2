"""Whatever a file system may hold or do meanwhile: a clear error that names the file."""

import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dataledger.errors import (
    DataLedgerError,
    InvalidPath,
    SourceChanged,
    SourceNotFound,
    SourceUnreadable,
    UnsafeFile,
)
from dataledger.hashing import TREE_CHUNK_BYTES, Algorithm
from dataledger.manifest import Progress, fingerprint
from dataledger.manifest.identity import IDENTITY, identity
from dataledger.manifest.reading import Batch, hash_large, hash_range, hash_small

TICK_SECONDS = 0.03
"""Longer than the clock that file systems take their times from needs to advance."""


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    directory = tmp_path / "dataset"
    (directory / "data").mkdir(parents=True)
    (directory / "data" / "table.csv").write_bytes(b"id\n1\n")
    (directory / "notes.txt").write_bytes(b"notes")
    return directory


def refuses(path: str | Path, error_class: type[DataLedgerError], *words: str) -> None:
    with pytest.raises(error_class) as caught:
        fingerprint(path)
    for word in words:
        assert word in str(caught.value)
    assert str(caught.value).isprintable()
    assert caught.value.remedy


# ----------------------------------------------------------------------------- nothing there


@pytest.mark.parametrize("path", ["missing", "missing/", "notes.txt/below", "data/../missing"])
def test_a_missing_path(dataset: Path, path: str) -> None:
    refuses(f"{dataset}/{path}", SourceNotFound, "There is no file or directory", path)


def test_an_empty_path() -> None:
    refuses("", SourceNotFound, "''")


def test_a_file_named_as_a_directory(dataset: Path) -> None:
    refuses(f"{dataset}/notes.txt/", SourceNotFound, "notes.txt/", "is a file")


@pytest.mark.parametrize("path", ["a\x00b", "a\ud800b"])
def test_a_path_that_no_system_has(path: str) -> None:
    refuses(path, InvalidPath, repr(path))


def test_a_path_too_long_for_the_system() -> None:
    refuses("x" * 5000, SourceUnreadable, "name too long")


# -------------------------------------------------------------------------------- not files


def test_a_dangling_symbolic_link(dataset: Path) -> None:
    (dataset / "data" / "link").symlink_to("nowhere")
    refuses(dataset, UnsafeFile, "'data/link' is a symbolic link")


def test_a_symbolic_link_to_a_file_of_the_dataset(dataset: Path) -> None:
    (dataset / "link").symlink_to("notes.txt")
    refuses(dataset, UnsafeFile, "'link' is a symbolic link")


def test_a_symbolic_link_to_a_directory(dataset: Path) -> None:
    (dataset / "link").symlink_to("data")
    refuses(dataset, UnsafeFile, "'link' is a symbolic link")


def test_a_loop_of_symbolic_links(dataset: Path) -> None:
    (dataset / "one").symlink_to("two")
    (dataset / "two").symlink_to("one")
    refuses(dataset, UnsafeFile, "is a symbolic link")
    refuses(dataset / "one", UnsafeFile, "is a symbolic link")
    refuses(dataset / "one" / "below", SourceUnreadable, "symbolic links")


def test_a_symbolic_link_to_its_own_parent(dataset: Path) -> None:
    (dataset / "data" / "again").symlink_to("..")
    refuses(dataset, UnsafeFile, "'data/again' is a symbolic link")


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_symbolic_link_as_the_dataset_itself(dataset: Path, slash: str) -> None:
    (dataset.parent / "latest").symlink_to("dataset")
    refuses(f"{dataset.parent}/latest{slash}", UnsafeFile, "latest", "is a symbolic link")


def test_symbolic_links_on_the_way_to_the_dataset_are_followed(dataset: Path) -> None:
    (dataset.parent / "latest").symlink_to("dataset")
    assert fingerprint(dataset.parent / "latest" / "data") == fingerprint(dataset / "data")


def test_a_fifo(dataset: Path) -> None:
    os.mkfifo(dataset / "pipe")
    refuses(dataset, UnsafeFile, "'pipe' is a FIFO")
    refuses(dataset / "pipe", UnsafeFile, "is a FIFO")


def test_a_socket(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(dataset)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        refuses(dataset, UnsafeFile, "'socket' is a socket")


def test_a_device() -> None:
    refuses("/dev/null", UnsafeFile, "'/dev/null' is a character device")


# ------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("red\x1b[31m", "a control character"),
        ("two\nlines", "a control character"),
        ("tab\t", "a control character"),
        ("gpj.\u202eexe", "a bidirectional control character"),
        ("..\\evil", "a backslash"),
    ],
)
@pytest.mark.parametrize("directory", [False, True])
def test_a_name_against_the_rules(
    dataset: Path, name: str, reason: str, *, directory: bool
) -> None:
    if directory:
        (dataset / name).mkdir()
    else:
        (dataset / name).write_bytes(b"")
        refuses(dataset / name, InvalidPath, reason)
    refuses(dataset, InvalidPath, reason, repr(name)[1:-1])


def test_a_name_that_is_not_utf_8(dataset: Path) -> None:
    Path(os.fsdecode(os.fsencode(dataset) + b"/caf\xe9.txt")).write_bytes(b"")
    refuses(dataset, InvalidPath, "bytes that are not UTF-8", r"caf\udce9.txt")


@pytest.mark.parametrize(
    ("one", "other"),
    [("caf\u00e9", "cafe\u0301"), ("README", "readme"), ("Notes.TXT", "notes.txt")],
)
def test_names_that_collide_elsewhere(dataset: Path, one: str, other: str) -> None:
    (dataset / one).write_bytes(b"1")
    if (dataset / other).exists() and other != "notes.txt":
        pytest.skip("this file system already holds the two names for the same")
    (dataset / other).write_bytes(b"2")
    refuses(dataset, InvalidPath, "letter case or Unicode normalisation")


def test_names_that_collide_are_refused_before_anything_is_read(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (dataset / "NOTES.txt").write_bytes(b"")
    monkeypatch.delattr(os, "read")
    refuses(dataset, InvalidPath, "letter case or Unicode normalisation")


def test_deep_directories(dataset: Path) -> None:
    deep = dataset.joinpath(*["d"] * 300)
    deep.mkdir(parents=True)
    (deep / "leaf").write_bytes(b"leaf")
    assert fingerprint(dataset).entries[0].path == "d/" * 300 + "leaf"


def test_a_path_longer_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(20):
        Path("x" * 250).mkdir()
        os.chdir("x" * 250)
    refuses(tmp_path, DataLedgerError, "xxx")


# -------------------------------------------------------------------------------- permissions


@contextmanager
def as_ordinary_user(closed: Path) -> Iterator[None]:
    """Take all permissions from a file or directory, and root's rights from this process."""
    is_root = os.geteuid() == 0
    closed.chmod(0)
    try:
        if is_root:
            os.seteuid(65534)
        yield
    finally:
        if is_root:
            os.seteuid(0)
        closed.chmod(0o700)


@pytest.fixture
def reachable() -> Iterator[Path]:
    """Return a dataset where every user can reach it, unlike those below `tmp_path`."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        (directory / "data").mkdir()
        (directory / "data" / "table.csv").write_bytes(b"id\n1\n")
        (directory / "notes.txt").write_bytes(b"notes")
        yield directory


def test_a_file_that_may_not_be_read(reachable: Path) -> None:
    with as_ordinary_user(reachable / "notes.txt"):
        refuses(reachable, SourceUnreadable, "'notes.txt' cannot be read: Permission denied")


def test_a_directory_that_may_not_be_listed(reachable: Path) -> None:
    with as_ordinary_user(reachable / "data"):
        refuses(reachable, SourceUnreadable, "'data/' cannot be read: Permission denied")


def test_a_directory_that_may_not_be_entered(reachable: Path) -> None:
    with as_ordinary_user(reachable / "data"):
        refuses(reachable / "data" / "table.csv", SourceUnreadable, "Permission denied")


def test_a_storage_that_fails(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(5, os.strerror(5))

    monkeypatch.setattr(os, "read", fail)
    refuses(dataset, SourceUnreadable, "'data/table.csv' cannot be read: Input/output error")


# --------------------------------------------------------- changes between the scan and the end


def changing(dataset: Path, change: Callable[[], object], *, when_done: bool) -> str:
    """Fingerprint, make a change right after the scan or after the hashing; return the message."""
    time.sleep(TICK_SECONDS)

    def interfere(progress: Progress) -> None:
        finished = progress.files_done == progress.files_total
        if finished if when_done else progress.files_done == 0:
            change()

    with pytest.raises(SourceChanged) as caught:
        fingerprint(dataset, workers=1, progress=interfere)
    assert caught.value.remedy
    return str(caught.value)


def rewrite_keeping_size_and_time(path: Path) -> None:
    info = path.stat()
    path.write_bytes(b"X" * info.st_size)
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))


def replace_by_equal_copy(path: Path) -> None:
    info = path.stat()
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    os.utime(copy, ns=(info.st_atime_ns, info.st_mtime_ns))
    copy.replace(path)


def replace_by(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        path.unlink()
        make(path)

    return replace


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


@pytest.mark.parametrize(
    "change",
    [
        append,
        lambda path: os.truncate(path, 2),
        lambda path: path.write_bytes(b""),
        rewrite_keeping_size_and_time,
        replace_by_equal_copy,
        Path.unlink,
        lambda path: path.rename(path.with_name("other")),
        replace_by(Path.mkdir),
    ],
    ids=[
        "grown",
        "truncated",
        "emptied",
        "rewritten",
        "replaced",
        "removed",
        "renamed",
        "directory",
    ],
)
@pytest.mark.parametrize("when_done", [False, True], ids=["early", "late"])
def test_a_file_that_changes(
    dataset: Path, change: Callable[[Path], object], *, when_done: bool
) -> None:
    path = dataset / "data" / "table.csv"
    assert "'data/table.csv'" in changing(dataset, lambda: change(path), when_done=when_done)


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, lambda path: path.symlink_to("/etc/hostname")],
    ids=["FIFO", "link"],
)
def test_a_file_that_turns_into_something_else(
    dataset: Path, make: Callable[[Path], object]
) -> None:
    path = dataset / "data" / "table.csv"
    replace = replace_by(make)
    assert "'data/table.csv' was " in changing(dataset, lambda: replace(path), when_done=False)


def test_a_file_that_turns_into_a_link_at_the_end(dataset: Path) -> None:
    path = dataset / "notes.txt"

    def interfere(progress: Progress) -> None:
        if progress.files_done == progress.files_total:
            replace_by(lambda each: each.symlink_to("/etc/hostname"))(path)

    with pytest.raises(UnsafeFile, match=r"'notes\.txt' is a symbolic link"):
        fingerprint(dataset, workers=1, progress=interfere)


def test_a_directory_swapped_for_a_link(dataset: Path, tmp_path: Path) -> None:
    def swap() -> None:
        (dataset / "data").rename(tmp_path / "elsewhere")
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "table.csv").write_bytes(b"id\n1\n")
        (dataset / "data").symlink_to(tmp_path / "other")

    assert "'data/table.csv' was removed or replaced" in changing(dataset, swap, when_done=False)


def test_a_file_added_meanwhile(dataset: Path) -> None:
    new = dataset / "data" / "new"
    message = changing(dataset, lambda: new.write_bytes(b""), when_done=False)
    assert message == "The data changed while it was being read: 'data/new' was added."


def test_files_changed_behind_the_reader_are_all_named(dataset: Path) -> None:
    def change() -> None:
        append(dataset / "notes.txt")
        (dataset / "data" / "table.csv").unlink()
        (dataset / "a").write_bytes(b"")

    assert changing(dataset, change, when_done=True) == (
        "The data changed while it was being read: 'a' was added, 'data/table.csv' was removed, "
        "'notes.txt' was written or replaced."
    )


def test_the_message_names_only_the_first_of_many(dataset: Path) -> None:
    def change() -> None:
        for number in range(12):
            (dataset / f"new{number:02}").write_bytes(b"")

    assert changing(dataset, change, when_done=True).endswith("'new09' was added, and 2 more.")


def test_a_single_file_that_changes(dataset: Path) -> None:
    path = dataset / "notes.txt"
    assert "'notes.txt' was written" in changing(path, lambda: append(path), when_done=True)


def test_a_dataset_that_vanishes(dataset: Path) -> None:
    def interfere(progress: Progress) -> None:
        if progress.files_done == progress.files_total:
            dataset.rename(dataset.with_name("gone"))

    with pytest.raises(SourceNotFound, match="There is no file or directory"):
        fingerprint(dataset, workers=1, progress=interfere)


def test_a_directory_swapped_for_another_and_back(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "table.csv").write_bytes(b"id\n2\n")

    def swap() -> None:
        (dataset / "data").rename(tmp_path / "aside")
        (tmp_path / "other").rename(dataset / "data")

    def swap_back() -> None:
        (dataset / "data").rename(tmp_path / "other")
        (tmp_path / "aside").rename(dataset / "data")

    real = os.open
    opened: list[str] = []

    def open_swapped(path: str, *arguments: Any, **options: Any) -> int:
        inside = path.endswith("/data") and not opened
        if inside:
            opened.append(path)
            swap()
        try:
            return real(path, *arguments, **options)
        finally:
            if inside:
                swap_back()

    monkeypatch.setattr(os, "open", open_swapped)
    with pytest.raises(SourceChanged, match=r"'data/table\.csv' was written or replaced"):
        fingerprint(dataset, workers=1)


# ------------------------------------------------------------------------ changes while reading

LARGE_BYTES = 3 * TREE_CHUNK_BYTES

Reading = Callable[[Path, Callable[[], object]], bytes]


def read_whole(path: Path, change: Callable[[], object]) -> bytes:
    """Hash a file of several chunks, with a change after the first one."""
    (column,) = hash_large(known(path), [Algorithm.SHA256_TREE], 1, once(change))
    return column


def read_range(path: Path, change: Callable[[], object]) -> bytes:
    return hash_range(known(path), range(LARGE_BYTES), once(change))


def known(path: Path) -> Batch:
    return Batch(str(path.parent), path.name, identity(path.stat()))


def once(change: Callable[[], object]) -> Callable[[int, int], None]:
    pending = [change]

    def tick(_: int, size_bytes: int) -> None:
        if pending and size_bytes:
            pending.pop()()

    return tick


@pytest.fixture(params=[read_whole, read_range])
def reading(request: pytest.FixtureRequest) -> Reading:
    reading: Reading = request.param
    return reading


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"x" * LARGE_BYTES)
    time.sleep(TICK_SECONDS)
    return path


@pytest.mark.parametrize(
    "change",
    [
        lambda path: os.truncate(path, TREE_CHUNK_BYTES),
        lambda path: os.truncate(path, 2 * TREE_CHUNK_BYTES + 1),
        rewrite_keeping_size_and_time,
        replace_by_equal_copy,
        Path.unlink,
        append,
    ],
    ids=["truncated", "truncated later", "rewritten", "replaced", "removed", "grown"],
)
def test_a_file_that_changes_while_it_is_read(
    large: Path, reading: Reading, change: Callable[[Path], object]
) -> None:
    with pytest.raises(SourceChanged, match="'file' was written while it was being read"):
        reading(large, lambda: change(large))


def test_a_file_that_holds_still_is_hashed(large: Path) -> None:
    assert read_whole(large, lambda: None) == read_range(large, lambda: None)


def test_a_file_that_grows_for_ever_is_not_read_for_ever(large: Path) -> None:
    read: list[int] = []

    def tick(_: int, size_bytes: int) -> None:
        read.append(size_bytes)
        with large.open("ab") as file:
            file.write(b"x" * TREE_CHUNK_BYTES)

    with pytest.raises(SourceChanged, match="'file' was written"):
        hash_large(known(large), [Algorithm.SHA256], 1, tick)
    assert sum(read) == LARGE_BYTES


def test_a_storage_that_ends_a_file_early(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "read", lambda *_: b"")
    refuses(dataset / "notes.txt", SourceChanged, "'notes.txt' was written while it was being read")


def nothing(_: int, __: int) -> None:
    pass


def test_a_link_is_not_followed_even_to_the_file_itself(dataset: Path) -> None:
    (dataset / "link").symlink_to("notes.txt")
    link = known(dataset / "link")  # a stat call that follows it
    for read in (
        lambda: hash_small(link, [Algorithm.SHA256], nothing),
        lambda: hash_large(link, [Algorithm.SHA256], 1, nothing),
    ):
        with pytest.raises(SourceChanged, match="'link' was removed or replaced"):
            read()


@pytest.mark.parametrize("field", range(5))
def test_a_file_is_another_if_anything_about_it_is(dataset: Path, field: int) -> None:
    seen = list(IDENTITY.unpack(identity((dataset / "notes.txt").stat())))
    seen[field] += 1
    other = Batch(str(dataset), "notes.txt", IDENTITY.pack(*seen))
    for read in (
        lambda: hash_small(other, [Algorithm.SHA256], nothing),
        lambda: hash_large(other, [Algorithm.SHA256], 1, nothing),
    ):
        with pytest.raises(SourceChanged, match=r"'notes\.txt' was written or replaced"):
            read()


def test_a_fifo_in_the_place_of_a_file_is_neither_waited_for_nor_read(dataset: Path) -> None:
    os.mkfifo(dataset / "pipe")
    with pytest.raises(SourceChanged, match="'pipe' was removed or replaced"):
        hash_small(Batch(str(dataset), "pipe", None), [Algorithm.SHA256], nothing)


def test_something_that_vanishes_while_it_is_listed(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.scandir

    def vanishing(path: str) -> Iterator[os.DirEntry[str]]:
        if path.endswith("data/"):
            (dataset / "data").rename(dataset / "moved")
        return real(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    refuses(dataset, SourceChanged, "'data/' vanished while it was being listed")
