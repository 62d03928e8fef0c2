"""Fingerprints of data in a store that speaks S3."""

import re
import threading
import traceback
from importlib import import_module
from pathlib import Path

import pytest
from s3_store import KEY_ID, SECRET, Answer, Environ, Store

from dataledger.errors import (
    DataLedgerError,
    InvalidPath,
    ManifestError,
    SourceChanged,
    SourceNotFound,
    SourceUnreadable,
)
from dataledger.hashing import Algorithm
from dataledger.manifest import Progress, fingerprint
from dataledger.manifest.locations import fingerprint_location
from dataledger.manifest.locations.reading import RANGE_BYTES, READ_AHEAD, WORKERS

LARGE = bytes(range(251)) * (3 * RANGE_BYTES // 251)
"""Not quite three ranges."""
FILES = {
    "a.csv": b"day,value\n1,2\n",
    "empty": b"",
    "images/1.png": b"\x89PNG\r\n",
    "images/large.bin": LARGE,
    "odd/a b%20c+d.txt": b"1",
    "odd/[x]*?y#z.txt": b"2",
    "odd/日本語 é.txt": b"3",
}


@pytest.fixture
def filled(store: Store) -> Store:
    for path, content in FILES.items():
        store.put(f"set/{path}", content)
    return store


@pytest.mark.usefixtures("filled")
def test_the_manifest_is_that_of_the_same_files_on_a_disk(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    memory = import_module("fsspec").filesystem("memory")
    for path, content in FILES.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        memory.pipe_file(f"/set/{path}", content)
    try:
        expected = fingerprint(folder).to_bytes()
        for url in ("s3://data/set", "s3://data/set/", "memory://set", folder.as_uri()):
            assert fingerprint_location(url).to_bytes() == expected
        everything = tuple(Algorithm)
        by_all = fingerprint_location("s3://data/set", digests=everything)
        assert by_all == fingerprint_location("memory://set", digests=everything, workers=1)
        assert [entry.digest for entry in by_all.entries] == [
            entry.digest for entry in fingerprint(folder).entries
        ]
    finally:
        memory.store.clear()
        memory.pseudo_dirs[:] = [""]


def test_a_whole_bucket(filled: Store) -> None:
    filled.put("top.txt", b"")
    manifest = fingerprint_location("s3://data")
    assert [entry.path for entry in manifest.entries] == sorted(
        ["top.txt", *(f"set/{path}" for path in FILES)]
    )


def test_a_single_object_stands_under_its_own_name(filled: Store, tmp_path: Path) -> None:
    filled.put("set/a.csv.bak", b"another")
    (tmp_path / "a.csv").write_bytes(FILES["a.csv"])
    assert fingerprint_location("s3://data/set/a.csv") == fingerprint(tmp_path / "a.csv")


def test_keys_that_only_begin_alike_lie_elsewhere(store: Store) -> None:
    for key in ("set/a", "set2/b", "set.bak"):
        store.put(key, b"")
    assert [entry.path for entry in fingerprint_location("s3://data/set").entries] == ["a"]


def test_directory_markers_are_no_files(store: Store) -> None:
    for key in ("set/", "set/sub/"):
        store.put(key, b"")
    with pytest.raises(ManifestError, match="'s3://data/set' holds no files"):
        fingerprint_location("s3://data/set")
    store.put("set/sub/a", b"1")
    assert [entry.path for entry in fingerprint_location("s3://data/set").entries] == ["sub/a"]


@pytest.mark.parametrize(
    "keys",
    [
        ("a//b",),
        ("../b",),
        ("./b",),
        ("a/../b",),
        ("/b",),
        ("a\\b",),
        ("a\u202eb",),
        ("content/",),
        ("a?versionId=b",),
        ("A", "a"),
        ("a", "a/b"),
    ],
)
def test_keys_that_break_the_path_rules_are_refused(store: Store, keys: tuple[str, ...]) -> None:
    for key in ("fine", *keys):
        store.put(f"set/{key}", b"1")
    with pytest.raises(InvalidPath, match="is refused: "):
        fingerprint_location("s3://data/set")


@pytest.mark.parametrize("url", ["s3://data/none", "s3://data/none/", "s3://other", "s3://data/a/"])
def test_what_is_not_there_is_not_found(store: Store, url: str) -> None:
    store.put("a", b"1")
    with pytest.raises(SourceNotFound, match=re.escape(url)):
        fingerprint_location(url)


class TestALargeObject:
    def test_is_read_in_ranges_and_ahead(self, store: Store) -> None:
        size_bytes = 9 * RANGE_BYTES + 1
        store.put("large", bytes(size_bytes))
        together = threading.Barrier(READ_AHEAD)  # broken, unless so many are in flight at once
        seen: list[tuple[int, int]] = []

        def on_request(environ: Environ) -> Answer | None:
            if found := re.fullmatch(r"bytes=(\d+)-(\d+)", environ.get("HTTP_RANGE", "")):
                seen.append((int(found[1]), int(found[2]) + 1))
                if len(seen) <= READ_AHEAD:
                    together.wait(10)
            return None

        store.on_request = on_request
        fingerprint_location("s3://data/large")
        assert sorted(seen) == [
            (start, min(start + RANGE_BYTES, size_bytes))
            for start in range(0, size_bytes, RANGE_BYTES)
        ]

    def test_is_not_read_further_ahead(self, store: Store) -> None:
        store.put("large", bytes(12 * RANGE_BYTES))
        fetched: list[str] = []
        most_unread: list[int] = []

        def on_request(environ: Environ) -> None:
            if "HTTP_RANGE" in environ:
                fetched.append(environ["HTTP_RANGE"])

        def on_progress(progress: Progress) -> None:
            most_unread.append(len(fetched) - progress.bytes_done // RANGE_BYTES)

        store.on_request = on_request
        fingerprint_location("s3://data/large", progress=on_progress)
        # One more may be counted as fetched before what was hashed is counted.
        assert max(most_unread) <= READ_AHEAD + 1


def test_several_objects_are_read_at_once(store: Store) -> None:
    for number in range(WORKERS):
        store.put(f"set/{number}", b"content")
    together = threading.Barrier(WORKERS)

    def on_request(environ: Environ) -> None:
        if "HTTP_RANGE" in environ:
            together.wait(10)

    store.on_request = on_request
    assert fingerprint_location("s3://data/set").file_count == WORKERS


@pytest.mark.usefixtures("filled")
def test_progress_begins_with_nothing_and_ends_with_all() -> None:
    reports: list[Progress] = []
    fingerprint_location("s3://data/set", progress=reports.append)
    size_bytes = sum(map(len, FILES.values()))
    assert reports[0] == Progress(0, len(FILES), 0, size_bytes)
    assert reports[-1] == Progress(len(FILES), len(FILES), size_bytes, size_bytes)
    assert reports == sorted(reports, key=lambda progress: progress.bytes_done)


@pytest.mark.usefixtures("filled")
def test_what_progress_raises_ends_the_run_and_its_threads() -> None:
    fingerprint_location("s3://data/set/a.csv")  # starts the one thread that fsspec keeps
    names_before = {thread.name for thread in threading.enumerate()}

    def stop(_progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fingerprint_location("s3://data/set", progress=stop)
    left = {thread.name for thread in threading.enumerate()} - names_before
    assert not [name for name in left if name.startswith("ThreadPoolExecutor")]


class TestAChangeDuringTheRun:
    """Each is made just before the first content is read."""

    @pytest.mark.parametrize(
        ("key", "content", "message"),
        [
            ("set/new", b"", "'new' was added"),
            ("set/a", b"other", "'a' was written or replaced"),
            ("set/b", b"longer than it was", "'b' was written or replaced"),
            ("set/b", b"", "became shorter|was written while|written or replaced"),
        ],
    )
    def test_is_noticed(self, store: Store, key: str, content: bytes, message: str) -> None:
        self.prepare(store, lambda: store.put(key, content))
        with pytest.raises(SourceChanged, match=message) as caught:
            fingerprint_location("s3://data/set", workers=1)
        assert caught.value.remedy == "Stop whatever writes there, and start again."

    def test_is_noticed_where_a_file_goes(self, store: Store) -> None:
        self.prepare(store, lambda: store.delete("set/b"))
        with pytest.raises(SourceChanged, match=r"^'b' in 's3://data/set' was removed after it"):
            fingerprint_location("s3://data/set", workers=1)

    def test_is_noticed_where_a_single_object_is_replaced(self, store: Store) -> None:
        self.prepare(store, lambda: store.put("set/a", b"other"))
        with pytest.raises(SourceChanged, match="'a' was written or replaced"):
            fingerprint_location("s3://data/set/a")

    def prepare(self, store: Store, change: object) -> None:
        for key in ("set/a", "set/b"):
            store.put(key, b"right")
        changes = [change]

        def on_request(environ: Environ) -> None:
            if "HTTP_RANGE" in environ and changes:
                made = changes.pop()
                assert callable(made)
                made()

        store.on_request = on_request


def error_xml(code: str) -> bytes:
    told = f"{KEY_ID} {SECRET} http://u:{SECRET}@host"
    return (
        f"<Error><Code>{code}</Code><Message>{told}</Message><HostId>{SECRET}</HostId></Error>"
    ).encode()


def assert_no_secret(error: DataLedgerError) -> None:
    told = "".join(traceback.format_exception(error)) + repr(error) + error.remedy
    assert KEY_ID not in told
    assert SECRET not in told
    assert error.__cause__ is None
    assert error.__context__ is None


class TestAFailure:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)

    @pytest.mark.parametrize("when", ["listing", "reading"])
    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            ("503 SlowDown", "the store is too busy"),
            ("429 TooManyRequests", "the store is too busy"),
            ("500 InternalError", "the store failed"),
            ("403 AccessDenied", "the store denies it"),
            ("403 InvalidAccessKeyId", "the store denies it"),
            ("400 Odd_\x1b[31mCode", "the store's library gives up"),
        ],
    )
    def test_is_told_without_secrets(
        self, store: Store, when: str, answer: str, message: str
    ) -> None:
        status, code = answer.split()
        store.put("set/a", b"content")

        def on_request(environ: Environ) -> Answer | None:
            is_read = "HTTP_RANGE" in environ
            return (f"{status} No", error_xml(code)) if is_read == (when == "reading") else None

        store.on_request = on_request
        with pytest.raises(SourceUnreadable, match=f"cannot be read: {message}") as caught:
            fingerprint_location("s3://data/set/")
        assert str(caught.value).startswith(
            "'s3://data/set/'" if when == "listing" else "'a' in 's3://data/set/'"
        )
        assert status in str(caught.value)
        assert "\x1b" not in str(caught.value)
        assert_no_secret(caught.value)

    @pytest.mark.usefixtures("store")
    def test_to_connect_is_told(self) -> None:
        for endpoint, message in {
            "http://127.0.0.1:1": "the store does not answer",
            f"http://{KEY_ID}:{SECRET}@127.0.0.1:1": "cannot be read",
        }.items():
            options = {"endpoint_url": endpoint, "key": KEY_ID, "secret": SECRET}
            with pytest.raises(SourceUnreadable, match=message) as caught:
                fingerprint_location("s3://data/set", options=options)
            assert_no_secret(caught.value)

    @pytest.mark.usefixtures("store")
    def test_shows_no_credentials_of_the_url(self) -> None:
        secret = SECRET.replace("/", "%2F")
        for url in (f"s3://{KEY_ID}:{secret}@data/set", f"s3://{KEY_ID}:{SECRET}@data/set"):
            with pytest.raises(SourceUnreadable, match=r"^'s3://data/set' cannot") as caught:
                fingerprint_location(url)
            assert_no_secret(caught.value)
            assert secret not in str(caught.value)

    def test_passes_where_the_store_recovers(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("s3fs.S3FileSystem.retries", 3)
        store.put("set/a", b"content")
        failures = ["once"]

        def on_request(environ: Environ) -> Answer | None:
            if "HTTP_RANGE" in environ and failures:
                failures.pop()
                return "503 Slow Down", error_xml("SlowDown")
            return None

        store.on_request = on_request
        assert fingerprint_location("s3://data/set").file_count == 1
        assert not failures

    def test_is_none_where_options_name_store_and_key(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.put("set/a", b"content")
        for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        options = {"endpoint_url": store.endpoint, "key": KEY_ID, "secret": SECRET}
        assert fingerprint_location("s3://data/set", options=options).file_count == 1
