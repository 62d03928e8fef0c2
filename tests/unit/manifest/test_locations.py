"""Locations by URL: how they are read and shown, without any network."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import (
    DependencyMissing,
    InvalidArgument,
    InvalidPath,
    ManifestError,
    SourceChanged,
    SourceNotFound,
    SourceUnreadable,
    UnsafeFile,
)
from dataledger.hashing import Algorithm
from dataledger.manifest import Progress, fingerprint
from dataledger.manifest.locations import fingerprint_location, is_location, shown_location
from dataledger.manifest.locations.reading import RANGE_BYTES
from dataledger.manifest.locations.urls import local_path, name_in_url
from dataledger.manifest.records.engine import RecordOptions
from dataledger.manifest.records.secret import DatasetSecret

FSSPEC: Any = import_module("fsspec")
MemoryFileSystem: Any = import_module("fsspec.implementations.memory").MemoryFileSystem
MemoryFile: Any = import_module("fsspec.implementations.memory").MemoryFile

SECRET = "s3cr3t"  # noqa: S105 - nobody's


@pytest.fixture
def memory() -> Iterator[Any]:
    """A store in this process's memory."""
    yield FSSPEC.filesystem("memory")
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://bucket/key", True),
        ("memory://", True),
        ("abfs+x.y-z://c@a/b", True),
        ("simplecache::s3://b/k", True),
        ("data/file", False),
        ("./s3://bucket", False),
        ("/a/s3://b", False),
        ("s3:/bucket", False),
        ("C:\\data", False),
        ("://x", False),
        ("1s3://x", False),
    ],
)
def test_what_is_a_location(text: str, *, expected: bool) -> None:
    assert is_location(text) is expected


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket/a b", "'s3://bucket/a b'"),
        ("sftp://user:s3cr3t@host:22/a", "'sftp://host:22/a'"),
        ("sftp://user:a/s3cr3t@host/a", "'sftp://host/a'"),
        ("sftp://user:a@s3cr3t@host/a", "'sftp://host/a'"),
        ("sftp://user:s3cr3t?s3cr3t@host/a?b", "'sftp://host/a'"),
        ("sftp://user:s3cr3t#s3cr3t@host", "'sftp://host'"),
        ("https://s3cr3t@host/a?X-Amz-Signature=s3cr3t#s3cr3t", "'https://host/a'"),
        ("https://host?token=s3cr3t", "'https://host'"),
        ("zip://a.csv::ftp://user:s3cr3t@host/a.zip", "'zip://host/a.zip'"),
        ("simplecache::ftp://user:s3cr3t@host/a", "'simplecache::ftp://host/a'"),
        ("s3://bucket/user@place/a", "'s3://bucket/user@place/a'"),
        ("s3://bucket/\x1b[31m\n\u202e", r"'s3://bucket/\x1b[31m\n\u202e'"),
    ],
)
def test_secrets_and_control_characters_are_not_shown(url: str, shown: str) -> None:
    assert shown_location(url) == shown


@given(st.text(st.characters(codec="utf-8"), max_size=8))
def test_no_password_is_shown(password: str) -> None:
    assert shown_location(f"ftp://user:{password}@host/path") == "'ftp://host/path'"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///data/a", "/data/a"),
        ("file://localhost/a%20b", "/a b"),
        ("local:///a/", "/a/"),
    ],
)
def test_the_path_of_a_file_url(url: str, path: str) -> None:
    assert local_path(url) == path


@pytest.mark.parametrize("url", ["file://", "file://relative/path", "file://elsewhere/a"])
def test_a_file_url_of_another_machine_is_refused(url: str) -> None:
    with pytest.raises(InvalidArgument, match="names no file of this machine"):
        fingerprint_location(url)


def test_a_file_url_is_read_as_a_path_is(tmp_path: Path) -> None:
    folder = tmp_path / "a b%20c"
    folder.mkdir()
    (folder / "file").write_bytes(b"content")
    both = (Algorithm.SM3, Algorithm.SHA256)
    assert fingerprint(folder.as_uri(), digests=both) == fingerprint(folder, digests=both)
    (folder / "link").symlink_to("file")
    with pytest.raises(UnsafeFile):
        fingerprint_location(folder.as_uri())


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h/a/b.csv?x=/y#z", "b.csv"),
        ("https://h/a%20b", "a b"),
        ("https://h/a/", ""),
        ("https://h", ""),
        ("https://h?x=/y", ""),
    ],
)
def test_the_name_at_the_end_of_a_url(url: str, name: str) -> None:
    assert name_in_url(url) == name


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("plain/path", "'plain/path' is no URL"),
        ("nowhere://x", "no kind of store 'nowhere'"),
        ("simplecache::memory://x", "'simplecache::memory://x' chains several stores"),
        ("memory://a::b", "'memory://a::b' chains several stores"),
    ],
)
def test_other_texts_are_refused(url: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        fingerprint_location(url)


@pytest.mark.parametrize(
    ("url", "command"),
    [
        ("s3://b/k", "pip install 'dataledger[s3]'"),
        ("memory://x", "pip install 'dataledger[remote]'"),
    ],
)
def test_without_fsspec_the_error_says_how_to_get_it(
    url: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(DependencyMissing) as caught:
        fingerprint_location(url)
    assert caught.value.remedy == f"Run: {command}"


@pytest.mark.parametrize(
    ("url", "module", "command"),
    [
        ("s3://b/k", "s3fs", "pip install 'dataledger[s3]'"),
        ("gs://b/k", "gcsfs", "pip install 'gcsfs'"),
        ("sftp://h/k", "fsspec.implementations.sftp", "pip install 'fsspec[sftp]'"),
        ("https://h/k", "fsspec.implementations.http", "pip install 'fsspec[http]'"),
    ],
)
def test_without_a_stores_package_the_error_says_how_to_get_it(
    url: str, module: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = import_module("fsspec.registry")._registry
    monkeypatch.delitem(loaded, url.partition(":")[0], raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DependencyMissing) as caught:
        fingerprint_location(url)
    assert caught.value.remedy == f"Run: {command}"


class TestAStore:
    def test_is_read_by_whoever_fingerprints(self, memory: Any) -> None:
        memory.pipe_file("/set/a", b"1")
        assert fingerprint("memory://set") == fingerprint_location("memory://set")

    def test_gives_no_records(self) -> None:
        with pytest.raises(InvalidArgument, match="'memory://set' cannot be read from afar"):
            fingerprint_location(
                "memory://set", records=RecordOptions(DatasetSecret.generate().keys())
            )

    def test_gives_the_manifest_of_the_same_files_on_a_disk(
        self, memory: Any, tmp_path: Path
    ) -> None:
        for path, content in {"a": b"", "b/c d": b"1", "b/é": bytes(RANGE_BYTES + 1)}.items():
            memory.pipe_file(f"/set/{path}", content)
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_bytes(content)
        expected = fingerprint(tmp_path)
        for url in ("memory://set", "memory:///set/", "MEMORY://set"):
            assert fingerprint_location(url) == expected
        by_two = fingerprint_location("memory://set", digests=[Algorithm.BLAKE3, Algorithm.SHA256])
        assert {entry.digest.algorithm for entry in by_two.entries} == {Algorithm.BLAKE3}
        assert [entry.other_digests for entry in by_two.entries] == [
            (entry.digest,) for entry in expected.entries
        ]

    def test_tells_how_far_it_has_come(self, memory: Any) -> None:
        memory.pipe_file("/set/a", b"12345")
        reports: list[Progress] = []
        fingerprint_location("memory://set", progress=reports.append)
        assert reports[0] == Progress(0, 1, 0, 5)
        assert reports[-1] == Progress(1, 1, 5, 5)

    @pytest.mark.parametrize("url", ["memory://none", "memory://set/a/"])
    def test_without_the_files_is_an_error(self, memory: Any, url: str) -> None:
        memory.pipe_file("/set/a", b"1")
        with pytest.raises(SourceNotFound):
            fingerprint_location(url)

    def test_with_names_that_break_the_path_rules_is_refused(self, memory: Any) -> None:
        for name in ("a", "A"):
            memory.pipe_file(f"/set/{name}", b"1")
        with pytest.raises(InvalidPath, match="differs only in letter case"):
            fingerprint_location("memory://set")

    def test_with_nothing_but_markers_holds_no_files(self, memory: Any) -> None:
        memory.store["/set/folder/"] = MemoryFile(memory, "/set/folder/", b"")
        with pytest.raises(ManifestError, match="holds no files"):
            fingerprint_location("memory://set")

    def test_that_changes_during_the_run_is_noticed(self, memory: Any) -> None:
        memory.pipe_file("/set/a", b"1")

        def write(_progress: Progress) -> None:
            memory.pipe_file("/set/b", b"2")

        with pytest.raises(SourceChanged, match="'b' was added"):
            fingerprint_location("memory://set", progress=write)

    def test_is_not_asked_where_arguments_are_wrong(self) -> None:
        with pytest.raises(InvalidArgument, match="0 workers"):
            fingerprint_location("memory://set", workers=0)
        with pytest.raises(InvalidArgument, match="0 algorithms"):
            fingerprint_location("memory://set", digests=[])


class OddStore(FSSPEC.AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A store that tells what it likes of its one file."""

    protocol = "odd"
    cachable = False
    told: ClassVar[dict[str, object]] = {}
    failure: ClassVar[Exception | None] = None

    def ls(self, _path: str, **_: object) -> list[dict[str, object]]:
        if self.failure is not None:
            raise self.failure
        return [{"name": "set/a", "size": 1, "type": "file", **self.told}]

    def info(self, path: str, **_: object) -> dict[str, object]:
        return {"name": path, "size": 0, "type": "directory"}


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    FSSPEC.register_implementation("odd", OddStore, clobber=True)
    return monkeypatch


@pytest.mark.parametrize("told", [{"type": "link"}, {"type": "other"}, {"islink": True}])
def test_links_and_devices_are_refused(odd: pytest.MonkeyPatch, told: dict[str, object]) -> None:
    odd.setattr(OddStore, "told", told)
    with pytest.raises(UnsafeFile, match="'a' in 'odd://set' is neither a file nor a directory"):
        fingerprint_location("odd://set")


def test_a_file_of_unknown_size_is_refused(odd: pytest.MonkeyPatch) -> None:
    odd.setattr(OddStore, "told", {"size": None})
    with pytest.raises(SourceUnreadable, match="does not tell its size"):
        fingerprint_location("odd://set")


def test_a_directory_that_may_not_be_listed_is_not_left_out(odd: pytest.MonkeyPatch) -> None:
    odd.setattr(OddStore, "failure", PermissionError(f"no, {SECRET}"))
    with pytest.raises(SourceUnreadable, match="the store denies it") as caught:
        fingerprint_location("odd://set")
    assert SECRET not in str(caught.value)


class Odd(Exception):
    """What some store's library raises."""

    def __init__(self, **told: object) -> None:
        super().__init__(SECRET)
        vars(self).update(told)


class ConnectionOdd(Odd):
    """Says by its name that nobody answered."""


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (Odd(), r"library gives up \(Odd\)"),
        (Odd(status_code=503), r"too busy \(503\)"),
        (Odd(status=502, error_code="BadGateway"), r"the store failed \(502 BadGateway\)"),
        (Odd(status=True, code="401"), r"library gives up \(Odd\)"),
        (Odd(code=401), r"denies it \(401\)"),
        (Odd(response=None, error_code="x y"), r"library gives up \(Odd\)"),
        (Odd(response={"Error": {"Code": "SlowDown"}}), r"too busy \(SlowDown\)"),
        (ConnectionOdd(), r"does not answer \(ConnectionOdd\)"),
        (TimeoutError(SECRET), r"does not answer \(TimeoutError\)"),
        (OSError(5, SECRET), r"library gives up \(OSError\)"),
    ],
)
def test_failures_are_told_by_kind_code_and_status(
    odd: pytest.MonkeyPatch, failure: Exception, message: str
) -> None:
    odd.setattr(OddStore, "failure", failure)
    with pytest.raises(SourceUnreadable, match=message) as caught:
        fingerprint_location("odd://set")
    error = caught.value
    assert SECRET not in str(error) + error.remedy
    assert error.__cause__ is None
    assert error.__context__ is None


def test_what_a_failure_came_from_counts(odd: pytest.MonkeyPatch) -> None:
    failure = FileNotFoundError(SECRET)
    failure.__cause__ = Odd(status=429)
    failure.__cause__.__context__ = failure  # a loop, as careless libraries make them
    odd.setattr(OddStore, "failure", failure)
    with pytest.raises(SourceUnreadable, match=r"too busy \(429\)"):
        fingerprint_location("odd://set")
