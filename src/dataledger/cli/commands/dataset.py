"""`dataledger dataset`: datasets, their versions, their history and lineage."""

from contextlib import suppress
from pathlib import Path

import click

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.content import content_options, version_option
from dataledger.cli.parameters import COUNT, READABLE_PATH, ParentName
from dataledger.cli.reading import Reading
from dataledger.cli.session import Session

description_option = click.option(
    "--description",
    "description_file",
    type=READABLE_PATH,
    metavar="FILE",
    help="Describe it at once: see `dataledger dataset describe`.",
)
policy_option = click.option(
    "--policy", default="default", show_default=True, metavar="POLICY", help="Its lifecycle."
)
number_option = click.option(
    "--number", type=COUNT, metavar="N", help="It must become this one.  [default: the next]"
)


@group(
    "dataset",
    examples=[
        "dataledger dataset register roads data/",
        "dataledger dataset show acme/roads",
        "dataledger dataset history acme/roads",
    ],
)
def dataset() -> None:
    """Register, show and trace datasets.

    A dataset is named OWNER/SLUG, or by its 0x… id; a version OWNER/SLUG@NUMBER. A parent is
    DATASET@VERSION:RELATION, with DERIVED, MERGED, SAMPLED, SYNTHESISED, LABELED_FROM, or
    TRAINED_ON.
    """


@subcommand(
    dataset,
    "register",
    examples=[
        "dataledger dataset register roads data/ --account alice",
        "dataledger dataset register planned-survey",
        "dataledger dataset register model out/ --parent acme/roads@2:TRAINED_ON",
    ],
)
@click.argument("slug")
@content_options
@policy_option
@description_option
@pass_session
def register(
    session: Session,
    *,
    slug: str,
    path: Path | str | None,
    manifest: Path | None,
    parents: tuple[ParentName, ...],
    reading: Reading,
    policy: str,
    description_file: Path | None,
) -> None:
    """Register a dataset of the account's organisation.

    With PATH or --manifest, its first version as well. Where it stands there already with the same
    content, nothing is sent.
    """
    from dataledger.cli.content import read_content
    from dataledger.cli.describing import read_description_file
    from dataledger.cli.names import find_parent, find_policy
    from dataledger.cli.render.confirmation import Confirmation, record_details

    # What is no description shows before anything is sent.
    description = None if description_file is None else read_description_file(description_file)
    with session.writing() as ledger:
        number = find_policy(ledger, policy).id
        origins = [find_parent(ledger, parent) for parent in parents]
        content = read_content(session, path, manifest, reading)
        confirmed = ledger.datasets.register(slug, content, policy=number, parents=origins)
        event = confirmed.event
        if description is not None:
            ledger.datasets.describe(event.dataset, description)
    details = [("id", str(event.dataset)), *record_details(event.record)]
    if description is not None:
        details.append(("description", str(description.digest)))
    session.show(Confirmation(confirmed, f"Registered the dataset {slug}.", details))


@subcommand(
    dataset,
    "add-version",
    examples=[
        "dataledger dataset add-version acme/roads data/ --account alice",
        "dataledger dataset add-version acme/roads data/ --claim minor",
    ],
)
@click.argument("name", metavar="DATASET")
@content_options
@number_option
@click.option(
    "--claim",
    metavar="LEVEL",
    help="Send nothing, if more changed: major, minor, patch or none; see `dataledger diff`.",
)
@pass_session
def add_version(
    session: Session,
    *,
    name: str,
    path: Path | str | None,
    manifest: Path | None,
    parents: tuple[ParentName, ...],
    reading: Reading,
    number: int | None,
    claim: str | None,
) -> None:
    """Record what lies at PATH as the dataset's next version."""
    from dataledger.cli.content import require_content
    from dataledger.cli.names import find_dataset, find_parent
    from dataledger.cli.render.confirmation import Confirmation, record_details, version_number
    from dataledger.manifest.semantic_version import Level

    level = None if claim is None else Level.parse(claim)
    with session.writing() as ledger:
        found = find_dataset(ledger, name)
        origins = [find_parent(ledger, parent) for parent in parents]
        content = require_content(session, path, manifest, reading)
        confirmed = ledger.datasets.add_version(
            found.id, content, number=number, parents=origins, claim=level
        )
    event = confirmed.event
    version = version_number(event)
    headline = f"Version {version} of {found.owner_slug}/{found.slug} is recorded."
    session.show(Confirmation(confirmed, headline, record_details(event.record)))


@subcommand(
    dataset,
    "describe",
    examples=[
        "dataledger dataset describe acme/roads description.json --account alice",
        "dataledger dataset describe acme/roads croissant.json",
    ],
)
@click.argument("name", metavar="DATASET")
@click.argument("file", type=READABLE_PATH)
@pass_session
def describe(session: Session, *, name: str, file: Path) -> None:
    """Say on the chain what describes a dataset.

    FILE is a description (docs/formats.md), Croissant, or DCAT as JSON-LD or Turtle. Its digest
    goes to the chain, and the document stays here. The newest description counts.
    """
    from dataledger.cli.describing import description_details, read_description_file
    from dataledger.cli.names import find_dataset
    from dataledger.cli.render.confirmation import Confirmation

    description = read_description_file(file)
    with session.writing() as ledger:
        found = find_dataset(ledger, name)
        confirmed = ledger.datasets.describe(found.id, description)
    headline = f"Described {found.owner_slug}/{found.slug}."
    session.show(Confirmation(confirmed, headline, description_details(description)))


@subcommand(dataset, "show", examples=["dataledger dataset show acme/roads"])
@click.argument("name", metavar="DATASET")
@pass_session
def show(session: Session, *, name: str) -> None:
    """Show a dataset, its versions, and what can come next."""
    from dataledger.cli.names import Names, find_dataset
    from dataledger.cli.render.datasets import DatasetView
    from dataledger.errors import NotFound

    with session.reading() as ledger:
        found = find_dataset(ledger, name)
        versions = ledger.datasets.versions(found.id)
        steps = ledger.lifecycle.next_steps(found.id)
        description = None
        with suppress(NotFound):  # the owner need not have given the document to anybody
            description = ledger.datasets.description(found.id)
        session.show(DatasetView(found, versions, steps, Names(ledger), description))


@subcommand(
    dataset,
    "list",
    examples=["dataledger dataset list", "dataledger dataset list --owner acme --json"],
)
@click.option("--owner", metavar="ORGANISATION", help="Only datasets of this organisation.")
@pass_session
def list_(session: Session, *, owner: str | None) -> None:
    """List datasets in the order of their registration."""
    from dataledger.cli.names import find_organisation
    from dataledger.cli.render.datasets import DatasetList

    with session.reading() as ledger:
        org = None if owner is None else find_organisation(ledger, owner).id
        session.show(DatasetList(ledger.datasets.list(org)))


@subcommand(dataset, "history", examples=["dataledger dataset history acme/roads"])
@click.argument("name", metavar="DATASET")
@pass_session
def history(session: Session, *, name: str) -> None:
    """Rebuild a dataset's history from logs, and check it.

    The events must lead to the head that the contract keeps.
    """
    from dataledger.cli.names import Names, find_dataset
    from dataledger.cli.render.datasets import HistoryView

    with session.reading() as ledger:
        found = find_dataset(ledger, name)
        events = ledger.datasets.history(found.id)
        policy = ledger.policies.get(found.policy)
        session.show(HistoryView(events, policy, Names(ledger)))


@subcommand(
    dataset,
    "lineage",
    examples=[
        "dataledger dataset lineage acme/roads",
        "dataledger dataset lineage acme/roads --up",
    ],
)
@click.argument("name", metavar="DATASET")
@version_option
@click.option("--up", "direction", flag_value="up", help="Only what it came from.")
@click.option("--down", "direction", flag_value="down", help="Only what came from it.")
@pass_session
def lineage(session: Session, *, name: str, version: int | None, direction: str | None) -> None:
    """Draw what a version came from, and what came of it.

    Warns when one that it came from was recalled.
    """
    from dataledger.cli.names import Names, find_version
    from dataledger.cli.parameters import VersionName
    from dataledger.cli.render.lineage import LineageView
    from dataledger.ledger.results import VersionRef

    with session.reading() as ledger:
        found = find_version(ledger, VersionName(name, version))
        place = (found.dataset, found.number)
        session.show(
            LineageView(
                VersionRef(*place),
                None if direction == "down" else ledger.lineage.ancestors(*place),
                None if direction == "up" else ledger.lineage.descendants(*place),
                ledger.lineage.recalled_ancestors(*place),
                Names(ledger),
            )
        )


@subcommand(dataset, "suspend", examples=["dataledger dataset suspend acme/roads --reason audit"])
@click.argument("name", metavar="DATASET")
@click.option("--reason", required=True, help="Recorded on the chain, for everybody to read.")
@pass_session
def suspend(session: Session, *, name: str, reason: str) -> None:
    """Freeze a dataset, as a regulator: no step, no version."""
    from dataledger.cli.names import find_dataset
    from dataledger.cli.render.confirmation import Confirmation

    with session.writing() as ledger:
        found = find_dataset(ledger, name)
        confirmed = ledger.lifecycle.suspend(found.id, reason)
    headline = f"Suspended {found.owner_slug}/{found.slug}."
    session.show(Confirmation(confirmed, headline, [("reason", reason)]))


@subcommand(dataset, "reinstate", examples=["dataledger dataset reinstate acme/roads --reason ok"])
@click.argument("name", metavar="DATASET")
@click.option("--reason", required=True, help="Recorded on the chain, for everybody to read.")
@pass_session
def reinstate(session: Session, *, name: str, reason: str) -> None:
    """Return a dataset to its stage, as a regulator."""
    from dataledger.cli.names import find_dataset
    from dataledger.cli.render.confirmation import Confirmation

    with session.writing() as ledger:
        found = find_dataset(ledger, name)
        confirmed = ledger.lifecycle.reinstate(found.id, reason)
    headline = f"Reinstated {found.owner_slug}/{found.slug}."
    session.show(Confirmation(confirmed, headline, [("reason", reason)]))
