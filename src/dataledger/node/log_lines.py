"""The last lines of an audit log, for people. Whether the log is whole, `verify` says."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from dataledger.errors import SourceNotFound, UsageError
from dataledger.hashing import JsonValue, parse_strict
from dataledger.node.audit_log import MAX_LINE_BYTES

UNREADABLE = "unreadable"


def last_lines(path: Path, count: int) -> tuple[dict[str, JsonValue], ...]:
    """Return the last lines of a log. One that is none has the event `unreadable`, and its bytes.

    Raises:
        SourceNotFound: the file cannot be read.
    """
    try:
        return tuple(_parsed(line) for line in deque(_lines(path), maxlen=count))
    except OSError as error:
        raise SourceNotFound(
            f"The audit log {path} cannot be read: {error.strerror}.",
            remedy="Check the node's configuration; a node that never served has none.",
        ) from error


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES + 1):
            yield line


def _parsed(line: bytes) -> dict[str, JsonValue]:
    try:
        value = parse_strict(line, max_bytes=MAX_LINE_BYTES + 1)
    except UsageError:
        value = None
    if isinstance(value, dict) and isinstance(value.get("event"), str):
        return value
    return {"event": UNREADABLE, "size_bytes": len(line)}
