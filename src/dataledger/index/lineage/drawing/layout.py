"""Where boxes and arrows lie: layers from left to right, each box right of all it came from.

Layers by longest path, crossings lessened by medians, and places by the mean of the neighbours:
the steps of Sugiyama, Tagawa and Toda (1981). The same graph is always laid out alike; a cycle,
which no lineage has, is opened somewhere and drawn with an arrow that leads back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median_low

SWEEPS = 6
MAX_BENDS = 20_000
"""Beyond so many, arrows across several layers are drawn straight."""

Links = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Layout:
    """Each node's layer, counted from the left, and its place in it in units of one box.

    `bends[i]` are the (layer, place) that link i goes through between its ends.
    """

    layers: tuple[int, ...]
    places: tuple[float, ...]
    bends: tuple[tuple[tuple[int, float], ...], ...]


def lay_out(count: int, links: Links) -> Layout:
    """Return where `count` nodes lie, linked by (from, to)."""
    ranks = _ranks(count, links)
    chains, short = _chains(ranks, links)
    layers: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for node, rank in enumerate(ranks):
        layers[rank].append(node)
    before, after = _neighbours(len(ranks), short)
    _lessen_crossings(layers, before, after)
    places = _places(layers, before, after)
    return Layout(
        layers=tuple(ranks[:count]),
        places=tuple(places[node] for node in range(count)),
        bends=tuple(tuple((ranks[bend], places[bend]) for bend in chain) for chain in chains),
    )


def _ranks(count: int, links: Links) -> list[int]:
    """Return each node's layer: one more than the last of those it came from."""
    before, after = _neighbours(count, [(a, b) for a, b in links if a != b])
    waiting = [len(before[node]) for node in range(count)]
    ranks = [-1] * count
    ready = [node for node in range(count) if not waiting[node]]
    unplaced = iter(range(count))
    order: list[int] = []
    while len(order) < count:
        if not ready:  # only a cycle is left: it is opened at its first node
            ready.append(next(node for node in unplaced if ranks[node] < 0))
        node = ready.pop()
        if ranks[node] >= 0:
            continue
        ranks[node] = 1 + max((ranks[parent] for parent in before[node]), default=-1)
        order.append(node)
        for child in after[node]:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    for node in order:  # what came from nothing stands beside the first that came from it
        if not before[node] and after[node]:
            ranks[node] = max(0, min(ranks[child] for child in after[node]) - 1)
    return ranks


def _chains(ranks: list[int], links: Links) -> tuple[list[list[int]], Links]:
    """Put a bend into each layer that a link crosses: the bends by link, and links by steps."""
    spans = [ranks[b] - ranks[a] - 1 for a, b in links]
    is_bent = sum(span for span in spans if span > 0) <= MAX_BENDS
    chains: list[list[int]] = []
    short: list[tuple[int, int]] = []
    for (a, b), span in zip(links, spans, strict=True):
        chain = list(range(len(ranks), len(ranks) + span)) if is_bent and span > 0 else []
        ranks.extend(ranks[a] + 1 + step for step in range(len(chain)))
        chains.append(chain)
        if span >= 0:
            short += zip([a, *chain], [*chain, b], strict=True)
    return chains, short


def _neighbours(count: int, links: Links) -> tuple[list[list[int]], list[list[int]]]:
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for a, b in links:
        after[a].append(b)
        before[b].append(a)
    return before, after


def _lessen_crossings(
    layers: list[list[int]], before: Sequence[list[int]], after: Sequence[list[int]]
) -> None:
    """Sort each layer by the medians of its nodes' neighbours, to and fro."""
    position = {node: at for layer in layers for at, node in enumerate(layer)}
    for sweep in range(SWEEPS):
        is_rightwards = sweep % 2 == 0
        neighbours = before if is_rightwards else after
        for layer in layers if is_rightwards else reversed(layers):
            medians = {
                node: median_low(
                    [position[other] for other in neighbours[node]] or [position[node]]
                )
                for node in layer
            }
            layer.sort(key=medians.__getitem__)
            position.update((node, at) for at, node in enumerate(layer))


def _places(
    layers: Sequence[Sequence[int]], before: Sequence[list[int]], after: Sequence[list[int]]
) -> Mapping[int, float]:
    """Return each node's place: near its neighbours, and at least 1 from the next in its layer."""
    places = {node: float(at) for layer in layers for at, node in enumerate(layer)}
    for sweep in range(SWEEPS):
        is_rightwards = sweep % 2 == 0
        neighbours = before if is_rightwards else after
        for layer in layers if is_rightwards else reversed(layers):
            wanted = [
                fmean([places[other] for other in neighbours[node]] or [places[node]])
                for node in layer
            ]
            found: list[float] = []
            for place in wanted:
                found.append(max(place, found[-1] + 1) if found else place)
            shift = fmean(wanted) - fmean(found)
            places.update((node, at + shift) for node, at in zip(layer, found, strict=True))
    top = min(places.values(), default=0.0)
    return {node: place - top for node, place in places.items()}
