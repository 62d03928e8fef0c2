"""`dataledger evidence`: bundles that anyone can check, offline."""

from pathlib import Path

import click

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.content import version_option
from dataledger.cli.parameters import COUNT, READABLE_PATH
from dataledger.cli.session import Session


@group(
    "evidence",
    examples=[
        "dataledger evidence create acme/roads -o roads.evidence.json",
        "dataledger evidence verify roads.evidence.json --block-hash 0x…",
    ],
)
def evidence() -> None:
    """Prove a dataset's history in one file, for anyone to check."""


@subcommand(
    evidence,
    "create",
    examples=[
        "dataledger evidence create acme/roads",
        "dataledger evidence create acme/roads --version 2 --file 2024/a.csv",
        "dataledger evidence create acme/roads --proof record-17.json --descendants 3",
    ],
)
@click.argument("name", metavar="DATASET")
@version_option
@click.option("--file", "paths", multiple=True, metavar="PATH", help="A file of it to prove, too.")
@click.option("--proof", "proofs", multiple=True, type=READABLE_PATH, help="One made by `prove`.")
@click.option(
    "--descendants",
    type=click.IntRange(0, 1023),
    metavar="N",
    help="Blocks that follow, for their seals.  [default: confirmations - 1]",
)
@click.option("--no-documents", is_flag=True, help="Leave manifests and other documents out.")
@click.option("-o", "--output", type=READABLE_PATH, help="[default: SLUG.evidence.json]")
@click.option("--force", is_flag=True, help="Replace that file.")
@pass_session
def create(  # one for each option
    session: Session,
    *,
    name: str,
    version: int | None,
    paths: tuple[str, ...],
    proofs: tuple[Path, ...],
    descendants: int | None,
    no_documents: bool,
    output: Path | None,
    force: bool,
) -> None:
    """Write a bundle about a dataset as it stands.

    It holds the block's header, proofs of the contract's storage, every event of the dataset, and
    the documents at hand that events name: whoever gets it can read their content.
    """
    from dataledger.cli.bundling import Wanted, write_bundle
    from dataledger.cli.render.bundle import BundleView

    wanted = Wanted(name, version, paths, proofs, descendants, with_documents=not no_documents)
    session.show(BundleView(write_bundle(session, wanted, output, replace=force)))


@subcommand(
    evidence,
    "verify",
    examples=[
        "dataledger evidence verify roads.evidence.json --block-hash 0x…",
        "dataledger evidence verify roads.evidence.json --on-chain",
        "dataledger evidence verify roads.evidence.json --validators qbft.txt --consensus qbft",
        "dataledger evidence verify roads.evidence.json --pins pins.json --json",
    ],
)
@click.argument("file", type=READABLE_PATH)
@click.option("--block-hash", metavar="0x…", help="Of its block, or of one that it includes.")
@click.option("--on-chain", is_flag=True, help="Take the block's hash from the profile's node.")
@click.option(
    "--validators",
    multiple=True,
    metavar="ADDRESS|FILE",
    help="Whose seals count: all of the chain's; a file has one on each line. Repeatable.",
)
@click.option(
    "--consensus", type=click.Choice(["clique", "qbft"]), help="What these validators follow."
)
@click.option("--quorum", type=COUNT, metavar="N", help="How many seals it takes.")
@click.option("--pins", type=READABLE_PATH, help="A file with all of that, instead of a profile.")
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    file: Path,
    block_hash: str | None,
    on_chain: bool,
    validators: tuple[str, ...],
    consensus: str | None,
    quorum: int | None,
    pins: Path | None,
) -> None:
    """Check a bundle: without a network, unless --on-chain.

    Chain, contract and code are those that the profile pins, or --pins. The block is recognised by
    its hash or by its validators' seals; get either from a node of yours or from somebody other
    than the bundle's maker. Without both, anybody could have made the block up, and the bundle is
    refused. Ends with exit code 1 when any check fails.
    """
    from dataledger.cli.bundling import Recognition, pin_by_node, read_pins
    from dataledger.cli.render.bundle import ReportView
    from dataledger.evidence.verifier import verify_bundle

    session = ctx.ensure_object(Session)
    recognition = Recognition(block_hash, validators, consensus, quorum)
    if on_chain and block_hash is not None:
        raise click.UsageError("The block's hash comes from --block-hash or --on-chain, not both.")
    known = read_pins(session, pins, recognition)
    if on_chain:
        known = pin_by_node(session, known, file)
    report = verify_bundle(file, known)
    session.show(ReportView(report))
    if not report.passed:
        ctx.exit(1)
