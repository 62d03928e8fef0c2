"""`dataledger verify`: data against the chain."""

from pathlib import Path

import click

from dataledger.cli.command import command
from dataledger.cli.content import version_option
from dataledger.cli.parameters import LOCATION, READABLE_PATH
from dataledger.cli.reading import workers_option
from dataledger.cli.session import Session


@command(
    "verify",
    examples=[
        "dataledger verify data/ acme/roads",
        "dataledger verify data/ acme/roads --version 2 --json",
    ],
)
@click.argument("path", type=LOCATION)
@click.argument("name", metavar="DATASET")
@version_option
@click.option("--manifest", type=READABLE_PATH, help="The recorded one, to name files by.")
@workers_option
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    path: Path | str,
    name: str,
    version: int | None,
    manifest: Path | None,
    workers: int | None,
) -> None:
    """Check data against what the chain recorded.

    Every file is read; each one that differs is named. Ends with exit code 1 when it differs. Warns
    when the version, or one that it came from, was recalled.
    """
    from dataledger.cli.content import read_manifest
    from dataledger.cli.names import Names, find_dataset
    from dataledger.cli.render.data import VerificationView
    from dataledger.cli.verification import verify_data

    session = ctx.ensure_object(Session)
    with session.reading() as ledger:
        found = find_dataset(ledger, name)
        if manifest is not None:
            ledger.documents.keep(read_manifest(manifest))
        verification = verify_data(session, ledger, found.id, path, number=version, workers=workers)
        taints = ledger.lineage.recalled_ancestors(found.id, verification.version.number)
        session.show(VerificationView(verification, taints, Names(ledger)))
    if not verification.verified:
        ctx.exit(1)
