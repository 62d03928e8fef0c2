"""The one door: a connection to the contracts of one chain, and the nouns behind it."""

from pathlib import Path
from types import TracebackType
from typing import Self

from dataledger.chain.connection import Connection, connect
from dataledger.chain.home import home_directory
from dataledger.chain.outbox import Observer, Outbox
from dataledger.chain.outbox.delivery import ignore
from dataledger.chain.profile import Profile
from dataledger.chain.signer import Signer
from dataledger.contracts import dataset_ledger
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.events import DatasetEvent
from dataledger.errors import ContractMismatch
from dataledger.ledger.acting import Acting
from dataledger.ledger.budgets import Budgets
from dataledger.ledger.datasets import Datasets
from dataledger.ledger.documents import Documents
from dataledger.ledger.lifecycle import Lifecycle
from dataledger.ledger.lineage import Lineages
from dataledger.ledger.members import Members
from dataledger.ledger.onchain import CONFIRMATION_TIMEOUT_SECONDS, OnChain
from dataledger.ledger.organisations import Organisations
from dataledger.ledger.policies import Policies
from dataledger.ledger.projects import Projects
from dataledger.ledger.proofs import Proofs
from dataledger.ledger.results import Confirmed
from dataledger.ledger.runs import Runs
from dataledger.ledger.signed import SignedAction
from dataledger.ledger.use_contract import UseContract
from dataledger.ledger.uses import Uses


class Ledger:
    """The ledger of one chain: `Ledger.connect(...)`, then its nouns.

    Every method may be called from any thread, and returns frozen values. A write returns once the
    chain holds it. To have many in flight, call from many threads: they share one connection, one
    sequence of nonces, and one watcher of receipts.

        with Ledger.connect(signer=signer) as ledger, ThreadPoolExecutor(32) as threads:
            results = list(threads.map(ledger.datasets.register, slugs, manifests))

    Each write goes through the outbox: it is on disk before it is sent, and a process that breaks
    off loses nothing. The same write, made again, joins what is in flight; what the chain holds
    already, exactly as asked, is returned with `already_there`.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        signer: Signer | None = None,
        home: Path | None = None,
        observer: Observer = ignore,
        timeout_seconds: float = CONFIRMATION_TIMEOUT_SECONDS,
    ) -> None:
        """Stand on a checked connection; most callers use `connect` instead.

        Raises:
            ProfileError: the profile names no contracts.
            ContractMismatch: the two contracts do not belong together.
        """
        folder = home_directory() if home is None else home
        self._outbox: Outbox | None = None
        if signer is not None:
            self._outbox = Outbox(connection, home=folder, observer=observer)
        try:
            onchain = OnChain(
                connection, signer=signer, outbox=self._outbox, timeout_seconds=timeout_seconds
            )
            _check_pair(onchain)
            if self._outbox is not None and signer is not None:
                # What a killed devnet or a deep reorganisation lost goes before anything new.
                self._outbox.reconcile(signer)
        except BaseException:
            self.close()
            raise
        acting = Acting(onchain)
        self._acting = acting
        self.connection: Connection = connection
        self.profile: Profile = connection.profile
        self.signer: Signer | None = signer
        self.documents = Documents(folder / "documents")
        self.organisations = Organisations(onchain)
        self.members = Members(onchain, self.organisations)
        self.policies = Policies(onchain)
        self.datasets = Datasets(onchain, acting, self.organisations, self.policies, self.documents)
        self.lifecycle = Lifecycle(onchain, acting, self.datasets, self.policies, self.documents)
        self.lineage = Lineages(onchain, self.datasets)
        self.proofs = Proofs(onchain, self.datasets, self.documents)
        use = UseContract(onchain)
        self.projects = Projects(use, self.organisations, self.documents)
        self.uses = Uses(
            use,
            self.organisations,
            self.projects,
            datasets=self.datasets,
            policies=self.policies,
            documents=self.documents,
        )
        self.budgets = Budgets(use, self.datasets)
        self.runs = Runs(use, self.uses, self.datasets, self.documents)

    @classmethod
    def connect(
        cls,
        profile: str | Profile | None = None,
        *,
        signer: Signer | None = None,
        home: Path | None = None,
        observer: Observer = ignore,
        timeout_seconds: float = CONFIRMATION_TIMEOUT_SECONDS,
    ) -> Self:
        """Return the ledger that `profile` pins, after checking chain, genesis and contracts.

        Args:
            profile: A profile or its name; by default `$DATALEDGER_PROFILE`, else `devnet`.
            signer: Who signs; without one, the ledger can be read and not written.
            home: Where profiles, outbox and documents are; by default the user's.
            observer: Is told each step of each write, in the thread that takes it.
            timeout_seconds: How long a write waits for its confirmation.

        Raises:
            ProfileError: there is no such profile, or it names no contracts.
            ConnectionFailed, NodeError: no node answers properly.
            WrongChain: the node serves another chain.
            ContractMismatch: the contracts are not those of the profile.
            OutboxError: the outbox cannot be opened.
        """
        loaded = profile if isinstance(profile, Profile) else Profile.load(profile, home)
        return cls(
            connect(loaded),
            signer=signer,
            home=home,
            observer=observer,
            timeout_seconds=timeout_seconds,
        )

    def relay(self, action: SignedAction) -> Confirmed[DatasetEvent]:
        """Send what another member signed. The signer of this ledger only carries it there.

        Raises:
            WrongChain: it was signed for another chain or contract.
            Refused: the contract refuses, and did not record it before.
        """
        return self._acting.relay(action)

    def close(self) -> None:
        """Release what the ledger holds; what is in flight goes on. Closing twice is no error."""
        if self._outbox is not None:
            self._outbox.close()
            self._outbox = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _check_pair(onchain: OnChain) -> None:
    asked = onchain.read(dataset_ledger.organisations())
    pinned = onchain.address(ContractName.ORGANISATIONS)
    if asked != pinned:
        raise ContractMismatch(
            f"The profile's DatasetLedger asks {asked} who may act, and its Organisations is "
            f"{pinned}.",
            remedy="Use the profile of this chain's administrator.",
        )
