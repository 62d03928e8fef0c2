"""The engine of an owner's node: no data is read unpaid, and no answer leaves unsettled.

A run goes `received → reserving → reserved → computing → computed → settling → settled`. Each step
is in the journal before the next begins, so that whatever ends the process, `recover` knows what
was spent: nothing before `computing`, everything from then on.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from dataledger.chain.signer import Signer
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import OrgId
from dataledger.errors import (
    AnswerWithheld,
    CheckFailed,
    DataLedgerError,
    NodeRefused,
    UsageError,
)
from dataledger.ledger import Ledger
from dataledger.node import telling
from dataledger.node.at_work import AtWork, Begun
from dataledger.node.audit_log import AuditLog
from dataledger.node.config import NodeConfig
from dataledger.node.gate import Admitted, Gate, check_active
from dataledger.node.grants import Grants
from dataledger.node.holdings import HeldDataset, Holdings
from dataledger.node.journal import Journal
from dataledger.node.rates import Rates
from dataledger.node.recovery import Recovered, Recovery
from dataledger.node.requests import FETCH, JOIN, RUN, START, SignedRequest
from dataledger.node.running import Released, Running, finished_before, run_exists
from dataledger.node.settlement import MovedOn, Observer, Settlement, ignore
from dataledger.node.states import KeptRun, RunKey
from dataledger.node.telling import Telling, reason_of
from dataledger.node.work import Answer, Holding, Work

__all__ = ["Begun", "Engine", "Observer", "Released"]

LOG_FILE = "audit.log"
HOUSEKEEPING_SECONDS = 5.0

_DAY_SECONDS = 24 * 3600
_FORGET_SECONDS = 60
_CLOSE_SECONDS = 5.0

_log = logging.getLogger("dataledger.node")

Making = Callable[[bytes], Work]
"""Makes the work of a document, which takes time: not for whoever comes along."""


class Engine:
    """Holds requests to their grants, reserves, computes, settles, and lets answers out.

    Every method may be called from any thread.
    """

    def __init__(
        self,
        ledger: Ledger,
        holdings: Holdings,
        config: NodeConfig,
        journal: Journal,
        log: AuditLog,
        *,
        executors: Sequence[Signer] = (),
        clock: Callable[[], float] = time.time,
        rates: Rates[OrgId] | None = None,
        observer: Observer = ignore,
    ) -> None:
        """Stand on an open journal and log; most callers use `open` instead."""
        limits = config.rules.limits
        self._ledger = ledger
        self._holdings = holdings
        self._config = config
        self._journal = journal
        self._log = log
        self._clock = clock
        self._telling = Telling(log)
        self._at_work = AtWork(limits.concurrent_runs, limits.open_runs)
        self._computing = threading.BoundedSemaphore(limits.concurrent_runs)
        grants = Grants(ledger)
        self._gate = Gate(ledger, grants, holdings, journal, limits, clock=clock, rates=rates)
        self._settlement = Settlement(
            *(ledger, grants, journal, executors), clock=clock, observer=observer
        )
        self._recovery = Recovery(journal, self._settlement, self._at_work, self._telling)
        self._running = Running(
            *(ledger, config, journal, self._gate, self._settlement),
            lines=self._telling,
            clock=clock,
        )
        self._forget_at_unix = 0.0

    @classmethod
    def open(
        cls,
        ledger: Ledger,
        config: NodeConfig,
        *,
        executors: Sequence[Signer] = (),
        home: Path | None = None,
        clock: Callable[[], float] = time.time,
        rates: Rates[OrgId] | None = None,
        observer: Observer = ignore,
    ) -> Self:
        """Return the engine of a configuration. Its journal is open for this process alone.

        Call `recover` before anything else.

        Args:
            ledger: Its signer acts for the datasets' owner, and signs receipts where it is an
                executor.
            config: The node's configuration.
            executors: The accounts that the configuration names to sign receipts besides.
            home: Where secrets are looked up by name; by default, the user's home directory.
            clock: Tells the time, in Unix seconds.
            rates: How often organisations may ask; by default, as the configuration says.
            observer: Is told each step of each run.

        Raises:
            NodeConfigError: the configuration names a dataset that the chain does not have, or
                not of this owner, or one twice; a folder or manifest that is not there; or the
                state cannot be written, or is used by another process.
            HistoryBroken: the audit log does not end as one does.
            CommitmentMismatch, ManifestMismatch: a manifest is not the one of its version.
            SecretError: a secret cannot be opened.
        """
        profile = ledger.profile
        holdings = Holdings.load(ledger, config, home=home)
        contract = profile.contract(ContractName.DATA_USE).address
        with ExitStack() as opened:
            journal = Journal(config.state, profile.chain_id, contract)
            opened.callback(journal.close)
            log = AuditLog(config.state / LOG_FILE, clock=clock)
            opened.callback(log.close)
            engine = cls(
                *(ledger, holdings, config, journal, log),
                executors=executors,
                clock=clock,
                rates=rates,
                observer=observer,
            )
            opened.pop_all()
        return engine

    def held(self) -> tuple[HeldDataset, ...]:
        """Return the datasets that lie here, by name."""
        return self._holdings.datasets

    # ---------------------------------------------------------------------------------------- runs

    def perform(self, signed: SignedRequest, document: bytes, work: Work | Making) -> Released:
        """Do a whole run: check the request (RUN), reserve, compute, settle, and answer.

        `work` may be what makes it of the document, once it is known who asks.

        Raises:
            SignatureInvalid: it is not signed by the key it names.
            NodeRefused: the request, the grant, the node's rules or the chain do not allow it;
                nothing was read, and nothing is spent.
            QueryError: the work cannot be done, or not be bounded.
            DependencyMissing: a package that the work needs is not installed.
            AnswerWithheld: the computation failed, and the run has cost all that it reserved.
            ChainError: the chain cannot be asked, or does not confirm in time. The answer, if
                there is one, can be fetched later.
        """
        with self._outcome(signed):
            begun = self._begin(signed, document, work, RUN)
            try:
                with self._computing:
                    run = self._running.start(begun)
                    return self._running.finish(run, begun.holding, begun.work.compute)
            finally:
                self._at_work.release(begun.key)

    def begin(self, signed: SignedRequest, document: bytes, work: Work | Making) -> Begun:
        """Check a request (JOIN), and reserve its cost on the chain. Then the run waits.

        Raises as `perform` does, before it computes; and:

        Raises:
            NodeRefused: the node takes part in as much as it can (`busy`).
        """
        with self._outcome(signed):
            begun = self._begin(signed, document, work, JOIN)
            self._at_work.wait(begun)
            self._telling.request(telling.JOINED, signed, kind=begun.work.kind)
            return begun

    def start(self, signed: SignedRequest, document: bytes) -> Begun:
        """Check a request (START), and return the run that a JOIN began. It starts once.

        Whoever has it calls `finish`, or `abandon`.

        Raises:
            NodeRefused: the request is refused as by `perform`; or there is no such run that
                waits (`unknown-run`). What the contract no longer allows is given up.
        """
        with self._outcome(signed):
            admitted = self._admit(signed, document, START)
            begun = self._at_work.start(_key(signed), self._clock())
            if begun is None:
                raise _unknown_run(signed, "that waits for its start")
            try:
                self._gate.check_usable(admitted)
                self._telling.request(telling.STARTED, signed, kind=begun.work.kind)
            except BaseException:
                self.abandon(begun, "not-usable")
                raise
            return begun

    def finish(self, begun: Begun, compute: Callable[[Holding], Answer]) -> Released:
        """Compute what was started, keep the answer, settle with a receipt, and return it.

        Raises:
            AnswerWithheld: the computation failed, and the run has cost all that it reserved.
            NodeRefused: the run was finished or given up before (`unknown-run`).
            ChainError: the chain does not confirm it in time. The answer can be fetched later.
        """
        if not self._at_work.take_back(begun):
            raise finished_before(begun)
        try:
            run = self._running.start(begun)
            return self._running.finish(run, begun.holding, compute)
        finally:
            self._at_work.release(begun.key)

    def abandon(self, begun: Begun, reason: str) -> None:
        """Settle a run that was begun, and not computed, as failed, with nothing spent.

        Where it was computed or given up before, nothing is done. Where the chain does not
        confirm it, `sweep` goes on. `reason` is one word.
        """
        run = self._running.reserved(begun) if self._at_work.take_back(begun) else None
        if run is not None:
            try:
                self._running.abandon(run, reason)
            finally:
                self._at_work.release(begun.key)

    def fetch(self, signed: SignedRequest) -> Released:
        """Return the answer of a settled run again; settle it first, where that is left to do.

        Raises:
            NodeRefused: the request is refused as by `perform`; or there is no such run
                (`unknown-run`), it is under way (`unfinished`), was refused, for the reason that
                it was, or its answer was deleted (`answer-gone`).
            AnswerWithheld: the run failed.
            ChainError: the chain does not confirm its receipt yet.
        """
        with self._outcome(signed):
            check_active(self._admit(signed, b"", FETCH))
            run = self._journal.get(_key(signed))
            if run is None:
                raise _unknown_run(signed, "here")
            if run.state.is_open:
                run = self._recover_one(run)
            released = self._running.release(run)
            self._telling.run(telling.FETCHED, run)
            return released

    # ------------------------------------------------------------------------------------ recovery

    def recover(self) -> Recovered:
        """Settle what a process left open that ended in whatever way; compute nothing again.

        Return what became of it. What cannot be settled now is left for `sweep`.
        """
        return self._recovery.all()

    def sweep(self) -> None:
        """Give up runs that nobody started in time, settle what is open, forget what is old."""
        now = self._clock()
        for begun in self._at_work.overdue(now):
            self.abandon(begun, "not-started")
        self._recovery.all()
        if now >= self._forget_at_unix:
            self._forget_at_unix = now + _FORGET_SECONDS
            self._journal.forget(
                int(now), answers_before_unix=int(now) - self._config.answer_days * _DAY_SECONDS
            )

    @contextmanager
    def housekeeping(self, *, interval_seconds: float = HOUSEKEEPING_SECONDS) -> Iterator[None]:
        """Call `sweep` now and then, in a thread of its own, until the block ends."""
        ending = threading.Event()

        def keep_house() -> None:
            while not ending.wait(interval_seconds):
                try:
                    self.sweep()
                except Exception:  # noqa: BLE001 - the other open runs must not be left for one
                    _log.exception("The node's housekeeping failed; it goes on.")

        thread = threading.Thread(target=keep_house, name="node-housekeeping", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join(_CLOSE_SECONDS)

    def turned_away(self, reason: str, signed: SignedRequest | None = None) -> None:
        """Tell the audit log of what was refused before it came here, by one word."""
        self._telling.turned_away(reason, signed)

    def close(self) -> None:
        """Close journal and log; the ledger stays open. Closing twice is no error."""
        self._journal.close()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # ------------------------------------------------------------------------------------- helpers

    @contextmanager
    def _outcome(self, signed: SignedRequest) -> Iterator[None]:
        """Tell the log what an admitted request ended with, where that is no success."""
        try:
            yield
        except _NotAdmitted as error:
            self._telling.turned_away(reason_of(error.why), signed)
            raise error.why from None
        except MovedOn:
            # Only another process could have done so, and that one has no journal.
            raise _unknown_run(signed, "any more") from None
        except Exception as error:
            self._telling.request(_event_of(error), signed, reason=reason_of(error))
            raise

    def _admit(self, signed: SignedRequest, document: bytes, action: str) -> Admitted:
        try:
            admitted = self._gate.admit(signed, document, action)
        except DataLedgerError as error:
            raise _NotAdmitted(error) from error
        self._telling.request(telling.ASKED, signed, consumer=admitted.consumer)
        return admitted

    def _begin(
        self, signed: SignedRequest, document: bytes, work: Work | Making, action: str
    ) -> Begun:
        """Return a run that is reserved, and claimed."""
        admitted = self._admit(signed, document, action)
        made: Work = work(document) if callable(work) else work
        key = _key(signed)
        if self._journal.get(key) is not None or not self._at_work.claim(key):
            raise run_exists(key)
        try:
            self._at_work.count_for(admitted.consumer, key)
            if action == JOIN:
                self._at_work.take_place(key)
            return self._running.reserve(key, admitted, made)
        except BaseException:
            self._at_work.release(key)
            raise

    def _recover_one(self, run: KeptRun) -> KeptRun:
        found = self._recovery.one(run.key)
        if found is None:
            raise NodeRefused(
                f"The run {run.key.run} is under way: it is {run.state}.",
                remedy="Fetch its answer later.",
                reason="unfinished",
            )
        return found


class _NotAdmitted(Exception):
    """A request was refused before it was known who asks."""

    def __init__(self, why: DataLedgerError) -> None:
        super().__init__(str(why))
        self.why = why


def _event_of(error: Exception) -> str:
    if isinstance(error, AnswerWithheld):
        return telling.WITHHELD
    said_no = isinstance(error, CheckFailed | UsageError)
    return telling.REFUSED if said_no else telling.BROKEN_OFF


def _key(signed: SignedRequest) -> RunKey:
    return RunKey(signed.request.grant, signed.request.run)


def _unknown_run(signed: SignedRequest, which: str) -> NodeRefused:
    return NodeRefused(
        f"There is no run {signed.request.run} of this grant {which}.",
        remedy="Check its id, or begin another run.",
        reason="unknown-run",
    )
