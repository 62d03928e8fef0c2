"""Having the contract confirm what an impact says, in batches of bounded size.

A path that the contract confirms confirms every version on it, so only those paths are sent that
are no beginning of another. A very long path does not fit into one call: its versions are held one
by one against their commitments, and their records name the parents.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from dataledger.contracts.types import Ancestor
from dataledger.errors import CommitmentMismatch
from dataledger.index.lineage.records import read_records
from dataledger.index.lineage.results import Confirmation, Impact
from dataledger.index.lineage.walk import Trail
from dataledger.ledger.lineage import Lineages

MAX_PATH = 64
"""Versions on a path that is sent as a whole: a record has some hundred bytes, and costs gas."""
_BATCH = 2_000
"""Versions sent at a time."""


def confirm(connection: Connection, impact: Impact, lineages: Lineages) -> Confirmation:
    """Return how the contract confirmed each version of `impact`.

    Raises:
        CommitmentMismatch: it does not confirm one of them.
    """
    trail = impact.graph.trail
    ends = trail.ends()
    if impact.recall is None:
        whole, apart = [], ends
    else:
        whole = [end for end in ends if trail.distances[end] < MAX_PATH]
        apart = [end for end in ends if trail.distances[end] >= MAX_PATH]
    for paths in _batches(trail, whole):
        records = _records(connection, trail, sorted({place for path in paths for place in path}))
        lineages.confirm_taint([[records[place] for place in path] for path in paths])
    places = _places_on(trail, apart)
    for begin in range(0, len(places), _BATCH):
        part = places[begin : begin + _BATCH]
        parents = [trail.via[place] for place in part]
        records = _records(connection, trail, sorted({*part, *parents}))
        lineages.confirm_records([records[place] for place in part])
        for place, parent in zip(part, parents, strict=True):
            _check_parent(records[place], records[parent])
    return Confirmation(paths=len(whole), versions=len(places))


def _records(connection: Connection, trail: Trail, places: Sequence[int]) -> dict[int, Ancestor]:
    found = read_records(connection, [trail.events[place] for place in places])
    return {place: found[trail.events[place]] for place in places}


def _batches(trail: Trail, ends: Sequence[int]) -> Iterator[list[list[int]]]:
    """Give the paths to `ends`, of about `_BATCH` versions together at a time."""
    paths: list[list[int]] = []
    size = 0
    for end in ends:
        paths.append(trail.path(end))
        size += len(paths[-1])
        if size >= _BATCH:
            yield paths
            paths, size = [], 0
    if paths:
        yield paths


def _places_on(trail: Trail, ends: Sequence[int]) -> list[int]:
    """Return every place on the paths to `ends` but the start, each once."""
    places: dict[int, None] = {}
    for end in ends:
        place = end
        while place and place not in places:
            places[place] = None
            place = trail.via[place]
    return list(places)


def _check_parent(child: Ancestor, parent: Ancestor) -> None:
    named = {(origin.dataset, origin.version) for origin in child.record.parents}
    if (parent.dataset, parent.version) not in named:
        raise CommitmentMismatch(
            f"Version {child.version} of the dataset {child.dataset} does not name version "
            f"{parent.version} of the dataset {parent.dataset} as its parent, and the index says "
            "so.",
            remedy="The index is damaged: run `dataledger index rebuild`.",
        )
