"""What only a terminal shows: questions that are not echoed."""

import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

import pytest
from command_line import CommandLine

PROMPT = re.compile("(?:alice|confirmation): ")
TYPED = "correct horse battery staple"
END_OF_INPUT = "\x04"


def converse(run: CommandLine, arguments: list[str], answers: list[str]) -> tuple[int, str]:
    """Run a command on a terminal, answer each prompt, and return its exit code and the screen."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        run.command(*arguments),
        env={**run.environment(), "TERM": "xterm"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    screen, answered, deadline = "", 0, time.monotonic() + 20
    while time.monotonic() < deadline:
        if select.select([controller], [], [], 0.1)[0]:
            try:
                screen += os.read(controller, 4096).decode()
            except OSError:  # the process has closed its side
                break
        if answered < len(answers) and len(PROMPT.findall(screen)) > answered:
            os.write(controller, f"{answers[answered]}\n".encode())
            answered += 1
    os.close(controller)
    return process.wait(timeout=10), screen


def test_a_passphrase_is_asked_for_twice_and_never_echoed(tmp_path: Path) -> None:
    run = CommandLine(tmp_path)
    code, screen = converse(run, ["account", "new", "alice"], [TYPED, TYPED])
    assert code == 0, screen
    assert "Passphrase of the account alice" in screen
    assert TYPED not in screen
    assert [entry["name"] for entry in run.ok("account", "list")["accounts"]] == ["alice"]


@pytest.mark.parametrize("answers", [[TYPED, "another", END_OF_INPUT], [END_OF_INPUT]])
def test_an_account_is_not_made_without_a_confirmed_passphrase(
    answers: list[str], tmp_path: Path
) -> None:
    run = CommandLine(tmp_path)
    code, screen = converse(run, ["account", "new", "alice"], answers)
    assert code == 130, screen
    assert "Traceback" not in screen
    assert run.ok("account", "list")["accounts"] == []
