"""What questions about lineage are answered with: frozen in what they say, whatever their size.

A graph of 100,000 versions is kept as numbers. Versions, edges and paths become objects when they
are asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dataledger.contracts.identifiers import DatasetId
from dataledger.contracts.types import Recall, Relation
from dataledger.hashing import Hash32
from dataledger.index.lineage.walk import Trail
from dataledger.ledger.results import LineageEdge, VersionRef

_RELATIONS = {relation.value: relation for relation in Relation}


@dataclass(frozen=True, slots=True)
class RecalledVersion:
    """A version of a graph that is recalled."""

    version: VersionRef
    recall: Recall


class LineageGraph:
    """The part of the lineage graph that is reached from one version in one direction."""

    def __init__(
        self,
        trail: Trail,
        *,
        upwards: bool,
        recalls: Sequence[tuple[int, Recall]],
        as_of_block: int,
        at_unix: int,
    ) -> None:
        self.trail = trail
        """The same in numbers."""
        self.upwards = upwards
        """Whether it is what the start came from; otherwise, what came from it."""
        self.as_of_block = as_of_block
        """The newest block that the index had taken in."""
        self.at_unix = at_unix
        """The moment at which the graph stood so: the one asked for, or that block's."""
        self.is_cut = trail.is_cut
        """Whether there are more versions than were asked for: the furthest are missing."""
        self.goes_on = trail.goes_on
        """Whether there are versions beyond the depth that was asked for."""
        self.recalled = tuple(
            RecalledVersion(self._ref(event), recall) for event, recall in recalls
        )
        """Every version in it that is recalled, nearest first; the start, too."""

    def __len__(self) -> int:
        """Return how many versions are reached."""
        return len(self.trail.events) - 1

    @cached_property
    def start(self) -> VersionRef:
        """The version that was asked about."""
        return self._ref(self.trail.events[0])

    @cached_property
    def versions(self) -> tuple[VersionRef, ...]:
        """Every version reached, without `start`, nearest first."""
        return tuple(map(self._ref, self.trail.events[1:]))

    @property
    def distances(self) -> Sequence[int]:
        """How many edges lie between the start and each of `versions`."""
        return self.trail.distances[1:]

    @cached_property
    def edges(self) -> tuple[LineageEdge, ...]:
        """The edges, in the order in which a breadth-first walk from the start meets them."""
        trail, refs = self.trail, (self.start, *self.versions)
        parents, children = (trail.far, trail.near) if self.upwards else (trail.near, trail.far)
        return tuple(
            LineageEdge(refs[parent], refs[child], _RELATIONS[relation])
            for parent, child, relation in zip(parents, children, trail.relations, strict=True)
        )

    @property
    def left_out(self) -> str:
        """What is missing of what there is, in words; nothing where all is there."""
        if self.is_cut:
            return f"Cut at {len(self):,} versions: there are more, further away."
        if self.goes_on:
            depth = max(self.trail.distances)
            return f"Cut at depth {depth:,}: there are more versions further away."
        return ""

    def path(self, number: int, *, last: int | None = None) -> tuple[VersionRef, ...]:
        """Return a shortest path from the start to `versions[number]`, both included.

        With `last`, only its last so many versions.
        """
        place = range(1, len(self.trail.events))[number]
        path = self.trail.path(place, last)
        return tuple(self._ref(self.trail.events[step]) for step in path)

    def _ref(self, event: int) -> VersionRef:
        dataset, version, _ = self.trail.places[event]
        return VersionRef(DatasetId(Hash32(dataset)), version)


@dataclass(frozen=True)
class Impact:
    """What the recall of a version taints, or would taint: everything that came from it."""

    graph: LineageGraph
    recall: Recall | None
    """None where the version is not recalled."""

    @property
    def recalled(self) -> VersionRef:
        """The version that is recalled, or might be."""
        return self.graph.start

    @property
    def tainted(self) -> tuple[VersionRef, ...]:
        """The versions that came from it, nearest first."""
        return self.graph.versions

    def path(self, number: int, *, last: int | None = None) -> tuple[VersionRef, ...]:
        """Return a shortest path that taints `tainted[number]`, from the recalled version to it.

        With `last`, only its last so many versions.
        """
        return self.graph.path(number, last=last)

    def __len__(self) -> int:
        """Return how many versions are tainted."""
        return len(self.graph)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How the contract confirmed an impact. Whatever it does not confirm is an error instead."""

    paths: int
    """Put to `verifyTaint`. A path confirms every version on it."""
    versions: int
    """On longer paths, or of a version that is not recalled: each held against its commitment."""
