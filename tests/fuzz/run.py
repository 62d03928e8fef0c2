"""Fuzzes every parser for some seconds each, and prints what came of it.

    python tests/fuzz/run.py [--seconds N] [NAME …]

Inputs that reach something new are kept in `build/fuzz/NAME/corpus`, and the next run begins with
them. What a failure leaves stands in `build/fuzz/NAME/findings`. Ends with 1 if there was any.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "support")]

import fuzzing  # noqa: E402

BUILD = ROOT / "build" / "fuzz"

RSS_LIMIT_MIB = 2048
INPUT_TIMEOUT_SECONDS = 20
START_SECONDS = 120
"""What a process may take besides, to import and to run what earlier runs have found."""

_STATUS = re.compile(r"^#(\d+)\s.*cov: (\d+) ft: (\d+)", re.MULTILINE)
_DONE = re.compile(r"stat::number_of_executed_units: +(\d+)")


class Outcome(NamedTuple):
    """What fuzzing with one harness gave."""

    name: str
    executions: int
    edges: int
    features: int
    inputs: int
    problem: str | None
    """How it failed, and how to make it fail again."""


def main() -> int:
    """Fuzz, print a table, and return the exit code."""
    parser = argparse.ArgumentParser(description="Fuzz every parser, guided by coverage.")
    parser.add_argument("--seconds", type=int, default=60, help="for each harness")
    parser.add_argument("names", nargs="*", metavar="NAME", help="by default, all")
    arguments = parser.parse_args()
    known = fuzzing.names()
    if unknown := sorted(set(arguments.names) - set(known)):
        parser.error(f"there is no harness {', '.join(unknown)}; there are {', '.join(known)}")
    if importlib.util.find_spec("atheris") is None:
        parser.error("atheris is not installed: run `make fuzz`")
    outcomes = []
    print(f"{'harness':<12}{'executions':>12}{'edges':>8}{'features':>10}{'inputs':>8}  result")
    for name in arguments.names or known:
        outcome = fuzz(name, arguments.seconds)
        outcomes.append(outcome)
        counts = f"{outcome.executions:>12,}{outcome.edges:>8,}{outcome.features:>10,}"
        result = "FAILED" if outcome.problem else "ok"
        print(f"{name:<12}{counts}{outcome.inputs:>8,}  {result}", flush=True)
    failed = [outcome for outcome in outcomes if outcome.problem]
    for outcome in failed:
        print(f"\n--- {outcome.name}\n{outcome.problem}")
    return 1 if failed else 0


def fuzz(name: str, seconds: int) -> Outcome:
    """Fuzz with one harness, in a process of its own."""
    folder = BUILD / name
    corpus, findings = folder / "corpus", folder / "findings"
    for each in (corpus, findings):
        each.mkdir(parents=True, exist_ok=True)
    log = folder / "log.txt"
    before = set(findings.iterdir())
    command = [
        *(sys.executable, str(ROOT / "tests" / "fuzz" / "one.py"), name),
        f"-max_total_time={seconds}",
        f"-rss_limit_mb={RSS_LIMIT_MIB}",
        f"-timeout={INPUT_TIMEOUT_SECONDS}",
        f"-artifact_prefix={findings}/",
        "-print_final_stats=1",
        str(corpus),
    ]
    memory = Path("/dev/shm")  # noqa: S108
    began = time.monotonic()
    # libFuzzer ends the process without tidying up, so its temporary files are ours to remove.
    with (
        log.open("wb") as output,
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as temporary,
    ):
        try:
            code = subprocess.run(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=os.environ | {"TMPDIR": temporary},
                timeout=seconds + START_SECONDS + INPUT_TIMEOUT_SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            code = None
    text = log.read_text(errors="replace")
    problem = None
    if code != 0:
        artifacts = sorted(set(findings.iterdir()) - before)
        problem = _problem(name, code, text, artifacts, time.monotonic() - began)
    executions, edges, features = _counts(text)
    return Outcome(name, executions, edges, features, len(list(corpus.iterdir())), problem)


def _counts(log: str) -> tuple[int, int, int]:
    found = [tuple(map(int, match.groups())) for match in _STATUS.finditer(log)]
    executions, edges, features = found[-1] if found else (0, 0, 0)
    done = _DONE.search(log)
    return (int(done[1]) if done else executions), edges, features


def _problem(name: str, code: int | None, log: str, artifacts: list[Path], seconds: float) -> str:
    how = f"exit code {code}" if code is not None else f"no end after {seconds:.0f} s"
    lines = [f"It ended with {how}. The end of {BUILD / name / 'log.txt'}:"]
    lines += [f"    {line[:200]}" for line in log.splitlines()[-25:] if not _is_bytes(line)]
    lines += [f"Again: .venv/bin/python tests/fuzz/one.py {name} {path}" for path in artifacts]
    return "\n".join(lines)


def _is_bytes(line: str) -> bool:
    return line.startswith(("0x", "Base64:", "stat::")) or not line.isprintable()


if __name__ == "__main__":
    sys.exit(main())
