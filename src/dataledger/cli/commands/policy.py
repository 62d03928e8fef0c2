"""`dataledger policy`: lifecycle policies."""

from pathlib import Path

import click

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.parameters import READABLE_PATH
from dataledger.cli.session import Session


@group("policy", examples=["dataledger policy show default", "dataledger policy publish own.json"])
def policy() -> None:
    """Publish and show lifecycle policies.

    A policy says who may take which step, under which conditions. It is data, published once and
    for ever; every dataset follows one.
    """


@subcommand(policy, "publish", examples=["dataledger policy publish own.json"])
@click.argument("file", type=READABLE_PATH)
@pass_session
def publish(session: Session, *, file: Path) -> None:
    """Publish the lifecycle policy in FILE.

    `dataledger policy default` prints one to start from.
    """
    from dataledger.cli.render.confirmation import Confirmation
    from dataledger.ledger.policy_document import PolicyDocument

    document = PolicyDocument.load(file)
    with session.writing() as ledger:
        confirmed = ledger.policies.publish(document)
    number, name = confirmed.event.policy, document.policy.name
    warnings = [("note", warning) for warning in document.warnings]
    session.show(Confirmation(confirmed, f"Policy {number} is {name}.", warnings))


@subcommand(policy, "show", examples=["dataledger policy show", "dataledger policy show 2 --json"])
@click.argument("policy_name", metavar="POLICY", default="default")
@pass_session
def show(session: Session, *, policy_name: str) -> None:
    """Draw a published policy, by its number, or the default one."""
    from dataledger.cli.names import Names, find_policy
    from dataledger.cli.render.policies import PolicyView

    with session.reading() as ledger:
        session.show(PolicyView(find_policy(ledger, policy_name), Names(ledger)))


@subcommand(policy, "list", examples=["dataledger policy list"])
@pass_session
def list_(session: Session) -> None:
    """List all published policies."""
    from dataledger.cli.names import Names
    from dataledger.cli.render.policies import PolicyList

    with session.reading() as ledger:
        session.show(PolicyList(ledger.policies.list(), Names(ledger)))


@subcommand(policy, "default", examples=["dataledger policy default > own.json"])
@pass_session
def default(session: Session) -> None:
    """Print the default policy as a policy file.

    To start an own one from. Works offline.
    """
    from dataledger.cli.render.policies import PolicyFile
    from dataledger.ledger.policy_document import PolicyDocument

    session.show(PolicyFile(PolicyDocument.default().policy))
