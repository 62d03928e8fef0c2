"""Running commands in this process, against a fake ledger."""

import pytest
from cli_runner import Outcome, Run
from click.testing import CliRunner
from fake_ledger import FakeLedger, FakeSession

from dataledger.cli.main import main


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger()


@pytest.fixture
def run(
    ledger: FakeLedger, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    for variable in ("PROFILE", "ACCOUNT", "PASSPHRASE_FILE", "DEBUG"):
        monkeypatch.delenv(f"DATALEDGER_{variable}", raising=False)
    monkeypatch.setenv("DATALEDGER_HOME", str(tmp_path_factory.mktemp("home")))

    def run_command(*arguments: str, stdin: str | None = None) -> Outcome:
        session = FakeSession(ledger=ledger)
        runner = CliRunner(mix_stderr=False)
        result = runner.invoke(main, arguments, input=stdin, obj=session)
        return Outcome(result.exit_code, result.stdout, result.stderr, session)

    return run_command
