"""A real chain for tests: a devnet with the contract that does each thing once."""

from dataclasses import dataclass
from pathlib import Path

from once_contract import TOTAL

from dataledger.chain.connection import Connection, connect
from dataledger.chain.development_keys import development_signer
from dataledger.chain.devnet import Devnet
from dataledger.chain.profile import Profile
from dataledger.chain.signer import Signer
from dataledger.contracts.identifiers import Address


@dataclass(frozen=True)
class Chain:
    """A running devnet, and the contract that does each thing once."""

    home: Path
    devnet: Devnet
    contract: Address

    @property
    def profile(self) -> Profile:
        return Profile.load("devnet", self.home)

    def connect(self) -> Connection:
        return connect(self.profile)

    def signer(self, number: int = 0) -> Signer:
        return development_signer(f"dev{number}", self.devnet.identity)

    def total(self) -> int:
        """Return how many things were done."""
        return int.from_bytes(self.connect().call(self.contract, TOTAL))
