"""Carrying out actions: directly, or by relaying them for who signed them."""

from collections.abc import Sequence
from typing import TypeVar

from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.events import (
    Advanced,
    DatasetDescribed,
    DatasetEvent,
    DatasetRegistered,
    StepApproved,
    VersionAdded,
)
from dataledger.contracts.identifiers import Address, DatasetId, OrgId, Slug, dataset_id
from dataledger.contracts.reverts import Refusal
from dataledger.errors import WrongChain
from dataledger.ledger.actions import Action, AddVersion, Advance, Approve, Describe, Register
from dataledger.ledger.onchain import OnChain
from dataledger.ledger.results import Confirmed, Recorded
from dataledger.ledger.signed import SignedAction, sign

E = TypeVar("E", bound=DatasetEvent)

_EVENTS: dict[type[Action], tuple[type[DatasetEvent], ...]] = {
    Register: (DatasetRegistered,),
    AddVersion: (VersionAdded, DatasetRegistered),
    Advance: (Advanced,),
    Approve: (StepApproved,),
    Describe: (DatasetDescribed,),
}
_REPEATED = frozenset(
    (
        *("DatasetExists", "VersionConflict", "StaleVersion", "StageMismatch", "NoSuchStep"),
        *("AlreadyApproved", "InvalidAccountNonce"),
    )
)
"""What the contract may say to an action that it carried out before."""


class Acting:
    """Carries out actions on datasets so that each is done once."""

    def __init__(self, onchain: OnChain) -> None:
        self._onchain = onchain

    @property
    def chain_id(self) -> int:
        """The chain's id."""
        return self._onchain.connection.profile.chain_id

    def dataset_id(self, owner: OrgId, slug: Slug) -> DatasetId:
        """Return the id that `owner`'s `slug` has on this chain."""
        ledger = self._onchain.address(ContractName.DATASET_LEDGER)
        return dataset_id(self.chain_id, ledger, owner, slug)

    def do(self, action: Action, *kinds: type[E]) -> Confirmed[E]:
        """Have the signer do it. The first of `kinds` is the event that the contract answers with.

        Raises:
            Refused: the contract refuses, and no event of one of `kinds` records exactly this for
                the signer's organisation.
        """
        actor = self._onchain.signer.address
        return self._onchain.write(
            action.call(), kinds[0], find=lambda refusal: self._find(action, actor, kinds, refusal)
        )

    def sign(self, action: Action, *, deadline_unix: int) -> SignedAction:
        """Have the signer sign it, for anyone to relay until `deadline_unix`."""
        return sign(
            action,
            self._onchain.signer,
            chain_id=self.chain_id,
            ledger=self._onchain.address(ContractName.DATASET_LEDGER),
            deadline_unix=deadline_unix,
        )

    def relay(self, signed: SignedAction) -> Confirmed[DatasetEvent]:
        """Carry out what another member signed.

        Raises:
            WrongChain: it was signed for another chain or contract.
            Refused: as for `do`, for the organisation of who signed it.
        """
        content = signed.content
        ledger = self._onchain.address(ContractName.DATASET_LEDGER)
        if (content.chain_id, content.ledger) != (self.chain_id, ledger):
            raise WrongChain(
                f"The action was signed for the contract {content.ledger} on chain "
                f"{content.chain_id}, not for {ledger} on chain {self.chain_id}.",
                remedy="Relay it with the profile of the chain that it names.",
            )
        action = content.action
        kinds = _EVENTS[type(action)]
        return self._onchain.write(
            signed.call(),
            kinds[0],
            find=lambda refusal: self._find(action, content.signer, kinds, refusal),
        )

    def _find(
        self, action: Action, actor: Address, kinds: Sequence[type[E]], refusal: Refusal
    ) -> Recorded[E] | None:
        """Return the last event by which the chain records `action` by the actor's organisation."""
        if refusal.error_name not in _REPEATED:
            return None
        org = self._onchain.org_of(actor)
        if org is None:
            return None
        if isinstance(action, Register):
            dataset = self.dataset_id(org, action.slug)
        else:
            dataset = action.dataset
        found = self._onchain.events(kinds, dataset, org)
        return next((r for r in reversed(found) if action.is_recorded_as(r.event)), None)
