"""Walking the lineage graph in the index, by the numbers of the events that introduced versions.

First the database finds which versions are reached, then their edges are read, and a breadth-first
walk over these puts everything in order. A version is visited once: not even an index that is
damaged, and shows a cycle, can keep a walk from ending.
"""

from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    literal,
    select,
    type_coerce,
)

from dataledger.contracts.types import Relation
from dataledger.index.columns import Int64
from dataledger.index.lists import numbers, raw_rows
from dataledger.index.schema import lineage, versions

SHALLOW = 8
"""Up to this depth, level by level is faster than a recursive query, which knows no depth."""
# Edges are numbers while they are many: half a million small tuples would keep the garbage
# collector busy.
_RELATION_BITS = 8
_RELATION_MASK = 2**_RELATION_BITS - 1

Place = tuple[bytes, int, int | None]
"""Dataset, version, and the event of its recall."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What is asked for: from where, which way, and how far."""

    start: int
    """The event that introduced the version."""
    upwards: bool
    until: int
    """Later events do not count."""
    max_versions: int
    """How many versions are visited, without the start."""
    relations: frozenset[Relation] | None = None
    """Which edges are followed; None for all."""
    depth: int | None = None


@dataclass(slots=True)
class Trail:
    """What a walk found, nearest first. Versions are numbered in this order, the start being 0."""

    events: list[int]
    places: Mapping[int, Place]
    """By event; of versions beyond the walk's end, too."""
    via: "array[int]"
    """For each version, the one from which it was reached first; -1 for the start."""
    distances: "array[int]"
    near: "array[int]" = field(default_factory=lambda: array("l"))
    """For each edge, in the order in which the walk meets them, its nearer end."""
    far: "array[int]" = field(default_factory=lambda: array("l"))
    relations: "array[int]" = field(default_factory=lambda: array("b"))
    is_cut: bool = False
    """Whether there are more versions than were to be visited."""
    goes_on: bool = False
    """Whether there are versions beyond the depth."""

    def path(self, place: int, last: int | None = None) -> list[int]:
        """Return a shortest path from the start to a version, or its `last` so many versions."""
        path = [place]
        while place and len(path) != last:
            place = self.via[place]
            path.append(place)
        return path[::-1]

    def ends(self) -> list[int]:
        """Return the versions whose paths are no beginning of another's, without the start."""
        passed = set(self.via)
        return [place for place in range(1, len(self.events)) if place not in passed]


def follow(connection: Connection, walk: Walk) -> Trail:
    """Return what the walk finds. Its memory grows with what it may visit, not with the index."""
    reached = _reached(connection, walk)
    places = _places(connection, reached)
    return _in_order(walk, places, _edges(connection, walk, reached))


def _reached(connection: Connection, walk: Walk) -> list[int]:
    """Return the versions that are reached, nearest first, and up to one more than wanted."""
    if walk.depth is not None and walk.depth <= SHALLOW:
        return _by_levels(connection, walk, walk.depth)
    near, far = _ends(walk)
    reach = select(literal(walk.start, Int64).label("node")).cte("reach", recursive=True)
    reach = reach.union(select(far).where(near == reach.c.node, *_conditions(walk)))
    found = select(reach.c.node).limit(walk.max_versions + 2)
    return [node for (node,) in raw_rows(connection, found)]


def _by_levels(connection: Connection, walk: Walk, depth: int) -> list[int]:
    near, far = _ends(walk)
    reached = {walk.start: None}
    level = [walk.start]
    most = walk.max_versions + 2
    # One level beyond, to see whether there is any.
    for _ in range(depth + 1):
        ids = numbers(connection, level)
        following = (
            select(far)
            .select_from(ids.join(lineage, near == ids.c.value))
            .where(*_conditions(walk))
            .distinct()
            .limit(most)
        )
        level = [node for (node,) in raw_rows(connection, following) if node not in reached]
        level = level[: most - len(reached)]
        reached |= dict.fromkeys(level)
        if not level:
            break
    return list(reached)


def _places(connection: Connection, events: Sequence[int]) -> dict[int, Place]:
    ids = numbers(connection, events)
    found = select(
        versions.c.event,
        type_coerce(versions.c.dataset, LargeBinary),
        versions.c.version,
        versions.c.recall_event,
    ).select_from(ids.join(versions, versions.c.event == ids.c.value))
    return {
        event: (bytes(dataset), version, recall)
        for event, dataset, version, recall in raw_rows(connection, found)
    }


def _edges(connection: Connection, walk: Walk, reached: Sequence[int]) -> Mapping[int, list[int]]:
    """Return the edges between reached versions: for each, what follows it, packed with how.

    They are looked up by their child, whichever way the walk goes: a version has few parents, and
    maybe very many children.
    """
    near, far = _ends(walk)
    ids = numbers(connection, reached)
    found = (
        select(near, far, type_coerce(lineage.c.relation, Int64))
        .select_from(ids.join(lineage, lineage.c.event == ids.c.value))
        .where(*_conditions(walk))
    )
    following: defaultdict[int, list[int]] = defaultdict(list)
    for near, far, relation in raw_rows(connection, found):
        following[near].append(far << _RELATION_BITS | relation)
    return following


def _in_order(
    walk: Walk, places: Mapping[int, Place], following: Mapping[int, Sequence[int]]
) -> Trail:
    """Return the breadth-first walk; versions next to each other stand in the chain's order."""
    numbers = {walk.start: 0}
    trail = Trail([walk.start], places, array("l", [-1]), array("l", [0]))
    events, distances = trail.events, trail.distances
    for here, event in enumerate(events):  # which grows meanwhile
        steps = following.get(event, ())
        distance = distances[here] + 1
        if steps and walk.depth is not None and distance > walk.depth:
            trail.goes_on = True
            continue
        for step in sorted(steps):
            other, relation = step >> _RELATION_BITS, step & _RELATION_MASK
            there = numbers.get(other)
            if there is None:
                if len(events) > walk.max_versions or other not in places:
                    trail.is_cut = True
                    continue
                there = numbers[other] = len(events)
                events.append(other)
                trail.via.append(here)
                distances.append(distance)
            trail.near.append(here)
            trail.far.append(there)
            trail.relations.append(relation)
    return trail


def _ends(walk: Walk) -> tuple[ColumnElement[int], ColumnElement[int]]:
    child, parent = lineage.c.event, lineage.c.parent_event
    return (child, parent) if walk.upwards else (parent, child)


def _conditions(walk: Walk) -> list[ColumnElement[bool]]:
    conditions = [lineage.c.event <= walk.until]
    if walk.relations is not None:
        conditions.append(lineage.c.relation.in_(sorted(walk.relations)))
    return conditions
