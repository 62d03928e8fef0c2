"""A dataset beside a node, and what somebody has of it: for tests of matching."""

import json
from pathlib import Path

from dataledger.contracts.identifiers import DatasetId, OrgId
from dataledger.hashing import Hash32
from dataledger.manifest import fingerprint
from dataledger.node.rules import MatchingRules, NodeRules
from dataledger.node.work import Holding

TABLE = "people.csv"
COLUMN = "email"
THEIRS = [f"person{number}@example.org" for number in range(200, 500)]
OURS = [f"person{number}@example.org" for number in range(250)]
SHARED = sorted(set(OURS) & set(THEIRS))
ROADS = DatasetId(Hash32(bytes([1]) * 32))
CONSUMER = OrgId(7)
OPEN = MatchingRules(columns=(COLUMN,), least_items=100, reveal_ids=True)


def write_table(path: Path, texts: list[str], *, column: str = COLUMN) -> Path:
    """Write a CSV file with a column, each text twice, and a row where it is empty."""
    rows = [*texts, "", *texts]
    lines = [f"number,{column}", *(f"{number},{text}" for number, text in enumerate(rows))]
    path.write_text("\n".join(lines) + "\n")
    return path


def holding_at(folder: Path, rules: MatchingRules = OPEN, *, consumer: OrgId = CONSUMER) -> Holding:
    """Return a version of a dataset in two formats, and a folder for the node's state."""
    data, state = folder / "data", folder / "state"
    for made in (data, state):
        made.mkdir(exist_ok=True)
    write_table(data / TABLE, THEIRS)
    lines = [json.dumps({COLUMN: text, "number": n}) for n, text in enumerate(THEIRS)]
    (data / "people.jsonl").write_text("\n".join(lines) + "\n")
    (data / "notes.txt").write_text("no table")
    return Holding(
        dataset=ROADS,
        version=1,
        folder=data,
        manifest=fingerprint(data, workers=1),
        rules=NodeRules(matching=rules),
        consumer=consumer,
        state=state,
    )
