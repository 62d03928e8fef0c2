"""What is drawn of a lineage graph: boxes with labels, arrows between them, and what was left out.

Labels are untrusted text. They become one harmless line when a picture is made; what each format
wants escaped, its own module escapes.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import zip_longest
from typing import Protocol

from dataledger.ledger.results import LineageEdge, VersionRef

LABEL_CHARACTERS = 80
"""Enough for any `OWNER/SLUG@VERSION`."""


class Mark(Enum):
    """What a box stands out for."""

    PLAIN = "plain"
    START = "start"
    """The version that was asked about."""
    RECALLED = "recalled"
    TAINTED = "tainted"


class Graph(Protocol):
    """What can be drawn: `LineageGraph` of the index, and `Lineage` of the ledger."""

    @property
    def start(self) -> VersionRef:
        """The version that it is the lineage of."""

    @property
    def versions(self) -> Sequence[VersionRef]:
        """The others, nearest first."""

    @property
    def edges(self) -> Sequence[LineageEdge]:
        """Nearest first."""


@dataclass(frozen=True, slots=True)
class Box:
    """One version."""

    label: str
    mark: Mark = Mark.PLAIN


@dataclass(frozen=True, slots=True)
class Arrow:
    """From a parent to what came from it, each by its position among the boxes."""

    origin: int
    target: int
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A graph that is small enough to be drawn."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    left_out: str = ""
    """What is not in it, in words."""


def picture_of(
    graphs: Sequence[Graph],
    label: Callable[[VersionRef], str],
    *,
    recalled: Collection[VersionRef] = (),
    max_boxes: int,
    max_arrows: int,
) -> Picture:
    """Return the picture of one version's lineage: of one direction, or of both together.

    The nearest versions come first, and whatever is beyond the bounds is counted in `left_out`.
    """
    start = graphs[0].start
    versions = dict.fromkeys([start, *_by_turns([graph.versions for graph in graphs])])
    places = {ref: place for place, ref in zip(range(max_boxes), versions, strict=False)}
    edges = dict.fromkeys(edge for graph in graphs for edge in graph.edges)
    drawn = [edge for edge in edges if edge.parent in places and edge.child in places]
    drawn = drawn[:max_arrows]
    marks = {
        **dict.fromkeys(_tainted(edges, recalled), Mark.TAINTED),
        start: Mark.START,
        **dict.fromkeys(recalled, Mark.RECALLED),
    }
    return Picture(
        title=one_line(f"Lineage of {label(start)}"),
        boxes=tuple(Box(one_line(label(ref)), marks.get(ref, Mark.PLAIN)) for ref in places),
        arrows=tuple(
            Arrow(places[edge.parent], places[edge.child], edge.relation.name) for edge in drawn
        ),
        left_out=_left_out(len(versions) - len(places), len(edges) - len(drawn)),
    )


def _by_turns(rows: Sequence[Sequence[VersionRef]]) -> Iterator[VersionRef]:
    """Give one of each row in turn, so that neither direction crowds out the other."""
    for refs in zip_longest(*rows):
        yield from (ref for ref in refs if ref is not None)


def _tainted(edges: Iterable[LineageEdge], recalled: Collection[VersionRef]) -> set[VersionRef]:
    children: dict[VersionRef, list[VersionRef]] = {}
    for edge in edges:
        children.setdefault(edge.parent, []).append(edge.child)
    tainted: set[VersionRef] = set()
    waiting = list(recalled)
    while waiting:
        found = set(children.get(waiting.pop(), ())) - tainted
        tainted |= found
        waiting += found
    return tainted


def one_line(text: str) -> str:
    r"""Return untrusted text as one short line in which every character prints.

    Control, bidirectional and format characters, line breaks and lone surrogates become escapes
    such as `\u202e`: neither XML nor a terminal takes harm.
    """
    short = f"{text[:LABEL_CHARACTERS]}…" if len(text) > LABEL_CHARACTERS else text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in short
    )


def _left_out(versions: int, edges: int) -> str:
    if not versions and not edges:
        return ""
    return f"Not drawn: {versions:,} versions further away and {edges:,} edges."
