"""`dataledger psi`: what one's own table and an owner's share, without showing either."""

from pathlib import Path

import click

from dataledger.cli.command import command, pass_session
from dataledger.cli.parameters import COUNT, READABLE_PATH, LowerNameType
from dataledger.cli.session import Session

NORMALISATION = LowerNameType("normalisation", "exact", "nfc-casefold-trim")


@command(
    "psi",
    examples=[
        "dataledger psi ours.csv --column mail --their-table all.csv --grant 0x… --node https://…",
        "dataledger psi t.jsonl --column x --their-table a.csv --ids --grant 0x… --node https://…",
    ],
)
@click.argument("table", type=READABLE_PATH)
@click.option("--column", required=True, metavar="NAME", help="Of your table.")
@click.option("--node", required=True, metavar="URL", help="The owner's node.")
@click.option("--grant", required=True, metavar="ID", help="Which allows it: 0x….")
@click.option("--their-table", required=True, metavar="PATH", help="A file of their dataset.")
@click.option("--their-column", metavar="NAME", help="Of their table.  [default: --column]")
@click.option("--version", type=COUNT, metavar="N", help="Of their dataset.  [default: as granted]")
@click.option(
    "--normalise",
    type=NORMALISATION,
    default="exact",
    show_default=True,
    metavar="RULE",
    help="How texts are made alike, on both sides: exact or nfc-casefold-trim.",
)
@click.option("--ids", is_flag=True, help="Learn which values are shared, not only how many.")
@click.option("--ca", type=READABLE_PATH, help="What the node's certificate is checked by (PEM).")
@pass_session
def psi(
    session: Session,
    *,
    table: Path,
    column: str,
    node: str,
    grant: str,
    their_table: str,
    their_column: str | None,
    version: int | None,
    normalise: str,
    ids: bool,
    ca: Path | None,
) -> None:
    """Find out how much your table and an owner's share.

    Private set intersection: neither side sees the other's values. Both learn how many different
    ones the other has; you learn how many are shared or, with --ids, which.
    """
    from dataledger.cli.render.psi import MatchingView
    from dataledger.node.client import NodeClient
    from dataledger.node.matching import Normalisation, Reveal
    from dataledger.node.matching.asking import Asking, ask, read_texts

    asking = Asking(
        read_texts(table, column),
        path=their_table,
        column=their_column or column,
        reveal=Reveal.IDS if ids else Reveal.SIZE,
        normalise=Normalisation(normalise),
    )
    with session.writing() as ledger:
        matched, answered = ask(NodeClient(ledger, node, ca=ca), grant, asking, version=version)
    session.show(MatchingView(matched, answered))
