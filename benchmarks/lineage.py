"""How fast the index answers for lineage graphs of 100,000 versions, on SQLite and PostgreSQL.

Three shapes: one version from which all others came, a chain, and layers in which every version
came from several of the layer before. An answer is timed from the question to everything known in
order, with and without an object made for every version and edge. The exit code is 1 when the
target is missed.

    .venv/bin/python benchmarks/lineage.py
    .venv/bin/python benchmarks/lineage.py --postgresql postgresql://user@host/database
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from lineage_rows import Graph, chain, layered, make, name_of, plant, wide

from dataledger.index.lineage import LineageGraph, LineageIndex
from dataledger.index.store import Store, sqlite_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TARGET_SECONDS = 1.0
RUNS = 5


@dataclass(frozen=True)
class Row:
    """One question to one graph in one database."""

    database: str
    shape: str
    question: str
    versions: int
    edges: int
    seconds: float
    """The best of several runs: the machine's other work is not the index's."""
    cpu_seconds: float
    """Of this process; a database server's own is not in it."""
    objects_seconds: float
    """To make an object of every version and edge afterwards."""

    @property
    def missed(self) -> bool:
        """Whether the answer took longer than the target."""
        return self.seconds > TARGET_SECONDS


def measure(store: Store, database: str, shape: str, graph: Graph) -> Iterator[Row]:
    make(store)
    plant(store, graph, recalled={0: len(graph) + 10})
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    lineage = LineageIndex(store)
    first, last = name_of(0), name_of(len(graph) - 1)
    questions: dict[str, Callable[[], LineageGraph]] = {
        "descendants": lambda: lineage.descendants(first),
        "ancestors": lambda: lineage.ancestors(last),
        "impact": lambda: lineage.impact(first).graph,
        "descendants, depth 2": lambda: lineage.descendants(first, depth=2),
        "the nearest 1,000": lambda: lineage.descendants(first, limit=1_000),
    }
    for question, ask in questions.items():
        walls, cpus, objects = [], [], []
        for _ in range(RUNS):
            wall, cpu = time.perf_counter(), time.process_time()
            found = ask()
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
            begin = time.perf_counter()
            versions, edges = len(found.versions), len(found.edges)
            objects.append(time.perf_counter() - begin)
            del found
        yield Row(
            *(database, shape, question, versions, edges),
            *(min(walls), min(cpus), min(objects)),
        )


def table_of(rows: list[Row]) -> Table:
    table = Table(title=f"Lineage in the index, the best of {RUNS} runs, seconds")
    for column in ("Database", "Shape", "Question"):
        table.add_column(column, no_wrap=True)
    for column in ("Versions", "Edges", "Answer", "CPU", "Objects"):
        table.add_column(column, justify="right")
    for row in rows:
        colour = "red" if row.missed else "green"
        table.add_row(
            *(row.database, row.shape, row.question, f"{row.versions:,}", f"{row.edges:,}"),
            *(f"[{colour}]{row.seconds:.3f}", f"{row.cpu_seconds:.3f}"),
            f"{row.objects_seconds:.3f}",
        )
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--versions", type=int, default=100_000)
    parser.add_argument("--parents", type=int, default=3, help="of each version in the layers")
    parser.add_argument("--postgresql", metavar="URL", help="an empty database; it is emptied")
    parser.add_argument("--json", action="store_true", help="print one JSON object, no table")
    options = parser.parse_args()
    count: int = options.versions
    shapes: dict[str, Callable[[], Graph]] = {
        "wide": lambda: wide(count),
        "chain": lambda: chain(count),
        f"layers, {options.parents} parents": lambda: layered(count, parents=options.parents),
    }
    rows: list[Row] = []
    for shape, make_graph in shapes.items():
        graph = make_graph()
        with (
            tempfile.TemporaryDirectory() as folder,
            Store(sqlite_url(Path(folder) / "index.sqlite3")) as store,
        ):
            rows += measure(store, "SQLite", shape, graph)
        if options.postgresql:
            with Store(options.postgresql) as store:
                empty(store)
                rows += measure(store, "PostgreSQL", shape, graph)
                empty(store)
    missed = any(row.missed for row in rows)
    if options.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "missed": missed}, indent=2))
    else:
        Console(width=120).print(table_of(rows))
    return 1 if missed else 0


def empty(store: Store) -> None:
    """Drop everything that an index consists of."""
    with store.write() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")


if __name__ == "__main__":
    sys.exit(main())
