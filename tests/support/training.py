"""Training without nodes: documents, owners with a table each, and sums over threads."""

import csv
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dataledger.contracts.identifiers import DatasetId, OrgId
from dataledger.hashing import Digest, Hash32, canonical_bytes
from dataledger.manifest import FileEntry, Manifest
from dataledger.node.rules import NodeRules
from dataledger.node.training import Model, parse_training
from dataledger.node.work import Answer, Holding, SecureSum

TABLE = "people.csv"
PARTIES = tuple("0x" + f"{number:02x}" * 32 for number in (1, 2, 3))
MOST = 2**62


def number(column: str, low: str = "-1", high: str = "1") -> dict[str, Any]:
    """Return a column of numbers, as documents name it."""
    return {"column": column, "from": low, "to": high}


def categories(column: str, *known: str) -> dict[str, Any]:
    """Return a column of texts, as documents name it."""
    return {"categories": list(known), "column": column}


def document(**changed: Any) -> dict[str, Any]:
    """Return a training's document."""
    return {
        "clip": "1",
        "cost": {"rho": "1"},
        "features": [number("a"), number("b")],
        "format": "dataledger/training/1",
        "from": TABLE,
        "model": {"kind": "logistic"},
        "parties": list(PARTIES),
        "rate": "2",
        "rounds": 10,
        "target": categories("answer", "no", "yes"),
        "unit": {"row": True},
        **changed,
    }


def holding(folder: Path, table: Mapping[str, Sequence[object]], *, dataset: int = 1) -> Holding:
    """Return a version whose table has these columns."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / TABLE).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
    content = (folder / TABLE).read_bytes()
    return Holding(
        dataset=DatasetId(Hash32(bytes([dataset]) * 32)),
        version=1,
        folder=folder,
        manifest=Manifest([FileEntry(TABLE, len(content), Digest.of(content))]),
        rules=NodeRules(),
        consumer=OrgId(7),
    )


class Threads:
    """Adds up over threads, each of which stands for a node, and remembers every vector."""

    def __init__(self, parties: int) -> None:
        self.vectors: list[list[list[int]]] = []
        """Of each sum, what each party put in."""
        self._parts: list[list[int]] = [[] for _ in range(parties)]
        self._barrier = threading.Barrier(parties, action=self._keep)

    def of(self, party: int) -> SecureSum:
        """Return what one party calls."""

        def add(vector: Sequence[int]) -> list[int]:
            assert all(type(item) is int and abs(item) <= MOST for item in vector)
            self._parts[party] = list(vector)
            self._barrier.wait(timeout=30)
            return [sum(items) for items in zip(*self.vectors[-1], strict=True)]

        return add

    def abort(self) -> None:
        """Let nobody wait any longer."""
        self._barrier.abort()

    def _keep(self) -> None:
        self.vectors.append(list(self._parts))


def train_in_threads(
    asked: Mapping[str, Any], holdings: Sequence[Holding]
) -> tuple[list[Answer], Threads]:
    """Return what each party answers, and what was added up."""
    content, threads = canonical_bytes(asked), Threads(len(holdings))

    def one(party: int) -> Answer:
        try:
            work = parse_training(content)
            return work.compute_together(holdings[party], threads.of(party), len(holdings))
        except BaseException:
            threads.abort()
            raise

    with ThreadPoolExecutor(len(holdings)) as pool:
        return list(pool.map(one, range(len(holdings)))), threads


def trained(asked: Mapping[str, Any], holdings: Sequence[Holding]) -> Model:
    """Return the model that all parties end with."""
    answers, _ = train_in_threads(asked, holdings)
    assert len({answer.content for answer in answers}) == 1
    return Model.parse(answers[0].content)
