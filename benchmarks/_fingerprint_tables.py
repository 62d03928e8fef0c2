"""The figures as tables: for a terminal, and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.table import Table

from _fingerprint_model import CaseResult, Kind, Measurement, Target, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _fingerprint_peers import Peer
    from _fingerprint_stored import Figures

WIDTH = 150
TEXT_COLUMNS = 1
"""The first column is text, and the others are figures."""


class Grid(NamedTuple):
    """A table that can be drawn in any way."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    notes: Sequence[str] = ()


def grids(figures_: Figures) -> list[Grid]:
    results = figures_.results
    found = [machine_grid(figures_.machine, figures_.peers, figures_.runs)]
    for result in results:
        found += [figures(result), ratios(result), values(result)]
    targets = [target for result in results for target in result.targets]
    if targets:
        found.append(target_grid(targets))
    return [grid for grid in found if grid.rows]


def machine_grid(machine: dict[str, Any], peers: Sequence[Peer], runs: int) -> Grid:
    rows = [(name, str(value)) for name, value in machine.items()]
    # The system's OpenSSL is told of already.
    rows += [
        (each.name, each.missing or each.version) for each in peers if each.name not in machine
    ]
    rows.append(("timed runs of each", f"{runs}, in turns; the median counts" if runs else "1"))
    return Grid("Measured on and with", ("What", "Is"), rows)


def figures(result: CaseResult) -> Grid:
    unit = result.case.unit
    rates = {Unit.BYTES: "", Unit.FILES: "files/s", Unit.RECORDS: "records/s"}
    head = ("What", "s", "best s", "spread", rates[unit], "GB/s", "process s", "CPU s", "MB")
    rows = [figures_row(each) for each in result.measurements]
    problems = [
        f"{each.subject} failed: {' '.join(each.problem.split())}"
        for each in result.measurements
        if each.problem is not None
    ]
    return without_empty(Grid(result.case.title, head, rows, [*result.notes, *problems]))


def figures_row(each: Measurement) -> tuple[str, ...]:
    if each.problem is not None:
        return (each.subject, "failed", *[""] * 7)
    return (
        each.subject,
        f"{each.seconds:.3f}",
        f"{each.best_seconds:.3f}",
        f"{each.spread:.0%}" if len(each.runs) > 1 else "",
        "" if each.unit is Unit.BYTES else f"{each.rate():,.0f}",
        f"{each.rate(Unit.BYTES) / 1e9:.2f}" if each.work.size_bytes else "",
        f"{each.process_seconds:.3f}",
        f"{each.cpu_seconds:.2f}",
        f"{each.peak_bytes / 1e6:,.0f}" if each.peak_bytes is not None else "",
    )


def without_empty(grid: Grid) -> Grid:
    """The table without the columns that hold nothing."""
    kept = [
        number
        for number, name in enumerate(grid.head)
        if name and any(r[number] for r in grid.rows)
    ]
    rows = [tuple(row[number] for number in kept) for row in grid.rows]
    return grid._replace(head=tuple(grid.head[number] for number in kept), rows=rows)


def ratios(result: CaseResult) -> Grid:
    """How many times as fast each of ours is as each of the others."""
    found = [each for each in result.measurements if each.problem is None]
    ours = [each for each in found if each.kind is Kind.OURS]
    others = [each for each in found if each.kind is not Kind.OURS]
    title = f"{result.case.title}: how many times as fast ours is"
    if not ours or not others:
        return Grid(title, (), [])

    def ratio(mine: Measurement, its: Measurement) -> str:
        return f"{mine.ratio_to(its):.2f}"

    names = [each.subject.removeprefix("ours: ") for each in ours]
    if len(ours) > len(others):
        head = ("Ours, to", *(its.subject for its in others))
        rows = [
            (name, *(ratio(mine, its) for its in others))
            for name, mine in zip(names, ours, strict=True)
        ]
    else:
        head = ("Ours, to", *names)
        rows = [(its.subject, *(ratio(mine, its) for mine in ours)) for its in others]
    return Grid(title, head, rows)


def values(result: CaseResult) -> Grid:
    """Figures of other kinds."""
    head = tuple(dict.fromkeys(name for row in result.values.values() for name in row))
    rows = [
        (title, *(amount(row[name]) if name in row else "" for name in head))
        for title, row in result.values.items()
    ]
    return Grid(result.case.title, ("What", *head), rows)


def target_grid(targets: Sequence[Target]) -> Grid:
    rows = [
        (
            target.name,
            f"{'≤' if target.at_most else '≥'} {target.need:g} {target.unit}",
            "not measured" if target.got is None else f"{amount(target.got)} {target.unit}",
            "met" if target.met else "MISSED",
        )
        for target in targets
    ]
    return Grid("Targets", ("What", "Target", "Measured", "Is"), rows)


def amount(value: float) -> str:
    large = 1000
    return f"{value:,.0f}" if value >= large else f"{value:.3g}"


def draw(grids_: Sequence[Grid]) -> None:
    # Wide enough for every column, wherever it is printed to.
    console = Console(width=WIDTH)
    for grid in grids_:
        table = Table(title=grid.title, title_justify="left")
        for number, name in enumerate(grid.head):
            table.add_column(name, justify="left" if number < TEXT_COLUMNS else "right")
        for row in grid.rows:
            failed = "MISSED" in row or "failed" in row
            table.add_row(*row, style="red" if failed else "")
        console.print(table)
        for note in grid.notes:
            console.print(f"  {note}", highlight=False)


def markdown(grids_: Sequence[Grid]) -> str:
    parts = []
    for grid in grids_:
        lines = [f"### {grid.title}", "", row_of(grid.head)]
        lines.append("|---" * TEXT_COLUMNS + "|---:" * (len(grid.head) - TEXT_COLUMNS) + "|")
        lines += [row_of(row) for row in grid.rows]
        lines += [f"\n{note}" for note in grid.notes]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def row_of(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
