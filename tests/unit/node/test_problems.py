"""What a node tells of what went wrong, and what its client makes of that."""

from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import (
    AnswerWithheld,
    CanonicalisationError,
    Conflict,
    DataLedgerError,
    DependencyMissing,
    ManifestMismatch,
    NodeError,
    NodeRefused,
    OutboxError,
    OwnerNodeError,
    QueryError,
    Refused,
    SignatureInvalid,
    UseDocumentError,
)
from dataledger.hashing import canonical_bytes
from dataledger.node.problems import Problem, error_in

NODE = "https://node.example"
TOLD = [
    NodeRefused("It is not held.", remedy="Ask another.", reason="not-held"),
    SignatureInvalid("No.", remedy="Sign."),
    QueryError("No.", remedy="Bound it."),
    UseDocumentError("No.", remedy="Write it."),
    CanonicalisationError("No.", remedy="Write it."),
    AnswerWithheld("No.", remedy="Begin anew."),
    Conflict("No.", remedy="Choose another."),
    DependencyMissing("No.", remedy="Install it."),
]


@pytest.mark.parametrize("error", TOLD, ids=lambda error: error.code)
def test_what_is_told_is_raised_again(error: DataLedgerError) -> None:
    problem = Problem.of(error)
    found = error_in(problem.status, problem.to_bytes(), NODE)
    assert type(found) is type(error)
    assert str(error) in str(found)
    assert error.remedy in found.remedy
    assert NODE in str(found)
    assert problem.reference is None


def test_a_contract_refuses_by_its_errors_name() -> None:
    refused = Refused("No.", remedy="r", error_name="GrantExpired", arguments={"grant": "0x…"})
    problem = Problem.of(refused)
    found = error_in(problem.status, problem.to_bytes(), NODE)
    assert isinstance(found, NodeRefused)
    assert found.reason == "GrantExpired"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("/data/people.csv: ann"), 500),
        (ManifestMismatch("/data/people.csv: ann", remedy="/data"), 500),
        (NodeError("/data/people.csv: ann", remedy="/data"), 503),
        (OutboxError("/data/people.csv: ann", remedy="/data"), 503),
    ],
)
def test_what_could_name_the_nodes_own_things_is_not_told(error: Exception, status: int) -> None:
    problem = Problem.of(error)
    assert problem.status == status
    assert b"/data" not in problem.to_bytes()
    assert b"ann" not in problem.to_bytes().replace(b"cannot", b"")
    assert problem.reference is not None
    found = error_in(problem.status, problem.to_bytes(), NODE)
    assert isinstance(found, OwnerNodeError)
    assert problem.reference in str(found)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502</html>",
        b'{"error":{}}',
        b'{"error":{"code":1,"message":"","reason":"","remedy":""}}',
        b"x" * 100_000,
    ],
)
def test_nonsense_is_no_answer_of_a_node(body: bytes) -> None:
    found = error_in(502, body, NODE)
    assert isinstance(found, OwnerNodeError)
    assert "502" in str(found)


WORDS = st.one_of(st.sampled_from(["node-refused", "query-error", "internal"]), st.text())


@given(code=WORDS, reason=st.text(), message=st.text(), remedy=st.text(), status=st.integers(0))
def test_a_nodes_words_are_shown_and_obeyed_in_nothing(
    code: str, reason: str, message: str, remedy: str, status: int
) -> None:
    error = {"code": code, "message": message, "reason": reason, "remedy": remedy}
    try:
        body = canonical_bytes({"error": error})
    except CanonicalisationError:
        return  # half of a surrogate pair
    found = error_in(status, body, NODE)
    assert str(found).isprintable()
    assert found.remedy.isprintable()
    assert getattr(found, "reason", "a").isprintable()
    assert len(str(found)) < 1000


def test_every_status_is_one_of_http() -> None:
    assert {Problem.of(error).status for error in TOLD} <= set(HTTPStatus)
