"""`dataledger presentation`: parts of a version, for one verifier's eyes."""

from pathlib import Path

import click

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.content import version_option
from dataledger.cli.parameters import MOMENT, READABLE_PATH
from dataledger.cli.positions import INDEX, RANGE
from dataledger.cli.session import Session

challenge_option = click.option(
    "--challenge", metavar="TEXT", help="What the verifier gave, so that nothing old is shown."
)


@group(
    "presentation",
    examples=[
        "dataledger presentation create acme/roads --for me --purpose audit --file a.csv -o p.json",
        "dataledger presentation verify p.json --as org:north --on-chain",
    ],
)
def presentation() -> None:
    """Disclose parts of a version to one verifier, for a while."""


@subcommand(
    presentation,
    "create",
    examples=[
        "dataledger presentation create acme/roads --for me --purpose audit --file a.csv -o p.json",
        (
            "dataledger presentation create acme/roads "
            "--for 0x… --purpose test --record 17 --data . -o p.json"
        ),
        (
            "dataledger presentation create acme/roads "
            "--for me --purpose test --column v --expires +7d -o p.json"
        ),
        "dataledger presentation create acme/roads --for me --purpose audit --field 17 v -o p.json",
        (
            "dataledger presentation create acme/roads "
            "--for me --purpose audit --statistic n 12 -o p.json"
        ),
    ],
)
@click.argument("name", metavar="DATASET")
@click.option("--for", "audience", required=True, metavar="VERIFIER", help="0x…, org:SLUG or text.")
@click.option("--purpose", required=True, metavar="TEXT", help="What for; the verifier reads it.")
@challenge_option
@click.option("--expires", type=MOMENT, help="At most 30 days ahead.  [default: +1h]")
@click.option("--file", "path", metavar="PATH", help="Which file, as the manifest spells it.")
@click.option("--record", "records", type=INDEX, multiple=True, help="One record; repeatable.")
@click.option("--range", "ranges", type=RANGE, multiple=True, help="Records A to before B.")
@click.option("--column", "columns", multiple=True, metavar="NAME", help="With all its values.")
@click.option(
    "--block", "blocks", type=INDEX, multiple=True, help="Only this block of 65,536 records."
)
@click.option("--schema", is_flag=True, help="The names and types of a table's columns.")
@click.option("--absent", "absents", type=READABLE_PATH, multiple=True, help="FILE's record is.")
@click.option("--proof", "proofs", type=READABLE_PATH, multiple=True, help="One made by `prove`.")
@click.option(
    "--field", "fields", type=(INDEX, str), multiple=True, help="Of a record: your word alone."
)
@click.option(
    "--statistic", "statistics", nargs=2, multiple=True, help="Name, value: your word alone."
)
@click.option(
    "--answer",
    "answers",
    type=(str, str, READABLE_PATH),
    multiple=True,
    metavar="GRANT RUN FILE",
    help="What a run released.",
)
@click.option("--data", type=READABLE_PATH, metavar="DIR", help="Where the version's data lies.")
@click.option("--secret", metavar="NAME|FILE", help="Salted the records.  [default: by id]")
@click.option("-o", "--output", required=True, type=READABLE_PATH, help="The presentation.")
@click.option("--force", is_flag=True, help="Replace that file.")
@version_option
@click.option("--manifest", type=READABLE_PATH, help="The version's.  [default: as kept here]")
@pass_session
def create(  # one for each option
    session: Session,
    *,
    name: str,
    audience: str,
    purpose: str,
    challenge: str | None,
    expires: int | None,
    path: str | None,
    records: tuple[int, ...],
    ranges: tuple[tuple[int, int], ...],
    columns: tuple[str, ...],
    blocks: tuple[int, ...],
    schema: bool,
    absents: tuple[Path, ...],
    proofs: tuple[Path, ...],
    fields: tuple[tuple[int, str], ...],
    statistics: tuple[tuple[str, str], ...],
    answers: tuple[tuple[str, str, Path], ...],
    data: Path | None,
    secret: str | None,
    output: Path,
    force: bool,
    version: int | None,
    manifest: Path | None,
) -> None:
    """Write a presentation, and sign it as the dataset's owner.

    Files, records, columns and absences are proven by the version's content root, answers by their
    run's receipt. Fields of a record and statistics are attested: your signature is all that stands
    for them. Whoever has the file can read it.
    """
    from dataledger.cli.content import read_manifest
    from dataledger.cli.presenting import Disclosed, Envelope, write_presentation
    from dataledger.cli.proving import Sources
    from dataledger.cli.render.presentation import PresentationView
    from dataledger.evidence.presentation import Audience

    disclosed = Disclosed(
        file=path,
        records=records,
        ranges=ranges,
        columns=columns,
        blocks=blocks,
        schema=schema,
        absents=absents,
        proofs=proofs,
        fields=fields,
        statistics=statistics,
        answers=answers,
    )
    disclosed.check()
    written = write_presentation(
        session,
        name,
        disclosed,
        Envelope(Audience.parse(audience), purpose, challenge, expires),
        Sources(data, secret),
        version=version,
        manifest=None if manifest is None else read_manifest(manifest),
        output=output,
        force=force,
    )
    session.show(PresentationView(written))


@subcommand(
    presentation,
    "verify",
    examples=[
        "dataledger presentation verify p.json --as org:north",
        "dataledger presentation verify p.json --as org:north --challenge 8c1f… --on-chain",
        "dataledger presentation verify p.json --as 'North court' --at 2027-01-31T12:00:00Z",
    ],
)
@click.argument("file", type=READABLE_PATH)
@click.option("--as", "audience", required=True, metavar="VERIFIER", help="Who you are, as --for.")
@challenge_option
@click.option("--at", type=MOMENT, help="As of this time.  [default: now]")
@click.option("--on-chain", is_flag=True, help="Ask for version, signer, recall and receipts, too.")
@pass_session
def verify(  # one for each option
    session: Session,
    *,
    file: Path,
    audience: str,
    challenge: str | None,
    at: int | None,
    on_chain: bool,
) -> None:
    """Check a presentation that was made for you.

    Offline, unless --on-chain. It is refused if it was made for another verifier or challenge, has
    expired, or was altered. Each claim is told as proven or attested, and by what.
    """
    from dataledger.cli.presenting import read_presentation
    from dataledger.cli.render.presentation import VerifiedView
    from dataledger.evidence.presentation import Audience

    verified = read_presentation(
        session,
        file,
        Audience.parse(audience),
        challenge=challenge,
        at_unix=at,
        on_chain=on_chain,
    )
    session.show(VerifiedView(verified))
