"""`dataledger algorithm`: code that an owner approves, run beside the data that it is about."""

from pathlib import Path

import click

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.parameters import COUNT, READABLE_PATH
from dataledger.cli.session import Session


@group(
    "algorithm",
    examples=[
        "dataledger algorithm digest mean.py",
        "dataledger algorithm run mean.py --grant 0x… --node https://… -o answer.json",
    ],
)
def algorithm() -> None:
    """Name an algorithm for its approval, and run it on the data.

    An algorithm is one file of Python, which the owner of the data reads before granting its use.
    It runs at the owner's node, in a sandbox. docs/algorithms.md says how to write one.
    """


@subcommand(
    algorithm,
    "digest",
    examples=[
        "dataledger algorithm digest mean.py",
        "dataledger request acme/roads --project 0x… --purpose research --code sha256:…",
    ],
)
@click.argument("file", type=READABLE_PATH)
@pass_session
def digest(session: Session, *, file: Path) -> None:
    """Show the digest that a request and its grant name.

    It is the SHA-256 of the file: one byte more, and it is another algorithm.
    """
    from dataledger.cli.algorithms import read_algorithm
    from dataledger.cli.render.algorithm import AlgorithmView

    session.show(AlgorithmView(read_algorithm(file)))


@subcommand(
    algorithm,
    "run",
    examples=[
        "dataledger algorithm run mean.py --grant 0x… --node https://… -o answer.json",
        "dataledger algorithm run a.py --parameters a.json --grant 0x… --node https://… -o a.out",
    ],
)
@click.argument("file", type=READABLE_PATH)
@click.option("--node", required=True, metavar="URL", help="The owner's node.")
@click.option("--grant", required=True, metavar="ID", help="Which names the algorithm: 0x….")
@click.option("--parameters", type=READABLE_PATH, help="JSON for the algorithm.  [default: null]")
@click.option("--version", type=COUNT, metavar="N", help="Of the dataset.  [default: as granted]")
@click.option("-o", "--output", required=True, type=READABLE_PATH, help="The answer's file.")
@click.option("--force", is_flag=True, help="Replace that file.")
@click.option("--ca", type=READABLE_PATH, help="What the node's certificate is checked by (PEM).")
@pass_session
def run(
    session: Session,
    *,
    file: Path,
    node: str,
    grant: str,
    parameters: Path | None,
    version: int | None,
    output: Path,
    force: bool,
    ca: Path | None,
) -> None:
    """Run an approved algorithm at the owner's node.

    The answer is what it wrote to /output/answer. It is checked against the receipt on the chain.
    """
    from dataledger.cli.algorithms import read_algorithm
    from dataledger.cli.output import refuse_output_over, write_output
    from dataledger.cli.render.algorithm import RunView
    from dataledger.node.client import NodeClient

    document = read_algorithm(file, parameters)
    refuse_output_over(output, replace=force)
    with session.writing() as ledger:
        client = NodeClient(ledger, node, ca=ca)
        answered = client.run(grant, document.to_bytes(), version=version)
    write_output(output, answered.content, replace=force)
    session.show(RunView(answered, output))
