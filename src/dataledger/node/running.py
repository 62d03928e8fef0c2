"""What becomes of a run once its request was let in: reserved, computed, settled, released."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from dataledger.contracts.identifiers import GrantId, RunId
from dataledger.contracts.use_types import Receipt
from dataledger.errors import (
    AnswerWithheld,
    DataLedgerError,
    DependencyMissing,
    NodeRefused,
    NotFound,
)
from dataledger.hashing import Digest
from dataledger.ledger import Environment, Ledger
from dataledger.node import telling
from dataledger.node.at_work import Begun
from dataledger.node.config import NodeConfig
from dataledger.node.gate import Admitted, Gate
from dataledger.node.journal import Journal
from dataledger.node.settlement import MovedOn, Settlement, receipt_of
from dataledger.node.states import KeptRun, RunKey, State
from dataledger.node.telling import Telling
from dataledger.node.work import Answer, Holding, Work

_log = logging.getLogger("dataledger.node")


@dataclass(frozen=True, slots=True)
class Released:
    """An answer that may leave: the chain holds its receipt."""

    grant: GrantId
    run: RunId
    answer: Answer
    receipt: Receipt
    transaction_hash: str
    """Of the transaction that settled the run."""


class Running:
    """Takes runs from their request to their answer. May be used from any thread."""

    def __init__(
        self,
        ledger: Ledger,
        config: NodeConfig,
        journal: Journal,
        gate: Gate,
        settlement: Settlement,
        *,
        lines: Telling,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._config = config
        self._journal = journal
        self._gate = gate
        self._settlement = settlement
        self._telling = lines
        self._clock = clock
        self._environments: dict[tuple[tuple[str, ...], str], Digest] = {}

    def reserve(self, key: RunKey, admitted: Admitted, work: Work) -> Begun:
        """Return a run whose cost the chain has confirmed as reserved; the caller has claimed it.

        Raises:
            NodeRefused: grant, rules or chain do not allow it; nothing is reserved.
            QueryError: the work cannot be done, or not be bounded.
            DependencyMissing: a package that it needs is not installed.
            ChainError: the chain cannot be asked, or does not confirm in time.
        """
        self._gate.check_usable(admitted)
        allowed = self._gate.check_work(admitted, work)
        holding = allowed.held.for_consumer(
            admitted.consumer, self._config.rules, self._config.state
        )
        work.check(holding)
        self._settlement.check_quorum(allowed.terms.quorum)
        run = KeptRun(
            key=key,
            kind=work.kind,
            by=admitted.by,
            consumer=admitted.consumer,
            dataset=holding.dataset,
            version=holding.version,
            commitment=allowed.held.commitment,
            code=work.code,
            environment=self._environment(work),
            cost=allowed.cost,
            received_at_unix=int(self._clock()),
        )
        if not self._journal.add(run):
            raise run_exists(key)
        self._settlement.reserve(self._settlement.moved(run))
        return Begun(
            grant=key.grant,
            run=key.run,
            holding=holding,
            work=work,
            cost=run.cost,
            code=run.code,
            consumer=run.consumer,
            until_unix=int(self._clock()) + self._config.rules.federated.seconds,
        )

    def start(self, begun: Begun) -> KeptRun:
        """Return the run, from now on `COMPUTING`: it is so once.

        Raises:
            NodeRefused: it was computed or given up before (`unknown-run`).
        """
        run = self.reserved(begun)
        if run is not None:
            with suppress(MovedOn):
                return self._settlement.move(run, State.COMPUTING)
        raise finished_before(begun)

    def finish(
        self, run: KeptRun, holding: Holding, compute: Callable[[Holding], Answer]
    ) -> Released:
        """Compute, keep the answer, settle, and return the answer.

        Raises:
            AnswerWithheld: the computation failed, and the run has cost all that it reserved; or
                somebody else has settled it.
            ChainError, Refused: the chain does not confirm the receipt. `Recovery` goes on.
        """
        run = self._settlement.settle(self._compute(run, holding, compute))
        released = self.release(run)
        self._telling.run(telling.RELEASED, run)
        return released

    def reserved(self, begun: Begun) -> KeptRun | None:
        """Return the run, if it was neither computed nor given up."""
        run = self._journal.get(begun.key)
        return run if run is not None and run.state is State.RESERVED else None

    def abandon(self, run: KeptRun, reason: str) -> None:
        """Settle a run that is reserved as failed, with nothing spent."""
        with suppress(MovedOn):
            self._settle_failed(self._settlement.fail(run, spends=False, reason=reason))

    def release(self, run: KeptRun) -> Released:
        """Return the answer of a run that is at its end.

        Raises:
            AnswerWithheld: the run failed.
            NodeRefused: it was refused, for the reason that it was; or its answer was deleted.
        """
        if run.state is State.FAILED:
            raise AnswerWithheld(
                run.message or "The run failed.", remedy="Begin another run; this one is over."
            )
        if run.state is State.REFUSED:
            raise NodeRefused(
                run.message or "The run was refused.",
                remedy="Begin another run, once the reason is removed.",
                reason=run.reason or "refused",
            )
        receipt, transaction_hash = receipt_of(run), run.transaction_hash
        answer = self._journal.answer(run)
        if answer is None or receipt is None or transaction_hash is None:
            raise NodeRefused(
                f"The answer of the run {run.key.run} was deleted, as answers are after "
                f"{self._config.answer_days} days.",
                remedy="Begin another run.",
                reason="answer-gone",
            )
        return Released(run.key.grant, run.key.run, answer, receipt, transaction_hash)

    # ------------------------------------------------------------------------------------- helpers

    def _environment(self, work: Work) -> Digest:
        """Return the digest of the document about what the work runs on, which is kept."""
        wanted = (work.packages, work.isolation)
        if wanted not in self._environments:
            try:
                found = Environment.current(work.packages, isolation=work.isolation)
            except NotFound as error:
                raise DependencyMissing(str(error), remedy="Install it at the node.") from error
            self._environments[wanted] = self._ledger.documents.keep(found)
        return self._environments[wanted]

    def _compute(
        self, run: KeptRun, holding: Holding, compute: Callable[[Holding], Answer]
    ) -> KeptRun:
        """Return the run as it is computed, with its answer kept; or settle that there is none."""
        try:
            return self._settlement.moved(self._journal.keep_answer(run, compute(holding)))
        except AnswerWithheld as error:
            reason, why = "withheld", AnswerWithheld(str(error), remedy=error.remedy)
        except Exception as error:  # noqa: BLE001 - whatever happened, the data may have been read
            # Its text may hold data, and so goes nowhere, not even into this machine's logs.
            _log.error("%s: the computation failed: %s", run.key, type(error).__name__)
            reason, why = "computation-failed", _failed()
        self._settle_failed(
            self._settlement.fail(run, spends=True, reason=reason, message=str(why))
        )
        raise why

    def _settle_failed(self, run: KeptRun) -> None:
        """Settle a run as failed; what the chain does not confirm is left for `sweep`."""
        try:
            run = self._settlement.settle(run)
        except DataLedgerError as error:
            _log.warning("%s is not settled yet: %s: %s", run.key, type(error).__name__, error)
            self._telling.run(telling.UNSETTLED, run)
        else:
            self._telling.run(telling.FAILED, run)


def finished_before(begun: Begun) -> NodeRefused:
    """Return what to raise where a run is finished that is no longer there to be."""
    return NodeRefused(
        f"The run {begun.run} was finished or given up before.",
        remedy="Fetch its answer, or begin another run.",
        reason="unknown-run",
    )


def run_exists(key: RunKey) -> NodeRefused:
    """Return what to raise where a run's id was used before."""
    return NodeRefused(
        f"There is a run {key.run} of this grant already.",
        remedy="Fetch its answer, or begin a run with an id of its own.",
        reason="RunExists",
    )


def _failed() -> AnswerWithheld:
    return AnswerWithheld(
        "The computation failed at the node. The run has cost all that it reserved.",
        remedy="Tell the node's operator; what failed is not told, since it could tell of the "
        "data.",
    )
