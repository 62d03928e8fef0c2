"""`dataledger member`: the keys that act for organisations."""

import click

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.parameters import MOMENT, ROLE
from dataledger.cli.session import Session


@group(
    "member",
    examples=["dataledger member add acme bob --role OPERATOR --until +365d"],
)
def member() -> None:
    """Bind keys to organisations, for a time.

    A KEY is an address, or the name of an account on this machine. It is bound once and for ever.
    """


@subcommand(
    member,
    "add",
    examples=[
        "dataledger member add acme bob",
        "dataledger member add acme 0x… --role ADMIN --until 2027-12-31",
    ],
)
@click.argument("organisation")
@click.argument("key")
@click.option("--role", type=ROLE, default="OPERATOR", show_default=True)
@click.option("--from", "start", type=MOMENT, default=0, help="First moment.  [default: now]")
@click.option("--until", type=MOMENT, default="never", show_default=True, help="End.")
@pass_session
def add(
    session: Session, *, organisation: str, key: str, role: str, start: int, until: int
) -> None:
    """Bind a key to an organisation."""
    from dataledger.cli.names import find_organisation
    from dataledger.cli.render.confirmation import Confirmation
    from dataledger.cli.render.words import time_text
    from dataledger.contracts.types import Role

    address = session.address(key)
    with session.writing() as ledger:
        found = find_organisation(ledger, organisation)
        confirmed = ledger.members.add(
            found.id, address, Role[role], valid_from_unix=start, valid_until_unix=until
        )
    headline = f"{address} acts for {found.slug} as {role}."
    details = [("until", time_text(confirmed.event.valid_until_unix))]
    session.show(Confirmation(confirmed, headline, details))


@subcommand(member, "renew", examples=["dataledger member renew bob --until +365d"])
@click.argument("key")
@click.option("--until", type=MOMENT, required=True, help="New end.")
@pass_session
def renew(session: Session, *, key: str, until: int) -> None:
    """Move the end of a membership that has not ended."""
    from dataledger.cli.render.confirmation import Confirmation
    from dataledger.cli.render.words import time_text

    address = session.address(key)
    with session.writing() as ledger:
        confirmed = ledger.members.renew(address, until)
    until_text = time_text(confirmed.event.valid_until_unix)
    session.show(Confirmation(confirmed, f"{address} can act until {until_text}."))


@subcommand(member, "end", examples=["dataledger member end bob"])
@click.argument("key")
@pass_session
def end(session: Session, *, key: str) -> None:
    """End a membership now, for good."""
    from dataledger.cli.render.confirmation import Confirmation

    address = session.address(key)
    with session.writing() as ledger:
        confirmed = ledger.members.end(address)
    session.show(Confirmation(confirmed, f"{address} can no longer act."))


@subcommand(member, "rotate", examples=["dataledger member rotate new-key --account old-key"])
@click.argument("new_key")
@pass_session
def rotate(session: Session, *, new_key: str) -> None:
    """Replace the account's key by NEW_KEY.

    The new key takes over role and remaining time, and the account can no longer act.
    """
    from dataledger.cli.render.confirmation import Confirmation

    address = session.address(new_key)
    with session.writing() as ledger:
        confirmed = ledger.members.rotate(address)
    session.show(Confirmation(confirmed, f"{address} replaces {confirmed.event.old_key}."))


@subcommand(member, "show", examples=["dataledger member show", "dataledger member show 0x…"])
@click.argument("key", required=False)
@pass_session
def show(session: Session, *, key: str | None) -> None:
    """Show for whom a key acts, by default the account's."""
    from dataledger.cli.names import Names
    from dataledger.cli.render.organisations import MemberView

    with session.reading() as ledger:
        session.show(MemberView(ledger.members.get(session.address(key)), Names(ledger)))


@subcommand(member, "list", examples=["dataledger member list", "dataledger member list acme"])
@click.argument("organisation", required=False)
@pass_session
def list_(session: Session, *, organisation: str | None) -> None:
    """List all keys ever bound, to one organisation or any."""
    from dataledger.cli.names import Names, find_organisation
    from dataledger.cli.render.organisations import MemberList

    with session.reading() as ledger:
        org = None if organisation is None else find_organisation(ledger, organisation).id
        session.show(MemberList(ledger.members.list(org), Names(ledger)))
