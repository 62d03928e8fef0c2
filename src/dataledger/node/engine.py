"""The engine of an owner's node: no data is read unpaid, and no answer leaves unsettled.

A run goes `received → reserving → reserved → computing → computed → settling → settled`. Each step
is in the journal before the next begins, so that whatever ends the process, `recover` knows what
was spent: nothing before `computing`, everything from then on.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from dataledger.chain.signer import Signer
from dataledger.contracts.identifiers import GrantId, OrgId, RunId
from dataledger.contracts.use_types import Cost, Receipt
from dataledger.hashing import Digest
from dataledger.ledger import Ledger
from dataledger.node.config import NodeConfig
from dataledger.node.requests import SignedRequest
from dataledger.node.work import Answer, Holding, Work

Observer = Callable[[str], None]
"""Is told each step of each run, in the thread that takes it, once the journal holds it."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A run whose cost is reserved on the chain, and whose data was not read yet."""

    grant: GrantId
    run: RunId
    holding: Holding
    work: Work
    cost: Cost
    """All that it reserved."""
    code: Digest
    consumer: OrgId
    until_unix: int
    """When it is settled as failed, with nothing spent, should nobody have started it."""


@dataclass(frozen=True, slots=True)
class Released:
    """An answer that may leave: the chain holds its receipt."""

    grant: GrantId
    run: RunId
    answer: Answer
    receipt: Receipt
    transaction_hash: str
    """Of the transaction that settled the run."""


class Engine:
    """Holds requests to their grants, reserves, computes, settles, and lets answers out.

    Every method may be called from any thread.
    """

    @classmethod
    def open(
        cls, ledger: Ledger, config: NodeConfig, *, executors: Sequence[Signer] = ()
    ) -> Self:
        """Return the engine of a configuration. Its journal is open for this process alone.

        `ledger.signer` acts for the datasets' owner, and signs receipts where it is an executor,
        as `executors` do: the accounts that the configuration names. Call `recover` first.

        Raises:
            NodeConfigError: the configuration names a dataset that the chain does not have, or
                not of this owner, or one twice; a folder or manifest that is not there; or the
                state is used by another process.
            CommitmentMismatch: a manifest is not the one that the chain commits to.
            SecretError: a secret cannot be opened.
        """
        raise NotImplementedError

    def perform(self, signed: SignedRequest, document: bytes, work: Work) -> Released:
        """Do a whole run: `begin`, compute, and `finish`.

        Raises as both do.
        """
        raise NotImplementedError

    def begin(self, signed: SignedRequest, document: bytes, work: Work) -> Begun:
        """Check a request (RUN or JOIN), and reserve its cost on the chain.

        Raises:
            NodeRefused: the request, the grant, the node's rules or the chain do not allow it;
                nothing was read, and nothing is spent.
            QueryError: the work cannot be done, or not be bounded.
        """
        raise NotImplementedError

    def start(self, signed: SignedRequest, document: bytes) -> Begun:
        """Check a request to START, and return the run that a JOIN began. It starts once.

        Raises:
            NodeRefused: the request is refused as by `begin`, or there is no such run waiting.
        """
        raise NotImplementedError

    def finish(self, begun: Begun, compute: Callable[[Holding], Answer]) -> Released:
        """Compute, keep the answer, settle with a receipt, and return the answer.

        Raises:
            AnswerWithheld: the computation failed, and the run has cost all that it reserved; or
                the chain does not confirm the receipt yet: then `fetch` gives the answer later.
            NodeRefused: the run was finished or given up before.
        """
        raise NotImplementedError

    def abandon(self, begun: Begun, reason: str) -> None:
        """Settle a run that was begun, and not finished, as failed, with nothing spent.

        `reason` is a word for the log. Where the chain cannot be reached, `sweep` goes on.
        """
        raise NotImplementedError

    def fetch(self, signed: SignedRequest) -> Released:
        """Return the answer of a settled run again; settle it first, where that is left to do.

        Raises:
            NodeRefused: the request is refused as by `begin`; or there is no such run, or it is
                under way, or was refused; or its answer was deleted (`answer-gone`).
            AnswerWithheld: the run failed, or the chain does not confirm its receipt yet.
        """
        raise NotImplementedError

    def recover(self) -> None:
        """Settle what a process left open that ended in whatever way; compute nothing again."""
        raise NotImplementedError

    def sweep(self) -> None:
        """Give up runs that nobody started in time, settle what is open, forget what is old."""
        raise NotImplementedError

    @contextmanager
    def housekeeping(self, *, interval_seconds: float = 5.0) -> Iterator[None]:
        """Call `sweep` now and then, in a thread of its own, until the block ends."""
        raise NotImplementedError

    def close(self) -> None:
        """Close journal and log; the ledger stays open. Closing twice is no error."""
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
