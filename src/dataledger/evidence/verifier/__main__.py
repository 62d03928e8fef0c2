"""The command protocol of the conformance tests: see docs/evidence.md."""

import json
import sys
from pathlib import Path
from typing import TextIO

from dataledger.errors import DataLedgerError
from dataledger.evidence.verifier.pins import MAX_PINS_BYTES, Pins
from dataledger.evidence.verifier.verify import verify_bundle
from dataledger.hashing import members, parse_strict, string


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer each line of `requests` by one line, until there are no more."""
    for line in requests:
        answers.write(json.dumps(answer(line), separators=(",", ":")) + "\n")
        answers.flush()


def answer(line: str) -> dict[str, str]:
    """Return the verdict on the bundle that a line asks about; `error` where it cannot be given."""
    try:
        found = members(parse_strict(line.encode(), max_bytes=MAX_PINS_BYTES), "bundle", "pins")
        report = verify_bundle(Path(string(found["bundle"])), Pins.from_json(found["pins"]))
    except DataLedgerError as error:
        return {"verdict": "error", "message": str(error)}
    if report.failed is None:
        return {"verdict": "valid"}
    return {"verdict": "invalid", "failed": report.failed.name.value}


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    serve(sys.stdin, sys.stdout)
