"""What is drawn of a lineage graph: boxes with labels, arrows between them, and what was left out.

Labels are untrusted text. They become one harmless line when a picture is made; what each format
wants escaped, its own module escapes.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum

from dataledger.ledger.results import Lineage, VersionRef

LABEL_CHARACTERS = 80
"""Enough for any `OWNER/SLUG@VERSION`."""


class Mark(Enum):
    """What a box stands out for."""

    PLAIN = "plain"
    START = "start"
    """The version that was asked about."""
    RECALLED = "recalled"
    TAINTED = "tainted"


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
    lineages: Sequence[Lineage],
    label: Callable[[VersionRef], str],
    *,
    recalled: Collection[VersionRef] = (),
    tainted: Collection[VersionRef] = (),
    max_boxes: int,
    max_arrows: int,
) -> Picture:
    """Return the picture of one version's lineage: of one direction, or of both together.

    The nearest versions come first, and whatever is beyond the bounds is counted in `left_out`.
    """
    start = lineages[0].start
    versions = dict.fromkeys([start, *(ref for found in lineages for ref in found.versions)])
    places = {ref: place for place, ref in zip(range(max_boxes), versions, strict=False)}
    edges = dict.fromkeys(edge for found in lineages for edge in found.edges)
    between = [edge for edge in edges if edge.parent in places and edge.child in places]
    marks = {
        **dict.fromkeys(tainted, Mark.TAINTED),
        start: Mark.START,
        **dict.fromkeys(recalled, Mark.RECALLED),
    }
    return Picture(
        title=one_line(f"Lineage of {label(start)}"),
        boxes=tuple(Box(one_line(label(ref)), marks.get(ref, Mark.PLAIN)) for ref in places),
        arrows=tuple(
            Arrow(places[edge.parent], places[edge.child], edge.relation.name)
            for edge in between[:max_arrows]
        ),
        left_out=_left_out(len(versions) - len(places), len(edges) - len(between[:max_arrows])),
    )


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
