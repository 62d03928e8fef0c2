"""The states of a signed transaction in the outbox, and its journal entry."""

from dataclasses import dataclass
from enum import StrEnum

from dataledger.chain.answers import Receipt
from dataledger.chain.identifiers import OperationId, TransactionHash
from dataledger.contracts.identifiers import Address


class State(StrEnum):
    """Where a signed transaction is.

        sign, persist
             │
             ▼          the node takes it
          SIGNED ─────────────────────────► SENT ◄──────────────────────┐
             │                               │ │                        │
             │     the node refuses it       │ │ receipt                │ its block is
             ├───────────────────────────────┘ ▼                        │ gone: sent again
             ▼             receipt            MINED ────────────────────┤
          REJECTED ─────────────────────────►  │                        │
             │                                 │ deep enough            │
             │                                 ├────────► CONFIRMED ────┤
             │                                 └────────► REVERTED ─────┘
             │
             └──► REPLACED  once another transaction with its nonce is deep enough;
                            from SIGNED and SENT likewise

    Only the node's word about the hash moves an entry towards the right: an answer that was lost
    moves nothing. REPLACED is final; every other state gives way to what the chain says.
    """

    SIGNED = "signed"
    """On disk. Perhaps sent, perhaps not: the next pass sends it again."""
    SENT = "sent"
    """A node said that it has it."""
    MINED = "mined"
    """In a block, not yet as deep as the profile's `confirmations`."""
    CONFIRMED = "confirmed"
    """In a block deep enough, and executed."""
    REVERTED = "reverted"
    """In a block deep enough, and refused by the contract: it only used its nonce."""
    REJECTED = "rejected"
    """A node refused it for good. Its nonce is free for another transaction."""
    REPLACED = "replaced"
    """Another transaction has its nonce, deep enough: it can never be mined."""


UNRESOLVED = frozenset((State.SIGNED, State.SENT, State.MINED))
"""An outcome is still to come."""
WATCHED = UNRESOLVED | {State.REJECTED}
"""The chain is asked about these in every pass."""
SETTLED = frozenset((State.CONFIRMED, State.REVERTED))
"""In the chain for good, as far as `confirmations` can tell."""
NONCE_FREED = frozenset((State.REJECTED, State.REPLACED))
"""Another entry may carry the nonce of these."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One signed transaction as the journal keeps it. Never holds a key."""

    operation_id: OperationId
    sender: Address
    nonce: int
    transaction_hash: TransactionHash
    raw: bytes
    to: Address | None
    data: bytes
    gas: int
    signed_at_block: int
    """The chain's head when it was signed: it is in no earlier block."""
    signed_at_unix: float
    state: State = State.SIGNED
    sequence: int = 0
    """Order of signing; 0 before it is persisted."""
    sends: int = 0
    """How often it was sent since it was last signed or thrown out of a block."""
    sent_at_unix: float | None = None
    receipt: Receipt | None = None
    revert_data: bytes = b""
    refusal: str | None = None
    """The node's words, when it refused."""
