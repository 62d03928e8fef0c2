"""A picture as Mermaid text, which Markdown viewers draw."""

from dataledger.index.lineage.drawing.picture import Mark, Picture

_HARMLESS = frozenset(" /@._-:,")
_CLASSES = {
    Mark.START: ("start", "stroke-width:3px"),
    Mark.RECALLED: ("recalled", "fill:#fde0dd,stroke:#b30000,stroke-width:3px"),
    Mark.TAINTED: ("tainted", "fill:#fff3cd,stroke:#8a6d00"),
}


def to_mermaid(picture: Picture) -> str:
    """Return a flowchart from left to right. Nothing in a label can end it, or be markup in it."""
    lines = ["flowchart LR"]
    if picture.left_out:
        lines.append(f'  note["{_escaped(picture.left_out)}"]')
    for number, box in enumerate(picture.boxes):
        suffix = f":::{_CLASSES[box.mark][0]}" if box.mark in _CLASSES else ""
        lines.append(f'  n{number}["{_escaped(box.label)}"]{suffix}')
    lines += [
        f'  n{arrow.origin} -->|"{_escaped(arrow.label)}"| n{arrow.target}'
        for arrow in picture.arrows
    ]
    marks = {box.mark for box in picture.boxes}
    lines += [
        f"  classDef {name} {style}" for mark, (name, style) in _CLASSES.items() if mark in marks
    ]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Return all but letters, digits and a few signs as Mermaid's `#code;`."""
    return "".join(
        char if char.isalnum() or char in _HARMLESS else f"#{ord(char)};" for char in text
    )
