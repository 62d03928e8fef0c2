"""`dataledger prove` and `verify-proof`: that one file belongs to a version."""

from pathlib import Path

import click

from dataledger.cli.command import command, pass_session
from dataledger.cli.content import version_option
from dataledger.cli.parameters import READABLE_PATH
from dataledger.cli.session import Session


@command("prove", examples=["dataledger prove acme/roads --file 2024/a.csv -o proof.json"])
@click.argument("name", metavar="DATASET")
@click.option("--file", "path", required=True, metavar="PATH", help="As the manifest spells it.")
@click.option("-o", "--output", required=True, type=READABLE_PATH, help="The proof file.")
@click.option("--force", is_flag=True, help="Replace that file.")
@version_option
@click.option("--manifest", type=READABLE_PATH, help="The version's.  [default: as kept here]")
@pass_session
def prove(
    session: Session,
    *,
    name: str,
    path: str,
    output: Path,
    force: bool,
    version: int | None,
    manifest: Path | None,
) -> None:
    """Write a proof that one file belongs to a version.

    Anybody can check it offline. It tells nothing of the version's other files but hashes.
    """
    from dataledger.cli.content import read_manifest
    from dataledger.cli.names import find_dataset
    from dataledger.cli.output import write_output
    from dataledger.cli.render.data import ProofView

    recorded = None if manifest is None else read_manifest(manifest)
    with session.reading() as ledger:
        found = find_dataset(ledger, name)
        proof = ledger.proofs.prove(found.id, path, version=version, manifest=recorded)
    write_output(output, proof.to_bytes(), replace=force)
    session.show(ProofView(proof, output))


@command(
    "verify-proof",
    examples=[
        "dataledger verify-proof proof.json",
        "dataledger verify-proof proof.json --root sha256:…",
        "dataledger verify-proof proof.json --on-chain --data a.csv",
    ],
)
@click.argument("file", type=READABLE_PATH)
@click.option("--root", metavar="DIGEST", help="The content root that it must lead to.")
@click.option("--on-chain", is_flag=True, help="Compare with what the chain records.")
@click.option("--data", type=READABLE_PATH, help="The file itself, which must be the proved one.")
@pass_session
def verify_proof(
    session: Session,
    *,
    file: Path,
    root: str | None,
    on_chain: bool,
    data: Path | None,
) -> None:
    """Check a proof file: offline, unless --on-chain.

    Without --root and --on-chain, the proof is only checked against the root that it names itself.
    """
    from dataledger.cli.render.data import ProofCheckView
    from dataledger.cli.verification import check_proof

    proof, against, version = check_proof(session, file, root, data, on_chain=on_chain)
    session.show(ProofCheckView(proof, against, version))
