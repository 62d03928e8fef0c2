"""What a node does for each thing it is asked, apart from how that travels."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import cast

from dataledger.contracts.artifacts import ContractName
from dataledger.errors import (
    AnswerWithheld,
    DataLedgerError,
    NodeRefused,
    TypedDataError,
    UseDocumentError,
)
from dataledger.hashing import JsonValue
from dataledger.ledger import Ledger, UnsignedReceipt
from dataledger.node.answers import (
    AnswerDocument,
    Asked,
    NodeInfo,
    joined_bytes,
    parse_start,
)
from dataledger.node.config import NodeConfig
from dataledger.node.engine import Begun, Engine, Released
from dataledger.node.kinds import KINDS, parse_shared_work, parse_work
from dataledger.node.meetings import Meetings, open_meetings
from dataledger.node.problems import Problem
from dataledger.node.states import RunKey
from dataledger.node.work import SecureSum, SharedWork

_log = logging.getLogger("dataledger.node")


@dataclass(frozen=True, slots=True)
class _Joined:
    """A run that is reserved, and waits for its start."""

    begun: Begun
    work: SharedWork
    document: bytes


class Service:
    """Takes what was asked, as bytes, and returns what is answered, as bytes.

    Every method may be called from any thread.
    """

    def __init__(self, ledger: Ledger, config: NodeConfig, engine: Engine) -> None:
        if ledger.signer is None:
            raise ValueError("a node needs the key that acts for the datasets' owner")
        self._ledger = ledger
        self._engine = engine
        self._rules = config.rules
        self._chain_id = ledger.profile.chain_id
        self._contract = ledger.profile.contract(ContractName.DATA_USE).address
        self._operator = ledger.signer.address
        organisation = ledger.organisations.get(ledger.members.get(self._operator).org)
        self._organisation = organisation.id
        self._name = str(organisation.slug)
        self._kinds = tuple(name for name, kind in KINDS.items() if not kind.missing())
        self._joined: dict[RunKey, _Joined] = {}
        self._meetings: Meetings | None = None
        self._lock = threading.Lock()

    # ------------------------------------------------------------------------------------- answers

    def info(self) -> bytes:
        """Return what the node says of itself."""
        limits = self._rules.limits
        return NodeInfo(
            organisation=self._organisation,
            name=self._name,
            operator=self._operator,
            chain_id=self._chain_id,
            contract=self._contract,
            datasets=self._engine.held(),
            kinds=self._kinds,
            body_bytes=limits.body_bytes,
            age_seconds=limits.age_seconds,
            now_unix=int(time.time()),
        ).to_bytes()

    def run(self, body: bytes) -> bytes:
        """Do work alone, and return its answer."""
        asked = self._read(body)
        return self._answer(self._engine.perform(asked.signed, asked.document, parse_work))

    def fetch(self, body: bytes) -> bytes:
        """Return the answer of a settled run again."""
        asked = self._read(body)
        return self._answer(self._engine.fetch(asked.signed))

    def join(self, body: bytes) -> bytes:
        """Reserve a run of several nodes, and return this node's offer."""
        asked = self._read(body)
        meetings = self._where_to_meet()
        begun = self._engine.begin(asked.signed, asked.document, parse_shared_work)
        work = cast("SharedWork", begun.work)
        try:
            offer = meetings.offer(begun.grant, begun.run, asked.document)
        except BaseException:
            self._engine.abandon(begun, "no-offer")
            raise
        with self._lock:
            self._forget_old(meetings)
            self._joined[RunKey(begun.grant, begun.run)] = _Joined(begun, work, asked.document)
        return joined_bytes(offer)

    def start(self, body: bytes) -> bytes:
        """Begin what all have joined, and return the answer."""
        asked = self._read(body)
        with self._turning_away(asked):
            offers = parse_start(asked.document)
        begun = self._engine.start(asked.signed, asked.document)
        grant, run = begun.grant, begun.run
        with self._lock:
            joined = self._joined.pop(RunKey(grant, run), None)
        if joined is None:
            self._engine.abandon(begun, "no-offer")
            raise NodeRefused(
                f"There is no run {run} that waits for its start.",
                remedy="Join at every node first, with a new run.",
                reason="unknown-run",
            )
        meetings = self._where_to_meet()
        try:
            with ExitStack() as met:
                add, parties = self._meet(met, meetings, begun, joined.document, offers)
                return self._answer(
                    self._engine.finish(
                        begun, lambda held: joined.work.compute_together(held, add, parties)
                    )
                )
        finally:
            meetings.forget(grant, run)

    # ------------------------------------------------------------------------------------- helpers

    def _read(self, body: bytes) -> Asked:
        """Return what was asked, if it is signed by the key that it names.

        What nobody answers for by a signature is read no further. All else is the engine's.
        """
        with self._turning_away():
            asked = Asked.parse(body, max_bytes=self._rules.limits.body_bytes)
        with self._turning_away(asked):
            try:
                asked.signed.check(self._chain_id, self._contract)
            except TypedDataError as error:
                raise UseDocumentError(
                    f"The request cannot have been signed: {error}",
                    remedy="Sign it as `docs/node.md` says.",
                ) from error
        return asked

    @contextmanager
    def _turning_away(self, asked: Asked | None = None) -> Iterator[None]:
        """Tell the log of what is refused here, before the engine hears of it."""
        try:
            yield
        except DataLedgerError as error:
            self._engine.turned_away(error.code, None if asked is None else asked.signed)
            raise

    def _answer(self, released: Released) -> bytes:
        receipt = UnsignedReceipt(self._chain_id, self._contract, released.receipt)
        answer = released.answer
        return AnswerDocument(
            answer.content, answer.media_type, receipt, released.transaction_hash
        ).to_bytes()

    def _meet(
        self,
        met: ExitStack,
        meetings: Meetings,
        begun: Begun,
        document: bytes,
        offers: Sequence[JsonValue],
    ) -> tuple[SecureSum, int]:
        """Return what adds over all nodes, and how many they are. If not, nothing is spent."""
        key = (begun.grant, begun.run)
        try:
            parties = meetings.parties(*key, document, offers)
            return met.enter_context(meetings.meet(*key, document, offers)), parties
        except AnswerWithheld as error:
            self._engine.abandon(begun, "not-met")
            raise NodeRefused(str(error), remedy=error.remedy, reason="not-met") from error
        except BaseException:
            self._engine.abandon(begun, "offers-refused")
            raise

    def _where_to_meet(self) -> Meetings:
        with self._lock:
            if self._meetings is None:
                self._meetings = open_meetings(self._ledger, self._rules.federated)
            return self._meetings

    def _forget_old(self, meetings: Meetings) -> None:
        # The engine gives these runs up by itself.
        now = time.time()
        for key, joined in list(self._joined.items()):
            if joined.begun.until_unix < now:
                del self._joined[key]
                meetings.forget(key.grant, key.run)


def told(error: Exception) -> Problem:
    """Return what is told of an error to whoever asked; the log has the rest."""
    problem = Problem.of(error)
    if problem.reference is not None:
        _log.error(
            "%s: %s: %s",
            *(problem.reference, type(error).__name__, error),
            exc_info=None if isinstance(error, DataLedgerError) else error,
        )
    return problem
