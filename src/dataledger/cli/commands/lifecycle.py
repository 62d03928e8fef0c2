"""`dataledger advance`, `approve` and `recall`."""

from typing import Any

import click

from dataledger.cli.command import command, pass_session
from dataledger.cli.content import version_option
from dataledger.cli.evidence import evidence_options
from dataledger.cli.parameters import COUNT, SEVERITY
from dataledger.cli.session import Session

from_option = click.option(
    "--from", "from_stage", metavar="STAGE", help="It must stand there.  [default: where it does]"
)


@command(
    "advance",
    examples=[
        "dataledger advance acme/roads CLEANED --activity activity.json --account carol",
        "dataledger advance acme/roads CLEANED --tool clean.py@1.2 --code clean.py --param k=3",
    ],
)
@click.argument("name", metavar="DATASET")
@click.argument("stage")
@evidence_options
@version_option
@from_option
@pass_session
def advance(
    session: Session,
    *,
    name: str,
    stage: str,
    **evidence: Any,
) -> None:
    """Move a dataset to STAGE, with evidence of what was done.

    The contract decides whether the account's organisation may take the step. The evidence is an
    activity record: a file, or one that --tool, --code, --param and so on describe; it is kept
    beside the profiles, and its digest goes to the chain.
    """
    from dataledger.cli.render.confirmation import Confirmation
    from dataledger.cli.steps import find_step

    with session.writing() as ledger:
        step = find_step(session, ledger, name, stage, **evidence)
        confirmed = ledger.lifecycle.advance(**step.arguments)
    details = [("evidence", str(confirmed.event.evidence))]
    session.show(Confirmation(confirmed, f"{step.dataset_name} is {step.stage_name}.", details))


@command(
    "approve",
    examples=["dataledger approve acme/roads PUBLISHED --activity review.json --account dave"],
)
@click.argument("name", metavar="DATASET")
@click.argument("stage")
@evidence_options
@version_option
@from_option
@pass_session
def approve(
    session: Session,
    *,
    name: str,
    stage: str,
    **evidence: Any,
) -> None:
    """Approve a step that another organisation may take.

    The evidence must be that of the step itself.
    """
    from dataledger.cli.render.confirmation import Confirmation
    from dataledger.cli.steps import find_step

    with session.writing() as ledger:
        step = find_step(session, ledger, name, stage, **evidence)
        confirmed = ledger.lifecycle.approve(**step.arguments)
    headline = f"Approved that {step.dataset_name} becomes {step.stage_name}."
    details = [("evidence", str(confirmed.event.evidence))]
    session.show(Confirmation(confirmed, headline, details))


@command(
    "recall",
    examples=["dataledger recall acme/roads 2 --severity SERIOUS --reason 'wrong labels'"],
)
@click.argument("name", metavar="DATASET")
@click.argument("version", type=COUNT)
@click.option("--severity", type=SEVERITY, required=True)
@click.option("--reason", required=True, help="Recorded on the chain, for everybody to read.")
@pass_session
def recall(session: Session, *, name: str, version: int, severity: str, reason: str) -> None:
    """Recall a version for good, as a regulator.

    All that came from it is tainted, and named.
    """
    from dataledger.cli.names import Names, find_dataset
    from dataledger.cli.render.confirmation import Confirmation
    from dataledger.cli.render.lineage import RecallView
    from dataledger.contracts.types import Severity

    with session.writing() as ledger:
        found = find_dataset(ledger, name)
        confirmed = ledger.lifecycle.recall(found.id, version, Severity[severity], reason)
        taint = ledger.lineage.taint(found.id, version)
        headline = f"Recalled {found.owner_slug}/{found.slug}@{version}, {severity}."
        confirmation = Confirmation(confirmed, headline, [("reason", reason)])
        session.show(RecallView(confirmation, taint, Names(ledger)))
