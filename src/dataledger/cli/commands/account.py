"""`dataledger account`: keys that sign."""

from pathlib import Path

import click

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.parameters import READABLE_PATH
from dataledger.cli.session import Session


@group("account", examples=["dataledger account new alice", "dataledger account list"])
def account() -> None:
    """Make, import and list accounts.

    An account is a key file that a passphrase opens. A private key is never given on the command
    line, and never shown.
    """


@subcommand(
    account,
    "new",
    examples=[
        "dataledger account new alice",
        "dataledger account new alice --passphrase-file secret.txt",
    ],
)
@click.argument("name")
@pass_session
def new(session: Session, *, name: str) -> None:
    """Make a new random key and keep it under NAME."""
    from dataledger.chain.accounts import Accounts
    from dataledger.cli.render.machine import AccountView

    entry = Accounts(session.home).create(name, lambda: session.passphrase(name, confirm=True))
    session.show(AccountView(entry, f"Made the account {name}."))


@subcommand(
    account,
    "import",
    examples=[
        "dataledger account import alice",
        "dataledger account import alice --key-file key.txt",
    ],
)
@click.argument("name")
@click.option("--key-file", type=READABLE_PATH, help="Holds the key.  [default: asked, or stdin]")
@pass_session
def import_(session: Session, *, name: str, key_file: Path | None) -> None:
    """Keep an existing private key, in hexadecimal, under NAME.

    The key is asked for on a terminal, or read from standard input or --key-file.
    """
    from dataledger.chain.accounts import Accounts
    from dataledger.cli.passphrase import read_private_key
    from dataledger.cli.render.machine import AccountView

    entry = Accounts(session.home).import_key(
        name, read_private_key(key_file), lambda: session.passphrase(name, confirm=True)
    )
    session.show(AccountView(entry, f"Imported the account {name}."))


@subcommand(account, "list", examples=["dataledger account list"])
@pass_session
def list_(session: Session) -> None:
    """List the accounts, and the devnet's, without opening them."""
    from dataledger.chain.accounts import Accounts
    from dataledger.cli.accounts import development_accounts
    from dataledger.cli.render.machine import AccountList

    entries = Accounts(session.home).list()
    session.show(AccountList(entries, development_accounts(session.home)))


@subcommand(account, "show", examples=["dataledger account show alice"])
@click.argument("name")
@pass_session
def show(session: Session, *, name: str) -> None:
    """Show an account's address, without opening it."""
    from dataledger.chain.accounts import AccountEntry
    from dataledger.cli.render.machine import AccountView

    session.show(AccountView(AccountEntry(name, session.address(name))))
