"""The command line on a home directory of its own, against a real chain."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from dataledger.chain.devnet import Devnet
from dataledger.cli.main import main

TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def error(self) -> dict[str, Any]:
        """The error as JSON on standard error, with nothing on standard output."""
        assert self.out == ""
        error: dict[str, Any] = json.loads(self.err)["error"]
        return error


@dataclass(frozen=True)
class CommandLine:
    """Runs `dataledger` on one home directory: in this process, which saves its start, or apart."""

    home: Path
    is_apart: bool = False

    @property
    def apart(self) -> "CommandLine":
        """The same, with a process of its own for each command, as its users have it."""
        return CommandLine(self.home, is_apart=True)

    def __call__(self, *arguments: object) -> Ended:
        """Run one command to its end."""
        words = [str(argument) for argument in arguments]
        ended = self._run_apart(words) if self.is_apart else self._run_here(words)
        assert "Traceback" not in ended.err, ended.err
        return ended

    def ok(self, *arguments: object) -> dict[str, Any]:
        """Run one command with --json, which must succeed, and return its answer."""
        ended = self(*arguments, "--json")
        assert ended.code == 0, ended.err
        assert ended.err == ""
        return ended.document

    def _run_here(self, words: list[str]) -> Ended:
        variables = [name for name in os.environ if name.startswith("DATALEDGER_")]
        without = dict.fromkeys(set(variables) - {"DATALEDGER_ANVIL"})
        runner = CliRunner(mix_stderr=False, env={**without, "DATALEDGER_HOME": str(self.home)})
        result = runner.invoke(main, words)
        return Ended(result.exit_code, result.stdout, result.stderr)

    def _run_apart(self, words: list[str]) -> Ended:
        ended = subprocess.run(
            self.command(*words),
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    @staticmethod
    def command(*arguments: object) -> list[str]:
        """Return the command line of a process."""
        return [sys.executable, "-m", "dataledger", *(str(argument) for argument in arguments)]

    def environment(self) -> dict[str, str]:
        """Return the environment of a process."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DATALEDGER_")}
        if "DATALEDGER_ANVIL" in os.environ:
            kept["DATALEDGER_ANVIL"] = os.environ["DATALEDGER_ANVIL"]
        return {**kept, "DATALEDGER_HOME": str(self.home)}

    def head_block(self) -> int:
        """Return how far the devnet's chain has come."""
        head = Devnet(self.home).status().head_block
        assert head is not None
        return head
