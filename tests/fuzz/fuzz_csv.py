"""CSV, read whole and in tiny pieces, beside a plain reading of RFC 4180, and Python's own."""

import csv as python_csv
import io
from collections.abc import Iterator
from random import Random

from fuzzing import Found, Scratch, accepted, check_root, patched, read_all

from dataledger.manifest import RecordFormat
from dataledger.manifest.records import boundaries, csv, csv_kernel, csv_text, encoding, tables
from dataledger.manifest.records.source import MAX_RECORD_BYTES

MOST_HASHED = 20
TINY = {
    "BLOCK_RECORDS": 4,
    "PIECE_BYTES": 4,
    "REGION_BYTES": 16,
    "READ_BYTES": 32,
    "MAX_RECORD_BYTES": 64,
    "BATCH_BYTES": 100,
}
SURELY_SHORT = 24
"""As text; such a record's canonical form, too, is shorter than `TINY` allows, in few columns."""

_MODULES = (boundaries, csv, csv_kernel, csv_text, encoding, tables)
_scratch = Scratch("table.csv")


def check(data: bytes) -> None:
    path = _scratch.write(data)
    rows = _model(data)
    found = accepted(read_all, path, RecordFormat.CSV)
    with patched(csv, _compiled_encoder=lambda: None):
        assert accepted(read_all, path, RecordFormat.CSV) == found
    expected = None if rows is None else _encoded(rows)
    assert found == expected, f"found {found}, expected {rows}"
    if rows is not None and expected is not None:
        text = data.decode().removeprefix("\ufeff")
        assert list(python_csv.reader(io.StringIO(text, newline=""), strict=True)) == rows
        if len(rows) <= MOST_HASHED:
            check_root(path, expected.records)
    with patched(*_MODULES, **TINY):
        in_pieces = accepted(read_all, path, RecordFormat.CSV)
    if in_pieces is not None or rows is None:
        assert in_pieces == expected
    elif expected is not None:
        longest = max(map(len, [*expected.records, *data.split(b"\n")]), default=0)
        assert longest > SURELY_SHORT or b'"' in data, "short records are refused"


def seeds() -> Iterator[bytes]:
    yield b"a,b\n1,2\n"
    yield b'id,text\r\n1,"two\r\nlines, ""quoted"""\r\n2,\r\n,""'
    yield b"\xef\xbb\xbfa\n1\n"
    yield "né,😀\n漢,\u2028\n".encode()
    yield b"a\n\xff\n"
    yield b'a\nb"c\n'
    yield b'a\n"b"c\n'
    yield b'a\n"open\n'
    yield b"a,b\n1\n"
    yield b"a,a\n1,2\n"
    yield b"a\n\n1\n"
    yield b"a\r1\r"
    yield b'a\n""\n\xef\xbb\xbf1\n'
    yield b"a,b,c,d\n" + b"".join(b'%d,"%d",,""\n' % (n, n) for n in range(20))
    yield b'"a,b","c\n""d"\n' + b'"\n\n\n","""\n"""\n' * 12
    yield b",\n,\n"
    yield b"NULL,nan\n\x00,NA\n"


def mutate(data: bytes, random: Random) -> bytes:
    """Put the marks that mean something to CSV where there were none."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(changed) + 1)
        marks = (
            b'"',
            b'""',
            b",",
            b"\n",
            b"\r\n",
            b"\r",
            b'","',
            b'"\n"',
            b"\xef\xbb\xbf",
            b"\x00",
        )
        changed[at : at + random.randrange(3)] = random.choice(marks)
    return bytes(changed)


def _model(data: bytes) -> list[list[str]] | None:
    """Return the fields of RFC 4180, header first; None for what it does not allow."""
    try:
        text = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None
    rows: list[list[str]] = []
    at = 0
    while at < len(text):
        row: list[str] = []
        begin = at
        while True:
            field = _field(text, at)
            if field is None:
                return None
            value, at = field
            row.append(value)
            if not text.startswith(",", at):
                break
            at += 1
        if at == begin:
            return None  # an empty line
        if at < len(text):
            ending = next((end for end in ("\r\n", "\n") if text.startswith(end, at)), None)
            if ending is None:
                return None
            at += len(ending)
        rows.append(row)
    if not rows or len(set(rows[0])) < len(rows[0]) or {len(row) for row in rows} != {len(rows[0])}:
        return None
    return rows


def _field(text: str, at: int) -> tuple[str, int] | None:
    if not text.startswith('"', at):
        end = at
        while end < len(text) and text[end] not in ',"\r\n':
            end += 1
        return text[at:end], end
    value = ""
    at += 1
    while True:
        end = text.find('"', at)
        if end < 0:
            return None
        value += text[at:end]
        at = end + 1
        if not text.startswith('"', at):
            return value, at
        value += '"'
        at += 1


def _encoded(rows: list[list[str]]) -> Found:
    header, *records = rows
    heads = [[b"\x06" + len(field.encode()).to_bytes(4) for field in row] for row in records]
    bodies = [[field.encode() for field in row] for row in records]
    return Found(
        header,
        [b"".join(head) + b"".join(body) for head, body in zip(heads, bodies, strict=True)],
        [
            (b"".join(head[n] for head in heads), b"".join(body[n] for body in bodies))
            for n in range(len(header))
        ],
    )


assert MAX_RECORD_BYTES > 4096  # else the model would have to know it
