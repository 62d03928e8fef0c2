"""Which kinds of work a node takes."""

from importlib import import_module

import pytest
from queries import document

from dataledger.errors import NodeRefused, QueryError
from dataledger.hashing import Digest, canonical_bytes
from dataledger.node.kinds import KINDS, Kind, parse_any_work, parse_shared_work, parse_work


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_a_parser_that_refuses_what_is_none(name: str) -> None:
    kind = KINDS[name]
    module, function = kind.parser.split(":")
    assert callable(getattr(import_module(module), function))
    parse = parse_shared_work if kind.is_shared else parse_work
    with pytest.raises(QueryError):
        parse(canonical_bytes({"format": name}))


@pytest.mark.parametrize("name", KINDS)
def test_work_of_one_and_of_several_nodes_is_told_apart(name: str) -> None:
    other = parse_work if KINDS[name].is_shared else parse_shared_work
    with pytest.raises(QueryError, match=r"one node|several nodes"):
        other(canonical_bytes({"format": name}))


def test_a_query_is_work_whose_code_is_its_document() -> None:
    question = canonical_bytes(document())
    assert parse_work(question).code == parse_any_work(question).code == Digest.of(question)


@pytest.mark.parametrize(
    "question", [b"", b"[]", b"{}", b'{"format":7}', b'{"format":"dataledger/query/9"}', b"\xff"]
)
def test_other_documents_are_refused_with_what_is_known(question: bytes) -> None:
    with pytest.raises(QueryError) as caught:
        parse_work(question)
    if question.startswith(b"{"):
        assert "dataledger/query/1" in caught.value.remedy


def refuse() -> None:
    raise NodeRefused("There is no sandbox here.", remedy="", reason="no-sandbox")


def test_what_a_machine_cannot_do_is_named() -> None:
    assert Kind("m:f", packages=("json", "no_such_package")).missing() == ("no_such_package",)
    assert Kind("m:f", probe=f"{__name__}:refuse").missing() == ("There is no sandbox here.",)
    assert Kind("m:f", packages=("json",), probe="json:JSONDecoder").missing() == ()
