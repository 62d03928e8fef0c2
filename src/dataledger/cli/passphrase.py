"""Where an account's passphrase comes from: never from the command line itself."""

import sys
from pathlib import Path

import click

from dataledger.errors import KeystoreError


def read_passphrase(file: Path | None, *, prompt: str, confirm: bool = False) -> str:
    """Return the passphrase in `file`, else in `$DATALEDGER_PASSPHRASE_FILE`, else as typed in.

    `confirm` has it typed twice.

    Raises:
        KeystoreError: a file cannot be read; or there is none, and nobody to ask.
    """
    from dataledger.chain.accounts import passphrase_from_environment, passphrase_from_file

    found = passphrase_from_environment() if file is None else passphrase_from_file(file)
    if found is not None:
        return found
    if not sys.stdin.isatty():
        raise KeystoreError(
            "There is no terminal to ask for the passphrase.",
            remedy="Pass --passphrase-file, or set DATALEDGER_PASSPHRASE_FILE.",
        )
    typed: str = click.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True)
    return typed


def read_private_key(file: Path | None) -> str:
    """Return the text of a private key: from `file`, else as typed in, else from a pipe.

    Raises:
        KeystoreError: the file cannot be read.
    """
    from dataledger.chain.accounts import passphrase_from_file

    if file is not None:
        return passphrase_from_file(file)
    if sys.stdin.isatty():
        typed: str = click.prompt("Private key (hexadecimal)", hide_input=True, err=True)
        return typed
    return sys.stdin.readline()
