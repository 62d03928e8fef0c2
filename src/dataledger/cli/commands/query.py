"""`dataledger query`: a question to data that stays where it is, answered with noise."""

from pathlib import Path

import click

from dataledger.cli.command import command, pass_session
from dataledger.cli.parameters import COUNT, READABLE_PATH
from dataledger.cli.session import Session

_NODES = " ".join(f"--node https://{name}:8460 --grant 0x…" for name in ("acme", "east", "west"))


@command(
    "query",
    examples=[
        "dataledger query ages.json",
        "dataledger query ages.json --node https://acme:8460 --grant 0x… --account consumer",
        f"dataledger query ages.json {_NODES}",
    ],
)
@click.argument("file", type=READABLE_PATH)
@click.option("--node", "nodes", multiple=True, metavar="URL", help="The owner's; repeatable.")
@click.option("--grant", "grants", multiple=True, metavar="ID", help="One for each node: 0x….")
@click.option("--version", type=COUNT, metavar="N", help="Of the dataset.  [default: as granted]")
@click.option("--ca", type=READABLE_PATH, help="What the nodes' certificates are checked by (PEM).")
@pass_session
def query(
    session: Session,
    *,
    file: Path,
    nodes: tuple[str, ...],
    grants: tuple[str, ...],
    version: int | None,
    ca: Path | None,
) -> None:
    """Ask for statistics of data that you never see.

    FILE declares what is asked, about whom, and at which cost of privacy (docs/queries.md). Without
    --node nothing is asked: what it would cost is shown, and how accurate the answers would be.
    Three owners' nodes and more answer as one, from all of their data together.
    """
    from dataledger.cli.output import read_input
    from dataledger.cli.render.query import QueryPreview, QueryView
    from dataledger.node.client import NodeClient
    from dataledger.node.queries import parse
    from dataledger.node.queries.asking import ask, canonical_query
    from dataledger.node.queries.document import MAX_QUERY_BYTES

    if len(nodes) != len(grants):
        raise click.UsageError("Give one --grant for each --node, in the same order.")
    document = canonical_query(read_input(file, noun="query", max_bytes=MAX_QUERY_BYTES))
    if not nodes:
        session.show(QueryPreview.of(parse(document)))
        return
    with session.writing() as ledger:
        clients = [NodeClient(ledger, node, ca=ca) for node in nodes]
        session.show(QueryView(ask(ledger, clients, grants, document, version=version)))
