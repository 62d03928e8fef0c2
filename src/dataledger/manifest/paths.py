"""The path rules: which names a manifest may hold.

A path must name the same file wherever the data is copied, be safe to join to a directory, and be
safe to print. Paths keep the bytes that the file system gave them: nothing is normalised.
"""

import re
from collections.abc import Iterable, Sequence
from operator import eq
from unicodedata import normalize

from dataledger.errors import InvalidPath, shown

MAX_PATH_BYTES = 4096
MAX_CHARACTER_BYTES = 4
"""What one character takes in UTF-8."""

_FORBIDDEN = {
    "a control character": "\x00-\x1f\x7f-\x9f\u2028\u2029",
    "a bidirectional control character": "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069",
    "a backslash": r"\\",
    "bytes that are not UTF-8": "\ud800-\udfff",  # how Python carries them in a str
}
_FORBIDDEN_CHARACTER = re.compile(f"[{''.join(_FORBIDDEN.values())}]")
_FORBIDDEN_COMPONENT = re.compile(r"(?:^|/)\.{0,2}(?:/|$)")


def check_path(path: str) -> None:
    """Return only if `path` keeps the path rules.

    Raises:
        InvalidPath: it is empty, absolute, longer than `MAX_PATH_BYTES` in UTF-8, has a component
            that is empty, `.` or `..`, or holds a backslash, NUL, another control character, a
            bidirectional control character, a line separator, or bytes that are not UTF-8.
    """
    if not path:
        raise _refused(path, "it is empty", "Name each file by a relative path.")
    if bad := _FORBIDDEN_CHARACTER.search(path):
        kind = next(kind for kind, chars in _FORBIDDEN.items() if re.match(f"[{chars}]", bad[0]))
        raise _refused(path, f"it holds {kind}", "Rename the file.")
    if _FORBIDDEN_COMPONENT.search(path):
        raise _refused(
            path,
            "it is absolute, or has a component that is empty, '.' or '..'",
            "Use a path relative to the dataset's directory, with single slashes.",
        )
    if len(path.encode()) > MAX_PATH_BYTES:
        raise _refused(path, f"it is longer than {MAX_PATH_BYTES} bytes", "Use shorter names.")


def check_paths(paths: Sequence[str]) -> None:
    """Return only if each path keeps the path rules.

    Raises:
        InvalidPath: one does not, as `check_path` says.
    """
    # All at once takes a hundredth of the time. Joined by slashes, a path that is empty, or begins
    # or ends with one, leaves two in a row.
    text = f"/{'/'.join(paths)}/"
    forbidden = any(part in text for part in ("//", "/./", "/../"))
    if text.isascii():
        forbidden = forbidden or not text.isprintable() or "\\" in text
        too_long = MAX_PATH_BYTES
    else:
        forbidden = forbidden or _FORBIDDEN_CHARACTER.search(text) is not None
        too_long = MAX_PATH_BYTES // MAX_CHARACTER_BYTES
    if forbidden or max(map(len, paths), default=0) > too_long:
        for path in paths:
            check_path(path)


def check_tree(paths: Iterable[str]) -> None:
    """Return only if the files can stand side by side in every common file system.

    Raises:
        InvalidPath: a path stands twice, is both a file and a directory, or two names in one
            directory differ only in letter case or in Unicode normalisation.
    """
    paths = list(paths)
    if not _surely_apart(paths):
        _check_tree_by_names(paths)


def _surely_apart(paths: list[str]) -> bool:
    """Return whether no two files or directories fold to the same, found in few steps."""
    names = _fold("\n".join(paths)).split("\n")
    if len(names) != len(paths):
        return False
    directories = {""}
    for directory in {path.rpartition("/")[0] for path in paths}:
        parent = directory
        while parent not in directories:
            directories.add(parent)
            parent = parent.rpartition("/")[0]
    names += map(_fold, directories)
    # Paths come sorted, so that this takes half the time of a set.
    names.sort()
    return not any(map(eq, names, names[1:]))


def _check_tree_by_names(paths: Iterable[str]) -> None:
    # A tree of numbered nodes, by (number of the parent, folded name): linear in the paths' length.
    nodes: dict[tuple[int, str], tuple[int, str]] = {}
    files: set[int] = set()
    for path in paths:
        nodes_before = len(nodes)
        node = 0
        for name in path.split("/"):
            if node in files:
                raise _refused(path, "one of its directories is also a file", "Rename one.")
            node, spelling = nodes.setdefault((node, _fold(name)), (len(nodes) + 1, name))
            if spelling != name:
                raise _refused(
                    path,
                    f"{shown(name)} collides with {shown(spelling)}, which differs only in letter "
                    "case or Unicode normalisation",
                    "Rename one of the two: some file systems hold them for the same.",
                )
        if node <= nodes_before:
            raise _refused(path, "it stands twice, or is also a directory", "Remove one.")
        files.add(node)


def _fold(name: str) -> str:
    """Return the same for all names that some file system may hold for equal (Unicode D145)."""
    if name.isascii():
        return name.lower()
    return normalize("NFD", normalize("NFD", name).casefold())


def _refused(path: str, reason: str, remedy: str) -> InvalidPath:
    return InvalidPath(f"The path {shown(path)} is refused: {reason}.", remedy=remedy)
