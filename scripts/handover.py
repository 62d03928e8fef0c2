"""Hands over the root authority in two steps: `ape run handover propose|accept`."""

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
from dataledger.contracts.identifiers import ROOT, to_address
from dataledger.errors import NotFound
from dataledger.ledger import Ledger


@click.group()
def cli() -> None:
    """Hand over the root authority in two steps."""


@cli.command(cls=Script)
@click.argument("successor")
@account_option()
@profile_option
@home_option
def propose(successor: str, account: AccountAPI, profile: str, home: Path | None) -> None:
    """Name the key that may take over the root authority, in place of an earlier proposal.

    SUCCESSOR is an address, or the alias of another of Ape's accounts. The account must be an ADMIN
    of the root authority.
    """
    key = address_of(successor)
    connection = open_profile(profile, home)
    with Ledger.connect(connection.profile, home=home) as ledger:
        if ledger.organisations.handover_successor() == key:
            click.echo(f"{key} is the proposed successor already. Nothing to do.")
            return
    say_sent(
        send(connection, account, organisations.propose_root_handover(key)),
        f"Proposed {key}, which can now accept",
    )


@cli.command(cls=Script)
@account_option()
@profile_option
@home_option
def accept(account: AccountAPI, profile: str, home: Path | None) -> None:
    """Take over the root authority, as the proposed successor.

    The account becomes its one ADMIN; every earlier key of the root authority is void at once.
    """
    key = to_address(account.address)
    connection = open_profile(profile, home)
    with Ledger.connect(connection.profile, home=home) as ledger:
        if is_root_admin(ledger, account):
            click.echo(f"{key} holds the root authority already. Nothing to do.")
            return
    say_sent(
        send(connection, account, organisations.accept_root_handover()),
        f"{key} holds the root authority; its earlier keys are void",
    )


def is_root_admin(ledger: Ledger, account: AccountAPI) -> bool:
    """Return whether the account can act for the root authority now."""
    try:
        member = ledger.members.get(to_address(account.address))
    except NotFound:
        return False
    return member.org == ROOT and member.is_active
