"""The files of a directory, in one order, and a rule's copy of them."""

from collections.abc import Callable, Iterator
from pathlib import Path


def relative_files(directory: Path) -> Iterator[str]:
    """Yield the path of every file in `directory`, relative to it, sorted."""
    found = (path for path in directory.rglob("*") if path.is_file())
    yield from sorted(path.relative_to(directory).as_posix() for path in found)


def rewrite(source: Path, target: Path, rule: Callable[[str, bytes], bytes]) -> None:
    """Write to the new directory `target` what `rule` makes of each file's path and content."""
    target.mkdir(parents=True)
    for path in relative_files(source):
        written = target / path
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_bytes(rule(path, (source / path).read_bytes()))
