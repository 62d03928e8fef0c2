"""`dataledger train`: a model, trained beside the data of several owners."""

from pathlib import Path

import click

from dataledger.cli.command import command, pass_session
from dataledger.cli.parameters import READABLE_PATH
from dataledger.cli.session import Session

_NODES = " ".join(f"--node https://{name}:8460 --grant 0x…" for name in ("acme", "east", "west"))


@command(
    "train",
    examples=[
        f"dataledger train training.json {_NODES} -o model.json",
        f"dataledger train training.json {_NODES} -o model.json --register crash-model",
    ],
)
@click.argument("file", type=READABLE_PATH)
@click.option("--node", "nodes", multiple=True, required=True, metavar="URL", help="Repeatable.")
@click.option(
    "--grant", "grants", multiple=True, required=True, metavar="ID", help="One for each node."
)
@click.option("--output", "-o", required=True, type=READABLE_PATH, help="Where the model goes.")
@click.option("--force", is_flag=True, help="Replace that file.")
@click.option("--register", "slug", metavar="SLUG", help="Make the model a dataset of yours.")
@click.option("--ca", type=READABLE_PATH, help="What the nodes' certificates are checked by (PEM).")
@pass_session
def train(
    session: Session,
    *,
    file: Path,
    nodes: tuple[str, ...],
    grants: tuple[str, ...],
    output: Path,
    force: bool,
    slug: str | None,
    ca: Path | None,
) -> None:
    """Train a model on several owners' data, which stays there.

    FILE says what is to be trained (docs/training.md); nodes and grants stand in the order of its
    parties. Every owner clips and blurs what its data says. --register needs an organisation that
    is a CUSTODIAN, and not a CONSUMER alone.
    """
    from dataledger.cli.output import output_file, read_input, refuse_output_over
    from dataledger.cli.render.train import TrainedView
    from dataledger.contracts.identifiers import GrantId, to_slug
    from dataledger.node.client import NodeClient
    from dataledger.node.training import (
        TrainingDocument,
        register_model,
        require_registrar,
    )
    from dataledger.node.training import train as train_together
    from dataledger.node.training.document import MAX_DOCUMENT_BYTES

    # What cannot end well shows before any privacy is spent.
    if len(nodes) != len(grants):
        raise click.UsageError("Give one --grant for each --node, in the same order.")
    if slug is not None:
        to_slug(slug)
    refuse_output_over(output, replace=force)
    data = read_input(file, noun="training", max_bytes=MAX_DOCUMENT_BYTES)
    training = TrainingDocument.read(data, [GrantId.parse(grant) for grant in grants])
    with session.writing() as ledger:
        if slug is not None:
            require_registrar(ledger)
        clients = [NodeClient(ledger, url, ca=ca) for url in nodes]
        # Opened now, so that no place to write it shows before, too.
        with output_file(output, replace=force) as model:
            trained = train_together(clients, training)
            model.write(trained.model.to_bytes())
        registered = None
        if slug is not None:
            session.announce(f"The model is in {output}; registering it")
            registered = register_model(ledger, trained.model, slug)
    session.show(TrainedView(trained, output, registered))
