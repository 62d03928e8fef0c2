"""How far a run has come at its node, and what the journal keeps of it."""

from dataclasses import dataclass
from enum import StrEnum

from dataledger.contracts.identifiers import Address, Commitment, DatasetId, GrantId, OrgId, RunId
from dataledger.contracts.use_types import Cost
from dataledger.hashing import Digest


class State(StrEnum):
    """How far a run has come."""

    RECEIVED = "received"
    """It may be reserved. Nothing is on the chain."""
    RESERVING = "reserving"
    """Its reservation may be on the chain."""
    RESERVED = "reserved"
    """Its reservation is on the chain. No data was read."""
    COMPUTING = "computing"
    """The data may have been read: from here on, all is spent."""
    COMPUTED = "computed"
    """The answer is kept. Nobody has seen it."""
    SETTLING = "settling"
    """The receipt may be on the chain."""
    SETTLED = "settled"
    """The receipt is on the chain: the answer may leave."""
    FAILING = "failing"
    """There is no answer, and `spent` says what that costs; the chain does not say so yet."""
    FAILED = "failed"
    """The chain says so."""
    REFUSED = "refused"
    """Nothing was reserved."""

    @property
    def is_open(self) -> bool:
        """Whether something is left to be done."""
        return bool(NEXT[self])


NEXT: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.RESERVING, State.REFUSED}),
    State.RESERVING: frozenset({State.RESERVED, State.REFUSED, State.FAILING}),
    State.RESERVED: frozenset({State.COMPUTING, State.FAILING}),
    State.COMPUTING: frozenset({State.COMPUTED, State.FAILING}),
    State.COMPUTED: frozenset({State.SETTLING}),
    # Where somebody else settled the run otherwise, its answer must never leave.
    State.SETTLING: frozenset({State.SETTLED, State.FAILED}),
    State.FAILING: frozenset({State.FAILED}),
    State.SETTLED: frozenset(),
    State.FAILED: frozenset(),
    State.REFUSED: frozenset(),
}
"""To where each state leads. An answer is kept from `COMPUTED` to `SETTLED`, and nowhere else."""

OPEN = frozenset(state for state in State if state.is_open)


@dataclass(frozen=True, slots=True)
class RunKey:
    """A run, among all of all grants."""

    grant: GrantId
    run: RunId

    def __str__(self) -> str:
        return f"run {self.run} of the grant {self.grant}"


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run as the journal keeps it. What is not known yet is None."""

    key: RunKey
    kind: str
    by: Address
    """The consumer's key that asked for it."""
    consumer: OrgId
    dataset: DatasetId
    version: int
    commitment: Commitment
    """The ledger's to that version."""
    code: Digest
    environment: Digest
    """Of the document in `ledger.documents` that says what it runs on."""
    cost: Cost
    """What it reserves."""
    received_at_unix: int
    state: State = State.RECEIVED
    spent: Cost | None = None
    """What it costs: known once it is computed, or has failed."""
    output: Digest | None = None
    """SHA-256 of the answer."""
    media_type: str | None = None
    reason: str | None = None
    """Why it was refused, or failed, as one word."""
    message: str | None = None
    """The same in words that the consumer may read."""
    receipt: bytes | None = None
    """The document of its receipt, as the chain has it."""
    transaction_hash: str | None = None
    """Of its settlement."""
    ended_at_unix: int | None = None
