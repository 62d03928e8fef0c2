"""Private set intersection of 100,000 and 10,000 items, beside the library's own plain calls.

Ours is a whole run without the network and the chain: the asker's file is read, blinded and put
into a document; the node reads it, holds it to its rules, counts it, reads the owner's file,
compares and answers; the asker reads the answer. The library's is what its own benchmark times,
with the same items in memory. The exit code is 1 where a result is not the true intersection, or a
target is missed.

    .venv/bin/python benchmarks/matching.py
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from base64 import b64encode
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import private_set_intersection.python as psi
from rich.console import Console
from rich.table import Table

from dataledger.contracts.identifiers import DatasetId, OrgId
from dataledger.hashing import Hash32
from dataledger.manifest import fingerprint
from dataledger.node.matching import Reveal, parse_matching
from dataledger.node.matching.asking import Asking, read_texts
from dataledger.node.rules import MatchingRules, NodeRules
from dataledger.node.work import Holding

if TYPE_CHECKING:
    from collections.abc import Callable

CPU_TARGET = 1.25
"""Times the library's processor time: the most that reading, hashing and checking may add."""
BYTES_TARGET = 1.5
"""Times the library's bytes: documents and answers travel as base64."""
GCS_RATE = 1e-9
"""Of false positives in all, for the library's smaller structure, which we do not use."""


@dataclass
class Side:
    """What one way of doing it took."""

    name: str
    results: dict[str, int] = field(default_factory=dict)
    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)

    def time(self, step: str, work: Callable[[], Any]) -> Any:
        """Return what `work` does, and keep what it took."""
        wall, cpu = time.perf_counter(), time.process_time()
        found = work()
        self.wall[step] = time.perf_counter() - wall
        self.cpu[step] = time.process_time() - cpu
        return found


def ours(folder: Path, own: list[str], reveal: Reveal, true: set[str]) -> Side:
    """A run as `dataledger psi` and a node do it."""
    write(folder / "own.csv", own)
    holding = Holding(
        dataset=DatasetId(Hash32(bytes(32))),
        version=1,
        folder=folder / "data",
        manifest=fingerprint(folder / "data", workers=1),
        rules=NodeRules(matching=MatchingRules(columns=("id",), reveal_ids=True)),
        consumer=OrgId(2),
        state=folder,
    )
    side = Side(f"ours, {reveal}")

    def request() -> Asking:
        texts = read_texts(folder / "own.csv", "id")
        return Asking(texts, path="items.csv", column="id", reveal=reveal)

    asking: Asking = side.time("asker: request", request)
    document = asking.document.to_bytes()

    def answer() -> bytes:
        work = parse_matching(document)
        work.check(holding)
        return work.compute(holding).content

    content = side.time("owner: answer", answer)
    matched = side.time("asker: result", lambda: asking.result(content))
    side.sent = {"request": len(b64encode(document)), "answer": len(b64encode(content))}
    side.results["common"] = matched.common
    if matched.texts is not None:
        side.results["wrong ids"] = len(set(matched.texts) ^ true)
    return side


def library(held: list[str], own: list[str], name: str) -> Side:
    """The library's calls, one after another, as its own benchmark makes them."""
    side = Side(f"library, {name}")
    client = psi.client.CreateWithNewKey(reveal_intersection=False)
    server = psi.server.CreateWithNewKey(reveal_intersection=False)
    structure = getattr(psi.DataStructure, name)
    request = side.time("asker: request", lambda: client.CreateRequest(own))

    def answer() -> tuple[Any, Any]:
        setup = server.CreateSetupMessage(GCS_RATE, len(own), held, structure)
        return setup, server.ProcessRequest(request)

    setup, response = side.time("owner: answer", answer)
    side.results["common"] = side.time(
        "asker: result", lambda: client.GetIntersectionSize(setup, response)
    )
    side.sent = {"request": request.ByteSize(), "answer": setup.ByteSize() + response.ByteSize()}
    return side


def write(path: Path, texts: list[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["id", *texts]) + "\n")


def table_of(sides: list[Side], peer: Side) -> Table:
    table = Table(title="Private set intersection, one run")
    table.add_column("")
    for column in ("wall s", "CPU s", "of CPU", "bytes sent", "of bytes", "shared"):
        table.add_column(column, justify="right")
    for side in sides:
        for step in side.wall:
            table.add_row(f"  {step}", f"{side.wall[step]:.2f}", f"{side.cpu[step]:.2f}")
        cpu, sent = ratios(side, peer)
        table.add_row(
            side.name,
            *(f"{sum(side.wall.values()):.2f}", f"{sum(side.cpu.values()):.2f}", f"{cpu:.2f}"),
            *(f"{sum(side.sent.values()):,}", f"{sent:.2f}", f"{side.results['common']:,}"),
            style="bold",
            end_section=True,
        )
    return table


def ratios(side: Side, peer: Side) -> tuple[float, float]:
    """Return processor time and bytes sent, in those of a peer."""
    return (
        sum(side.cpu.values()) / sum(peer.cpu.values()),
        sum(side.sent.values()) / sum(peer.sent.values()),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--held", type=int, default=100_000, help="items of the owner")
    parser.add_argument("--asked", type=int, default=10_000, help="items of the asker")
    parser.add_argument("--json", action="store_true", help="print one JSON object, no table")
    options = parser.parse_args()
    chance = random.Random(1)  # noqa: S311 - the same sets each time
    held = [f"person{number}@example.org" for number in range(options.held)]
    own = [
        *chance.sample(held, options.asked // 3),
        *(f"other{number}@example.org" for number in range(options.asked - options.asked // 3)),
    ]
    chance.shuffle(own)
    true = set(own) & set(held)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "data" / "items.csv", held)
        # What is imported when it is first used is no part of what is measured.
        Asking(read_texts(folder / "data" / "items.csv", "id")[:1], path="x", column="id")
        mine = [ours(folder, own, reveal, true) for reveal in Reveal]
    peer, smaller = library(held, own, "RAW"), library(held, own, "GCS")
    wrong = [side.name for side in mine if side.results["common"] != len(true)]
    wrong += [side.name for side in mine if side.results.get("wrong ids")]
    found = [ratios(side, peer) for side in mine]
    missed = any(cpu > CPU_TARGET or sent > BYTES_TARGET for cpu, sent in found)
    if options.json:
        sides = [asdict(side) for side in (*mine, peer, smaller)]
        print(json.dumps({"true": len(true), "sides": sides, "missed": missed}, indent=2))
    else:
        console = Console(width=110)
        console.print(table_of([*mine, peer, smaller], peer))
        console.print(f"{len(held):,} and {len(own):,} items, of which {len(true):,} are shared.")
        for name in wrong:
            console.print(f"[red]Wrong result: {name}.")
    return 1 if missed or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
