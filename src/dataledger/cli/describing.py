"""Descriptions of datasets: the files that hold them, and what is shown of them."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataledger.cli.render.screen import Cell
    from dataledger.manifest.description import Description

SHOWN_CHARACTERS = 200
"""Of each text of a description, in a terminal: it may have a megabyte."""


def read_description_file(file: Path) -> "Description":
    """Return the description in `file`. Raises as `read_input` and `read_description` do."""
    from dataledger.cli.output import read_input
    from dataledger.manifest.description import MAX_DESCRIPTION_BYTES, read_description

    data = read_input(file, noun="description", max_bytes=MAX_DESCRIPTION_BYTES)
    return read_description(data)


def description_details(description: "Description") -> list[tuple[str, "Cell | None"]]:
    """Return what a description says in short, for the details of a confirmation."""
    source = description.source
    return [
        ("description", str(description.digest)),
        ("title", brief(description.title)),
        ("licence", None if description.licence is None else brief(description.licence)),
        ("statements", sum(map(len, description.statements.values())) or None),
        ("read from", None if source is None else f"{source.format}, which is kept whole"),
    ]


def brief(text: str) -> str:
    """Return the beginning of a text, and that there is more of it."""
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return f"{text[:SHOWN_CHARACTERS]}… ({len(text):,} characters)"
