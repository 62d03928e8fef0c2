"""A devnet with the contracts on it, and organisations that join as a test needs them."""

import itertools
import secrets
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from dataledger.chain.connection import connect
from dataledger.chain.deployment import RootAuthority, deploy
from dataledger.chain.devnet import Devnet
from dataledger.chain.outbox import Outbox
from dataledger.chain.profile import Profile
from dataledger.chain.signer import Signer
from dataledger.contracts.identifiers import OrgId, Slug
from dataledger.contracts.types import NO_CAPABILITY, Capability
from dataledger.hashing import Digest
from dataledger.ledger import Ledger, PolicyDocument
from dataledger.manifest import FileEntry, Manifest


class Consortium:
    """A running devnet in `home`; the root authority has published the default policy."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.devnet = Devnet(home)
        self._stack = ExitStack()
        self._numbers = itertools.count(1)
        self._stack.callback(self.devnet.down)
        self.devnet.up()
        signer = new_signer()
        connection = connect(Profile.load("devnet", home))
        with Outbox(connection, home=home) as outbox:
            root = RootAuthority(signer.address, Slug("root"), "The root authority")
            self.profile = deploy(connection, outbox, signer, root, home=home)
        self.root = self.open(signer)
        self.policy = self.root.policies.publish(PolicyDocument.default()).event.policy

    def open(self, signer: Signer | None = None) -> Ledger:
        """Return a ledger that `signer` writes to."""
        ledger = Ledger.connect(self.profile, signer=signer, home=self.home)
        return self._stack.enter_context(ledger)

    def join(
        self,
        capabilities: Capability,
        *,
        grantable: Capability = NO_CAPABILITY,
        by: Ledger | None = None,
    ) -> Ledger:
        """Admit an organisation with a name of its own, and return its administrator's ledger."""
        signer = new_signer()
        slug = self.new_slug("org")
        (by or self.root).organisations.admit(
            slug,
            f"Organisation {slug}",
            admin=signer.address,
            capabilities=capabilities,
            grantable=grantable,
        )
        return self.open(signer)

    def new_slug(self, prefix: str = "dataset") -> str:
        """Return a slug that nobody has yet."""
        return f"{prefix}-{next(self._numbers)}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()


def new_signer() -> Signer:
    """Return a key of which nobody has heard yet."""
    return Signer(secrets.token_bytes(32))


def org_of(ledger: Ledger) -> OrgId:
    """Return the organisation that a ledger's signer acts for."""
    assert ledger.signer is not None
    return ledger.members.get(ledger.signer.address).org


def manifest(*contents: str) -> Manifest:
    """Return a manifest of files with these contents."""
    return Manifest(
        tuple(
            FileEntry(f"{number}.txt", len(content), Digest.of(content.encode()))
            for number, content in enumerate(contents)
        )
    )


def evidence(word: str) -> Digest:
    """Return a digest that stands for an activity record."""
    return Digest.of(word.encode())
