"""Walks in the index, held against a closure that is computed in the plainest way."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lineage_rows import START_UNIX, Graph, Planter, block_of, chain, layered, ref_of, wide

from dataledger.contracts.types import Relation
from dataledger.index.lineage import LineageGraph, LineageIndex
from dataledger.index.store import Store
from dataledger.ledger.results import LineageEdge

RELATIONS = tuple(Relation)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Return an acyclic graph: parents have smaller numbers, and may be named more than once."""
    size = draw(st.integers(1, 25))
    relation = st.sampled_from(RELATIONS)
    return {
        number: draw(st.lists(st.tuples(st.integers(0, number - 1), relation), max_size=4))
        if number
        else []
        for number in range(size)
    }


def closure(
    graph: Graph, start: int, *, upwards: bool, follow: set[Relation], depth: int, last: int
) -> tuple[dict[int, int], Counter[tuple[int, int, Relation]]]:
    """Return each version's distance from the start, and the edges that a walk meets."""
    edges = [
        (parent, child, relation)
        for child, parents in graph.items()
        for parent, relation in parents
        if relation in follow and child <= last
    ]
    distances, level = {start: 0}, {start}
    met: Counter[tuple[int, int, Relation]] = Counter()
    for distance in range(1, depth + 1):
        following = set()
        for parent, child, relation in edges:
            near, far = (child, parent) if upwards else (parent, child)
            if near in level:
                met[parent, child, relation] += 1
                following.add(far)
        level = following - distances.keys()
        distances |= dict.fromkeys(level, distance)
    return distances, met


@settings(max_examples=60, deadline=None)
@given(graph=graphs(), data=st.data())
def test_a_walk_finds_what_a_plain_closure_finds(
    store: Store, plant: Planter, graph: Graph, data: st.DataObject
) -> None:
    base = plant(graph)
    start = data.draw(st.sampled_from(sorted(graph)), "start")
    last = data.draw(st.integers(start, max(graph)), "last")
    upwards = data.draw(st.booleans(), "upwards")
    relations = data.draw(st.none() | st.sets(st.sampled_from(RELATIONS)), "relations")
    depth = data.draw(st.none() | st.integers(1, 12), "depth")
    ask = LineageIndex(store).ancestors if upwards else LineageIndex(store).descendants
    found = ask(
        ref_of(base + start).dataset,
        1,
        relations=relations,
        depth=depth,
        at=f"block:{block_of(base + last)}",
    )
    distances, edges = closure(
        graph,
        start,
        upwards=upwards,
        follow=set(RELATIONS) if relations is None else relations,
        depth=depth or len(graph),
        last=last,
    )
    assert found.start == ref_of(base + start)
    assert dict(zip(found.versions, found.distances, strict=True)) == {
        ref_of(base + number): distance for number, distance in distances.items() if distance
    }
    assert Counter(found.edges) == {
        LineageEdge(ref_of(base + parent), ref_of(base + child), relation): count
        for (parent, child, relation), count in edges.items()
    }
    assert list(found.distances) == sorted(found.distances)
    assert not found.is_cut
    _check_paths(found)


def _check_paths(found: LineageGraph) -> None:
    steps = {
        (edge.child, edge.parent) if found.upwards else (edge.parent, edge.child)
        for edge in found.edges
    }
    for number, (version, distance) in enumerate(zip(found.versions, found.distances, strict=True)):
        path = found.path(number)
        assert (path[0], path[-1], len(path)) == (found.start, version, distance + 1)
        assert all(step in steps for step in pairwise(path))
        assert found.path(number, last=2) == path[-2:]


@pytest.mark.parametrize("shape", [wide, chain, layered])
def test_a_walk_that_is_cut_keeps_the_nearest_and_says_so(
    store: Store, plant: Planter, shape: type
) -> None:
    base = plant(shape(300))
    lineage = LineageIndex(store)
    whole = lineage.descendants(ref_of(base).dataset)
    assert (len(whole), whole.is_cut, whole.left_out) == (299, False, "")
    assert lineage.descendants(ref_of(base).dataset, limit=299).left_out == ""
    cut = lineage.descendants(ref_of(base).dataset, limit=120)
    assert cut.is_cut
    assert cut.left_out == "Cut at 120 versions: there are more, further away."
    assert cut.versions == whole.versions[:120]
    assert set(cut.edges) <= set(whole.edges)


@pytest.mark.parametrize("depth", [3, 20])
def test_a_walk_that_ends_at_a_depth_says_whether_there_is_more(
    store: Store, plant: Planter, depth: int
) -> None:
    base = plant(chain(depth + 3))
    lineage = LineageIndex(store)
    found = lineage.descendants(ref_of(base).dataset, depth=depth)
    assert len(found) == depth
    assert found.left_out == f"Cut at depth {depth}: there are more versions further away."
    everything = lineage.descendants(ref_of(base).dataset, depth=depth + 2)
    assert (len(everything), everything.left_out) == (depth + 2, "")
    upwards = lineage.ancestors(ref_of(base + depth + 2).dataset, depth=depth)
    assert (len(upwards), upwards.goes_on) == (depth, True)


@pytest.mark.parametrize("depth", [None, 3, 20])
@pytest.mark.parametrize("upwards", [True, False])
def test_a_damaged_index_with_a_cycle_does_not_keep_a_walk_from_ending(
    store: Store, plant: Planter, depth: int | None, *, upwards: bool
) -> None:
    base = plant(
        {
            0: [(2, Relation.DERIVED)],
            1: [(0, Relation.DERIVED), (1, Relation.MERGED)],
            2: [(1, Relation.DERIVED)],
        }
    )
    lineage = LineageIndex(store)
    ask = lineage.ancestors if upwards else lineage.descendants
    found = ask(ref_of(base).dataset, depth=depth)
    assert set(found.versions) == {ref_of(base + 1), ref_of(base + 2)}
    assert len(found.edges) == 4
    _check_paths(found)


def test_time_counts_by_the_second_as_by_the_block(store: Store, plant: Planter) -> None:
    base = plant(chain(5), recalled=[0])
    lineage = LineageIndex(store)
    dataset = ref_of(base).dataset
    for last in range(5):
        by_block = lineage.impact(dataset, at=f"block:{block_of(base + last)}")
        by_time = lineage.impact(dataset, at=START_UNIX + block_of(base + last))
        assert (
            by_block.tainted == by_time.tainted == tuple(ref_of(base + n + 1) for n in range(last))
        )
        assert by_block.recall is by_time.recall is None
    now = lineage.impact(dataset)
    assert len(now) == 4
    assert now.recall is not None
    assert now.graph.recalled[0].version == ref_of(base)
