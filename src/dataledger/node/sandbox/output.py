"""What an algorithm wrote, in all the ways that it is looked at: decoded, and cut into pieces.

Looked at are the bytes, and what they are the hexadecimal, base64, gzip, zlib, bzip2, xz, UTF-16 or
reversed form of, one inside another `MAX_DEPTH` times; and likewise each text in a JSON document
and each line that could be such a form.
"""

import base64
import binascii
import bz2
import csv
import json
import lzma
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from dataledger.errors import AnswerWithheld

MAX_DEPTH = 3
MAX_READ_BYTES = 2 * 1024 * 1024
"""Of all readings together, at least. What compares them takes some 150 times as much memory."""
READ_FACTOR = 8
"""How many times an output's own size they may have, where that is more."""

LEAST_ENCODED_BYTES = 24
"""A shorter text within the output is not decoded: it has no room for a record."""

DELIMITERS = b",;\t|"

_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_SPACE = re.compile(rb"\s+")
_PRINTABLE = re.compile(rb"[\x20-\x7e\s]*")
_PLAIN_BASE64 = bytes.maketrans(b"-_", b"+/")
_XZ_MEMORY_BYTES = 64 * 1024 * 1024


def readings(output: bytes) -> list[bytes]:
    """Return all that the output is looked at as, the output first, each once.

    Raises:
        AnswerWithheld: it unfolds into more than is looked at.
    """
    found = {output: 0, output[::-1]: 0}
    waiting = list(found)
    size_bytes = 2 * len(output)
    most_bytes = max(MAX_READ_BYTES, READ_FACTOR * len(output))
    for reading in waiting:  # which grows meanwhile
        depth = found[reading] + 1
        if depth > MAX_DEPTH:
            continue
        for other in _decoded(reading, most_bytes - size_bytes):
            if other in found or not other:
                continue
            size_bytes += len(other)
            if size_bytes > most_bytes:
                raise _unfolds()
            found[other] = depth
            waiting.append(other)
    return list(found)


def pieces(reading: bytes) -> set[bytes]:
    """Return what in a reading could be a record: lines, values, and rows as `row_bytes` has them.

    Space around a piece is no part of it.
    """
    found = set()
    for line in reading.splitlines():
        found.add(line.strip())
        for delimiter in DELIMITERS:
            if delimiter in line:
                found.update(_row(line, chr(delimiter)))
    for document in _documents(reading):
        for value in _values(document):
            found.add(value)
    return found


def row_bytes(cells: Sequence[str]) -> bytes:
    """Return the one form in which rows are compared, whatever separated their cells."""
    return ",".join(cells).encode("utf-8", "surrogateescape").strip()


def parse_json(text: bytes) -> object:
    """Return a JSON document, numbers as they are written. Raises `ValueError` if it is none."""
    try:
        return _JSON.decode(text.decode())
    except RecursionError as error:
        raise ValueError("it nests too deeply") from error


def json_row(value: object) -> bytes:
    """Return an object or array of JSON as a row of its values, and all else as a row of one."""
    inner = value if isinstance(value, list) else [value]
    if isinstance(value, dict):
        inner = list(value.values())
    return row_bytes([_cell(each) for each in inner])


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if isinstance(value, list | dict) else json.dumps(value)


def _row(line: bytes, delimiter: str) -> Iterator[bytes]:
    text = line.decode("utf-8", "surrogateescape")
    with suppress(csv.Error):
        for cells in csv.reader([text], delimiter=delimiter):
            yield row_bytes(cells)
            yield from (row_bytes([cell]) for cell in cells)


def _documents(reading: bytes) -> Iterator[object]:
    """Yield the reading as JSON; where it is none, those of its lines that are."""
    try:
        yield parse_json(reading)
    except ValueError:
        for line in reading.splitlines():
            if line.lstrip()[:1] in (b"{", b"[", b'"'):
                with suppress(ValueError):
                    yield parse_json(line)


def _values(document: object) -> Iterator[bytes]:
    """Yield each value in a JSON document, each object and array as a row, and each key."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        yield json_row(value)
        if isinstance(value, dict):
            waiting += value.values()
            yield from (row_bytes([key]) for key in value)
        elif isinstance(value, list):
            waiting += value


# ------------------------------------------------------------------------------------- decoding


def _decoded(reading: bytes, most_bytes: int) -> Iterator[bytes]:
    for text in _texts(reading):
        for decode in _DECODERS:
            with suppress(ValueError, OSError, EOFError, zlib.error, lzma.LZMAError):
                yield decode(text, most_bytes)


def _texts(reading: bytes) -> Iterator[bytes]:
    """Yield what might be an encoded form of something: the whole, lines, and values of JSON."""
    yield _SPACE.sub(b"", reading) if _PRINTABLE.fullmatch(reading) else reading
    for line in reading.splitlines():
        if LEAST_ENCODED_BYTES <= len(line) < len(reading):
            yield line.strip()
    for document in _documents(reading):
        for value in _values(document):
            if LEAST_ENCODED_BYTES <= len(value) < len(reading):
                yield value


def _from_hex(text: bytes, _most_bytes: int) -> bytes:
    return binascii.unhexlify(text)


def _from_base64(text: bytes, _most_bytes: int) -> bytes:
    bare = text.rstrip(b"=").translate(_PLAIN_BASE64)
    return base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)


def _from_utf16(text: bytes, _most_bytes: int) -> bytes:
    if b"\0" not in text[:64]:
        raise ValueError("it is no UTF-16")
    with suppress(UnicodeDecodeError):
        return text.decode("utf-16").encode()
    return text.decode("utf-16-be").encode()


def _inflated(bits: int) -> Callable[[bytes, int], bytes]:
    def inflate(text: bytes, most_bytes: int) -> bytes:
        stream = zlib.decompressobj(bits)
        return _bounded(stream.decompress(text, most_bytes + 1), most_bytes)

    return inflate


def _from_bzip2(text: bytes, most_bytes: int) -> bytes:
    return _bounded(bz2.BZ2Decompressor().decompress(text, most_bytes + 1), most_bytes)


def _from_xz(text: bytes, most_bytes: int) -> bytes:
    stream = lzma.LZMADecompressor(memlimit=_XZ_MEMORY_BYTES)
    return _bounded(stream.decompress(text, most_bytes + 1), most_bytes)


def _bounded(content: bytes, most_bytes: int) -> bytes:
    if len(content) > most_bytes:
        raise _unfolds()
    return content


_DECODERS: tuple[Callable[[bytes, int], bytes], ...] = (
    _from_hex,
    _from_base64,
    _from_utf16,
    _inflated(zlib.MAX_WBITS),
    _inflated(zlib.MAX_WBITS | 16),
    _from_bzip2,
    _from_xz,
)


def _unfolds() -> AnswerWithheld:
    return AnswerWithheld(
        "The algorithm's answer unfolds into more than is looked at.",
        remedy="Let the algorithm write its answer plainly.",
    )
