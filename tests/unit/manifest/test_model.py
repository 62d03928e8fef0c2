"""Manifests: shared vectors, one canonical form, and every rule checked again on reading."""

import json
import pickle
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import (
    CanonicalisationError,
    InvalidArgument,
    InvalidPath,
    ManifestError,
    NotFound,
)
from dataledger.hashing import Digest, canonical_bytes, leaf_hash, root
from dataledger.manifest import FileEntry, Manifest, check_path
from dataledger.manifest.entry import MAX_SIZE_BYTES

VECTORS = Path(__file__).parents[2] / "vectors"
VECTOR = json.loads((VECTORS / "manifest.json").read_text())


def entry(path: str, content: bytes = b"x") -> FileEntry:
    return FileEntry(path, len(content), Digest.of(content))


def manifest(*paths: str) -> Manifest:
    return Manifest(tuple(entry(path, path.encode()) for path in paths))


def is_good(path: str) -> bool:
    try:
        check_path(path)
    except InvalidPath:
        return False
    return True


good_paths = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(is_good)
entries = st.builds(
    FileEntry,
    path=good_paths,
    size_bytes=st.integers(0, MAX_SIZE_BYTES),
    digest=st.binary().map(Digest.of),
)


# ---------------------------------------------------------------------------- shared vector


def test_the_vector_file_is_what_its_script_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(VECTORS)
    script = SimpleNamespace(**runpy.run_path(str(VECTORS / "generate.py")))
    assert (VECTORS / "manifest.json").read_text() == script.written(script.manifest())


def test_manifest_vector() -> None:
    files = {path: bytes.fromhex(content[2:]) for path, content in VECTOR["files"].items()}
    built = Manifest(tuple(entry(path, content) for path, content in files.items()))
    assert built.to_bytes() == VECTOR["manifest"].encode()
    assert str(built.content_root) == VECTOR["content_root"]
    assert str(built.manifest_digest) == VECTOR["manifest_digest"]
    assert built.file_count == VECTOR["file_count"]
    assert built.size_bytes == VECTOR["size_bytes"]
    assert [f"0x{leaf_hash(each.to_bytes()).hex()}" for each in built.entries] == VECTOR[
        "leaf_hashes"
    ]
    assert Manifest.parse(VECTOR["manifest"].encode()) == built


# ---------------------------------------------------------------------------------- entries


@given(entries)
def test_entry_bytes_are_canonical_json(each: FileEntry) -> None:
    assert each.to_bytes() == canonical_bytes(each.to_json())
    assert FileEntry.from_json(each.to_json()) == each


@pytest.mark.parametrize("size", [-1, 2**53, True, 1.0, "1", None])
def test_a_size_is_a_natural_number_below_2_to_the_53(size: Any) -> None:
    with pytest.raises(InvalidArgument, match="not a file size"):
        FileEntry("a", size, Digest.of(b""))


def test_a_digest_is_a_digest() -> None:
    with pytest.raises(InvalidArgument, match="not a Digest"):
        FileEntry("a", 0, str(Digest.of(b"")))  # type: ignore[arg-type]  # would print the same


def test_an_entry_keeps_the_path_rules() -> None:
    with pytest.raises(InvalidPath, match="component"):
        entry("../a")


# -------------------------------------------------------------------------------- manifests


@given(st.lists(st.integers(0, 500), min_size=1, max_size=20, unique=True), st.randoms())
def test_order_of_entries_makes_no_difference(numbers: list[int], random: Any) -> None:
    given_entries = [entry(f"{chr(97 + number % 5)}/{number}") for number in numbers]
    one = Manifest(tuple(given_entries))
    random.shuffle(given_entries)
    other = Manifest(tuple(given_entries))
    assert one == other
    assert one.to_bytes() == other.to_bytes()
    assert Manifest.parse(one.to_bytes()) == one


def test_order_is_that_of_utf_8_bytes_not_of_utf_16() -> None:
    built = manifest("\U0001f600", "\ufb33", "b", "a/b", "a.b", "a-b", "C")
    paths = [each.path for each in built.entries]
    assert paths == sorted(paths, key=str.encode)
    assert paths == ["C", "a-b", "a.b", "a/b", "b", "\ufb33", "\U0001f600"]


def test_content_root_is_over_entry_bytes() -> None:
    built = manifest("a", "b", "c")
    assert built.content_root.value == root(leaf_hash(each.to_bytes()) for each in built.entries)
    assert built.manifest_digest == Digest.of(built.to_bytes())


def test_content_root_changes_with_path_size_and_digest() -> None:
    original = Manifest((entry("a", b"one"),))
    for other in (
        entry("b", b"one"),
        FileEntry("a", 4, Digest.of(b"one")),
        FileEntry("a", 3, Digest.of(b"two")),
    ):
        assert Manifest((other,)).content_root != original.content_root


def test_a_manifest_survives_pickling() -> None:
    built = manifest("a", "b")
    assert built.content_root.hex
    again = pickle.loads(pickle.dumps(built))  # noqa: S301  # written just here
    assert (again, again.content_root) == (built, built.content_root)


def test_a_manifest_needs_a_file() -> None:
    with pytest.raises(ManifestError, match="at least one file"):
        Manifest(())


def test_paths_must_not_collide() -> None:
    with pytest.raises(InvalidPath, match="stands twice"):
        manifest("a", "a")
    with pytest.raises(InvalidPath, match="letter case"):
        manifest("a", "A")


def test_all_sizes_together_are_counted_exactly() -> None:
    half = FileEntry("a", 2**52, Digest.of(b""))
    with pytest.raises(ManifestError, match="too large"):
        Manifest((half, FileEntry("b", 2**52, Digest.of(b""))))


def test_index_of_finds_every_file_and_no_other() -> None:
    built = manifest("b", "a/x", "a.x", "c")
    for index, each in enumerate(built.entries):
        assert built.index_of(each.path) == index
    for path in ("", "a", "aa", "z", "a/x/", "B"):
        with pytest.raises(NotFound, match="no file"):
            built.index_of(path)


# ---------------------------------------------------------------------------------- parsing

GOOD: dict[str, Any] = {"digest": str(Digest.of(b"x")), "path": "a", "size_bytes": 1}
OTHER = GOOD | {"path": "b"}


def document(*listed: Any, **members: Any) -> bytes:
    return canonical_bytes({"entries": list(listed), "format": "dataledger/manifest/1"} | members)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (document(), "at least one file"),
        (b"[]", "where an object belongs"),
        (b"1", "where an object belongs"),
        (b"{}", "lacks the member 'entries'"),
        (canonical_bytes({"entries": [GOOD]}), "lacks the member 'format'"),
        (document(GOOD, note="hi"), "unknown member 'note'"),
        (document(GOOD, format="dataledger/manifest/2"), "only 'dataledger/manifest/1' is read"),
        (document(GOOD, format=None), "its format is None"),
        (document(entries={}), "entries are no list"),
        (document([]), "where an object belongs"),
        (document(GOOD | {"mode": 420}), "unknown member 'mode'"),
        (document({"path": "a", "size_bytes": 1}), "lacks the member 'digest'"),
        (document(GOOD | {"path": 1}), "where a string belongs"),
        (document(GOOD | {"path": "../a"}), "component"),
        (document(GOOD | {"path": "a\x1b[31m"}), "a control character"),
        (document(GOOD | {"size_bytes": -1}), "where a number 0, 1, 2, … belongs"),
        (document(GOOD | {"size_bytes": "1"}), "where a number 0, 1, 2, … belongs"),
        (document(GOOD | {"size_bytes": 1.5}), "where a number 0, 1, 2, … belongs"),
        (document(GOOD | {"size_bytes": True}), "where a number 0, 1, 2, … belongs"),
        (document(GOOD | {"digest": None}), "where a string belongs"),
        (document(GOOD | {"digest": "sha256:00"}), "64 lowercase"),
        (document(GOOD | {"digest": GOOD["digest"].upper()}), "unknown"),
        (document(GOOD | {"digest": "md5:" + "0" * 64}), "unknown"),
        (document(GOOD, GOOD), "stands twice"),
        (document(GOOD | {"path": "A"}, GOOD), "letter case"),
        (document(GOOD, GOOD | {"path": "a/b"}), "also a file"),
    ],
)
def test_other_json_is_no_manifest(data: bytes, reason: str) -> None:
    with pytest.raises(ManifestError, match=reason) as caught:
        Manifest.parse(data)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "data",
    [
        document(OTHER, GOOD),
        document(GOOD) + b"\n",
        json.dumps(json.loads(document(GOOD))).encode(),
        document(GOOD).replace(b'"size_bytes":1', b'"size_bytes":1.0'),
        document(GOOD).replace(b'"path":"a"', b'"path":"\\u0061"'),
        document(GOOD).replace(b'"path":"a"', b'"path":"a","path":"a"'),
        document(GOOD)[:-1],
        b"",
        b"\xff",
        b"[" * 10_000 + b"]" * 10_000,
    ],
    ids=["order", "newline", "spaces", "1.0", "escape", "twice", "short", "none", "bytes", "deep"],
)
def test_other_spellings_are_refused(data: bytes) -> None:
    with pytest.raises(CanonicalisationError):
        Manifest.parse(data)


@given(st.data())
def test_one_altered_byte_never_reads_as_the_same_manifest(data: st.DataObject) -> None:
    written = bytearray(manifest("a", "b/c").to_bytes())
    at = data.draw(st.integers(0, len(written) - 1))
    written[at] ^= data.draw(st.integers(1, 255))
    try:
        read = Manifest.parse(bytes(written))
    except CanonicalisationError:
        return
    assert read.to_bytes() == bytes(written)
    assert read.content_root != manifest("a", "b/c").content_root
