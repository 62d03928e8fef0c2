"""CSV and JSON lines, read with their line numbers and written in one form."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dataledger.errors import CheckFailed, shown


def read_csv(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row by its column names, with the number of the line it ends on."""
    reader = csv.DictReader(io.StringIO(data.decode(), newline=""))
    for row in reader:
        yield reader.line_num, row


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file in UTF-8 with a header and LF line ends."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def read_json_lines(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each line's object, with the line's number."""
    for number, line in enumerate(data.decode().splitlines(), start=1):
        yield number, json.loads(line)


def write_json_lines(objects: Iterable[dict[str, Any]]) -> bytes:
    """Return one compact JSON object a line, in UTF-8 with LF line ends."""
    lines = (json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in objects)
    return "".join(f"{line}\n" for line in lines).encode()


def unusable(path: str, line: int, value: object, noun: str) -> CheckFailed:
    """Return the error for a value that a step can neither use nor correct."""
    return CheckFailed(
        f"{path}, line {line}: {shown(value)} is not {noun}.",
        remedy="Ask whoever delivered the file.",
    )
