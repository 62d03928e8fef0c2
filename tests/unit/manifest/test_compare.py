"""What differs between two manifests."""

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import ManifestMismatch
from dataledger.hashing import Algorithm, Digest
from dataledger.manifest import ChangedFile, FileEntry, Manifest, compare, require_same
from dataledger.manifest.comparing import Difference, MovedFile, same_content


def entry(path: str, content: str) -> FileEntry:
    return FileEntry(path, len(content), Digest.of(content.encode()))


def manifest(**contents: str) -> Manifest:
    return Manifest(tuple(entry(path, content) for path, content in contents.items()))


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


def test_a_file_under_another_path_has_moved() -> None:
    expected, actual = manifest(a="1", b="2"), manifest(a="1", c="2")
    difference = compare(expected, actual)
    assert difference
    assert difference.moved == (MovedFile(entry("b", "2"), entry("c", "2")),)
    assert not difference.added
    assert not difference.removed
    with pytest.raises(ManifestMismatch, match=r"manifest: moved 'b' to 'c'\.$"):
        require_same(expected, actual)


def test_a_copy_is_added_where_its_original_stays() -> None:
    difference = compare(manifest(a="1"), manifest(a="1", copy="1"))
    assert difference == Difference(added=(entry("copy", "1"),), removed=(), changed=())


def test_the_same_digest_with_another_size_has_not_moved() -> None:
    expected = Manifest((FileEntry("a", 1, Digest.of(b"x")),))
    actual = Manifest((FileEntry("b", 2, Digest.of(b"x")),))
    assert compare(expected, actual).moved == ()


def test_of_equal_files_those_of_one_name_have_moved_to_each_other() -> None:
    expected = manifest(**{"old/a": "1", "old/b": "1", "old/c": "1"})
    actual = manifest(**{"new/b": "1", "new/a": "1", "new/0": "1", "new/z": "1"})
    difference = compare(expected, actual)
    assert [(move.expected.path, move.actual.path) for move in difference.moved] == [
        ("old/a", "new/a"),
        ("old/b", "new/b"),
        ("old/c", "new/0"),
    ]
    assert [found.path for found in difference.added] == ["new/z"]


def test_a_move_shows_by_any_algorithm_that_all_have() -> None:
    blake3 = Digest(Algorithm.BLAKE3, Digest.of(b"b").value)
    expected = Manifest((FileEntry("a", 1, Digest.of(b"x"), (blake3,)),))
    assert compare(expected, Manifest((FileEntry("b", 1, blake3),))).moved
    assert not compare(
        expected, Manifest((FileEntry("b", 1, Digest(Algorithm.BLAKE3, Digest.of(b"c").value)),))
    ).moved


def test_without_a_common_algorithm_nothing_shows_to_be_the_same() -> None:
    sm3 = Digest(Algorithm.SM3, Digest.of(b"x").value)
    expected, actual = Manifest((entry("a", "x"),)), Manifest((FileEntry("b", 1, sm3),))
    assert not compare(expected, actual).moved
    assert not same_content(entry("a", "x"), FileEntry("a", 1, sm3))


def test_contents_differ_where_any_common_digest_does() -> None:
    one, other = (Digest(Algorithm.SM3, Digest.of(value).value) for value in (b"1", b"2"))
    of_one = FileEntry("a", 1, Digest.of(b"x"), (one,))
    assert same_content(of_one, FileEntry("b", 1, Digest.of(b"x"), (one,)))
    assert same_content(of_one, entry("b", "x"))
    assert not same_content(of_one, FileEntry("b", 1, Digest.of(b"x"), (other,)))
    assert not same_content(of_one, FileEntry("b", 2, Digest.of(b"x"), (one,)))


Files = dict[str, str]
FILES = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d/a", "d/b", "e/a", "f"]),
    st.sampled_from(["", "1", "2", "3"]),
    min_size=1,
)


@given(FILES, FILES)
def test_each_file_stands_in_one_part_and_none_is_forgotten(old: Files, new: Files) -> None:
    difference = compare(manifest(**old), manifest(**new))
    assert [change.path for change in difference.changed] == sorted(
        path for path in old if path in new and old[path] != new[path]
    )
    gone = [found.path for found in difference.removed]
    came = [found.path for found in difference.added]
    for move in difference.moved:
        assert old[move.expected.path] == new[move.actual.path]
    gone += [move.expected.path for move in difference.moved]
    came += [move.actual.path for move in difference.moved]
    assert sorted(gone) == sorted(path for path in old if path not in new)
    assert sorted(came) == sorted(path for path in new if path not in old)
    left = {old[found.path] for found in difference.removed}
    assert left.isdisjoint(new[found.path] for found in difference.added)  # none left to pair


@given(FILES, FILES)
def test_the_other_way_round_the_answer_is_the_same(old: Files, new: Files) -> None:
    there, back = (
        compare(manifest(**old), manifest(**new)),
        compare(manifest(**new), manifest(**old)),
    )
    assert there.added == back.removed
    assert there.removed == back.added
    assert {(move.expected, move.actual) for move in there.moved} == {
        (move.actual, move.expected) for move in back.moved
    }
    assert [(change.expected, change.actual) for change in there.changed] == [
        (change.actual, change.expected) for change in back.changed
    ]


@given(FILES, FILES, st.randoms())
def test_the_order_of_the_entries_does_not_matter(old: Files, new: Files, random: Random) -> None:
    def shuffled(files: Files) -> Manifest:
        paths = list(files)
        random.shuffle(paths)
        return manifest(**{path: files[path] for path in paths})

    assert compare(shuffled(old), shuffled(new)) == compare(manifest(**old), manifest(**new))


def test_many_files_are_compared_quickly() -> None:
    # All of one content and all elsewhere: the worst case of finding what has moved. Each with each
    # would be 400 million comparisons; a busy machine may well double what is needed.
    old = Manifest(tuple(entry(f"old/{number}", "1") for number in range(20_000)))
    new = Manifest(tuple(entry(f"new/{number + 1}", "1") for number in range(20_000)))
    started_at = time.process_time()
    assert len(compare(old, new).moved) == 20_000
    assert time.process_time() - started_at < 5
