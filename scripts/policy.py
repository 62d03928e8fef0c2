"""Publishes a lifecycle policy: `ape run policy FILE`."""

from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import account_option
from scripts._administration import (
    Script,
    home_option,
    open_profile,
    profile_option,
    say_sent,
    send,
)

from dataledger.contracts import dataset_ledger
from dataledger.ledger import Ledger
from dataledger.ledger.policy_document import PolicyDocument


@click.command(cls=Script)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@account_option()
@profile_option
@home_option
def cli(file: Path | None, account: AccountAPI, profile: str, home: Path | None) -> None:
    """Publish the policy in FILE, for ever unchanged; without FILE, the default policy.

    The account must be an ADMIN of an organisation with REGULATOR. A policy that is published
    already is left as it is.
    """
    document = PolicyDocument.default() if file is None else PolicyDocument.load(file)
    for warning in document.warnings:
        click.echo(f"Warning: {warning}", err=True)
    connection = open_profile(profile, home)
    with Ledger.connect(connection.profile, home=home) as ledger:
        known = ledger.policies.find(document.policy)
        if known is not None:
            click.echo(f"It is published already, as policy {known}. Nothing to do.")
            return
        receipt = send(connection, account, dataset_ledger.publish_policy(document.policy))
        say_sent(receipt, f"Published as policy {ledger.policies.find(document.policy)}")
