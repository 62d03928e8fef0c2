"""What one invocation was asked for everywhere, and how it reaches people, files and the ledger."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from dataledger.cli.passphrase import read_passphrase
from dataledger.cli.reading import FOR_EVIDENCE, Reading
from dataledger.cli.render.progress import HashingBar, Spinner
from dataledger.errors import KeystoreError

if TYPE_CHECKING:
    from dataledger.chain.outbox import Outbox
    from dataledger.chain.signer import Signer
    from dataledger.cli.render.screen import Screen
    from dataledger.contracts.identifiers import Address
    from dataledger.hashing import JsonValue
    from dataledger.ledger import Ledger
    from dataledger.manifest import Manifest

ACCOUNT_VARIABLE = "DATALEDGER_ACCOUNT"
DEVNET_ACCOUNT = "dev0"
"""Administers the root authority of the devnet; everybody knows its key."""


class Answer(Protocol):
    """What a command found or did, in both of its forms."""

    def to_json(self) -> "dict[str, JsonValue]":
        """Return the one object that `--json` prints."""

    def draw(self, screen: "Screen") -> None:
        """Show the same to a person."""


@dataclass
class Session:
    """The global options of one invocation."""

    profile: str | None = None
    account: str | None = None
    home: Path | None = None
    passphrase_file: Path | None = None
    as_json: bool = False
    _spinner: Spinner = field(default_factory=lambda: Spinner("Waiting for the chain …"))

    def show(self, answer: Answer) -> None:
        """Print an answer on standard output, in the form that was asked for."""
        self._spinner.stop()
        if self.as_json:
            from dataledger.cli.render.document import json_text

            click.echo(json_text(answer.to_json()))
        else:
            from dataledger.cli.render.screen import Screen

            answer.draw(Screen())

    def announce(self, line: str) -> None:
        """Say on standard error what is about to take long."""
        if not self.as_json:
            from dataledger.cli.render.neutral import neutral

            click.echo(f"{neutral(line)} …", err=True)

    @contextmanager
    def reading(self) -> Iterator["Ledger"]:
        """Connect to the ledger without an account."""
        with self._connect(None) as ledger:
            yield ledger

    @contextmanager
    def writing(self) -> Iterator["Ledger"]:
        """Connect to the ledger with the account that signs."""
        with self._connect(self.signer()) as ledger:
            yield ledger

    @contextmanager
    def _connect(self, signer: "Signer | None") -> Iterator["Ledger"]:
        from dataledger.ledger import Ledger

        with self._spinner, Ledger.connect(self.profile, signer=signer, home=self.home) as ledger:
            yield ledger

    def waiting(self) -> Spinner:
        """Show a sign of life while the chain is at work."""
        return self._spinner

    @contextmanager
    def outbox(self) -> "Iterator[Outbox]":
        """Open the outbox of the profile's chain. The chain is asked when the outbox asks it."""
        from dataledger.chain.connection import Connection
        from dataledger.chain.outbox import Outbox
        from dataledger.chain.profile import Profile
        from dataledger.chain.transport import HttpTransport

        profile = Profile.load(self.profile, self.home)
        connection = Connection(profile, HttpTransport(profile.endpoints, profile.identity))
        with self._spinner, Outbox(connection, home=self.home) as outbox:
            yield outbox

    def fingerprint(self, path: Path | str, reading: Reading = FOR_EVIDENCE) -> "Manifest":
        """Return the manifest of the data at `path`, a path or a URL, with a progress bar."""
        from dataledger.manifest import fingerprint

        # What is misspelt shows before hours of hashing.
        digests, records = reading.algorithms(), reading.record_options(self.home)
        cache = reading.cache(self.home)
        with self._spinner.paused(), reading.cluster() as engine, HashingBar() as bar:
            manifest = fingerprint(
                path,
                digests=digests,
                records=records,
                cache=cache,
                engine=engine,
                workers=reading.workers,
                progress=bar,
                record_progress=bar.count_records,
            )
        if cache is not None and cache.failure is not None:
            self.announce(f"{cache.failure} The fingerprint is right all the same")
        return manifest

    def profile_name(self) -> str:
        """Return the profile that was asked for, else `$DATALEDGER_PROFILE`, else `devnet`."""
        from dataledger.chain.profile import default_profile_name

        return self.profile or default_profile_name()

    def account_name(self) -> str:
        """Return the account that signs: as asked for, else `$DATALEDGER_ACCOUNT`.

        On the devnet, `dev0` where none was asked for.

        Raises:
            KeystoreError: none was asked for, on any other chain.
        """
        name = self.account or os.environ.get(ACCOUNT_VARIABLE)
        if name is None and self.profile_name() == "devnet":
            return DEVNET_ACCOUNT
        if not name:
            raise KeystoreError(
                "This needs an account that signs, and none is named.",
                remedy=f"Pass --account NAME or set {ACCOUNT_VARIABLE}; `dataledger account list` "
                "names the accounts.",
            )
        return name

    def signer(self) -> "Signer":
        """Return the signer of `account_name()`, asking for its passphrase if it has one."""
        from dataledger.chain.profile import Profile
        from dataledger.chain.signers import open_signer

        Profile.load(self.profile, self.home)  # where there is none, no passphrase is asked for
        name = self.account_name()
        return open_signer(name, lambda: self.passphrase(name), home=self.home)

    def passphrase(self, account: str, *, confirm: bool = False) -> str:
        """Return the passphrase of `account`, which may have to be typed in."""
        return read_passphrase(
            self.passphrase_file, prompt=f"Passphrase of the account {account}", confirm=confirm
        )

    def address(self, text: str | None = None) -> "Address":
        """Return an address: of `0x…`, or of an account by name; by default, of the signer's.

        No passphrase is needed.
        """
        from dataledger.cli.accounts import address_of

        return address_of(self.account_name() if text is None else text, self.home)
