"""Reserving runs on the chain, and settling them with receipts that the node's accounts sign."""

import time
from collections.abc import Callable, Sequence

from dataledger.chain.signer import Signer
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.use_events import RunSettled
from dataledger.contracts.use_types import NO_COST, Input, Outcome, Quorum, Receipt
from dataledger.errors import InvalidArgument, NodeConfigError, NodeRefused, NotFound, Refused
from dataledger.ledger import Ledger, UnsignedReceipt, UseRun
from dataledger.ledger.receipts import ReceiptSignature
from dataledger.ledger.results import Confirmed
from dataledger.node.gate import by_chain
from dataledger.node.grants import Grants
from dataledger.node.journal import Journal
from dataledger.node.states import KeptRun, RunKey, State

Observer = Callable[[str], None]
"""Is told each step of each run, in the thread that takes it, once the journal holds it."""


def ignore(_step: str) -> None:
    """Observe nothing."""


class MovedOn(Exception):
    """A run is no longer in the state that it was read in."""


class Settlement:
    """Takes runs from step to step, where a step is on the chain. May be used from any thread."""

    def __init__(
        self,
        ledger: Ledger,
        grants: Grants,
        journal: Journal,
        executors: Sequence[Signer] = (),
        *,
        clock: Callable[[], float] = time.time,
        observer: Observer = ignore,
    ) -> None:
        """Sign receipts with the ledger's signer and `executors`, where they are asked for.

        Raises:
            NodeConfigError: an executor is a development key of another chain.
        """
        if ledger.signer is None:
            raise InvalidArgument(
                "The ledger was opened for reading only: it has no signer.",
                remedy="Name the account that acts for the datasets' owner.",
            )
        for executor in executors:
            if executor.bound_to not in {None, ledger.profile.identity}:
                raise NodeConfigError(
                    f"The executor {executor.address} is a development key of another chain.",
                    remedy="Name an account of your own.",
                )
        self._ledger = ledger
        self._grants = grants
        self._journal = journal
        self._signers = {signer.address: signer for signer in (ledger.signer, *executors)}
        self._clock = clock
        self._observer = observer

    def check_quorum(self, quorum: Quorum) -> None:
        """Return only if the node's accounts suffice to sign a receipt.

        Raises:
            NodeRefused: they do not (`executors-missing`).
        """
        ours = sum(executor in self._signers for executor in quorum.executors)
        if ours < quorum.threshold:
            raise NodeRefused(
                f"Receipts under this grant need {quorum.threshold} of {len(quorum.executors)} "
                f"executors, and this node can sign for {ours}.",
                remedy="Have the dataset's owner give the node those accounts, or grant anew.",
                reason="executors-missing",
            )

    def move(self, run: KeptRun, to: State, **changes: object) -> KeptRun:
        """Take a run's next step, in the journal.

        Raises:
            MovedOn: somebody else has taken it.
        """
        return self.moved(self._journal.move(run, to, **changes))

    def moved(self, run: KeptRun | None) -> KeptRun:
        """Tell the observer of a step that was taken. Raises `MovedOn` where it was not."""
        if run is None:
            raise MovedOn
        self._observer(run.state)
        return run

    def reserve(self, run: KeptRun) -> KeptRun:
        """Reserve what a new run may cost, and return once the chain has confirmed it.

        Raises:
            NodeRefused: the contract refuses it, or has a run with this id already; then it is
                `REFUSED`.
            ChainError: the chain cannot be asked, or does not confirm it in time. `recover` goes
                on with it.
        """
        run = self.move(run, State.RESERVING)
        try:
            confirmed = self._reserve(run)
        except Refused as refused:
            raise self.refuse(run, by_chain(refused)) from refused
        if confirmed:
            return self.move(run, State.RESERVED)
        # This journal did not know the run, so it was somebody else who paid for it, and computed.
        raise self.refuse(
            run,
            NodeRefused(
                f"The chain has a run {run.key.run} under this grant already.",
                remedy="Ask for a run with an id of its own.",
                reason="RunExists",
            ),
        )

    def refuse(self, run: KeptRun, why: NodeRefused) -> NodeRefused:
        """Note that nothing was reserved, and return the error to raise."""
        self.move(
            run, State.REFUSED, reason=why.reason, message=str(why), ended_at_unix=self._now()
        )
        return why

    def recover(self, run: KeptRun) -> KeptRun:
        """Bring a run to its end that nobody is at work on; nothing is computed again.

        Raises:
            ChainError, Refused, NodeRefused: it cannot be settled now.
            MovedOn: somebody else is at work on it.
        """
        match run.state:
            case State.RECEIVED:
                return self._interrupted(run)
            case State.RESERVING:
                if not self._is_reserved(run):
                    return self._interrupted(run)
                run = self.fail(run, spends=False, reason="interrupted")
            case State.RESERVED:
                run = self.fail(run, spends=False, reason="interrupted")
            case State.COMPUTING:
                run = self.fail(run, spends=True, reason="interrupted")
            case _:
                pass
        return self.settle(run) if run.state.is_open else run

    def fail(
        self, run: KeptRun, *, spends: bool, reason: str, message: str | None = None
    ) -> KeptRun:
        """Note that a run has no answer, and what that costs: nothing, or all that it reserved."""
        cost = "all that it reserved" if spends else "nothing"
        return self.move(
            run,
            State.FAILING,
            spent=run.cost if spends else NO_COST,
            reason=reason,
            message=message or f"The run ended without an answer ({reason}), and has cost {cost}.",
        )

    def settle(self, run: KeptRun) -> KeptRun:
        """Settle a run that is computed, or failing: as it is confirmed, it is at its end.

        A run that somebody else has settled otherwise has failed, whatever was computed.

        Raises:
            ChainError: the chain cannot be asked, or does not confirm it in time.
            Refused: the contract refuses the receipt.
        """
        if run.state is State.COMPUTED:
            run = self.move(run, State.SETTLING)
        unsigned = self._receipt(run)
        grant = self._grants.get(run.key.grant)
        quorum = Quorum() if grant.terms is None else grant.terms.quorum
        signatures = [
            unsigned.sign(self._signers[executor])
            for executor in quorum.executors
            if executor in self._signers
        ]
        try:
            confirmed = self._settle(run, unsigned, signatures)
        except Refused as refused:
            if refused.error_name != "AlreadySettled":
                raise
            return self.move(
                run,
                State.FAILED,
                reason="settled-otherwise",
                message="The run was settled by another receipt than this node's.",
                ended_at_unix=self._now(),
            )
        return self.move(
            run,
            State.FAILED if run.state is State.FAILING else State.SETTLED,
            receipt=unsigned.to_bytes(),
            transaction_hash=confirmed.transaction_hash,
            ended_at_unix=self._now(),
        )

    # ------------------------------------------------------------------------------------- helpers

    def _receipt(self, run: KeptRun) -> UnsignedReceipt:
        """Return a run's receipt, which follows from what the journal has: ever the same one."""
        failed = run.state is State.FAILING
        receipt = Receipt(
            grant=run.key.grant,
            run=run.key.run,
            code=run.code,
            environment=run.environment,
            inputs=(Input(run.dataset, run.version, run.commitment),),
            output=None if failed else run.output,
            spent=run.spent or NO_COST,
            outcome=Outcome.FAILED if failed else Outcome.RELEASED,
        )
        profile = self._ledger.profile
        contract = profile.contract(ContractName.DATA_USE).address
        return UnsignedReceipt(profile.chain_id, contract, receipt)

    def _settle(
        self, run: KeptRun, unsigned: UnsignedReceipt, signatures: Sequence[ReceiptSignature]
    ) -> Confirmed[RunSettled]:
        try:
            return self._ledger.runs.settle(unsigned, signatures)
        except Refused as refused:
            if refused.error_name != "UnknownRun":
                raise
        # It was reserved, and a reorganisation of the chain took that back. It is still to be paid.
        self._reserve(run)
        return self._ledger.runs.settle(unsigned, signatures)

    def _reserve(self, run: KeptRun) -> bool:
        """Reserve a run; return whether it was done now, and not by somebody before."""
        confirmed = self._ledger.runs.reserve(
            run.key.grant, run.key.run, run.code, run.cost, version=run.version
        )
        return not confirmed.already_there

    def _is_reserved(self, run: KeptRun) -> bool:
        """Whether the reservation that was begun is on the chain, for good.

        It may be on its way. Then the outbox is joined, which knows what becomes of it; where it
        never left, it is made now, since that alone proves that it cannot come later.
        """
        if self._find(run.key) is not None:
            return True
        try:
            self._reserve(run)
        except Refused:
            return self._find(run.key) is not None
        return True

    def _find(self, key: RunKey) -> UseRun | None:
        try:
            return self._ledger.runs.get(key.grant, key.run)
        except NotFound:
            return None

    def _interrupted(self, run: KeptRun) -> KeptRun:
        return self.move(
            run,
            State.REFUSED,
            reason="interrupted",
            message="The node was stopped before it had reserved the run.",
            ended_at_unix=self._now(),
        )

    def _now(self) -> int:
        return int(self._clock())


def receipt_of(run: KeptRun) -> Receipt | None:
    """Return the receipt by which a run was settled."""
    return None if run.receipt is None else UnsignedReceipt.parse(run.receipt).receipt
