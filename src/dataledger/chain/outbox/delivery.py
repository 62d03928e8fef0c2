"""Passes over everything unresolved: ask the chain about each hash, and act on what it says.

One pass is a plain function of the journal and the chain. Whoever is alive drives every entry in
the file, its own and those of a process that died; two that do so at once do no harm, since the
same bytes can be sent any number of times and every change of state is conditional.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from dataledger.chain.answers import Block, Receipt, quantity
from dataledger.chain.connection import Connection
from dataledger.chain.fees import choose_fees
from dataledger.chain.identifiers import OperationId, TransactionHash
from dataledger.chain.outbox.journal import Journal
from dataledger.chain.outbox.proof import can_never_be_mined
from dataledger.chain.outbox.states import UNRESOLVED, Entry, State
from dataledger.chain.refusals import SendOutcome, revert_data, send_outcome
from dataledger.chain.signer import Signer, UnsignedTransaction
from dataledger.chain.transport import SEND_METHOD, Call
from dataledger.contracts.identifiers import Address
from dataledger.errors import ChainError, RequestRefused

RESEND_SECONDS = 1.0
"""After this without a receipt an entry is sent again; doubled each time."""
MAX_RESEND_SECONDS = 30.0
GAP_SECONDS = 5.0
"""A nonce that nobody seems to hold is left alone for so long: its holder may be on its way."""
FILLER_GAS = 21_000
"""A transfer of nothing to oneself."""
FILLER_PREFIX = "filler:"
_ROLLBACK_BATCH = 100


class Step(StrEnum):
    """What the outbox reports as it goes."""

    SIGNED = "signed"
    """Signed, held in memory only."""
    PERSISTED = "persisted"
    """On disk, not sent yet."""
    SENT = "sent"
    """Sent once; the node's answer is recorded, if there was one."""
    RECEIPT = "receipt"
    """The chain has a receipt, which is not recorded yet."""


Observer = Callable[[Step, Entry], None]
"""Is told each step as it happens, in the thread that does it. What it raises is not caught."""


def ignore(_step: Step, _entry: Entry) -> None:
    """Observe nothing."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass found."""

    changed: frozenset[TransactionHash]
    remaining: int
    """Unresolved entries, about which the chain must be asked again."""


class Delivery:
    """Sends entries and follows them; one pass at a time within a process."""

    def __init__(
        self,
        connection: Connection,
        journal: Journal,
        *,
        observer: Observer = ignore,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._transport = connection.transport
        self._confirmations = connection.profile.confirmations
        self._chain_id = connection.profile.chain_id
        self._journal = journal
        self._observer = observer
        self._clock = clock
        self._lock = threading.Lock()
        self._signers: dict[Address, Signer] = {}
        self._last_head: Block | None = None

    def remember(self, signer: Signer) -> None:
        """Keep `signer` in memory, to fill a gap in its nonces should one arise."""
        self._signers[signer.address] = signer

    def send(self, entry: Entry) -> None:
        """Send `entry` once and record the node's answer. A lost answer leaves it as it was.

        Raises:
            ConnectionFailed, NodeError: No answer, or nonsense; `entry` may have arrived.
            WrongChain: The node serves another chain; nothing was sent.
        """
        state, refused_with = State.SENT, None
        try:
            self._transport.request(SEND_METHOD, ["0x" + entry.raw.hex()])
        except RequestRefused as refusal:
            outcome = send_outcome(refusal)
            if outcome is SendOutcome.HOPELESS:
                state, refused_with = State.REJECTED, refusal.rpc_message
            elif outcome is not SendOutcome.KNOWN:
                state = entry.state
        except ChainError:
            self._journal.note_sending(entry, entry.state, self._clock())
            raise
        self._journal.note_sending(entry, state, self._clock(), refusal=refused_with)

    def recheck(self) -> int:
        """Find what was settled and is no longer in the chain, and have it sent again.

        Blocks form a chain: the newest settled block that is still there vouches for all below.
        Returns how many entries were unsettled.
        """
        below: int | None = None
        while blocks := self._journal.settled_blocks(below, _ROLLBACK_BATCH):
            answers = self._transport.batch(
                [("eth_getBlockByNumber", [hex(number), False]) for number, _ in blocks]
            )
            for (number, block_hash), answer in zip(blocks, answers, strict=True):
                if isinstance(answer, RequestRefused):
                    raise answer
                if answer is not None and Block.parse(answer).hash == block_hash:
                    return self._journal.unsettle_above(number)
            below = blocks[-1][0]
        return self._journal.unsettle_above(-1)

    def run(self, *, at_once: bool = False) -> Pass:
        """Make one pass. `at_once` sends what is unmined whether or not it is due.

        Raises:
            ConnectionFailed, NodeError, WrongChain: The chain cannot be asked. What was recorded
                until then stays recorded.
        """
        with self._lock:
            entries = self._journal.watched()
            if not entries:
                return Pass(frozenset(), 0)
            head, answers = self._look(entries)
            missing: list[Entry] = []
            changed: set[TransactionHash] = set()
            for entry, answer in zip(entries, answers, strict=True):
                if isinstance(answer, RequestRefused):
                    raise answer
                if answer is None:
                    missing.append(self._not_in_a_block(entry))
                elif self._record(entry, answer, head):
                    changed.add(entry.transaction_hash)
            for sender, group in groupby(missing, key=lambda entry: entry.sender):
                changed |= self._pursue(sender, list(group), head, at_once=at_once)
            remaining = sum(entry.state in UNRESOLVED for entry in self._journal.watched())
            return Pass(frozenset(changed), remaining)

    def _look(self, entries: list[Entry]) -> tuple[Block, list[Any]]:
        last = self._last_head
        calls: list[Call] = [
            ("eth_getBlockByNumber", ["latest", False]),
            ("eth_getBlockByNumber", [hex(last.number) if last else "0x0", False]),
        ]
        calls += [("eth_getTransactionReceipt", [entry.transaction_hash]) for entry in entries]
        latest, before, *answers = self._transport.batch(calls)
        for answer in (latest, before):
            if isinstance(answer, RequestRefused):
                raise answer
        head = Block.parse(latest)
        if last is not None and (before is None or Block.parse(before).hash != last.hash):
            self.recheck()
        self._last_head = head
        return head, answers

    def _record(self, entry: Entry, answer: Any, head: Block) -> bool:
        receipt = Receipt.parse(answer)
        if head.number - receipt.block_number + 1 < self._confirmations:
            if entry.receipt == receipt:
                return False
            return self._journal.mark(entry, State.MINED, receipt=answer, refusal=entry.refusal)
        self._observer(Step.RECEIPT, entry)
        if receipt.succeeded:
            return self._journal.mark(entry, State.CONFIRMED, receipt=answer)
        returned = receipt.revert_data or self._replay(entry, receipt)
        return self._journal.mark(entry, State.REVERTED, receipt=answer, revert_data=returned)

    def _replay(self, entry: Entry, receipt: Receipt) -> bytes:
        """Return what the contract returned, by running the call on the state before its block.

        Empty when that does not revert: transactions before it in its block had a part in it.
        """
        message = {
            "from": entry.sender,
            "data": "0x" + entry.data.hex(),
            "gas": hex(entry.gas),
            **({} if entry.to is None else {"to": entry.to}),
        }
        try:
            self._transport.request("eth_call", [message, hex(receipt.block_number - 1)])
        except RequestRefused as refusal:
            return revert_data(refusal) or b""
        return b""

    def _not_in_a_block(self, entry: Entry) -> Entry:
        """Return `entry` as it is after its block, if it had one, left the chain."""
        if entry.state is not State.MINED:
            return entry
        state = State.SENT if entry.refusal is None else State.REJECTED
        self._journal.mark(entry, state, refusal=entry.refusal)
        return self._journal.get(entry.transaction_hash) or entry

    def _pursue(
        self, sender: Address, entries: list[Entry], head: Block, *, at_once: bool
    ) -> set[TransactionHash]:
        deep = head.number - self._confirmations + 1
        tags = ["latest", "pending", hex(max(deep, 0))]
        answers = self._transport.batch(
            [("eth_getTransactionCount", [sender, tag]) for tag in tags]
        )
        if isinstance(answers[2], RequestRefused):
            # The node has dropped that state; the next blocks will tell.
            answers[2] = "0x0"
        for answer in answers:
            if isinstance(answer, RequestRefused):
                raise answer
        latest, pending, settled = (quantity(answer, "a nonce") for answer in answers)
        changed: set[TransactionHash] = set()
        waiting: list[Entry] = []
        for entry in entries:
            if entry.nonce >= latest:
                waiting.append(entry)
            elif deep >= 0 and entry.nonce < settled and self._is_replaced(entry, deep):
                changed.add(entry.transaction_hash)
        for entry in waiting:
            if entry.state is not State.REJECTED and (at_once or self._is_due(entry)):
                self.send(entry)
                after = self._journal.get(entry.transaction_hash)
                if after is not None and after.state is State.REJECTED:
                    changed.add(entry.transaction_hash)
        self._fill_gaps(sender, waiting, head, range(max(latest, pending), _end(waiting)))
        return changed

    def _is_replaced(self, entry: Entry, deep: int) -> bool:
        return can_never_be_mined(self._transport, entry, deep) and self._journal.mark(
            entry, State.REPLACED, refusal=entry.refusal
        )

    def _is_due(self, entry: Entry) -> bool:
        since = entry.signed_at_unix if entry.sent_at_unix is None else entry.sent_at_unix
        doublings = min(max(entry.sends - 1, 0), 16)
        pause = min(RESEND_SECONDS * (1 << doublings), MAX_RESEND_SECONDS)
        return self._clock() - since >= pause

    def _fill_gaps(
        self, sender: Address, waiting: list[Entry], head: Block, nonces: Iterable[int]
    ) -> None:
        """Give each nonce that nobody holds to a transfer of nothing, so that later ones move."""
        signer = self._signers.get(sender)
        if signer is None:
            return
        rejected = {entry.nonce for entry in waiting if entry.state is State.REJECTED}
        quiet_seconds = self._clock() - max(
            (entry.signed_at_unix for entry in waiting), default=0.0
        )
        for nonce in nonces:
            if nonce not in rejected and quiet_seconds < GAP_SECONDS:
                continue
            filler = self._sign_filler(signer, nonce, head)
            if filler is not None:
                self.send(filler)

    def _may_try_again(self, filler: Entry) -> bool:
        return self._clock() - filler.signed_at_unix >= MAX_RESEND_SECONDS

    def _sign_filler(self, signer: Signer, nonce: int, head: Block) -> Entry | None:
        operation_id = OperationId(f"{FILLER_PREFIX}{signer.address}:{nonce}")
        with self._journal.exclusive():
            earlier = self._journal.current(operation_id)
            held = nonce in self._journal.held_nonces(signer.address, nonce)
            if held or (earlier is not None and not self._may_try_again(earlier)):
                return None
            signed = signer.sign_transaction(
                UnsignedTransaction(
                    chain_id=self._chain_id,
                    nonce=nonce,
                    to=signer.address,
                    data=b"",
                    gas=FILLER_GAS,
                    fees=choose_fees(
                        base_fee=head.base_fee, suggested_price=head.base_fee or 0, balance=1
                    ),
                )
            )
            filler = Entry(
                operation_id=operation_id,
                sender=signer.address,
                nonce=nonce,
                transaction_hash=signed.hash,
                raw=signed.raw,
                to=signer.address,
                data=b"",
                gas=FILLER_GAS,
                signed_at_block=head.number,
                signed_at_unix=self._clock(),
            )
            self._journal.insert(filler)
            return filler


def _end(waiting: list[Entry]) -> int:
    return max((entry.nonce for entry in waiting if entry.state is not State.REJECTED), default=0)
