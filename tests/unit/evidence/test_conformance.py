"""The vectors of evidence, through the command protocol that any implementation may speak."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from recorded_bundle import RecordedBundle

TESTS = Path(__file__).parents[2]
RUNNER = TESTS / "conformance" / "evidence.py"
VERIFIER = [sys.executable, "-m", "dataledger.evidence.verifier"]
TIMEOUT_SECONDS = 120

# All that the verifier needs of the package, as docs/evidence.md says.
TAKEN = (
    "errors.py",
    "hashing",
    "manifest",
    "contracts/identifiers.py",
    "contracts/head_rule.py",
    "evidence/verifier",
)

# Sockets are forbidden before anything is imported, and what was imported is told at the end.
APART = """
import json, socket, sys

def refused(*_, **__):
    raise AssertionError("a socket was opened")

socket.socket.__init__ = refused
socket.create_connection = socket.getaddrinfo = refused

import runpy
runpy.run_module("dataledger.evidence.verifier", run_name="__main__")
heavy = ("web3", "eth_account", "eth_abi", "requests", "sqlalchemy", "click", "rich", "asyncio")
rooms = ("chain", "ledger", "index", "cli", "demo")
names = [*heavy, *(f"dataledger.{room}" for room in rooms)]
print(json.dumps([name for name in names if name in sys.modules]))
"""


def run_conformance(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(RUNNER), *command],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )


def test_our_verifier_conforms() -> None:
    finished = run_conformance(*VERIFIER)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stdout.endswith(" cases, 0 differences\n")


def test_the_runner_notices_a_verifier_that_takes_everything() -> None:
    yes = 'import sys\nfor _ in sys.stdin: print(\'{"verdict":"valid"}\', flush=True)'
    finished = run_conformance(sys.executable, "-c", yes)
    assert finished.returncode == 1
    assert "truncated: answered ('valid', None), expected ('invalid', 'format')" in finished.stdout
    assert "a-pinned-block-hash:" not in finished.stdout


@pytest.mark.parametrize("program", ["pass", "print('no', flush=True); import time; input()"])
def test_the_runner_notices_a_verifier_that_gives_no_answer(program: str) -> None:
    finished = run_conformance(sys.executable, "-c", program)
    assert finished.returncode == 1


def test_verifying_needs_neither_a_socket_nor_the_chain_client(recorded: RecordedBundle) -> None:
    path = str(TESTS / "vectors" / "evidence" / "recorded.json")
    request = json.dumps({"bundle": path, "pins": recorded.pins.to_json()})
    finished = subprocess.run(
        [sys.executable, "-c", APART],
        check=True,
        capture_output=True,
        input=request + "\n",
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    answer, loaded = finished.stdout.splitlines()
    assert json.loads(answer) == {"verdict": "valid"}
    assert json.loads(loaded) == []


def test_the_verifier_can_be_taken_out(recorded: RecordedBundle, tmp_path: Path) -> None:
    source, taken = TESTS.parent / "src" / "dataledger", tmp_path / "dataledger"
    for name in TAKEN:
        place = taken / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source / name, place)
    for package in (taken, taken / "contracts", taken / "evidence"):
        (package / "__init__.py").touch()
    path = str(TESTS / "vectors" / "evidence" / "recorded.json")
    where = "import sys, dataledger; sys.stderr.write(dataledger.__path__[0])"
    finished = subprocess.run(
        [sys.executable, "-c", f"{where}\n{APART}"],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        input=json.dumps({"bundle": path, "pins": recorded.pins.to_json()}) + "\n",
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert finished.stderr == str(taken)
    assert json.loads(finished.stdout.splitlines()[0]) == {"verdict": "valid"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "not JSON"),
        ("{}", "lacks the member 'bundle'"),
        ('{"bundle":"absent.json","pins":null}', "stands where an object belongs"),
        ('{"bundle":1,"pins":{}}', "stands where a string belongs"),
    ],
)
def test_a_request_that_is_none_is_answered_with_an_error(line: str, reason: str) -> None:
    from dataledger.evidence.verifier.__main__ import answer

    found = answer(line)
    assert found["verdict"] == "error"
    assert reason in found["message"]


def test_a_line_that_is_no_text_is_answered_and_the_next_one_too(recorded: RecordedBundle) -> None:
    path = str(TESTS / "vectors" / "evidence" / "recorded.json")
    request = json.dumps({"bundle": path, "pins": recorded.pins.to_json()}).encode()
    finished = subprocess.run(
        [sys.executable, "-m", "dataledger.evidence.verifier"],
        check=True,
        capture_output=True,
        input=b"\xff\n" + request + b"\n",
        timeout=TIMEOUT_SECONDS,
    )
    first, second = map(json.loads, finished.stdout.splitlines())
    assert first["verdict"] == "error"
    assert second == {"verdict": "valid"}


def test_the_vectors_are_what_their_script_writes() -> None:
    sys.path.insert(0, str(TESTS / "vectors"))
    import generate_evidence

    written = generate_evidence.files()
    folder = TESTS / "vectors" / "evidence"
    assert {name: (folder / name).read_bytes() for name in written} == written
    assert {f"bundles/{path.name}" for path in (folder / "bundles").iterdir()} == {
        name for name in written if name.startswith("bundles/")
    }
