"""The one door: a connection to the contracts of one chain, and the nouns behind it."""

from pathlib import Path
from types import TracebackType
from typing import Self

from dataledger.chain.profile import Profile
from dataledger.chain.signer import Signer
from dataledger.contracts.events import DatasetEvent
from dataledger.ledger.datasets import Datasets
from dataledger.ledger.documents import Documents
from dataledger.ledger.lifecycle import Lifecycle
from dataledger.ledger.lineage import Lineages
from dataledger.ledger.members import Members
from dataledger.ledger.organisations import Organisations
from dataledger.ledger.policies import Policies
from dataledger.ledger.proofs import Proofs
from dataledger.ledger.results import Confirmed
from dataledger.ledger.signed import SignedAction


class Ledger:
    """The ledger of one chain.

    Every method may be called from any thread. A write returns once the chain holds it; to have
    many in flight, call from many threads.
    """

    profile: Profile
    signer: Signer | None
    organisations: Organisations
    members: Members
    policies: Policies
    datasets: Datasets
    lifecycle: Lifecycle
    lineage: Lineages
    proofs: Proofs
    documents: Documents

    @classmethod
    def connect(
        cls,
        profile: str | Profile | None = None,
        *,
        signer: Signer | None = None,
        home: Path | None = None,
    ) -> Self:
        """Return the ledger that `profile` pins, after checking chain, genesis and contracts.

        Without a signer, the ledger can be read, but not written. The profile is by default
        `$DATALEDGER_PROFILE`, else `devnet`, of the user's home directory or `home`.
        """
        raise NotImplementedError

    def relay(self, action: SignedAction) -> Confirmed[DatasetEvent]:
        """Send what another member signed. The signer of this ledger only carries it there."""
        raise NotImplementedError

    def close(self) -> None:
        """Release what the ledger holds. Closing twice is no error."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
