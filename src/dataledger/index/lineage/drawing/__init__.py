"""Drawing lineage: pure functions from a graph to Mermaid, DOT and SVG text."""

from dataledger.index.lineage.drawing.formats import Drawing, DrawingFormat, draw
from dataledger.index.lineage.drawing.picture import Graph

__all__ = ["Drawing", "DrawingFormat", "Graph", "draw"]
