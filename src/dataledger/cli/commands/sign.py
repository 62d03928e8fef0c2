"""`dataledger sign` and `relay`: actions signed here, and sent by somebody else."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from dataledger.cli.command import command, group, pass_session, subcommand
from dataledger.cli.commands.dataset import number_option, policy_option
from dataledger.cli.commands.lifecycle import from_option
from dataledger.cli.content import content_options, version_option
from dataledger.cli.evidence import evidence_options
from dataledger.cli.parameters import DURATION, READABLE_PATH, ParentName
from dataledger.cli.reading import Reading
from dataledger.cli.session import Session

F = TypeVar("F", bound=Callable[..., object])


def signing_options(function: F) -> F:
    """Add --output, --force and --valid-for to a command."""
    for decorate in (
        click.option(
            "--valid-for", type=DURATION, default="7d", show_default=True, help="To relay."
        ),
        click.option("--force", is_flag=True, help="Replace the file."),
        click.option(
            "-o", "--output", required=True, type=READABLE_PATH, help="The file to write."
        ),
    ):
        function = decorate(function)
    return function


@group(
    "sign",
    examples=[
        "dataledger sign register roads data/ -o register.json --account alice",
        "dataledger relay register.json --account carrier",
    ],
)
def sign() -> None:
    """Sign an action for anybody to relay.

    It can be relayed until it expires. The signer needs no transaction of its own. The file holds
    the whole action, and no secret.
    """


@subcommand(
    sign,
    "register",
    examples=["dataledger sign register roads data/ -o register.json --account alice"],
)
@click.argument("slug")
@content_options
@policy_option
@signing_options
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
    output: Path,
    force: bool,
    valid_for: timedelta,
) -> None:
    """Sign the registration of a dataset; see `dataset register`."""
    from dataledger.cli.content import read_content
    from dataledger.cli.names import find_parent, find_policy
    from dataledger.cli.parameters import deadline
    from dataledger.cli.render.signed import SignedView

    with session.writing() as ledger:
        action = ledger.datasets.sign_register(
            slug,
            policy=find_policy(ledger, policy).id,
            parents=[find_parent(ledger, parent) for parent in parents],
            content=read_content(session, path, manifest, reading),
            deadline_unix=deadline(valid_for),
        )
    session.show(SignedView.written(action, output, replace=force))


@subcommand(
    sign,
    "add-version",
    examples=["dataledger sign add-version acme/roads data/ -o version.json --account alice"],
)
@click.argument("name", metavar="DATASET")
@content_options
@number_option
@signing_options
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
    output: Path,
    force: bool,
    valid_for: timedelta,
) -> None:
    """Sign a dataset's next version; see `dataset add-version`."""
    from dataledger.cli.content import require_content
    from dataledger.cli.names import find_dataset, find_parent
    from dataledger.cli.parameters import deadline
    from dataledger.cli.render.signed import SignedView

    with session.writing() as ledger:
        found = find_dataset(ledger, name)
        action = ledger.datasets.sign_add_version(
            found.id,
            parents=[find_parent(ledger, parent) for parent in parents],
            content=require_content(session, path, manifest, reading),
            number=number or found.version_count + 1,
            deadline_unix=deadline(valid_for),
        )
    session.show(SignedView.written(action, output, replace=force))


@subcommand(
    sign,
    "advance",
    examples=["dataledger sign advance acme/roads CLEANED --activity act.json -o step.json"],
)
@click.argument("name", metavar="DATASET")
@click.argument("stage")
@evidence_options
@version_option
@from_option
@signing_options
@pass_session
def advance(
    session: Session,
    *,
    name: str,
    stage: str,
    output: Path,
    force: bool,
    valid_for: timedelta,
    **evidence: Any,
) -> None:
    """Sign a step; see `advance`."""
    from dataledger.cli.parameters import deadline
    from dataledger.cli.render.signed import SignedView
    from dataledger.cli.steps import find_step

    with session.writing() as ledger:
        step = find_step(session, ledger, name, stage, **evidence)
        action = ledger.lifecycle.sign_advance(**step.arguments, deadline_unix=deadline(valid_for))
    session.show(SignedView.written(action, output, replace=force))


@subcommand(
    sign,
    "approve",
    examples=["dataledger sign approve acme/roads PUBLISHED --activity act.json -o approval.json"],
)
@click.argument("name", metavar="DATASET")
@click.argument("stage")
@evidence_options
@version_option
@from_option
@signing_options
@pass_session
def approve(
    session: Session,
    *,
    name: str,
    stage: str,
    output: Path,
    force: bool,
    valid_for: timedelta,
    **evidence: Any,
) -> None:
    """Sign the approval of a step; see `approve`."""
    from dataledger.cli.parameters import deadline
    from dataledger.cli.render.signed import SignedView
    from dataledger.cli.steps import find_step

    with session.writing() as ledger:
        step = find_step(session, ledger, name, stage, **evidence)
        action = ledger.lifecycle.sign_approve(**step.arguments, deadline_unix=deadline(valid_for))
    session.show(SignedView.written(action, output, replace=force))


@subcommand(
    sign,
    "describe",
    examples=["dataledger sign describe acme/roads croissant.json -o words.json --valid-for 1h"],
)
@click.argument("name", metavar="DATASET")
@click.argument("file", type=READABLE_PATH)
@signing_options
@pass_session
def describe(
    session: Session, *, name: str, file: Path, output: Path, force: bool, valid_for: timedelta
) -> None:
    """Sign what describes a dataset; see `dataset describe`.

    FILE itself stays here: hand it over, too. Relayed after a later description, this one replaces
    it, so let it expire soon.
    """
    from dataledger.cli.content import read_description_file
    from dataledger.cli.names import find_dataset
    from dataledger.cli.parameters import deadline
    from dataledger.cli.render.signed import SignedView

    description = read_description_file(file)
    with session.writing() as ledger:
        action = ledger.datasets.sign_describe(
            find_dataset(ledger, name).id, description, deadline_unix=deadline(valid_for)
        )
    session.show(SignedView.written(action, output, replace=force))


@command("relay", examples=["dataledger relay step.json --account carrier"])
@click.argument("file", type=READABLE_PATH)
@pass_session
def relay(session: Session, *, file: Path) -> None:
    """Send what another member signed. The account only carries it there."""
    from dataledger.cli.output import read_input
    from dataledger.cli.render.confirmation import Confirmation
    from dataledger.ledger.signed import MAX_SIGNED_ACTION_BYTES, SignedAction

    data = read_input(file, noun="signed action", max_bytes=MAX_SIGNED_ACTION_BYTES)
    action = SignedAction.parse(data)
    with session.writing() as ledger:
        confirmed = ledger.relay(action)
    headline = f"Relayed the action {action.content.action.name} of {action.content.signer}."
    session.show(Confirmation(confirmed, headline, [("dataset", str(confirmed.event.dataset))]))
