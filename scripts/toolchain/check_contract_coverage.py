"""Checks an LCOV report: the tests must reach every branch and every function of the contracts."""

import sys
from pathlib import Path

NEVER = {"-", "0"}


def unreached(report: str) -> list[str]:
    """What no test reached, one line each, such as `contracts/A.sol:12: branch 0 of this line`.

    Raises:
        ValueError: The report covers no contract, so that it says nothing.
    """
    found = []
    source = ""
    sources = 0
    for line in report.splitlines():
        kind, _, rest = line.partition(":")
        if kind == "SF":
            source = rest
            sources += source.startswith("contracts/")
        elif kind == "BRDA":
            number, _block, branch, taken = rest.split(",")
            if taken in NEVER:
                found.append(f"{source}:{number}: branch {branch} of this line")
        elif kind == "FNDA":
            taken, name = rest.split(",")
            if taken in NEVER:
                found.append(f"{source}: the function {name}")
    if sources == 0:
        raise ValueError("the report covers no file under contracts/")
    return found


def main() -> None:
    missed = unreached(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if missed:
        sys.exit("\n".join([*missed, f"No test reaches these {len(missed)} places."]))
    sys.stdout.write("The tests reach every branch and function of the contracts.\n")


if __name__ == "__main__":
    main()
