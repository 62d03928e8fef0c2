"""`dataledger budget` and `receipts`: what uses of data may cost, and what they did."""

from contextlib import suppress
from typing import TYPE_CHECKING, TypedDict

import click

from dataledger.cli.command import command, group, pass_session, subcommand
from dataledger.cli.costs import cost_options
from dataledger.cli.session import Session

if TYPE_CHECKING:
    from dataledger.contracts.identifiers import DatasetId, GrantId
    from dataledger.ledger import Ledger


class _Which(TypedDict, total=False):
    grant: "GrantId"
    dataset: "DatasetId"


@group(
    "budget",
    examples=[
        "dataledger budget set acme/roads --epsilon 10 --delta 1e-6",
        "dataledger budget show acme/roads",
    ],
)
def budget() -> None:
    """Set and show what may be spent of a dataset's privacy.

    Runs reserve what they may cost before they touch the data, and spend no more. Without a budget,
    nothing can be spent.
    """


@subcommand(
    budget,
    "set",
    examples=[
        "dataledger budget set acme/roads --epsilon 10 --per-consumer-epsilon 2 --account owner",
        "dataledger budget set acme/roads --rho 0.5 --account owner",
    ],
)
@click.argument("name", metavar="DATASET")
@cost_options
@click.option("--per-consumer-epsilon", metavar="E", help="Of each.  [default: as for all]")
@click.option("--per-consumer-delta", metavar="D", help="Of each.")
@click.option("--per-consumer-rho", metavar="R", help="Of each, under zCDP.")
@pass_session
def set_(
    session: Session,
    *,
    name: str,
    epsilon: str | None,
    delta: str | None,
    rho: str | None,
    per_consumer_epsilon: str | None,
    per_consumer_delta: str | None,
    per_consumer_rho: str | None,
) -> None:
    """Set what all consumers together, and each, may cost a dataset."""
    from dataledger.cli.costs import read_cost
    from dataledger.cli.names import find_dataset
    from dataledger.cli.render.confirmation import Confirmation
    from dataledger.ledger.costs import cost_text

    total = read_cost(epsilon, delta, rho)
    if total is None:
        raise click.UsageError("Give --epsilon, perhaps with --delta; or --rho.")
    composition, limit = total
    each = read_cost(
        per_consumer_epsilon, per_consumer_delta, per_consumer_rho, prefix="per-consumer-"
    )
    if each is not None and each[0] is not composition:
        raise click.UsageError("Limits for all and for each consumer must count the same.")
    with session.writing() as ledger:
        found = find_dataset(ledger, name)
        confirmed = ledger.budgets.set(
            found.id,
            limit,
            per_consumer=None if each is None else each[1],
            composition=composition,
        )
    event = confirmed.event
    details = [
        ("for all", cost_text(event.total, event.composition)),
        ("for each", cost_text(event.per_consumer, event.composition)),
    ]
    headline = f"Set the privacy budget of {found.owner_slug}/{found.slug}."
    session.show(Confirmation(confirmed, headline, details))


@subcommand(
    budget, "classify", examples=["dataledger budget classify acme/roads 2 --account owner"]
)
@click.argument("name", metavar="DATASET")
@click.argument("level", type=click.IntRange(0, 255))
@pass_session
def classify(session: Session, *, name: str, level: int) -> None:
    """Say how sensitive a dataset is.

    From level 2 on, a regulator must co-sign its grants. The owner raises the level; a regulator
    lowers it, too.
    """
    from dataledger.cli.names import find_dataset
    from dataledger.cli.render.confirmation import Confirmation

    with session.writing() as ledger:
        found = find_dataset(ledger, name)
        confirmed = ledger.budgets.classify(found.id, level)
    headline = f"{found.owner_slug}/{found.slug} has level {level}."
    session.show(Confirmation(confirmed, headline))


@subcommand(budget, "show", examples=["dataledger budget show acme/roads"])
@click.argument("name", metavar="DATASET")
@pass_session
def show(session: Session, *, name: str) -> None:
    """Show what is left of a dataset's budget, and for whom."""
    from dataledger.cli.names import Names, find_dataset
    from dataledger.cli.render.budgets import BudgetView

    with session.reading() as ledger:
        found = find_dataset(ledger, name)
        session.show(BudgetView(ledger.budgets.get(found.id), Names(ledger)))


@command(
    "receipts",
    examples=[
        "dataledger receipts acme/roads",
        "dataledger receipts 0x…",
        "dataledger receipts --output sha256:…",
    ],
)
@click.argument("name", metavar="[DATASET|GRANT]", required=False)
@click.option("--output", metavar="DIGEST", help="Those that released this, such as a model.")
@pass_session
def receipts(session: Session, *, name: str | None, output: str | None) -> None:
    """List runs of a dataset, a grant or an output, with receipts.

    The inputs of a receipt are the versions that its output came from. Runs that are open have no
    receipt yet; what they reserved is counted.
    """
    from dataledger.cli.costs import read_digest
    from dataledger.cli.names import Names
    from dataledger.cli.render.budgets import RunList

    if name is None and output is None:
        raise click.UsageError("Give DATASET or GRANT, or --output.")
    released = read_digest(output)
    with session.reading() as ledger:
        found = ledger.runs.list(output=released, **_which(ledger, name))
        session.show(RunList(found, Names(ledger)))


def _which(ledger: "Ledger", name: str | None) -> "_Which":
    """Return whose runs are meant. Ids of datasets and of grants look alike."""
    from dataledger.cli.names import find_dataset
    from dataledger.errors import NotFound

    if name is None:
        return {}
    if name.startswith("0x"):
        with suppress(NotFound):
            return {"grant": ledger.uses.get(name).id}
    return {"dataset": find_dataset(ledger, name).id}
