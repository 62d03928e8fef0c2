"""Checks a JSON report of coverage.py: the tests must reach 95 % of the branches of some rooms."""

import json
import sys
from pathlib import Path
from typing import Any

ROOMS = ("hashing", "manifest", "chain")
LEAST_PERCENT = 95.0


def branch_percent(report: dict[str, Any], room: str) -> float:
    """The share of the branches in `src/dataledger/<room>/` that the tests reach.

    Raises:
        ValueError: The report knows no branch there, so that it says nothing.
    """
    summaries = [
        file["summary"]
        for path, file in report["files"].items()
        if path.startswith(f"src/dataledger/{room}/")
    ]
    branches: int = sum(summary["num_branches"] for summary in summaries)
    covered: int = sum(summary["covered_branches"] for summary in summaries)
    if branches == 0:
        raise ValueError(f"the report covers no branch of {room}")
    return 100 * covered / branches


def main() -> None:
    report = json.loads(Path(sys.argv[1]).read_bytes())
    shares = {room: branch_percent(report, room) for room in ROOMS}
    for room, share in shares.items():
        sys.stdout.write(f"The tests reach {share:.1f} % of the branches of {room}.\n")
    if min(shares.values()) < LEAST_PERCENT:
        sys.exit(f"At least {LEAST_PERCENT:.0f} % is promised.")


if __name__ == "__main__":
    main()
