"""The demo's cast: six organisations, each with a key of its own, on a devnet of its own."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dataledger.chain.accounts import Accounts
from dataledger.chain.connection import Connection, connect
from dataledger.chain.deployment import RootAuthority, deploy
from dataledger.chain.devnet import PROFILE_NAME, Devnet
from dataledger.chain.home import write_private_file
from dataledger.chain.outbox import Outbox
from dataledger.chain.profile import Profile
from dataledger.chain.signer import Signer
from dataledger.contracts.identifiers import to_slug
from dataledger.contracts.types import ALL_CAPABILITIES, Capability
from dataledger.ledger import Ledger

PASSPHRASE_FILE = "passphrase.txt"  # noqa: S105 - the name of a file


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who takes part, and as what. The account of its one key has its slug for a name."""

    slug: str
    name: str
    capabilities: Capability


AUTHORITY = Organisation("data-authority", "Mirrenport Data Authority", ALL_CAPABILITIES)
OWNER = Organisation("city-data-office", "City Data Office", Capability.CUSTODIAN)
PROCESSOR = Organisation(
    "clearwater", "Clearwater Data Services", Capability.PROCESSOR | Capability.AUDITOR
)
LABELER = Organisation("labelworks", "Labelworks", Capability.LABELER)
AUDITOR = Organisation("north-audit", "North Audit", Capability.AUDITOR)
MODEL_LAB = Organisation(
    "model-lab", "Harbour Model Lab", Capability.CUSTODIAN | Capability.CONSUMER
)
MEMBERS = (OWNER, PROCESSOR, LABELER, AUDITOR, MODEL_LAB)


class Consortium:
    """The contracts on a devnet, and each organisation's way to them."""

    def __init__(self, home: Path, profile: Profile, signers: dict[Organisation, Signer]) -> None:
        self.home = home
        self.profile = profile
        self.connection: Connection = connect(profile)
        self._signers = signers
        self._open = ExitStack()
        self._ledgers: dict[Organisation, Ledger] = {}

    @classmethod
    def found(cls, home: Path, announce: Callable[[str], None]) -> Self:
        """Start the devnet of `home`, make the keys, and deploy the contracts.

        The keys' one passphrase lies beside them, for whoever looks into a home that is kept.
        """
        Devnet(home, announce=announce).up()
        passphrase = secrets.token_urlsafe()
        write_private_file(home / PASSPHRASE_FILE, passphrase.encode() + b"\n")
        accounts = Accounts(home)
        signers = {}
        for organisation in (AUTHORITY, *MEMBERS):
            accounts.create(organisation.slug, passphrase, light=True)
            signers[organisation] = accounts.unlock(organisation.slug, passphrase)
        chief = signers[AUTHORITY]
        connection = connect(Profile.load(PROFILE_NAME, home))
        root = RootAuthority(chief.address, to_slug(AUTHORITY.slug), AUTHORITY.name)
        with Outbox(connection, home=home) as outbox:
            profile = deploy(connection, outbox, chief, root, home=home)
        return cls(home, profile, signers)

    def signer(self, organisation: Organisation) -> Signer:
        """Return the organisation's key."""
        return self._signers[organisation]

    def ledger(self, organisation: Organisation) -> Ledger:
        """Return the ledger as the organisation's member uses it."""
        if organisation not in self._ledgers:
            self._ledgers[organisation] = self._open.enter_context(
                Ledger.connect(self.profile, signer=self.signer(organisation), home=self.home)
            )
        return self._ledgers[organisation]

    @contextmanager
    def outsider(self, home: Path) -> Iterator[Ledger]:
        """Lend a ledger to someone who has the profile, and neither a key nor any document."""
        with Ledger.connect(self.profile, home=home) as ledger:
            yield ledger

    def close(self) -> None:
        """Release every ledger."""
        self._open.close()
