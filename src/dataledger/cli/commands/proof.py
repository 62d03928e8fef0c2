"""`dataledger prove` and `verify-proof`: what the files of a version hold, and what they do not."""

from pathlib import Path

import click

from dataledger.cli.command import command, pass_session
from dataledger.cli.content import version_option
from dataledger.cli.parameters import READABLE_PATH
from dataledger.cli.positions import INDEX, RANGE
from dataledger.cli.session import Session


@command(
    "prove",
    examples=[
        "dataledger prove acme/roads --file 2024/a.csv -o proof.json",
        "dataledger prove acme/roads --file trips.jsonl --record 17 --data roads -o proof.json",
        "dataledger prove acme/roads --absent person.jsonl --data roads -o proof.json",
        "dataledger prove --manifest roads.json --range 0:100 --data roads -o proof.json",
        "dataledger prove acme/roads --consistency 1 2 --data roads -o proof.json",
    ],
)
@click.argument("name", metavar="[DATASET]", required=False)
@click.option("--file", "path", metavar="PATH", help="Which file, as the manifest spells it.")
@click.option("--record", type=INDEX, metavar="N", help="One record, counted from 0.")
@click.option("--range", "records", type=RANGE, metavar="A:B", help="Records A to before B.")
@click.option("--bytes", "byte_range", type=RANGE, metavar="A:B", help="Bytes A to before B.")
@click.option("--column", metavar="NAME", help="A column of a table.")
@click.option("--schema", is_flag=True, help="The names and types of a table's columns.")
@click.option("--absent", type=READABLE_PATH, metavar="FILE", help="That FILE's record is absent.")
@click.option(
    "--consistency",
    nargs=2,
    metavar="OLD NEW",
    help="That records were only added between two versions; without DATASET, two manifests.",
)
@click.option("--data", type=READABLE_PATH, metavar="DIR", help="Where the version's data lies.")
@click.option("--secret", metavar="NAME|FILE", help="Salted the records.  [default: by id]")
@click.option("--extract", type=READABLE_PATH, metavar="FILE", help="Takes the proved --bytes.")
@click.option("-o", "--output", required=True, type=READABLE_PATH, help="The proof file.")
@click.option("--force", is_flag=True, help="Replace that file.")
@version_option
@click.option("--manifest", type=READABLE_PATH, help="The version's.  [default: as kept here]")
@pass_session
def prove(  # one for each option
    session: Session,
    *,
    name: str | None,
    path: str | None,
    record: int | None,
    records: tuple[int, int] | None,
    byte_range: tuple[int, int] | None,
    column: str | None,
    schema: bool,
    absent: Path | None,
    consistency: tuple[str, str] | None,
    data: Path | None,
    secret: str | None,
    extract: Path | None,
    output: Path,
    force: bool,
    version: int | None,
    manifest: Path | None,
) -> None:
    """Prove what a version holds, or does not, in one small file.

    Anybody can check it offline. It tells nothing of the version's other content but hashes.
    Without DATASET, it is made from --manifest alone, and names no chain.
    """
    from dataledger.cli.proving import Outputs, Sources, Wanted, find_versions, write_proof
    from dataledger.cli.render.proofs import ProofView

    wanted = Wanted(path, record, records, byte_range, column, schema, absent, consistency)
    wanted.check()
    if extract is not None and byte_range is None:
        raise click.UsageError("--extract needs --bytes.")
    versions = find_versions(session, name, version, manifest, wanted)
    outputs = Outputs(output, extract, force)
    proof = write_proof(session, wanted, versions, Sources(data, secret), outputs)
    session.show(ProofView(proof, output))


@command(
    "verify-proof",
    examples=[
        "dataledger verify-proof proof.json",
        "dataledger verify-proof proof.json --root sha256:…",
        "dataledger verify-proof proof.json --on-chain --data a.csv",
        "dataledger verify-proof proof.json --data person.jsonl --label-key auditor.key",
    ],
)
@click.argument("file", type=READABLE_PATH)
@click.option("--root", metavar="DIGEST", help="The content root that it must lead to.")
@click.option("--on-chain", is_flag=True, help="Compare with what the chain records.")
@click.option("--data", type=READABLE_PATH, help="Data that must be what is proved.")
@click.option("--label-key", type=READABLE_PATH, help="Tells whether --data holds what is absent.")
@pass_session
def verify_proof(  # one for each option
    session: Session,
    *,
    file: Path,
    root: str | None,
    on_chain: bool,
    data: Path | None,
    label_key: Path | None,
) -> None:
    """Check a proof file: offline, unless --on-chain.

    Without --root and --on-chain, the proof is only checked against the root that it names itself.
    """
    from dataledger.cli.render.proofs import ProofCheckView
    from dataledger.cli.verification import check_proof

    checked = check_proof(
        session, file, root=root, data=data, label_key=label_key, on_chain=on_chain
    )
    session.show(ProofCheckView(checked))
