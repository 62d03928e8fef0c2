"""How errors end a command: words on standard error, or JSON, and an exit code; no traceback."""

import inspect
import json
from typing import Any

import pytest
from cli_runner import Run
from fake_ledger import FakeLedger

from dataledger import errors
from dataledger.errors import (
    ChainError,
    ConnectionFailed,
    DataLedgerError,
    NodeRefused,
    Refused,
    RequestRefused,
    Reverted,
    TransactionError,
    TransactionPending,
)

ERRORS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, DataLedgerError)
]


def build(kind: type[DataLedgerError]) -> DataLedgerError:
    extra: dict[str, Any] = {}
    if issubclass(kind, Refused):
        extra = {"error_name": "NoSuchStep", "arguments": {"stage": 2**60}}
    elif issubclass(kind, TransactionError):
        extra = {"transaction_hash": "0x" + "ab" * 32}
    elif issubclass(kind, NodeRefused):
        extra = {"reason": "replayed"}
    elif issubclass(kind, RequestRefused):
        extra = {"rpc_code": -32000, "rpc_message": "no\x1b[31m", "rpc_data": {"a": [1]}}
    elif issubclass(kind, Reverted):
        extra = {"data": b"\x01\x02"}
    return kind("It is \x1b[31m wrong\u202e.", remedy="Do\nthis.", **extra)


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_ends_with_its_exit_code_in_words(
    kind: type[DataLedgerError], run: Run, ledger: FakeLedger
) -> None:
    ledger.organisations.list.side_effect = build(kind)
    outcome = run("org", "list")
    assert outcome.code == kind.exit_code
    assert outcome.out == ""
    assert outcome.err == "✗ It is \\x1b[31m wrong\\u202e.\n→ Do\\nthis.\n"


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_is_one_json_object(
    kind: type[DataLedgerError], run: Run, ledger: FakeLedger
) -> None:
    ledger.organisations.list.side_effect = build(kind)
    outcome = run("org", "list", "--json")
    assert outcome.code == kind.exit_code
    assert outcome.error["code"] == kind.code
    assert outcome.error["message"] == "It is \x1b[31m wrong\u202e."
    assert outcome.error["remedy"] == "Do\nthis."
    assert "\x1b" not in outcome.err


def test_a_refusal_carries_the_contracts_error(run: Run, ledger: FakeLedger) -> None:
    ledger.organisations.list.side_effect = build(Refused)
    error = run("org", "list", "--json").error
    assert error["error_name"] == "NoSuchStep"
    assert error["arguments"] == {"stage": str(2**60)}


def test_a_pending_transaction_is_named(run: Run, ledger: FakeLedger) -> None:
    ledger.organisations.list.side_effect = build(TransactionPending)
    assert run("org", "list", "--json").error["transaction_hash"] == "0x" + "ab" * 32


def test_exit_codes_by_branch_of_the_tree() -> None:
    assert {kind.exit_code for kind in ERRORS if issubclass(kind, ChainError)} == {3}
    assert {kind.exit_code for kind in ERRORS if issubclass(kind, errors.UsageError)} == {2}
    assert {kind.exit_code for kind in ERRORS if issubclass(kind, errors.CheckFailed)} == {1}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "no command 'nonsense'"),
        (["datset"], "Did you mean dataset?"),
        (["org", "lst"], "Did you mean list?"),
        (["fingerprint"], "Missing argument 'PATH'"),
        (["fingerprint", "a", "b"], "unexpected extra argument"),
        (["fingerprint", "--wrkers", "2", "a"], "No such option"),
        (["deploy", "--confirmations", "two"], "'two' is not a valid integer"),
        (["recall", "acme/roads", "1"], "Missing option"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], words: str, run: Run) -> None:
    outcome = run(*arguments)
    assert outcome.code == 2
    assert words in outcome.err
    assert "→ See `dataledger" in outcome.err
    assert "Traceback" not in outcome.err


def test_wrong_usage_is_json_even_before_the_option_is_read(run: Run) -> None:
    outcome = run("fingerprint", "--nonsense", "--json")
    assert outcome.code == 2
    assert outcome.error["code"] == "usage-error"
    assert outcome.error["remedy"] == "See `dataledger fingerprint --help`."


def test_an_interruption_ends_with_130(run: Run, ledger: FakeLedger) -> None:
    ledger.organisations.list.side_effect = KeyboardInterrupt
    outcome = run("org", "list", "--json")
    assert outcome.code == 130
    assert outcome.error["code"] == "interrupted"


def test_a_defect_shows_no_traceback(run: Run, ledger: FakeLedger) -> None:
    ledger.organisations.list.side_effect = ZeroDivisionError("oh\x1b")
    outcome = run("org", "list")
    assert outcome.code == 70
    assert outcome.err == (
        "✗ DataLedger failed unexpectedly: ZeroDivisionError: oh\\x1b\n"
        "→ Run it again with DATALEDGER_DEBUG=1, and report what it prints.\n"
    )


def test_the_traceback_is_there_for_who_asks(
    run: Run, ledger: FakeLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATALEDGER_DEBUG", "1")
    ledger.organisations.list.side_effect = ConnectionFailed("No node.", remedy="Start one.")
    outcome = run("org", "list")
    assert outcome.code == 3
    assert "Traceback (most recent call last)" in outcome.err


def test_json_errors_are_pure_ascii(run: Run, ledger: FakeLedger) -> None:
    ledger.organisations.list.side_effect = ConnectionFailed("\udcff\u202e", remedy="é")
    outcome = run("org", "list", "--json")
    assert outcome.err.isascii()
    assert json.loads(outcome.err)["error"]["message"] == "\udcff\u202e"
