"""`dataledger request` and `grant`: the use of a dataset, asked for and granted."""

from pathlib import Path

import click

from dataledger.cli.command import command, group, pass_session, subcommand
from dataledger.cli.costs import cost_options, terms_option
from dataledger.cli.parameters import COUNT, MOMENT, NameType
from dataledger.cli.session import Session

GRANT_STATE = NameType("state", "REQUESTED", "GRANTED", "REFUSED", "REVOKED")

reason_option = click.option(
    "--reason", required=True, help="Recorded on the chain, for everybody to read."
)


@command(
    "request",
    examples=[
        "dataledger request acme/roads --project 0x… --purpose research --account consumer",
        "dataledger request acme/roads --project 0x… --purpose 1 --version 2 --code sha256:…",
    ],
)
@click.argument("name", metavar="DATASET")
@click.option("--project", required=True, metavar="ID", help="Under which project: 0x….")
@click.option("--purpose", required=True, metavar="NAME", help="One of the project's purposes.")
@click.option("--version", type=COUNT, metavar="N", help="Which version.  [default: every one]")
@click.option("--code", metavar="DIGEST", help="Of the algorithm.  [default: declared queries]")
@terms_option
@click.option(
    "--number", default=0, type=click.IntRange(0, 2**53 - 1), help="To ask for the same once more."
)
@pass_session
def request(
    session: Session,
    *,
    name: str,
    project: str,
    purpose: str,
    version: int | None,
    code: str | None,
    terms: Path | None,
    number: int,
) -> None:
    """Ask for the use of a dataset, under a project.

    Its owner then grants or refuses it.
    """
    from dataledger.cli.costs import read_digest, read_terms
    from dataledger.cli.names import find_dataset
    from dataledger.cli.render.confirmation import Confirmation

    policy, algorithm = read_terms(terms), read_digest(code)
    with session.writing() as ledger:
        found = find_dataset(ledger, name)
        confirmed = ledger.uses.request(
            found.id,
            project,
            purpose,
            version=version,
            code=algorithm,
            terms=policy,
            number=number,
        )
    event = confirmed.event
    details = [("request", str(event.grant)), ("terms", str(event.request.terms))]
    headline = f"Asked for the use of {found.owner_slug}/{found.slug}."
    session.show(Confirmation(confirmed, headline, details))


@group(
    "grant",
    examples=[
        "dataledger grant list --owner acme --state requested",
        "dataledger grant approve 0x… --until +90d --stage PUBLISHED --epsilon 1",
    ],
)
def grant() -> None:
    """Show, answer and co-sign requests for the use of data.

    A request, and the grant that it leads to, have one id: 0x….
    """


@subcommand(
    grant,
    "approve",
    examples=[
        "dataledger grant approve 0x… --until +90d --stage PUBLISHED --epsilon 1 --delta 1e-9",
        "dataledger grant approve 0x… --until +90d --stage AUDITED --exact --executor bob",
    ],
)
@click.argument("id_", metavar="REQUEST")
@click.option("--until", type=MOMENT, required=True, help="The grant's end.")
@click.option("--stage", "stages", multiple=True, required=True, help="Where usable; repeatable.")
@cost_options
@click.option("--exact", is_flag=True, help="Answers are exact: no privacy budget protects them.")
@click.option("--code", metavar="DIGEST", help="Of the algorithm.  [default: as asked for]")
@click.option("--executor", "executors", multiple=True, metavar="KEY", help="Repeatable.")
@click.option("--threshold", type=COUNT, metavar="K", help="How many must sign.  [default: all]")
@terms_option
@pass_session
def approve(
    session: Session,
    *,
    id_: str,
    until: int,
    stages: tuple[str, ...],
    epsilon: str | None,
    delta: str | None,
    rho: str | None,
    exact: bool,
    code: str | None,
    executors: tuple[str, ...],
    threshold: int | None,
    terms: Path | None,
) -> None:
    """Grant a request, as the dataset's owner, on terms that stay.

    --epsilon and --delta, or --rho, limit what all runs together may cost. Executors sign receipts.
    """
    from dataledger.cli.costs import read_cost, read_digest, read_terms
    from dataledger.cli.names import find_dataset, find_stage
    from dataledger.cli.render.confirmation import Confirmation
    from dataledger.cli.render.words import time_text
    from dataledger.contracts.use_types import NO_COST, Composition, Quorum
    from dataledger.ledger.costs import cost_text

    limit = read_cost(epsilon, delta, rho)
    if (limit is None) != exact:
        raise click.UsageError("Give one of --epsilon, --rho and --exact.")
    composition, cost = limit or (Composition.NONE, NO_COST)
    policy, algorithm = read_terms(terms), read_digest(code)
    keys = [session.address(executor) for executor in executors]
    quorum = Quorum.of(len(keys) if threshold is None else threshold, keys)
    with session.writing() as ledger:
        asked = ledger.uses.get(id_)
        dataset = find_dataset(ledger, str(asked.request.dataset))
        confirmed = ledger.uses.grant(
            asked.id,
            valid_until_unix=until,
            stages=[find_stage(ledger, dataset, stage) for stage in stages],
            limit=cost,
            composition=composition,
            code=algorithm,
            quorum=quorum,
            terms=policy,
        )
    granted = confirmed.event.terms
    details = [
        ("grant", str(asked.id)),
        ("limit", cost_text(granted.limit, granted.composition)),
        ("until", time_text(granted.valid_until_unix)),
        ("terms", str(granted.terms)),
    ]
    headline = f"Granted the use of {dataset.owner_slug}/{dataset.slug}."
    session.show(Confirmation(confirmed, headline, details))


@subcommand(grant, "refuse", examples=["dataledger grant refuse 0x… --reason 'not this purpose'"])
@click.argument("id_", metavar="REQUEST")
@reason_option
@pass_session
def refuse(session: Session, *, id_: str, reason: str) -> None:
    """Refuse a request, for good: its owner, or a regulator."""
    from dataledger.cli.render.confirmation import Confirmation

    with session.writing() as ledger:
        confirmed = ledger.uses.refuse(id_, reason)
    details = [("request", str(confirmed.event.grant)), ("reason", reason)]
    session.show(Confirmation(confirmed, "Refused the request.", details))


@subcommand(grant, "revoke", examples=["dataledger grant revoke 0x… --reason 'misuse'"])
@click.argument("id_", metavar="GRANT")
@reason_option
@pass_session
def revoke(session: Session, *, id_: str, reason: str) -> None:
    """Revoke a grant, for good: its owner, or a regulator.

    Open runs can still be settled.
    """
    from dataledger.cli.render.confirmation import Confirmation

    with session.writing() as ledger:
        confirmed = ledger.uses.revoke(id_, reason)
    details = [("grant", str(confirmed.event.grant)), ("reason", reason)]
    session.show(Confirmation(confirmed, "Revoked the grant.", details))


@subcommand(grant, "cosign", examples=["dataledger grant cosign 0x… --account regulator"])
@click.argument("id_", metavar="GRANT")
@pass_session
def cosign(session: Session, *, id_: str) -> None:
    """Co-sign a grant, as a regulator over the dataset's owner.

    What is co-signed are the terms that `dataledger grant show` shows; they cannot change.
    """
    from dataledger.cli.render.confirmation import Confirmation

    with session.writing() as ledger:
        confirmed = ledger.uses.cosign(id_)
    details = [("grant", str(confirmed.event.grant))]
    session.show(Confirmation(confirmed, "Co-signed the grant.", details))


@subcommand(
    grant, "show", examples=["dataledger grant show 0x…", "dataledger grant show 0x… --json"]
)
@click.argument("id_", metavar="GRANT")
@pass_session
def show(session: Session, *, id_: str) -> None:
    """Show a request or grant, and whether it can be used now."""
    from contextlib import suppress

    from dataledger.cli.names import Names
    from dataledger.cli.render.grants import GrantView
    from dataledger.errors import NotFound

    with session.reading() as ledger:
        found, policy = ledger.uses.get(id_), None
        with suppress(NotFound):
            terms = found.request.terms if found.terms is None else found.terms.terms
            policy = ledger.documents.terms(terms)
        stages = ledger.policies.get(ledger.datasets.get(found.request.dataset).policy).policy
        why = ledger.uses.why_not(found.id)
        session.show(GrantView(found, why, policy, stages.stages, Names(ledger)))


@subcommand(
    grant,
    "list",
    examples=["dataledger grant list", "dataledger grant list --owner acme --state requested"],
)
@click.option("--dataset", metavar="DATASET", help="Those for one dataset.")
@click.option("--project", metavar="ID", help="Those under one project.")
@click.option("--applicant", metavar="ORGANISATION", help="Those of one applicant.")
@click.option("--owner", metavar="ORGANISATION", help="Those for one owner's datasets.")
@click.option("--state", type=GRANT_STATE, help="Those in one state.")
@pass_session
def list_(
    session: Session,
    *,
    dataset: str | None,
    project: str | None,
    applicant: str | None,
    owner: str | None,
    state: str | None,
) -> None:
    """List requests and grants."""
    from dataledger.cli.names import Names, find_dataset, find_organisation
    from dataledger.cli.render.grants import GrantList
    from dataledger.contracts.use_types import GrantState

    with session.reading() as ledger:
        found = ledger.uses.list(
            dataset=None if dataset is None else find_dataset(ledger, dataset).id,
            project=project,
            applicant=None if applicant is None else find_organisation(ledger, applicant).id,
            owner=None if owner is None else find_organisation(ledger, owner).id,
            state=None if state is None else GrantState[state],
        )
        session.show(GrantList(found, Names(ledger)))
