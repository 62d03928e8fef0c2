"""How long a command takes to start, which is what people notice first."""

import resource
import subprocess
import sys

import pytest

HEAVY = ["eth_account", "eth_abi", "rich", "requests", "sqlite3", "web3"]
BUDGET_SECONDS = 0.3


@pytest.mark.parametrize("arguments", [["--help"], ["fingerprint", "--help"], ["org", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from dataledger.cli.main import main\n"
        "try:\n"
        f"    main(args={arguments})\n"
        "except SystemExit as end:\n"
        f"    print('heavy:', [n for n in {HEAVY} if n in sys.modules], end.code)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert finished.stdout.splitlines()[-1] == "heavy: [] 0"


def test_fingerprinting_loads_no_chain_client() -> None:
    code = (
        "import sys\n"
        "from dataledger.cli.main import main\n"
        "try:\n"
        f"    main(args=['fingerprint', {__file__!r}, '--no-cache', '--json'])\n"
        "except SystemExit as end:\n"
        f"    print('heavy:', [n for n in {HEAVY} if n in sys.modules], end.code)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert finished.stdout.splitlines()[-1] == "heavy: [] 0"


@pytest.mark.parametrize("arguments", [["--help"], ["fingerprint", "--help"]])
def test_help_is_there_at_once(arguments: list[str]) -> None:
    # The best of several, in processor time, which is all that a start takes: neither a busy
    # machine can fail it, nor a slow start pass it.
    assert min(start_seconds(arguments) for _ in range(5)) <= BUDGET_SECONDS


def start_seconds(arguments: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "dataledger", *arguments], check=True, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
