"""The contracts of a profile, read and written through one connection."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from dataledger.chain.answers import Log, Receipt
from dataledger.chain.connection import BlockId, Connection
from dataledger.chain.identifiers import OperationId
from dataledger.chain.outbox import Outbox
from dataledger.chain.signer import Signer
from dataledger.contracts import organisations
from dataledger.contracts.abi import malformed
from dataledger.contracts.artifacts import LEDGER_CONTRACTS, ContractName
from dataledger.contracts.calls import Call
from dataledger.contracts.events import Event, topic_of
from dataledger.contracts.identifiers import Address, DatasetId, Identifier, OrgId, PolicyId
from dataledger.contracts.reverts import Refusal, decode_refusal
from dataledger.errors import (
    ChainError,
    CheckFailed,
    InvalidArgument,
    NodeError,
    Refused,
    Reverted,
)
from dataledger.hashing import Hash32
from dataledger.ledger.names import Names
from dataledger.ledger.results import Confirmed, Recorded

CONFIRMATION_TIMEOUT_SECONDS = 120.0
_SNAPSHOT_ATTEMPTS = 5
_MAX_ALTERNATIVES = 500
"""Values of one topic in a query for logs; geth takes 1,000."""

T = TypeVar("T")
E = TypeVar("E", bound=Event)

Indexed = OrgId | PolicyId | Identifier | Address
"""What an event can be looked up by: one of its first three arguments."""


class OnChain:
    """Reads typed values and events, and makes writes that are done once.

    Safe to share between threads.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        signer: Signer | None = None,
        outbox: Outbox | None = None,
        timeout_seconds: float = CONFIRMATION_TIMEOUT_SECONDS,
    ) -> None:
        """Stand on `connection`, whose profile names the ledger's contracts.

        Raises:
            ProfileError: it does not.
        """
        self.connection = connection
        self.names = Names(self)
        for name in LEDGER_CONTRACTS:
            connection.profile.contract(name)
        self._signer = signer
        self._outbox = outbox
        self._timeout_seconds = timeout_seconds
        self._member_orgs: dict[Address, OrgId] = {}

    def address(self, contract: ContractName) -> Address:
        """Return where a contract stands. Raises `ProfileError` where the profile names none."""
        return self.connection.profile.contract(contract).address

    # -------------------------------------------------------------------------------------- reading

    def head_block(self) -> int:
        """Return the number of the newest block."""
        return self.connection.head().number

    def read(self, call: Call[T], *, block: BlockId = "latest") -> T:
        """Return what a function returns.

        Raises:
            Refused: it reverts.
        """
        try:
            data = self.connection.call(self.address(call.contract), call.data, block=block)
        except Reverted as reverted:
            raise self.in_words(decode_refusal(reverted.data, call.contract)) from None
        return call.result(data)

    def read_all(self, calls: Iterable[Call[T]], *, block: BlockId) -> list[T]:
        """Return what many functions return, at one block. Raises as `read` does."""
        results: list[T] = []
        for result in self.try_all(calls, block=block):
            if isinstance(result, Refusal):
                raise self.in_words(result)
            results.append(result)
        return results

    def try_all(self, calls: Iterable[Call[T]], *, block: BlockId) -> list[T | Refusal]:
        """Return what many functions return, at one block; a refusal stands in its place."""
        wanted = list(calls)
        answers = self.connection.calls(
            [(self.address(call.contract), call.data) for call in wanted], block=block
        )
        return [
            decode_refusal(answer.data, call.contract)
            if isinstance(answer, Reverted)
            else call.result(answer)
            for call, answer in zip(wanted, answers, strict=True)
        ]

    def snapshot(self, read: Callable[[int], T]) -> T:
        """Return what `read` finds at the end of the newest block, whose number it is given.

        Logs and state that a reorganisation parts are read again, so that a check which fails has
        failed on what belongs together.
        """
        for _ in range(_SNAPSHOT_ATTEMPTS):
            block = self.connection.head()
            try:
                outcome: T | CheckFailed = read(block.number)
            except CheckFailed as error:
                outcome = error
            after = self.connection.block(block.number)
            if after is not None and after.hash == block.hash:
                if isinstance(outcome, CheckFailed):
                    raise outcome
                return outcome
        raise NodeError(
            "The chain was reorganised under every attempt to read it.",
            remedy="Try again; if it goes on, raise `confirmations`, and check the validators.",
        )

    # --------------------------------------------------------------------------------------- events

    def events(
        self,
        kinds: Sequence[type[E]],
        *indexed: Indexed | Sequence[Indexed] | None,
        to_block: int | None = None,
    ) -> list[Recorded[E]]:
        """Return the events of some kinds of one contract, oldest first.

        `indexed` are what their first arguments must be: a value, one of several, or None for any.

        Raises:
            NodeError: a log is not as the contract writes it.
        """
        last = self.head_block() if to_block is None else to_block
        first, *others = indexed or (None,)
        by_topic = {topic_of(kind): kind for kind in kinds}
        logs: list[Log] = []
        for part in _parts(first):
            logs += self._logs(kinds[0].contract, tuple(by_topic), (part, *others), last)
        logs.sort(key=lambda log: (log.block_number, log.log_index))
        return [Recorded(by_topic[log.topics[0]].from_log(log), log) for log in logs]

    def dataset_logs(self, dataset: DatasetId, *, to_block: int) -> list[Log]:
        """Return all logs of a dataset, oldest first, undecoded."""
        return self._logs(ContractName.DATASET_LEDGER, (), (dataset,), to_block)

    def _logs(
        self,
        contract: ContractName,
        topics: Sequence[Hash32],
        indexed: Sequence[Indexed | Sequence[Indexed] | None],
        to_block: int,
    ) -> list[Log]:
        pin = self.connection.profile.contract(contract)
        wanted = [
            [f"0x{topic.hex()}" for topic in topics] or None,
            *(_topics(value) for value in indexed),
        ]
        logs = self.connection.get_logs(pin.address, pin.deployed_at_block, to_block, topics=wanted)
        for log in logs:
            if log.address != pin.address or not _is_wanted(log, wanted):
                raise malformed("a log that was not asked for", log.data)
        return logs

    # -------------------------------------------------------------------------------------- writing

    @property
    def signer(self) -> Signer:
        """Who signs. Raises `InvalidArgument` where the ledger was opened without one."""
        if self._signer is None:
            raise InvalidArgument(
                "The ledger was opened for reading only: it has no signer.",
                remedy="Name the account that is to sign, and connect again.",
            )
        return self._signer

    def signer_org(self) -> OrgId | None:
        """Return the organisation that the signer is bound to, whether or not it can act."""
        return self.org_of(self.signer.address)

    def org_of(self, key: Address) -> OrgId | None:
        """Return the organisation that `key` is bound to."""
        if key not in self._member_orgs:
            org = self.read(organisations.member(key)).org
            if org is None:
                return None
            # A key is bound for ever; should a reorganisation take that back, the contract refuses.
            self._member_orgs[key] = org
        return self._member_orgs[key]

    def write(
        self,
        call: Call[Any],
        kind: type[E],
        *,
        find: Callable[[Refusal], Recorded[E] | None],
    ) -> Confirmed[E]:
        """Make a call through the outbox, and return the event of `kind` once it is confirmed.

        The operation's id follows from chain, contract, sender and calldata: whoever repeats a
        write that is in flight joins it. A repeated write that is confirmed is refused by the
        contract; then `find` looks for an event that records exactly what was asked.

        Raises:
            Refused: the contract refuses, and `find` found nothing.
            TransactionPending: not confirmed in time; the outbox goes on with it.
        """
        try:
            receipt = self._send(call)
        except Reverted as reverted:
            refusal = decode_refusal(reverted.data, call.contract)
            found = find(refusal)
            if found is None:
                raise self.in_words(refusal) from None
            return Confirmed.earlier(found)
        return Confirmed(
            event=self._event_in(receipt, call, kind),
            transaction_hash=receipt.transaction_hash,
            block_number=receipt.block_number,
            gas_used=receipt.gas_used,
        )

    def _send(self, call: Call[Any]) -> Receipt:
        signer = self.signer
        if self._outbox is None:
            raise InvalidArgument(
                "The ledger has a signer and no outbox.", remedy="Use Ledger.connect(…)."
            )
        to = self.address(call.contract)
        submission = self._outbox.submit(
            signer, self._operation_id(signer.address, to, call.data), to=to, data=call.data
        )
        return submission.wait(self._timeout_seconds)

    def _operation_id(self, sender: Address, to: Address, data: bytes) -> OperationId:
        identity = self.connection.profile.identity
        parts = (str(identity.chain_id), identity.genesis_hash, to, sender, data.hex())
        return OperationId(f"call:{hashlib.sha256(':'.join(parts).encode()).hexdigest()}")

    def _event_in(self, receipt: Receipt, call: Call[Any], kind: type[E]) -> E:
        address = self.address(call.contract)
        for log in receipt.logs:
            if log.address == address and log.topics[:1] == (topic_of(kind),):
                return kind.from_log(log)
        raise NodeError(
            f"The receipt of transaction {receipt.transaction_hash} lacks the event "
            f"{kind.__name__}.",
            remedy="Ask another node for the receipt.",
        )

    # ------------------------------------------------------------------------------------- refusals

    def in_words(self, refusal: Refusal) -> Refused:
        """Return the error to raise for a refusal, with things by their names."""
        try:
            return refusal.in_words(
                organisations=self.names.organisations(refusal.of_kind(OrgId)),
                datasets=self.names.datasets(refusal.of_kind(DatasetId)),
                stages=self.names.stages(refusal),
            )
        except ChainError:
            # The names are a courtesy; what was refused must be said even when they are not there.
            return refusal.in_words()


def _parts(
    value: Indexed | Sequence[Indexed] | None,
) -> list[Indexed | Sequence[Indexed] | None]:
    if not isinstance(value, list | tuple):
        return [value]
    return [value[at : at + _MAX_ALTERNATIVES] for at in range(0, len(value), _MAX_ALTERNATIVES)]


def _topics(value: Indexed | Sequence[Indexed] | None) -> list[str] | None:
    if value is None:
        return None
    return [_topic(item) for item in (value if isinstance(value, list | tuple) else [value])]


def _is_wanted(log: Log, wanted: Sequence[list[str] | None]) -> bool:
    return len(log.topics) >= len(wanted) and all(
        alternatives is None or f"0x{topic.hex()}" in alternatives
        for alternatives, topic in zip(wanted, log.topics, strict=False)
    )


def _topic(value: object) -> str:
    if isinstance(value, Identifier):
        return str(value)
    number = value if isinstance(value, int) else int(str(value), 16)
    return f"0x{number:064x}"
