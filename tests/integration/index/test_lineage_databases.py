"""Both databases give the same lineage, in the same order."""

from collections.abc import Iterator

import lineage_rows
import pytest
from lineage_rows import Graph, Planter, chain, layered, ref_of, wide
from postgres import empty_database

from dataledger.contracts.types import Relation
from dataledger.index.lineage import LineageGraph, LineageIndex
from dataledger.index.store import Store, sqlite_url


@pytest.fixture(scope="module")
def stores(
    postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Planter, LineageIndex, Planter, LineageIndex]]:
    path = tmp_path_factory.mktemp("lineage") / "index.sqlite3"
    with (
        empty_database(postgres, "lineage") as url,
        Store(url) as server,
        Store(sqlite_url(path)) as file,
    ):
        lineage_rows.make(server)
        lineage_rows.make(file)
        yield Planter(server), LineageIndex(server), Planter(file), LineageIndex(file)


@pytest.mark.parametrize(
    "graph",
    [
        wide(300),
        chain(300),
        layered(300, width=7, parents=5),
        {0: [(2, Relation.DERIVED)], 1: [(0, Relation.MERGED)], 2: [(1, Relation.MERGED)]},
    ],
    ids=["wide", "chain", "layers", "damaged, with a cycle"],
)
def test_sqlite_and_postgresql_answer_alike(
    stores: tuple[Planter, LineageIndex, Planter, LineageIndex], graph: Graph
) -> None:
    plant_server, server, plant_file, file = stores
    base = plant_server(graph, recalled=[1])
    assert plant_file(graph, recalled=[1]) == base
    first, last = ref_of(base).dataset, ref_of(base + max(graph)).dataset
    for options in (
        {},
        {"depth": 3},
        {"depth": 12},
        {"limit": 40},
        {"relations": [Relation.DERIVED, Relation.MERGED]},
        {"at": lineage_rows.START_UNIX + lineage_rows.block_of(base + max(graph))},
    ):
        for one, other in (
            (server.descendants(first, **options), file.descendants(first, **options)),
            (server.ancestors(last, **options), file.ancestors(last, **options)),
        ):
            assert _all_of(one) == _all_of(other)
            assert one.edges


def _all_of(graph: LineageGraph) -> tuple[object, ...]:
    paths = tuple(graph.path(number, last=3) for number in range(len(graph)))
    ends = (graph.is_cut, graph.goes_on, graph.at_unix, graph.as_of_block)
    return graph.start, graph.versions, graph.edges, graph.recalled, paths, *ends
