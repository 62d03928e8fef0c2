"""An algorithm to be approved: the mean of each pollutant at each station of `harbour-air`.

It runs in the sandbox of an owner's node, as docs/algorithms.md says. It tells of no group with
fewer than ten readings, and takes no parameters.
"""

import csv
import json
from collections import defaultdict
from pathlib import Path

LEAST_READINGS = 10

readings = defaultdict(list)
for path in sorted(Path("/data/readings").glob("*.csv")):
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            try:
                value = float(row["value"])
            except ValueError:
                continue
            readings[row["station"], row["pollutant"], row["unit"]].append(value)

means = [
    {"mean": round(sum(values) / len(values), 2), "of": " ".join(group), "readings": len(values)}
    for group, values in sorted(readings.items())
    if len(values) >= LEAST_READINGS
]
Path("/output/answer").write_text(json.dumps(means, ensure_ascii=False), encoding="utf-8")
