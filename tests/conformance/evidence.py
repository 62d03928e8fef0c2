"""Runs the vectors of evidence bundles through a verifier, of any make.

    python tests/conformance/evidence.py COMMAND [ARGUMENT …]

The command speaks the protocol of docs/evidence.md: it reads one JSON object from each line of its
standard input, and answers each with one on a line of its standard output. Ends with exit code 1
when an answer is not the expected one.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "vectors" / "evidence"
TIMEOUT_SECONDS = 120


def cases() -> list[dict[str, Any]]:
    """Return the cases, with the paths of their bundles."""
    found: list[dict[str, Any]] = json.loads((VECTORS / "cases.json").read_bytes())["cases"]
    return [{**case, "bundle": str(VECTORS / case["bundle"])} for case in found]


def differences(command: list[str]) -> Iterator[str]:
    """Yield a line for each case that the command judges otherwise, or does not answer."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stopper = threading.Timer(TIMEOUT_SECONDS, process.kill)
        stopper.start()
        try:
            for case in cases():
                request = {"bundle": case["bundle"], "pins": case["pins"]}
                try:
                    process.stdin.write(json.dumps(request).encode() + b"\n")
                    process.stdin.flush()
                except BrokenPipeError:
                    yield f"{case['name']}: the command has ended"
                    return
                problem = _problem(case, process.stdout.readline())
                if problem:
                    yield f"{case['name']}: {problem}"
            process.stdin.close()
            if process.wait() != 0:
                yield f"the command ended with exit code {process.returncode}"
        finally:
            stopper.cancel()
            process.kill()


def _problem(case: dict[str, Any], line: bytes) -> str:
    try:
        answer = json.loads(line)
        found = answer["verdict"], answer.get("failed")
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"answered {line[:200]!r}, which is no answer"
    expected = case["verdict"], case.get("failed")
    return "" if found == expected else f"answered {found}, expected {expected}"


def main() -> int:
    """Print what differs, and how many cases there are."""
    if len(sys.argv) < 2:
        sys.stdout.write(str(__doc__))
        return 2
    found = list(differences(sys.argv[1:]))
    for line in found:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{len(cases())} cases, {len(found)} differences\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
