"""Tables of what is recorded beside what is asked for."""

from dataclasses import dataclass

from dataledger.cli.render.screen import Cell, Screen, Styled
from dataledger.evidence.coverage import CAVEAT, Coverage, Row
from dataledger.evidence.export.facts import Actor, Fact, Status
from dataledger.hashing import JsonValue

_STYLES = {Status.PROVEN: "green", Status.ASSERTED: "yellow", Status.MISSING: "red"}


@dataclass(frozen=True, slots=True)
class CoverageView:
    """One table."""

    found: Coverage

    def to_json(self) -> dict[str, JsonValue]:
        """Return the table, each fact with its value and its event."""
        return self.found.to_json()

    def draw(self, screen: Screen) -> None:
        """Draw the table, and what it does not say."""
        facts = self.found.facts
        screen.line(Styled(self.found.standard.full_name, "bold"))
        screen.line(f"{facts.name}@{facts.version}, as of block {facts.as_of_block:,}")
        screen.table(
            ["point", "asks", "status", "answered by", "proven around it"],
            (_cells(row) for row in self.found.rows),
            empty="The standard has no points.",
        )
        counts = ", ".join(f"{self.found.count(status)} {status}" for status in Status)
        screen.line(f"{len(self.found.rows)} points: {counts}.")
        screen.hint(CAVEAT)


def _cells(row: Row) -> list[Cell]:
    answers = [named for named in row.answers if named.fact.status is not Status.MISSING]
    return [
        row.point.reference,
        row.point.words,
        Styled(row.status.value, _STYLES[row.status]),
        "; ".join(f"{named.name} ({_source(named.fact)})" for named in answers) or "nothing",
        ", ".join(named.name for named in row.supports),
    ]


def _source(fact: Fact) -> str:
    """Return who says so, and where the chain has it."""
    by = f" by {fact.by.organisation}" if isinstance(fact.by, Actor) else ""
    block = f", block {fact.event.block_number:,}" if fact.event is not None else ""
    return f"{fact.status}{by}{block}"
