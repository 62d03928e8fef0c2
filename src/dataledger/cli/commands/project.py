"""`dataledger project`: what data is used for, and who approved that."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.parameters import MOMENT, READABLE_PATH
from dataledger.cli.session import Session

if TYPE_CHECKING:
    from dataledger.ledger import Ledger, ProjectDocument


@group(
    "project",
    examples=[
        "dataledger project propose --title 'Road safety' --purpose research --account consumer",
        "dataledger project approve 0x… --until +365d --account regulator",
    ],
)
def project() -> None:
    """Propose, approve, end and show projects.

    Data is used under a project, which says what for, and which a regulator approves. A project is
    named by its id, 0x….
    """


@subcommand(
    project,
    "propose",
    examples=[
        "dataledger project propose --title 'Road safety' --purpose research --purpose evaluation",
        "dataledger project propose project.json --account consumer",
    ],
)
@click.argument("file", required=False, type=READABLE_PATH)
@click.option("--title", help="What it is called.")
@click.option("--purpose", "purposes", multiple=True, metavar="NAME", help="Repeatable.")
@click.option("--description", default="", help="What is going to be done.")
@click.option("--reference", help="What a regulator calls it.")
@click.option("--applicant", help="Who applies, in words.  [default: the organisation's name]")
@pass_session
def propose(
    session: Session,
    *,
    file: Path | None,
    title: str | None,
    purposes: tuple[str, ...],
    description: str,
    reference: str | None,
    applicant: str | None,
) -> None:
    """Propose a project: as FILE describes it, or as the options do.

    The document is kept beside the profiles; its digest and the purposes go to the chain.
    `dataledger project purposes` names the purposes.
    """
    from dataledger.cli.output import read_input
    from dataledger.cli.render.confirmation import Confirmation
    from dataledger.ledger.project_document import MAX_PROJECT_BYTES, ProjectDocument

    described = any((title, purposes, description, reference, applicant))
    if (file is None) != described or (file is None and not (title and purposes)):
        raise click.UsageError("Give FILE; or --title, and each --purpose.")
    if file is not None:
        data = read_input(file, noun="project's document", max_bytes=MAX_PROJECT_BYTES)
        words = ProjectDocument.read(data)
    with session.writing() as ledger:
        if file is None:
            words = _described(
                session,
                ledger,
                title=title or "",
                purposes=purposes,
                description=description,
                reference=reference,
                applicant=applicant,
            )
        confirmed = ledger.projects.propose(words)
    event = confirmed.event
    details = [("project", str(event.project)), ("document", str(event.document))]
    session.show(Confirmation(confirmed, f"Proposed {words.title}.", details))


@subcommand(
    project,
    "approve",
    examples=["dataledger project approve 0x… --until 2027-12-31 --account regulator"],
)
@click.argument("id_", metavar="PROJECT")
@click.option("--until", type=MOMENT, required=True, help="The approval's end.")
@pass_session
def approve(session: Session, *, id_: str, until: int) -> None:
    """Approve a project for a time, as a regulator.

    The regulator must have jurisdiction over the applicant. An earlier approval is replaced.
    """
    from dataledger.cli.render.confirmation import Confirmation
    from dataledger.cli.render.words import time_text

    with session.writing() as ledger:
        confirmed = ledger.projects.approve(id_, valid_until_unix=until)
    event = confirmed.event
    details = [("project", str(event.project)), ("until", time_text(event.valid_until_unix))]
    session.show(Confirmation(confirmed, "Approved the project.", details))


@subcommand(
    project, "end", examples=["dataledger project end 0x… --reason 'done' --account consumer"]
)
@click.argument("id_", metavar="PROJECT")
@click.option("--reason", required=True, help="Recorded on the chain, for everybody to read.")
@pass_session
def end(session: Session, *, id_: str, reason: str) -> None:
    """End a project and all grants under it, for good."""
    from dataledger.cli.render.confirmation import Confirmation

    with session.writing() as ledger:
        confirmed = ledger.projects.end(id_, reason)
    details = [("project", str(confirmed.event.project)), ("reason", reason)]
    session.show(Confirmation(confirmed, "Ended the project, for good.", details))


@subcommand(project, "show", examples=["dataledger project show 0x…"])
@click.argument("id_", metavar="PROJECT")
@pass_session
def show(session: Session, *, id_: str) -> None:
    """Show a project, with its document if that is kept here."""
    from contextlib import suppress

    from dataledger.cli.names import Names
    from dataledger.cli.render.projects import ProjectView
    from dataledger.errors import NotFound

    with session.reading() as ledger:
        found, words = ledger.projects.get(id_), None
        with suppress(NotFound):
            words = ledger.documents.project(found.document)
        session.show(ProjectView(found, words, Names(ledger)))


@subcommand(
    project,
    "list",
    examples=["dataledger project list", "dataledger project list --applicant north"],
)
@click.option("--applicant", metavar="ORGANISATION", help="Those of one applicant.")
@pass_session
def list_(session: Session, *, applicant: str | None) -> None:
    """List all projects."""
    from dataledger.cli.names import Names, find_organisation
    from dataledger.cli.render.projects import ProjectList

    with session.reading() as ledger:
        org = None if applicant is None else find_organisation(ledger, applicant).id
        session.show(ProjectList(ledger.projects.list(org), Names(ledger)))


@subcommand(project, "purposes", examples=["dataledger project purposes"])
@pass_session
def purposes(session: Session) -> None:
    """List what data may be used for. Works offline."""
    from dataledger.cli.render.projects import PurposeList
    from dataledger.ledger.purposes import PURPOSES

    session.show(PurposeList(PURPOSES))


def _described(
    session: Session,
    ledger: "Ledger",
    *,
    title: str,
    purposes: tuple[str, ...],
    description: str,
    reference: str | None,
    applicant: str | None,
) -> "ProjectDocument":
    from dataledger.ledger.project_document import ProjectDocument
    from dataledger.ledger.purposes import parse_purpose

    found = {each.code: each for each in map(parse_purpose, purposes)}
    if applicant is None:
        applicant = ledger.organisations.get(ledger.members.get(session.address()).org).name
    return ProjectDocument(
        title=title,
        applicant=applicant,
        purposes=tuple(found[code] for code in sorted(found)),
        description=description,
        reference=reference,
    )
