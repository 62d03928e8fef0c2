"""One operation as its submitter holds it, and what becomes of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataledger.chain.answers import Receipt
from dataledger.chain.identifiers import OperationId
from dataledger.chain.outbox.states import Entry, State
from dataledger.chain.signer import Signer
from dataledger.contracts.identifiers import Address
from dataledger.errors import NonceConflict, Reverted, TransactionRejected, shown

if TYPE_CHECKING:
    from dataledger.chain.outbox.outbox import Outbox


@dataclass(frozen=True, slots=True)
class Order:
    """What `Outbox.submit` was asked for, kept to sign it again."""

    signer: Signer
    operation_id: OperationId
    to: Address | None
    data: bytes
    gas: int | None
    once: bool


class Submission:
    """One operation in the outbox, to be waited for."""

    def __init__(
        self, outbox: "Outbox", entry: Entry, again: Callable[[], "Submission"] | None
    ) -> None:
        self._outbox = outbox
        self._again = again
        self.operation_id = entry.operation_id
        self.transaction_hash = entry.transaction_hash
        """Of the transaction that stood for the operation when this object was made."""

    def __repr__(self) -> str:
        return f"Submission({self.operation_id!r}, {self.transaction_hash})"

    @property
    def state(self) -> State:
        """The operation's state as the outbox's file has it; the chain is not asked."""
        return self._outbox.entry(self.operation_id).state

    def wait(self, timeout_seconds: float = 120.0) -> Receipt:
        """Return the receipt once the operation is confirmed as deep as the profile demands.

        When another program used the nonce, and it is proven that the transaction can never be
        mined, the operation is simulated and signed again (see `Outbox.submit`).

        Raises:
            TransactionPending: Not settled within `timeout_seconds`. That is no failure: the
                outbox keeps following it, and waiting again is possible.
            Reverted: Mined, and refused by the contract; or refused on signing again.
            TransactionRejected: The node refuses the transaction for good.
            NonceConflict: Another program used the nonce, and the signer is not at hand to sign
                again: the submission was looked up, not submitted.
            OutboxError, WrongChain: The outbox stopped following.
        """
        return self._outbox.wait(self, time.monotonic() + timeout_seconds)

    def sign_again(self, entry: Entry) -> "Submission":
        """Submit the operation anew after `entry` was replaced. Raises `NonceConflict`."""
        if self._again is None:
            raise NonceConflict(
                f"Another program used nonce {entry.nonce} of {entry.sender}, so transaction "
                f"{entry.transaction_hash} can never be mined.",
                remedy="Submit the operation again; it will be signed with another nonce.",
            )
        return self._again()


def outcome(entry: Entry) -> Receipt:
    """Return the receipt of a confirmed entry. Raises what became of any other settled one."""
    if entry.state is State.CONFIRMED and entry.receipt is not None:
        return entry.receipt
    if entry.state is State.REVERTED:
        raise Reverted(
            f"The contract refused transaction {entry.transaction_hash} when it was mined.",
            remedy="Decode the returned data by the contract's interface.",
            data=entry.revert_data,
            transaction_hash=entry.transaction_hash,
        )
    raise TransactionRejected(
        f"The node refuses transaction {entry.transaction_hash}: {shown(entry.refusal)}.",
        remedy="Remove the reason, then submit the operation again.",
        transaction_hash=entry.transaction_hash,
    )
