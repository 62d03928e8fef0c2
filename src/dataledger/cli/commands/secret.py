"""`dataledger secret`: what salts the records of a dataset."""

from pathlib import Path

import click

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.parameters import READABLE_PATH
from dataledger.cli.session import Session

_KEEP_IT = "Keep a copy of the file in a safe place: without it, no record can be proven any more."

_DESTROYED = (
    "This file is gone. Copies are not: backups, snapshots, other machines, and blocks that the "
    "disk itself keeps. Records whose proofs were shown stay provable by those who have them."
)


@group("secret", examples=["dataledger secret new roads", "dataledger secret list"])
def secret() -> None:
    """Make, list and destroy the secrets that salt records.

    Fingerprints of records are salted from a secret, so that nobody can guess at records which they
    were not shown. Whoever has the secret can. It is never shown, and never given on the command
    line: commands take its name, or the path of its file.
    """


@subcommand(secret, "new", examples=["dataledger secret new roads"])
@click.argument("name")
@pass_session
def new(session: Session, *, name: str) -> None:
    """Make a new random secret and keep it under NAME."""
    from dataledger.cli.render.secrets import SecretView
    from dataledger.ledger.secrets import Secrets

    entry = Secrets(session.home).create(name)
    session.show(SecretView(entry, f"Made the secret {name}.", _KEEP_IT))


@subcommand(secret, "list", examples=["dataledger secret list"])
@pass_session
def list_(session: Session) -> None:
    """List the secrets, without their values."""
    from dataledger.cli.render.secrets import SecretList
    from dataledger.ledger.secrets import Secrets

    session.show(SecretList(Secrets(session.home).list()))


@subcommand(secret, "show", examples=["dataledger secret show roads"])
@click.argument("name")
@pass_session
def show(session: Session, *, name: str) -> None:
    """Show a secret's id, as manifests name it, and its file."""
    from dataledger.cli.render.secrets import SecretView
    from dataledger.ledger.secrets import Secrets

    session.show(SecretView(Secrets(session.home).entry(name)))


@subcommand(secret, "label-key", examples=["dataledger secret label-key roads -o roads-label.key"])
@click.argument("name")
@click.option("-o", "--output", required=True, type=READABLE_PATH, help="Takes the key.")
@pass_session
def label_key(session: Session, *, name: str, output: Path) -> None:
    """Write the key of records' labels, for an auditor.

    Whoever holds it can check that a proof of absence is about a certain record; and can test
    guesses at records against every label that he is shown. It opens no salt.
    """
    from dataledger.cli.output import write_output
    from dataledger.cli.render.secrets import LabelKeyView
    from dataledger.ledger.secrets import Secrets

    found = Secrets(session.home).open(name)
    write_output(output, found.keys().record_label.hex().encode() + b"\n", mode=0o600)
    session.show(LabelKeyView(found.id, output))


@subcommand(secret, "destroy", examples=["dataledger secret destroy roads --yes"])
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def destroy(session: Session, *, name: str, yes: bool) -> None:
    """Overwrite a secret and remove it, for good.

    No record that was fingerprinted with it can be proven any more, and nothing that a ledger holds
    can be tied to such a record, except by those who were shown a proof of it. This reaches no copy
    of the secret; that none is left, nobody can prove.
    """
    from dataledger.cli.render.secrets import SecretView
    from dataledger.ledger.secrets import Secrets

    secrets = Secrets(session.home)
    secrets.entry(name)  # where there is none, nothing is asked
    question = f"Destroy the secret {name}? No record can be proven with it any more."
    if not yes and not click.confirm(question, err=True):
        click.get_current_context().exit(1)
    session.show(SecretView(secrets.destroy(name), f"Destroyed the secret {name}.", _DESTROYED))
