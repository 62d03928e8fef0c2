"""A picture as SVG: text and lines alone, without scripts, styles from elsewhere, or links."""

import unicodedata
from collections.abc import Iterator
from xml.sax.saxutils import escape

from dataledger.index.lineage.drawing.layout import Layout, lay_out
from dataledger.index.lineage.drawing.picture import Arrow, Box, Mark, Picture

_CHARACTER = 7.3
"""Pixels: the width of a character of the font."""
_BOX_HEIGHT = 26
_PITCH = 40
_GAP = 130
"""Between layers: room for the name of a relation."""
_MARGIN = 20
_HEAD = 44
_COLOURS = {
    Mark.PLAIN: ("#ffffff", "#4a5568", 1),
    Mark.START: ("#e8f1fb", "#1a5fb4", 3),
    Mark.RECALLED: ("#fde0dd", "#b30000", 3),
    Mark.TAINTED: ("#fff3cd", "#8a6d00", 1),
}


def to_svg(picture: Picture) -> str:
    """Return one SVG document, well-formed whatever the labels hold."""
    layout = lay_out(len(picture.boxes), [(arrow.origin, arrow.target) for arrow in picture.arrows])
    canvas = _Canvas(picture, layout)
    body = [*map(canvas.arrow, range(len(picture.arrows)))]
    body += [canvas.box(number) for number in range(len(picture.boxes))]
    width, height = canvas.size()
    return "\n".join([*_frame(picture, width, height), *body, "</svg>"]) + "\n"


def _frame(picture: Picture, width: float, height: float) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
        'font-family="monospace" font-size="12">'
    )
    yield f"<title>{escape(picture.title)}</title>"
    yield (
        '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#4a5568"/></marker></defs>'
    )
    yield f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>'
    yield (
        f'<text x="{_MARGIN}" y="20" font-weight="bold" fill="#1a202c">'
        f"{escape(picture.title)}</text>"
    )
    if picture.left_out:
        yield f'<text x="{_MARGIN}" y="36" fill="#b30000">{escape(picture.left_out)}</text>'


class _Canvas:
    """Turns layers and places into pixels."""

    def __init__(self, picture: Picture, layout: Layout) -> None:
        self._boxes: tuple[Box, ...] = picture.boxes
        self._arrows: tuple[Arrow, ...] = picture.arrows
        self._layout = layout
        self._heads = [len(picture.title), len(picture.left_out)]
        self._widths = [0.0] * (max(layout.layers, default=-1) + 1)
        for box, layer in zip(picture.boxes, layout.layers, strict=True):
            self._widths[layer] = max(self._widths[layer], _width(box.label))
        self._lefts: list[float] = []
        left = float(_MARGIN)
        for width in self._widths:
            self._lefts.append(left)
            left += width + _GAP
        self._right = left - _GAP + _MARGIN

    def size(self) -> tuple[float, float]:
        """Return width and height of the whole drawing."""
        bends = [place for chain in self._layout.bends for _, place in chain]
        lowest = max([*self._layout.places, *bends], default=0.0)
        words = max(self._heads) * _CHARACTER + 2 * _MARGIN
        return max(self._right, words), self._y(lowest) + _PITCH

    def box(self, number: int) -> str:
        """Return one box with its label."""
        box = self._boxes[number]
        fill, stroke, thickness = _COLOURS[box.mark]
        left, y = self._lefts[self._layout.layers[number]], self._y(self._layout.places[number])
        width = _width(box.label)
        label = escape(box.label)
        return (
            f"<g><title>{label}{'' if box.mark is Mark.PLAIN else f' ({box.mark.value})'}</title>"
            f'<rect x="{left:.1f}" y="{y - _BOX_HEIGHT / 2:.1f}" width="{width:.1f}" '
            f'height="{_BOX_HEIGHT}" rx="4" fill="{fill}" stroke="{stroke}" '
            f'stroke-width="{thickness}"/>'
            f'<text x="{left + width / 2:.1f}" y="{y + 4:.1f}" text-anchor="middle" '
            f'fill="#1a202c">{label}</text></g>'
        )

    def arrow(self, number: int) -> str:
        """Return one arrow, curved through its bends, with the relation where it begins."""
        arrow = self._arrows[number]
        layer, last = self._layout.layers[arrow.origin], self._layout.layers[arrow.target]
        x = self._lefts[layer] + _width(self._boxes[arrow.origin].label)
        y = self._y(self._layout.places[arrow.origin])
        path = f"M{x:.1f} {y:.1f}"
        label_y = y
        stops = [*self._layout.bends[number], (last, self._layout.places[arrow.target])]
        if layer < last:  # past the other boxes of its own layer
            path += f"H{self._lefts[layer] + self._widths[layer]:.1f}"
            x = self._lefts[layer] + self._widths[layer]
        for at, place in stops:
            left, to_y = self._lefts[at], self._y(place)
            middle = (x + left) / 2
            path += f"C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {left:.1f} {to_y:.1f}"
            if at != last:
                path += f"H{left + self._widths[at]:.1f}"
            x, y = left + self._widths[at], to_y
        label_x = self._lefts[layer] + self._widths[layer] + _GAP / 2
        label_y = (label_y + self._y(stops[0][1])) / 2 - 4
        return (
            f'<path d="{path}" fill="none" stroke="#4a5568" marker-end="url(#head)"/>'
            f'<text x="{label_x:.1f}" y="{label_y:.1f}" text-anchor="middle" font-size="10" '
            f'fill="#4a5568" stroke="#ffffff" stroke-width="3" paint-order="stroke">'
            f"{escape(arrow.label)}</text>"
        )

    def _y(self, place: float) -> float:
        return _HEAD + _BOX_HEIGHT + place * _PITCH


def _width(label: str) -> float:
    """Return how wide a box with this label is; East Asian characters take two columns."""
    columns = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in label)
    return columns * _CHARACTER + 16
