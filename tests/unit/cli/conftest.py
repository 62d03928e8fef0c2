"""Running commands in this process, against a fake ledger."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner
from fake_ledger import FakeLedger, FakeSession

from dataledger.cli.main import main


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str
    session: FakeSession

    @property
    def document(self) -> dict[str, Any]:
        """What was printed on standard output, which is one JSON object and nothing else."""
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document

    @property
    def error(self) -> dict[str, Any]:
        """The error that was printed as JSON on standard error, with nothing on standard output."""
        assert self.out == ""
        error: dict[str, Any] = json.loads(self.err)["error"]
        return error


Run = Callable[..., Outcome]


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger()


@pytest.fixture
def run(ledger: FakeLedger, monkeypatch: pytest.MonkeyPatch) -> Run:
    for variable in ("PROFILE", "HOME", "ACCOUNT", "PASSPHRASE_FILE", "DEBUG"):
        monkeypatch.delenv(f"DATALEDGER_{variable}", raising=False)

    def run_command(*arguments: str, stdin: str | None = None) -> Outcome:
        session = FakeSession(ledger=ledger)
        runner = CliRunner(mix_stderr=False)
        result = runner.invoke(main, arguments, input=stdin, obj=session)
        return Outcome(result.exit_code, result.stdout, result.stderr, session)

    return run_command
