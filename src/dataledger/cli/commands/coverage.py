"""`dataledger coverage`: which recorded facts speak to the points of a rule or a standard."""

import click

from dataledger.cli.command import command, pass_session
from dataledger.cli.content import version_option
from dataledger.cli.parameters import LowerNameType
from dataledger.cli.session import Session

STANDARD = LowerNameType("standard", "eu-ai-act-art10", "dps", "iso5259")


@command(
    "coverage",
    examples=[
        "dataledger coverage acme/roads --standard eu-ai-act-art10",
        "dataledger coverage acme/roads --standard iso5259 --version 2 --json",
    ],
)
@click.argument("name", metavar="DATASET")
@click.option("--standard", type=STANDARD, required=True, help="eu-ai-act-art10, dps, or iso5259.")
@version_option
@pass_session
def coverage(session: Session, *, name: str, standard: str, version: int | None) -> None:
    """Hold a version's recorded facts beside a rule or a standard.

    The table shows which facts speak to each point, and whether they are proven by the chain,
    asserted by somebody, or missing. It does not say that a requirement is met.
    """
    from dataledger.cli.names import find_version
    from dataledger.cli.parameters import VersionName
    from dataledger.cli.render.coverage import CoverageView
    from dataledger.evidence.coverage import Standard
    from dataledger.evidence.coverage import coverage as hold
    from dataledger.evidence.export import gather

    with session.reading() as ledger:
        found = find_version(ledger, VersionName(name, version))
        facts = gather(ledger, found.dataset, found.number)
    session.show(CoverageView(hold(facts, Standard(standard))))
