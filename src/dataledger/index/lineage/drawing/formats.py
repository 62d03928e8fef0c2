"""Which formats there are, and how much is drawn in each."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from dataledger.index.lineage.drawing.dot import to_dot
from dataledger.index.lineage.drawing.mermaid import to_mermaid
from dataledger.index.lineage.drawing.picture import Graph, Picture, picture_of
from dataledger.index.lineage.drawing.svg import to_svg
from dataledger.ledger.results import VersionRef


class DrawingFormat(Enum):
    """What a graph can be drawn as."""

    SVG = "svg"
    MERMAID = "mermaid"
    DOT = "dot"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as text."""

    text: str
    left_out: str
    """What is not drawn of the graph, in words; the picture says so, too."""


class _Drawer(NamedTuple):
    draw: Callable[[Picture], str]
    max_boxes: int
    max_arrows: int


_DRAWERS = {
    DrawingFormat.SVG: _Drawer(to_svg, 500, 2_000),
    # Mermaid itself draws no more arrows, unless it is configured to.
    DrawingFormat.MERMAID: _Drawer(to_mermaid, 300, 500),
    DrawingFormat.DOT: _Drawer(to_dot, 5_000, 20_000),
}


def draw(
    format_: DrawingFormat,
    graphs: Sequence[Graph],
    label: Callable[[VersionRef], str],
    *,
    recalled: Collection[VersionRef] = (),
) -> Drawing:
    """Draw one version's lineage: one direction, or both in one picture.

    Recalled versions stand out, and so do those that came from them. Of a large graph, the nearest
    versions are drawn. The same graph and labels give the same text.
    """
    drawer = _DRAWERS[format_]
    picture = picture_of(
        graphs,
        label,
        recalled=recalled,
        max_boxes=drawer.max_boxes,
        max_arrows=drawer.max_arrows,
    )
    return Drawing(drawer.draw(picture), picture.left_out)
