"""The terminal: everything that is drawn on it passes through here, and is neutralised here."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataledger.cli.render.neutral import neutral

WIDTH_OF_A_PIPE = 1000
"""Where there is no terminal, nothing is folded: lines stay whole for other programs."""
WIDE = 180
"""From so many columns on, tables have room for whole hashes."""
SHOWN_START = 15
SHOWN_END = 6


@dataclass(frozen=True, slots=True)
class Styled:
    """Text in a rich style such as `bold green`."""

    text: str
    style: str


@dataclass(frozen=True, slots=True)
class Hash:
    """A digest, id or address: whole, but in the middle of a table on a narrow terminal."""

    text: str


Cell = str | int | Styled | Hash


@dataclass(frozen=True, slots=True)
class Branch:
    """A tree to draw."""

    label: Sequence[Cell]
    children: list["Branch"] = field(default_factory=list)


class Screen:
    """Draws on standard output, or standard error. Colours only on a terminal."""

    def __init__(self, *, to_stderr: bool = False) -> None:
        file = sys.stderr if to_stderr else sys.stdout
        # Markup and emoji codes in untrusted text stay what they are: text.
        self._console = Console(
            file=file,
            width=None if file.isatty() else WIDTH_OF_A_PIPE,
            markup=False,
            emoji=False,
            highlight=False,
        )

    @property
    def is_terminal(self) -> bool:
        """Whether a person is looking."""
        return self._console.is_terminal

    @property
    def console(self) -> Console:
        """The rich console, for progress bars alone: it neutralises nothing."""
        return self._console

    def line(self, *parts: Cell) -> None:
        """Print parts side by side, with a space between them."""
        self._console.print(_joined(parts), soft_wrap=True)

    def whole(self, text: str) -> None:
        """Print a text of many lines as it is, each line made harmless: a document for a pipe."""
        for line in text.removesuffix("\n").split("\n"):
            self._console.file.write(f"{neutral(line)}\n")

    def raw(self, text: str) -> None:
        """Print text for programs as it is: the caller has neutralised it."""
        self._console.file.write(text)

    def success(self, *parts: Cell) -> None:
        """Print a line that says that something was done, or holds."""
        self.line(Styled("✓", "bold green"), *parts)

    def failure(self, *parts: Cell) -> None:
        """Print a line that says that something does not hold."""
        self.line(Styled("✗", "bold red"), *parts)

    def warning(self, *parts: Cell) -> None:
        """Print a line that asks for attention."""
        self.line(Styled("!", "bold yellow"), *parts)

    def hint(self, *parts: Cell) -> None:
        """Print what to do next."""
        self.line(Styled("→", "cyan"), *parts)

    def fields(self, pairs: Iterable[tuple[str, Cell | None]]) -> None:
        """Print names and values in two columns. Pairs without a value are left out."""
        shown = [(name, value) for name, value in pairs if value is not None]
        width = max((len(name) for name, _ in shown), default=0)
        for name, value in shown:
            self.line(Styled(f"  {name:<{width}} ", "dim"), value)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, empty: str) -> None:
        """Print a table; `empty` in its place when there are no rows."""
        is_narrow = self.is_terminal and self._console.width < WIDE
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        for column in columns:
            table.add_column(Text(neutral(column)), overflow="fold")
        for row in rows:
            table.add_row(*(_text(cell, brief=is_narrow) for cell in row))
        if table.row_count:
            self._console.print(table)
        else:
            self.line(empty)

    def tree(self, root: Branch) -> None:
        """Print a tree, however deep."""
        waiting = [(root, "", "")]
        while waiting:
            branch, corner, margin = waiting.pop()
            line = Text(corner, style="dim") + _joined(branch.label)
            self._console.print(line, soft_wrap=True)
            below = [(child, "├── ", "│   ") for child in branch.children]
            if below:
                below[-1] = (branch.children[-1], "└── ", "    ")
            waiting += [
                (child, f"{margin}{corner}", f"{margin}{rest}")
                for child, corner, rest in reversed(below)
            ]


def _text(cell: Cell, *, brief: bool = False) -> Text:
    if isinstance(cell, Styled):
        return Text(neutral(cell.text), style=cell.style)
    if isinstance(cell, Hash):
        text = neutral(cell.text)
        return Text(f"{text[:SHOWN_START]}…{text[-SHOWN_END:]}" if brief else text)
    return Text(neutral(str(cell)))


def _joined(parts: Sequence[Cell]) -> Text:
    return Text(" ").join(text for text in map(_text, parts) if text)
