"""Hands a member's role to a new key: `ape run rotate NEW_KEY`."""

from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import account_option
from scripts._administration import (
    Script,
    address_of,
    home_option,
    open_profile,
    profile_option,
    say_sent,
    send,
)

from dataledger.contracts import organisations
from dataledger.contracts.identifiers import Address, to_address
from dataledger.errors import NotFound
from dataledger.ledger import Ledger


@click.command(cls=Script)
@click.argument("new_key")
@account_option()
@profile_option
@home_option
def cli(new_key: str, account: AccountAPI, profile: str, home: Path | None) -> None:
    """Hand the account's role and remaining window to NEW_KEY, and end the account's membership.

    NEW_KEY is an address, or the alias of another of Ape's accounts. Where the account's membership
    has ended and NEW_KEY is of the same organisation, nothing is sent.
    """
    successor, old = address_of(new_key), to_address(account.address)
    connection = open_profile(profile, home)
    with Ledger.connect(connection.profile, home=home) as ledger:
        if has_taken_over(ledger, old, successor):
            click.echo(f"{successor} is a member already, and {old} no longer. Nothing to do.")
            return
    receipt = send(connection, account, organisations.rotate_key(successor))
    say_sent(receipt, f"{successor} took over from {old}")


def has_taken_over(ledger: Ledger, old: Address, successor: Address) -> bool:
    """Return whether `successor` can act for the organisation that `old` can act for no longer."""
    try:
        before, after = ledger.members.get(old), ledger.members.get(successor)
    except NotFound:
        return False
    return before.org == after.org and after.is_active and not before.is_active
