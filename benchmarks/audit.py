"""How fast the index fills and answers, on SQLite and PostgreSQL, beside scanning the chain's logs.

The chain is a real node with a history written into it in bulk (see `_audit_chain.py`). Every
figure is of one process that asks one question after another. The exit code is 1 when a page of 50
misses its target with all the data.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from _audit_chain import BulkChain, running_chain
from _audit_events import History
from _audit_questions import PAGE, QUESTIONS, Scan, World
from _fingerprint_machine import describe
from dataledger.chain.connection import connect
from dataledger.contracts.artifacts import ContractName
from dataledger.index import Index
from dataledger.ledger import Ledger, PolicyDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from _audit_events import Written

DATASETS = 100_000
SHARES = (0.1, 0.3, 1.0)
"""Of all datasets: the index is measured at each of these sizes."""
RUNS = 200
TARGET_SECONDS = 0.050
SCAN_TIMEOUT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Filled:
    """One sync into one database."""

    database: str
    events: int
    """In the index, after it."""
    added: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, asked often."""

    question: str
    where: str
    """A database; or `eth_getLogs`."""
    events: int
    median_seconds: float
    p99_seconds: float
    """The slowest, where there were under a hundred runs."""


def main() -> int:
    options = arguments()
    console = Console(width=132, stderr=options.json)
    filled, asked = measure(options, console)
    missed = [
        one for one in asked if one.where != "eth_getLogs" and one.p99_seconds > TARGET_SECONDS
    ]
    if options.json:
        figures = {
            "machine": describe(),
            "filled": [asdict(one) for one in filled],
            "asked": [asdict(one) for one in asked],
        }
        print(json.dumps(figures, indent=2))
    else:
        console.print(" · ".join(f"{name}: {value}" for name, value in describe().items()))
        console.print(filling(filled))
        for events in sorted({one.events for one in asked}):
            console.print(asking([one for one in asked if one.events == events]))
    return 1 if missed and options.datasets >= DATASETS else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--datasets", type=int, default=DATASETS, help="ten events each")
    parser.add_argument("--runs", type=int, default=RUNS, help="of each question")
    parser.add_argument("--no-scan", action="store_true", help="leave out eth_getLogs")
    parser.add_argument("--no-postgresql", action="store_true")
    parser.add_argument("--json", action="store_true", help="print one JSON object, no table")
    return parser.parse_args()


def measure(options: argparse.Namespace, console: Console) -> tuple[list[Filled], list[Asked]]:
    filled: list[Filled] = []
    asked: list[Asked] = []
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dataledger-audit-")))
        chain = BulkChain(stack.enter_context(running_chain()), home)
        history = history_of(chain)
        ledger = stack.enter_context(Ledger.connect(chain.profile, home=home))
        urls = {"SQLite": f"sqlite:///{home / 'index.sqlite3'}"}
        server = None if options.no_postgresql else postgresql()
        if server is not None:
            urls["PostgreSQL"] = stack.enter_context(server)
        indexes = {
            name: stack.enter_context(Index.open(ledger, url=url)) for name, url in urls.items()
        }
        chain.write(history.organisations())
        first_block = connect(chain.profile).head().number + 1
        done = 0
        for share in SHARES:
            count = round(options.datasets * share) - done
            began = time.perf_counter()
            events = chain.write(keeping_descriptions(history, count, ledger))
            done += count
            seconds = time.perf_counter() - began
            console.print(f"{events:,} events of {count:,} datasets written in {seconds:.0f} s")
            last_block = connect(chain.profile).head().number
            world = World(list(history.begun), range(first_block, last_block + 1))
            for name, index in indexes.items():
                filled.append(fill(name, index))
                console.print(filled[-1])
                timed = partial(ask, where=name, events=filled[-1].events, runs=options.runs)
                asked += [timed(q.name, partial(q.ask, index, world)) for q in QUESTIONS]
        if not options.no_scan:
            connection = connect(chain.profile, timeout_seconds=SCAN_TIMEOUT_SECONDS)
            scan = Scan(connection, last_block)
            timed = partial(ask, where="eth_getLogs", events=filled[-1].events)
            asked += [
                timed(q.name, partial(q.scan, scan, world), runs=q.scans)
                for q in QUESTIONS
                if q.scan is not None
            ]
    return filled, asked


def postgresql() -> AbstractContextManager[str] | None:
    """Run a server as the tests do, which does not wait for the disk; None where there is none."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))
    from postgres import programs, running_server

    return None if programs() is None else running_server()


def history_of(chain: BulkChain) -> History:
    return History(
        chain_id=chain.profile.chain_id,
        ledger=chain.profile.contract(ContractName.DATASET_LEDGER).address,
        root=chain.signer.address,
        policy=PolicyDocument.default().policy,
    )


def keeping_descriptions(history: History, count: int, ledger: Ledger) -> Iterator[Written]:
    """Give the events, and keep the descriptions that they name beside the ledger."""
    for event in history.datasets(count):
        for description in history.descriptions:
            ledger.documents.keep(description)
        history.descriptions.clear()
        yield event


def fill(name: str, index: Index) -> Filled:
    began = time.perf_counter()
    result = index.sync()
    seconds = time.perf_counter() - began
    return Filled(name, index.status().events, result.events, seconds)


def ask(
    question: str, answer: Callable[[], object], *, where: str, events: int, runs: int
) -> Asked:
    """Ask so often, after one time that does not count."""
    if runs > 1:
        answer()
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        answer()
        seconds.append(time.perf_counter() - began)
    seconds.sort()
    # Said at once, too: a run takes a while, and its tables come at the end.
    print(f"{question}, {where}: {1000 * statistics.median(seconds):,.1f} ms", file=sys.stderr)
    slow = seconds[min(len(seconds) - 1, round(0.99 * len(seconds)))]
    return Asked(question, where, events, statistics.median(seconds), slow)


def filling(filled: Sequence[Filled]) -> Table:
    table = Table(title="Filling the index")
    for column in ("database", "events in all", "added", "seconds", "events a second"):
        table.add_column(column, justify="left" if column == "database" else "right")
    for one in filled:
        rate = f"{one.added / one.seconds:,.0f}"
        table.add_row(one.database, f"{one.events:,}", f"{one.added:,}", f"{one.seconds:.1f}", rate)
    return table


def asking(asked: Sequence[Asked]) -> Table:
    places = list(dict.fromkeys(one.where for one in asked))
    found = {(one.question, one.where): one for one in asked}
    table = Table(title=f"A page of {PAGE} among {asked[0].events:,} events, in milliseconds")
    table.add_column("question")
    for place in places:
        table.add_column(f"{place}: median", justify="right")
        table.add_column("p99", justify="right")
    for question in QUESTIONS:
        cells = []
        for place in places:
            one = found.get((question.name, place))
            cells += (
                ["", ""] if one is None else [shown(one.median_seconds), shown(one.p99_seconds)]
            )
        table.add_row(question.name, *cells)
    return table


def shown(seconds: float) -> str:
    return f"{1000 * seconds:,.1f}"


if __name__ == "__main__":
    sys.exit(main())
