"""Documents of algorithms, and what algorithms answer: what is copied plainly is found."""

import base64
import gzip
import json
from collections.abc import Iterator
from random import Random

from fuzzing import accepted, mutate_json

from dataledger.errors import AnswerWithheld
from dataledger.node.sandbox import AlgorithmDocument
from dataledger.node.sandbox.output import pieces
from dataledger.node.sandbox.overlap import Overlap

_ROW = b"a row of the data,which no answer may hold,17"
_WINDOW = bytes(range(100, 160))
_DOCUMENT = AlgorithmDocument(b"print()", {"year": [2026, None, True, "x"]}).to_bytes()


def check(data: bytes) -> None:
    document = accepted(AlgorithmDocument.parse, data)
    if document is not None:
        assert document.to_bytes() == data
    try:
        overlap = Overlap(data)
    except AnswerWithheld:
        return
    assert overlap.has_row([_ROW]) or _ROW not in data
    assert overlap.has_bytes([_WINDOW]) or _WINDOW not in data
    assert all(piece == piece.strip() for piece in pieces(data))


def seeds() -> Iterator[bytes]:
    rows = [["x", 1.5, None], ["y", "z", {"deep": [_ROW.decode()]}]]
    yield _DOCUMENT
    yield _ROW + b"\n" + _WINDOW
    for text in (json.dumps(rows).encode(), b"1;2;3\n" + _ROW + b"\n"):
        yield text
        yield base64.b64encode(text)
        yield text.hex().encode()
        yield base64.b64encode(gzip.compress(text, mtime=0))
        yield text.decode().encode("utf-16")


def mutate(data: bytes, random: Random) -> bytes:
    if data == _DOCUMENT:
        return mutate_json(data, random)
    at = random.randrange(len(data))
    return data[:at] + bytes([random.randrange(256)]) + data[at + random.randrange(3) :]
