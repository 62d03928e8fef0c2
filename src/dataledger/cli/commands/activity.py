"""`dataledger activity`: records of what was done."""

from pathlib import Path
from typing import Any

import click

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.evidence import activity_options
from dataledger.cli.parameters import READABLE_PATH
from dataledger.cli.session import Session


@group(
    "activity", examples=["dataledger activity new --type clean --tool clean.py@1.2 -o act.json"]
)
def activity() -> None:
    """Write and read activity records.

    A record says what was done in a step, with what, to what, and by whom. The record stays off the
    chain; its digest is the step's evidence.
    """


@subcommand(
    activity,
    "new",
    examples=[
        "dataledger activity new --type clean --tool clean.py@1.2 -o activity.json",
        "dataledger activity new --type label --tool team@7 --param k=3 -o act.json",
    ],
)
@activity_options
@click.option("-o", "--output", required=True, type=READABLE_PATH, help="The record's file.")
@click.option("--force", is_flag=True, help="Replace that file.")
@pass_session
def new(session: Session, *, output: Path, force: bool, **described: Any) -> None:
    """Write an activity record, the evidence of a step.

    It is by the account's organisation, and goes to `advance --activity`. Inputs and outputs are
    versions that the chain records.
    """
    from dataledger.cli.evidence import Description, describe_activity
    from dataledger.cli.output import write_output
    from dataledger.cli.render.activities import ActivityView

    with session.reading() as ledger:
        record = describe_activity(session, ledger, Description(**described))
    write_output(output, record.to_bytes(), replace=force)
    session.show(ActivityView(record, output))


@subcommand(activity, "show", examples=["dataledger activity show activity.json"])
@click.argument("file", type=READABLE_PATH)
@pass_session
def show(session: Session, *, file: Path) -> None:
    """Check an activity record, and show it with its digest. Works offline."""
    from dataledger.cli.evidence import read_activity
    from dataledger.cli.render.activities import ActivityView

    session.show(ActivityView(read_activity(file), None))
