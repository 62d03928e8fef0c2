"""Drawing lineage: pure functions from a picture to Mermaid, DOT and SVG text."""

from dataledger.index.lineage.drawing.dot import to_dot
from dataledger.index.lineage.drawing.mermaid import to_mermaid
from dataledger.index.lineage.drawing.picture import Arrow, Box, Mark, Picture, picture_of
from dataledger.index.lineage.drawing.svg import to_svg

__all__ = ["Arrow", "Box", "Mark", "Picture", "picture_of", "to_dot", "to_mermaid", "to_svg"]
