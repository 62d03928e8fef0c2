"""Training: the plainest of models, the mean of each pollutant in each hour of the day."""

import json
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

from dataledger.demo.steps.sample import SAMPLE_TABLE
from dataledger.demo.steps.tables import read_csv
from dataledger.hashing import JsonValue

MODEL_FILE = "model.json"
PARAMETERS: dict[str, JsonValue] = {
    "model": "mean by pollutant and hour of day",
    "decimal_places": 1,
}

_HOUR = slice(11, 13)
"""Of a time such as 2026-03-02T07:00:00Z."""


def train(source: Path, target: Path) -> Counter[str]:
    """Write the model of the sample in `source` to the new directory `target`.

    Returns from how many readings how many means were taken.
    """
    values: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for _, row in read_csv((source / SAMPLE_TABLE).read_bytes()):
        values[row["pollutant"], row["time"][_HOUR]].append(Decimal(row["value"]))
    means: dict[str, dict[str, str]] = {}
    for (pollutant, hour), group in sorted(values.items()):
        mean = (sum(group, Decimal()) / len(group)).quantize(Decimal("0.1"))
        means.setdefault(pollutant, {})[hour] = str(mean)
    target.mkdir(parents=True)
    (target / MODEL_FILE).write_text(json.dumps(means, indent=1, sort_keys=True) + "\n", "utf-8")
    return Counter(readings=sum(map(len, values.values())), means=len(values))
