"""What differs between two manifests."""

import pytest

from dataledger.errors import ManifestMismatch
from dataledger.hashing import Digest
from dataledger.manifest import ChangedFile, FileEntry, Manifest, compare, require_same


def manifest(**contents: str) -> Manifest:
    return Manifest(
        tuple(
            FileEntry(path, len(content), Digest.of(content.encode()))
            for path, content in contents.items()
        )
    )


def test_the_same_files_do_not_differ() -> None:
    one, other = manifest(a="1", b="2"), manifest(b="2", a="1")
    assert not compare(one, other)
    require_same(one, other)


def test_each_kind_of_difference() -> None:
    expected = manifest(kept="1", edited="2", resized="3", gone="4")
    actual = manifest(kept="1", edited="x", resized="33", new="5")
    difference = compare(expected, actual)
    assert difference
    assert [entry.path for entry in difference.added] == ["new"]
    assert [entry.path for entry in difference.removed] == ["gone"]
    assert [change.path for change in difference.changed] == ["edited", "resized"]
    assert difference.changed[0] == ChangedFile(
        FileEntry("edited", 1, Digest.of(b"2")), FileEntry("edited", 1, Digest.of(b"x"))
    )


def test_the_parts_are_sorted() -> None:
    difference = compare(manifest(m="1"), manifest(m="1", z="1", b="1"))
    assert [entry.path for entry in difference.added] == ["b", "z"]
    difference = compare(manifest(m="1", z="1", b="1"), manifest(m="1"))
    assert [entry.path for entry in difference.removed] == ["b", "z"]


def test_the_mismatch_names_the_files() -> None:
    with pytest.raises(ManifestMismatch) as caught:
        require_same(manifest(a="1", b="2"), manifest(a="x", c="3"))
    assert str(caught.value) == (
        "The data differs from its manifest: changed 'a', removed 'b', added 'c'."
    )


def test_the_mismatch_stays_short() -> None:
    expected = manifest(**{f"f{number:02}": "1" for number in range(12)})
    actual = manifest(**{f"f{number:02}": "2" for number in range(12)})
    with pytest.raises(ManifestMismatch, match=r"changed 'f09', and 2 more\.$"):
        require_same(expected, actual)
