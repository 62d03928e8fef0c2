"""Sampling: a part of the published readings, chosen by their content and by nobody's taste."""

import hashlib
from collections import Counter
from pathlib import Path

from dataledger.demo.steps.clean import COLUMNS
from dataledger.demo.steps.files import relative_files
from dataledger.demo.steps.tables import read_csv, write_csv
from dataledger.hashing import JsonValue

ONE_IN = 8
PARAMETERS: dict[str, JsonValue] = {"one_in": ONE_IN}
SAMPLE_TABLE = "sample.csv"


def sample(source: Path, target: Path) -> Counter[str]:
    """Write every reading whose SHA-256 says so, about one in `ONE_IN`, to the new `target`.

    Returns how many readings there were, and how many were taken.
    """
    counts: Counter[str] = Counter()
    columns = (*COLUMNS, "label")
    taken = []
    for path in relative_files(source):
        if not path.startswith("readings/"):
            continue
        for _, row in read_csv((source / path).read_bytes()):
            cells = tuple(row[name] for name in columns)
            counts["readings"] += 1
            if hashlib.sha256("\t".join(cells).encode()).digest()[0] % ONE_IN == 0:
                taken.append(cells)
    counts["taken"] = len(taken)
    target.mkdir(parents=True)
    (target / SAMPLE_TABLE).write_bytes(write_csv(columns, taken))
    return counts
