"""Lineage as the index knows it: trees, drawings, and what a recall taints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataledger.cli.render.document import document_of
from dataledger.cli.render.lineage import lineage_tree
from dataledger.cli.render.screen import Screen, Styled
from dataledger.cli.render.words import time_text
from dataledger.hashing import JsonValue
from dataledger.index.lineage import Confirmation, Impact, LineageGraph
from dataledger.ledger.results import VersionRef

STEPS_IN_A_LINE = 8
"""Of a longer path, a table shows both ends."""
STEPS_IN_ALL = 1_000_000
"""Paths of deep graphs are many times as long as the graph is large."""


@dataclass(frozen=True, slots=True)
class GraphView:
    """One version's lineage, in one direction or in both."""

    graphs: Sequence[LineageGraph]
    names: Mapping[VersionRef, str]

    def to_json(self) -> dict[str, JsonValue]:
        """Return the edges `ancestors` and `descendants` (null where not asked for)."""
        first = self.graphs[0]
        edges = {graph.upwards: document_of(graph.edges) for graph in self.graphs}
        return {
            "version": document_of(first.start),
            "ancestors": edges.get(True),
            "descendants": edges.get(False),
            "recalled": [document_of(found) for found in _recalled(self.graphs).values()],
            "names": {str(ref): name for ref, name in self.names.items()},
            "left_out": [graph.left_out for graph in self.graphs if graph.left_out],
            "as_of_block": first.as_of_block,
            "at_unix": first.at_unix,
        }

    def draw(self, screen: Screen) -> None:
        """Draw a tree for each direction."""
        recalled = _recalled(self.graphs)
        for graph in self.graphs:
            title = "came from" if graph.upwards else "led to"
            start = self.names[graph.start]
            if not len(graph):
                screen.line(Styled(start, "bold"), title, "nothing else.")
                continue
            screen.tree(
                lineage_tree(
                    graph.edges,
                    graph.start,
                    title,
                    self.names.__getitem__,
                    upwards=graph.upwards,
                    recalled=recalled,
                )
            )
            _draw_left_out(screen, graph)
        for graph in self.graphs:
            for found in graph.recalled if graph.upwards else ():
                screen.warning(
                    Styled("tainted:", "bold yellow"),
                    f"{self.names[found.version]}, from which this came, was recalled",
                    f"({found.recall.severity.name}).",
                )
        _draw_moment(screen, self.graphs[0])


@dataclass(frozen=True, slots=True)
class DrawingView:
    """A drawing as text: the text itself, or the file that holds it."""

    format: str
    text: str
    left_out: Sequence[str]
    output: Path | None

    def to_json(self) -> dict[str, JsonValue]:
        """Return the text as `document`, and the `file`, if there is one."""
        return {
            "format": self.format,
            "file": None if self.output is None else str(self.output),
            "left_out": list(self.left_out),
            "document": self.text,
        }

    def draw(self, screen: Screen) -> None:
        """Print the text as it is; or say where it is."""
        if self.output is None:
            screen.whole(self.text)
            return
        screen.success("Drawing written to", Styled(str(self.output), "bold"))
        for sentence in self.left_out:
            screen.warning(sentence)


@dataclass(frozen=True, slots=True)
class ImpactView:
    """What a recall taints, and how the contract confirmed that, if it was asked."""

    impact: Impact
    confirmation: Confirmation | None
    names: Mapping[VersionRef, str]

    def to_json(self) -> dict[str, JsonValue]:
        """Return what is `tainted`: each with its distance, and a shortest path to it.

        Once paths have added up to `STEPS_IN_ALL` versions, `path` is null; `via` still leads back.
        """
        impact, graph = self.impact, self.impact.graph
        tainted: list[JsonValue] = []
        steps = 0
        for number, (ref, distance) in enumerate(zip(impact.tainted, graph.distances, strict=True)):
            steps += distance + 1
            place = graph.trail.via[number + 1]
            via = graph.versions[place - 1] if place else graph.start
            tainted.append(
                {
                    "version": document_of(ref),
                    "name": self.names[ref],
                    "distance": distance,
                    "via": document_of(via),
                    "path": document_of(impact.path(number)) if steps <= STEPS_IN_ALL else None,
                }
            )
        return {
            "version": document_of(impact.recalled),
            "name": self.names[impact.recalled],
            "recall": document_of(impact.recall),
            "tainted": tainted,
            "left_out": graph.left_out or None,
            "confirmed": document_of(self.confirmation),
            "as_of_block": graph.as_of_block,
            "at_unix": graph.at_unix,
        }

    def draw(self, screen: Screen) -> None:
        """Draw a table of what is tainted, with its path."""
        impact, name = self.impact, self.names[self.impact.recalled]
        if impact.recall is None:
            screen.line(Styled(name, "bold"), "is not recalled. Its recall would taint:")
        else:
            recall = impact.recall
            when = time_text(recall.recorded_at_unix)
            screen.line(
                Styled(name, "bold red"), f"was recalled ({recall.severity.name}) on {when}:"
            )
        screen.table(
            ["tainted" if impact.recall else "would be tainted", "away", "by way of"],
            (
                [Styled(self.names[ref], "bold red"), distance, self._way(number, distance)]
                for number, (ref, distance) in enumerate(
                    zip(impact.tainted, impact.graph.distances, strict=True)
                )
            ),
            empty="  Nothing came from this version.",
        )
        if impact.tainted:
            screen.line(f"{len(impact):,} versions.")
        _draw_left_out(screen, impact.graph)
        if impact.tainted and self.confirmation is None:
            screen.hint("The contract was not asked to confirm the paths.")
        elif impact.tainted and self.confirmation is not None:
            screen.success(
                "The contract confirms each path:",
                f"{self.confirmation.paths:,} as a whole,",
                f"{self.confirmation.versions:,} versions one by one.",
            )
        _draw_moment(screen, impact.graph)

    def _way(self, number: int, distance: int) -> str:
        if distance < STEPS_IN_A_LINE:
            return " → ".join(self.names[step] for step in self.impact.path(number))
        last = self.impact.path(number, last=STEPS_IN_A_LINE - 2)
        skipped = f"… ({distance - len(last):,} more) …"
        steps = [self.names[self.impact.recalled], skipped, *(self.names[step] for step in last)]
        return " → ".join(steps)


def _recalled(graphs: Sequence[LineageGraph]) -> dict[VersionRef, object]:
    return {found.version: found for graph in graphs for found in graph.recalled}


def _draw_left_out(screen: Screen, graph: LineageGraph) -> None:
    if graph.left_out:
        screen.warning(graph.left_out)


def _draw_moment(screen: Screen, graph: LineageGraph) -> None:
    screen.line(Styled(f"As of block {graph.as_of_block}, {time_text(graph.at_unix)}.", "dim"))
