"""The document of an algorithm: what is read, and what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import QueryError
from dataledger.hashing import Digest, JsonValue, canonical_bytes
from dataledger.node.kinds import parse_work
from dataledger.node.sandbox import AlgorithmDocument, AlgorithmWork
from dataledger.node.sandbox.document import MAX_ALGORITHM_BYTES, MAX_PARAMETER_BYTES

CODE = b"print('for the record')\n"
DOCUMENT = AlgorithmDocument(CODE, {"year": 2026})


def _changed(**members: JsonValue) -> bytes:
    return canonical_bytes({**json.loads(DOCUMENT.to_bytes()), **members})


def test_a_document_is_read_as_it_was_written() -> None:
    assert AlgorithmDocument.parse(DOCUMENT.to_bytes()) == DOCUMENT
    assert DOCUMENT.parameters_bytes() == b'{"year":2026}'


@given(st.text(min_size=1, max_size=50), st.none() | st.integers(-9, 9) | st.text(max_size=9))
def test_any_document_is(code: str, parameters: str | int | None) -> None:
    document = AlgorithmDocument(code.encode("utf-8", "replace"), parameters)
    assert AlgorithmDocument.parse(document.to_bytes()) == document


def test_its_code_is_the_file_whatever_the_parameters_are() -> None:
    assert DOCUMENT.code == Digest.of(CODE) == AlgorithmDocument(CODE).code


def test_a_node_finds_it_by_its_format() -> None:
    assert parse_work(DOCUMENT.to_bytes()) == AlgorithmWork(DOCUMENT)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        DOCUMENT.to_bytes() + b"\n",
        _changed(format="dataledger/algorithm/2"),
        _changed(more=1),
        _changed(algorithm=""),
        _changed(algorithm="?"),
        _changed(algorithm="é"),
        _changed(algorithm="QR=="),  # another spelling of QQ==
        _changed(algorithm="/w=="),  # no UTF-8
        _changed(algorithm=None),
        _changed(parameters="x" * MAX_PARAMETER_BYTES),
        canonical_bytes({"algorithm": "QQ==", "format": "dataledger/algorithm/1"}),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(QueryError):
        AlgorithmDocument.parse(data)


def test_code_has_a_limit() -> None:
    AlgorithmDocument(b"#" * MAX_ALGORITHM_BYTES)
    with pytest.raises(QueryError, match="bytes of code"):
        AlgorithmDocument(b"#" * (MAX_ALGORITHM_BYTES + 1))


def test_parameters_are_json() -> None:
    with pytest.raises(QueryError):
        AlgorithmDocument(CODE, float("nan"))


def test_the_code_is_in_no_repr() -> None:
    assert "record" not in repr(DOCUMENT)
