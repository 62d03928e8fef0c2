"""Lines of records, read whole and in tiny pieces, beside a plain split of the text."""

from collections.abc import Iterator

from fuzzing import Found, Scratch, accepted, check_root, patched, read_all

from dataledger.manifest import RecordFormat
from dataledger.manifest.records import boundaries, lines
from dataledger.manifest.records.source import MAX_RECORD_BYTES

MOST_HASHED = 20
TINY = {
    "BLOCK_RECORDS": 4,
    "PIECE_BYTES": 4,
    "REGION_BYTES": 16,
    "READ_BYTES": 5,
    "MAX_RECORD_BYTES": 64,
}

_scratch = Scratch("lines.jsonl")


def check(data: bytes) -> None:
    path = _scratch.write(data)
    found = accepted(read_all, path, RecordFormat.JSONL)
    expected = _model(data, MAX_RECORD_BYTES)
    assert (None if found is None else found.records) == expected
    if expected is not None and len(expected) <= MOST_HASHED:
        check_root(path, expected)
    with patched(boundaries, lines, **TINY):
        in_pieces = accepted(read_all, path, RecordFormat.JSONL)
    expected = _model(data, TINY["MAX_RECORD_BYTES"])
    assert in_pieces == (None if expected is None else Found([], expected, []))


def seeds() -> Iterator[bytes]:
    yield b""
    yield b'{"a":1}\n{"b":"\xc3\xa9"}\r\n[]\n"x"'
    yield b"a\n\nb\n"
    yield b"a\r\r\n\r"
    yield b"\n"
    yield b"a\n\xff\n"
    yield b"\xef\xbb\xbf{}\n\xe2\x80\xa8\x85\x0b\x0c\n"[:-3] + b"\n"
    yield b"".join(b"%d\n" % number for number in range(40))
    yield b"x" * 63 + b"\r\n" + b"y" * 64 + b"\r\n" + b"z" * 64
    yield b"x" * 64 + b"\r"
    yield "é😀\n".encode() * 30


def _model(data: bytes, most_bytes: int) -> list[bytes] | None:
    *ended, last = data.split(b"\n")
    records = [line.removesuffix(b"\r") for line in ended] + ([last] if last else [])
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    if not all(records) or any(len(record) > most_bytes for record in records):
        return None
    return records
