"""Pages of lists: as a table, as JSON, and as CSV."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dataledger.cli.render.document import document_of
from dataledger.cli.render.neutral import neutral
from dataledger.cli.render.screen import Cell, Hash, Screen, Styled
from dataledger.hashing import JsonValue
from dataledger.index.audit.paging import Page

T = TypeVar("T")

BRIEF_CHARACTERS = 200
"""As much of a text as a table shows."""
_FORMULA = ("=", "+", "-", "@")
"""With these, spreadsheets take a cell for a formula."""


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column of a list: its heading, the key of CSV, and what stands in it."""

    heading: str
    key: str
    cell: Callable[[T], Cell | None]
    raw: Callable[[T], object] | None = None
    """For CSV, where that is not what the table shows."""


@dataclass(frozen=True, slots=True)
class PageView(Generic[T]):
    """A page of a list."""

    noun: str
    """What the rows are: the key of JSON."""
    page: Page[T]
    columns: Sequence[Column[T]]
    empty: str
    as_csv: bool = False

    def to_json(self) -> dict[str, JsonValue]:
        """Return the rows under their noun, and where they go on."""
        return {
            self.noun: [document_of(item) for item in self.page.items],
            "next": self.page.next,
            "is_complete": self.page.is_complete,
            "as_of_block": self.page.as_of_block,
        }

    def draw(self, screen: Screen) -> None:
        """Draw a table, or print CSV; what is about the page goes to standard error with CSV."""
        if self.as_csv:
            screen.raw(self.to_csv())
            screen = Screen(to_stderr=True)
        else:
            # A column in which nothing stands says nothing.
            columns = [c for c in self.columns if any(c.cell(i) for i in self.page.items)]
            screen.table(
                [column.heading for column in columns],
                ([brief(column.cell(item)) for column in columns] for item in self.page.items),
                empty=self.empty,
            )
        if not self.page.is_complete:
            screen.warning("Very many match: only the newest were looked at. Narrow it down.")
        if self.page.next is not None:
            screen.hint("There may be more: go on with --after", self.page.next)
        screen.line(Styled(f"as of block {self.page.as_of_block:,}", "dim"))

    def to_csv(self) -> str:
        """Return the rows as CSV, quoted by RFC 4180; no text in it steers a terminal or sheet."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([column.key for column in self.columns])
        for item in self.page.items:
            writer.writerow([_csv_cell(column, item) for column in self.columns])
        return text.getvalue()


def brief(cell: Cell | None) -> Cell:
    """Return a cell for a table: long text cut."""
    if isinstance(cell, str) and len(cell) > BRIEF_CHARACTERS:
        return f"{cell[:BRIEF_CHARACTERS]}…"
    return "" if cell is None else cell


def _csv_cell(column: Column[T], item: T) -> object:
    value = column.cell(item) if column.raw is None else column.raw(item)
    if isinstance(value, Styled | Hash):
        value = value.text
    if not isinstance(value, str):
        return "" if value is None else value
    harmless = neutral(value)
    return f"'{harmless}" if harmless.startswith(_FORMULA) else harmless
