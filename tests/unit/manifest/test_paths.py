"""The path rules: a name means the same file everywhere, and is safe to print."""

from itertools import accumulate, combinations
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import InvalidPath
from dataledger.manifest.paths import MAX_PATH_BYTES, check_path, check_tree

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


@pytest.mark.parametrize(
    "path",
    [
        "a",
        "data/table.csv",
        ".hidden",
        "..data",
        "a..b/c...",
        "...",
        "with space",
        "-rf",
        'quote"d',
        "~user/$HOME/`id`",
        "C:",
        COMPOSED,
        DECOMPOSED,
        "\u6570\u636e/\u8bb0\u5f55.jsonl",
        "\U0001f600",
        "\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
        "x" * MAX_PATH_BYTES,
    ],
)
def test_good_paths(path: str) -> None:
    check_path(path)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "it is empty"),
        ("/", "absolute"),
        ("/etc/passwd", "absolute"),
        (".", "absolute, or has a component"),
        ("..", "component"),
        ("../a", "component"),
        ("a/../b", "component"),
        ("a/..", "component"),
        ("./a", "component"),
        ("a/./b", "component"),
        ("a/.", "component"),
        ("a//b", "component"),
        ("a/", "component"),
        ("a\x00b", "a control character"),
        ("a\nb", "a control character"),
        ("a\r", "a control character"),
        ("\x1b[2J", "a control character"),
        ("a\x7f", "a control character"),
        ("a\x9b31m", "a control character"),
        ("a\u2028b", "a control character"),
        ("a\u2029b", "a control character"),
        ("gpj.\u202eexe", "a bidirectional control character"),
        ("a\u2066b", "a bidirectional control character"),
        ("a\u200fb", "a bidirectional control character"),
        ("a\u061cb", "a bidirectional control character"),
        ("..\\..\\evil", "a backslash"),
        ("a\udcffb", "bytes that are not UTF-8"),
        ("x" * (MAX_PATH_BYTES + 1), "longer than 4096 bytes"),
        ("\u00e9" * 2049, "longer than 4096 bytes"),
    ],
)
def test_bad_paths(path: str, reason: str) -> None:
    with pytest.raises(InvalidPath, match=reason) as caught:
        check_path(path)
    assert str(caught.value).isprintable()
    assert caught.value.remedy


@given(st.text())
def test_an_accepted_path_is_printable_relative_and_encodable(path: str) -> None:
    try:
        check_path(path)
    except InvalidPath:
        return
    assert 0 < len(path.encode()) <= MAX_PATH_BYTES
    assert not {"", ".", ".."} & set(path.split("/"))
    assert not any(ord(character) < 32 for character in path)


@pytest.mark.parametrize(
    "paths",
    [
        ["a", "b", "c/a", "c/b"],
        ["a", "a.txt", "ab/a", "ab/c/a"],
        ["a/b", "a-b", "a.b"],
        [COMPOSED, "cafe"],
    ],
)
def test_files_that_can_stand_side_by_side(paths: list[str]) -> None:
    check_tree(paths)
    check_tree(reversed(paths))


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (["a", "a"], "stands twice"),
        (["a", "a/b"], "also a "),
        (["x/a", "x/a/b/c"], "also a "),
        (["README", "readme"], "letter case or Unicode normalisation"),
        (["Data/x", "data/y"], "letter case or Unicode normalisation"),
        (["A", "a/b"], "letter case|also a "),
        ([COMPOSED, DECOMPOSED], "letter case or Unicode normalisation"),
        ([COMPOSED, DECOMPOSED.upper()], "letter case or Unicode normalisation"),
        (["stra\u00dfe", "STRASSE"], "letter case or Unicode normalisation"),
        (["\u212a", "k"], "letter case or Unicode normalisation"),  # the Kelvin sign
        (["\u03c3", "\u03c2"], "letter case or Unicode normalisation"),  # the two small sigmas
    ],
)
def test_files_that_collide_somewhere(paths: list[str], reason: str) -> None:
    for order in (paths, paths[::-1]):
        with pytest.raises(InvalidPath, match=reason):
            check_tree(order)


names = st.sampled_from(["a", "A", "b", COMPOSED, DECOMPOSED])
trees = st.lists(st.lists(names, min_size=1, max_size=3).map("/".join), max_size=6)


@given(trees)
def test_collisions_are_those_of_every_pair(paths: list[str]) -> None:
    expected = any(collide(one, other) for one, other in combinations(paths, 2))
    refused = False
    try:
        check_tree(paths)
    except InvalidPath:
        refused = True
    assert refused is expected


def collide(one: str, other: str) -> bool:
    if one == other:
        return True
    for left, right in zip(ways_down(one), ways_down(other), strict=False):
        if left != right:
            return fold(left) == fold(right)
    return True  # one is a directory of the other


def ways_down(path: str) -> list[str]:
    return list(accumulate(path.split("/"), lambda parent, name: f"{parent}/{name}"))


def fold(path: str) -> str:
    return normalize("NFC", path).lower()
