"""A picture as DOT text, for Graphviz and what reads its language."""

from dataledger.index.lineage.drawing.picture import Mark, Picture

_STYLES = {
    Mark.PLAIN: "",
    Mark.START: ", penwidth=3",
    Mark.RECALLED: ', style=filled, fillcolor="#fde0dd", color="#b30000", penwidth=3',
    Mark.TAINTED: ', style=filled, fillcolor="#fff3cd", color="#8a6d00"',
}


def to_dot(picture: Picture) -> str:
    """Return a directed graph from left to right. Nothing in a label can end its quotes."""
    title = " ".join(part for part in (picture.title, picture.left_out) if part)
    lines = [
        "digraph lineage {",
        "  rankdir=LR;",
        f"  label={_quoted(title)};",
        '  node [shape=box, fontname="monospace"];',
    ]
    lines += [
        f"  n{number} [label={_quoted(box.label)}{_STYLES[box.mark]}];"
        for number, box in enumerate(picture.boxes)
    ]
    lines += [
        f"  n{arrow.origin} -> n{arrow.target} [label={_quoted(arrow.label)}];"
        for arrow in picture.arrows
    ]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    # Within quotes, DOT knows escapes by a backslash, and Graphviz the entities of HTML.
    for sign, escaped in (("&", "&amp;"), ("\\", "\\\\"), ('"', '\\"')):
        text = text.replace(sign, escaped)
    return f'"{text}"'
