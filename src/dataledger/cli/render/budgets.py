"""Privacy budgets, and the runs that spend them."""

from collections.abc import Sequence
from dataclasses import dataclass

from dataledger.cli.names import Names
from dataledger.cli.render.document import document_of
from dataledger.cli.render.screen import Cell, Hash, Screen, Styled
from dataledger.cli.render.words import time_text
from dataledger.contracts.amounts import delta_text, epsilon_text
from dataledger.contracts.use_types import COSIGNED_FROM, Composition, Outcome
from dataledger.hashing import JsonValue
from dataledger.ledger.costs import cost_text as text_of
from dataledger.ledger.results import VersionRef
from dataledger.ledger.use_results import UseBudget, UseRun

_RULES = {
    Composition.NONE: "no budget is set: nothing can be spent",
    Composition.BASIC: "epsilon and delta add up",
    Composition.ZCDP: "rho adds up (zCDP)",
}


@dataclass(frozen=True, slots=True)
class BudgetView:
    """What is left of a dataset's budget."""

    budget: UseBudget
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return `budget`."""
        return {"budget": document_of(self.budget)}

    def draw(self, screen: Screen) -> None:
        """Draw its fields, and a table of consumers."""
        budget = self.budget
        rule = budget.composition
        some = rule is not Composition.NONE
        screen.line(Styled(self.names.dataset(budget.dataset), "bold"))
        screen.fields(
            [
                ("rule", _RULES[rule]),
                ("total", text_of(budget.total, rule) if some else None),
                ("counted", text_of(budget.counted, rule) if some else None),
                ("left", text_of(budget.left, rule) if some else None),
                ("of each", text_of(budget.per_consumer, rule) if some else None),
                ("level", _level(budget.level)),
                ("level set by", self.names.organisation(budget.level_by) or None),
                ("as of block", f"{budget.as_of_block:,}"),
            ]
        )
        screen.line("")
        screen.table(
            ["consumer", "counted", "left"],
            (
                [
                    Styled(self.names.organisation(consumer.org), "bold"),
                    text_of(consumer.counted, rule),
                    text_of(consumer.left, rule),
                ]
                for consumer in budget.consumers
            ),
            empty="Nobody asked for its use yet.",
        )


@dataclass(frozen=True, slots=True)
class RunList:
    """Runs with their receipts, each in a line."""

    runs: Sequence[UseRun]
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return `runs`."""
        return {"runs": document_of(tuple(self.runs))}

    def draw(self, screen: Screen) -> None:
        """Draw a table."""
        screen.table(
            ["run", "grant", "outcome", "cost", "read", "output", "signatures", "settled"],
            (self._row(run) for run in self.runs),
            empty="There are no runs.",
        )

    def _row(self, run: UseRun) -> list[Cell]:
        receipt = run.receipt
        if receipt is None:
            cost = f"{_amounts(run.reserved.micro, run.reserved.delta_pico)} reserved"
            head: list[Cell] = [Hash(str(run.run)), Hash(str(run.grant))]
            return [*head, Styled("OPEN", "yellow"), cost, f"@{run.version}", "", "", ""]
        read = (self.names.version(VersionRef(i.dataset, i.version)) for i in receipt.inputs)
        released = receipt.outcome is Outcome.RELEASED
        return [
            Hash(str(run.run)),
            Hash(str(run.grant)),
            Styled(receipt.outcome.name, "green" if released else "bold red"),
            _amounts(receipt.spent.micro, receipt.spent.delta_pico),
            ", ".join(read),
            "" if receipt.output is None else Hash(str(receipt.output)),
            len(run.signers),
            "" if run.settled_at_unix is None else time_text(run.settled_at_unix),
        ]


def _amounts(micro: int, delta_pico: int) -> str:
    """Return a cost, of which the grant says whether it is epsilon or rho."""
    return epsilon_text(micro) + (f", δ {delta_text(delta_pico)}" if delta_pico else "")


def _level(level: int) -> str:
    needs = level >= COSIGNED_FROM
    return f"{level}: grants need a co-signature" if needs else str(level)
