"""The outbox: a write is signed, persisted, sent, and followed by its hash until it is settled."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from dataledger.chain.answers import Receipt
from dataledger.chain.connection import Connection
from dataledger.chain.home import home_directory
from dataledger.chain.identifiers import ChainIdentity, OperationId
from dataledger.chain.outbox.delivery import Delivery, Observer, Pass, Step, ignore
from dataledger.chain.outbox.foresight import Outlook, foresee
from dataledger.chain.outbox.journal import Journal
from dataledger.chain.outbox.states import UNRESOLVED, Entry, State
from dataledger.chain.outbox.submission import Order, Submission, outcome
from dataledger.chain.outbox.watcher import Watcher
from dataledger.chain.signer import Signer, UnsignedTransaction
from dataledger.contracts.identifiers import Address
from dataledger.errors import (
    Conflict,
    ConnectionFailed,
    NodeError,
    OutboxError,
    TransactionPending,
    WrongChain,
    shown,
)

WAIT_POLL_SECONDS = 1.0
"""How often a waiting thread looks into the file, where another process may have settled it."""


class Outbox:
    """The one way by which transactions leave this machine for one chain.

    What holds, whatever breaks off in between (a test kills the process at each point):

    - Nothing is sent that is not on disk, so nothing that was sent is forgotten.
    - The same operation is not signed twice, unless it is proven that its earlier transaction can
      never be mined, so nothing is done twice. One thing is the caller's: an operation that is
      confirmed can be submitted again, and is then only simulated; every write must be refused by
      its contract when it is repeated (or be submitted with `once`).
    - A nonce is given to one transaction, across threads and processes that share the file.

    Threads, not coroutines: `submit` returns after sending, `Submission.wait` blocks, and one
    thread follows all that is in flight.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        home: Path | None = None,
        observer: Observer = ignore,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the outbox of `connection`'s chain in `home` (default: the user's).

        `observer` is told every step, such as for a display of progress.

        Raises:
            OutboxError: The file is locked, damaged, or of another chain.
        """
        self._connection = connection
        self._identity = connection.profile.identity
        self._observer = observer
        self._clock = clock
        self._journal = Journal(outbox_path(self._identity, home), self._identity)
        self._delivery = Delivery(connection, self._journal, observer=observer, clock=clock)
        self._settled = threading.Condition()
        self._watcher = Watcher(self._delivery.run, self._announce)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop following. What is in flight stays in the file, for the next one who opens it."""
        self._watcher.close()
        self._journal.close()

    def submit(
        self,
        signer: Signer,
        operation_id: OperationId,
        *,
        to: Address | None,
        data: bytes,
        gas: int | None = None,
        once: bool = False,
    ) -> Submission:
        """Simulate, sign, persist and send a call; return without waiting for it to be mined.

        An operation that is unresolved is joined instead, whoever submitted it. Otherwise the call
        is simulated on the pending block, and only signed when it succeeds. That the node does not
        answer after that is no error here: the transaction is on disk and will be sent again.

        Args:
            signer: Whose transaction it becomes.
            operation_id: What is to be achieved; the same for every attempt at it.
            to: The contract; None to create one.
            data: Function selector and arguments, or creation code and arguments.
            gas: The limit; None to estimate it.
            once: Return a confirmed operation's submission instead of attempting it again, for
                writes that a contract cannot refuse when they are repeated, such as its creation.

        Raises:
            Reverted: The contract refuses the call; nothing was signed.
            Conflict: The operation is unresolved with another call.
            TransactionPending: An earlier attempt was rejected, and it is not yet proven that it
                cannot be mined.
            ConnectionFailed, NodeError: The chain cannot be asked; nothing was signed.
            WrongChain: The signer is bound to another chain, or a node now serves another one.
            OutboxError: The file cannot be written; nothing was sent.
        """
        self._check_binding(signer)
        self._delivery.remember(signer)
        return self._submit(Order(signer, operation_id, to, data, gas, once))

    def find(self, operation_id: OperationId) -> Submission | None:
        """Return the submission of an operation that this outbox knows, from any process."""
        entry = self._journal.current(operation_id)
        return None if entry is None else Submission(self, entry, None)

    def entry(self, operation_id: OperationId) -> Entry:
        """Return the journal's entry for an operation. Raises `OutboxError` if there is none."""
        entry = self._journal.current(operation_id)
        if entry is None:
            raise OutboxError(
                f"The outbox has no operation {shown(operation_id)}.",
                remedy="Look in the outbox of the chain and home directory it was submitted from.",
            )
        return entry

    def unresolved(self) -> list[Entry]:
        """Return what is in flight, by sender and nonce."""
        return [entry for entry in self._journal.watched() if entry.state in UNRESOLVED]

    def reconcile(self, *signers: Signer) -> int:
        """Make file and chain agree; call it after connecting. Return what is left in flight.

        What was settled and has left the chain (the devnet was killed, or a reorganisation went
        deeper than `confirmations`) is sent again; so is what was persisted and is not mined; both
        in the order of nonces. `signers` may fill gaps in their nonces; without them, the next
        submission does.

        Raises:
            ConnectionFailed, NodeError, WrongChain: The chain cannot be asked.
        """
        for signer in signers:
            self._check_binding(signer)
            self._delivery.remember(signer)
        self._delivery.recheck()
        self._announce(self._delivery.run(at_once=True))
        in_flight = len(self.unresolved())
        if in_flight:
            self._watcher.nudge()
        return in_flight

    def wait(self, submission: Submission, deadline: float) -> Receipt:
        """See `Submission.wait`. `deadline` is in terms of `time.monotonic`."""
        self._watcher.nudge_if_idle()
        while True:
            with self._settled:
                entry = self.entry(submission.operation_id)
                if entry.state in UNRESOLVED:
                    self._wait_for_news(entry, deadline)
                    continue
            if entry.state is State.REPLACED:
                submission = submission.sign_again(entry)
                continue
            return outcome(entry)

    def _wait_for_news(self, entry: Entry, deadline: float) -> None:
        if self._watcher.failure is not None:
            raise self._watcher.failure
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise self._pending(entry)
        self._watcher.nudge_if_idle()
        self._settled.wait(min(remaining, WAIT_POLL_SECONDS))

    def _submit(self, order: Order) -> Submission:
        rechecked = False
        while True:
            seen = self._journal.current(order.operation_id)
            if seen is not None and seen.state is State.REJECTED:
                self._announce(self._delivery.run())
                seen = self._journal.current(order.operation_id)
            if seen is not None and seen.state in UNRESOLVED:
                return self._join(seen, order)
            if seen is not None and order.once and seen.state is State.CONFIRMED:
                return self._submission(seen, order)
            sender = order.signer.address
            outlook = foresee(self._connection, sender, order.to, order.data, order.gas)
            lost = outlook.mined_nonces < self._journal.settled_nonces(sender)
            if lost and not rechecked:
                # The chain lost blocks, and what was settled in them must go first.
                rechecked = True
                self.reconcile()
                continue
            entry = self._sign_and_persist(order, seen, outlook)
            if entry is not None:
                break
        self._observer(Step.PERSISTED, entry)
        self._send(entry)
        self._watcher.nudge()
        return self._submission(entry, order)

    def _submission(self, entry: Entry, order: Order) -> Submission:
        return Submission(self, entry, lambda: self._submit(order))

    def _join(self, entry: Entry, order: Order) -> Submission:
        if (entry.to, entry.data) != (order.to, order.data):
            raise Conflict(
                f"The operation {entry.operation_id} is in flight with another call, as "
                f"transaction {entry.transaction_hash}.",
                remedy="Wait for it, or choose another id for what is another operation.",
            )
        self._watcher.nudge()
        return self._submission(entry, order)

    def _sign_and_persist(self, order: Order, seen: Entry | None, outlook: Outlook) -> Entry | None:
        """Return the new entry; None when the operation moved on since `seen`."""
        signer = order.signer
        with self._journal.exclusive():
            if self._journal.current(order.operation_id) != seen:
                return None
            nonce = self._choose_nonce(signer.address, seen, outlook)
            gas = outlook.gas
            while True:
                signed = signer.sign_transaction(
                    UnsignedTransaction(
                        chain_id=self._identity.chain_id,
                        nonce=nonce,
                        to=order.to,
                        data=order.data,
                        gas=gas,
                        fees=outlook.fees,
                    )
                )
                twin = self._journal.get(signed.hash)
                if twin is None or twin.operation_id == order.operation_id:
                    break
                # Another operation's rejected transaction has these very bytes.
                gas += 1
            entry = Entry(
                operation_id=order.operation_id,
                sender=signer.address,
                nonce=nonce,
                transaction_hash=signed.hash,
                raw=signed.raw,
                to=order.to,
                data=order.data,
                gas=gas,
                signed_at_block=outlook.head.number,
                signed_at_unix=self._clock(),
            )
            self._observer(Step.SIGNED, entry)
            self._journal.insert(entry)
            return entry

    def _choose_nonce(self, sender: Address, seen: Entry | None, outlook: Outlook) -> int:
        """Return the next free nonce; after a rejection, the very nonce of what was rejected.

        With one nonce only one of the two can be mined; with another, both could.
        """
        if seen is None or seen.state is not State.REJECTED:
            return self._journal.free_nonce(sender, outlook.next_nonce)
        held = self._journal.held_nonces(sender, outlook.mined_nonces)
        if seen.sender != sender or seen.nonce < outlook.mined_nonces or seen.nonce in held:
            raise TransactionPending(
                f"The node refused transaction {seen.transaction_hash} of operation "
                f"{seen.operation_id}, but nonce {seen.nonce} of {seen.sender} is not settled "
                "yet, so it could still be mined.",
                remedy=f"Submit again a little later, with the account {seen.sender}.",
                transaction_hash=seen.transaction_hash,
            )
        return seen.nonce

    def _send(self, entry: Entry) -> None:
        try:
            self._delivery.send(entry)
        except (ConnectionFailed, NodeError) as trouble:
            # It may have arrived: the watcher asks for its hash.
            self._watcher.trouble = trouble
        self._observer(Step.SENT, entry)

    def _announce(self, made: Pass) -> None:
        if made.changed or self._watcher.failure is not None:
            with self._settled:
                self._settled.notify_all()

    def _check_binding(self, signer: Signer) -> None:
        if signer.bound_to not in (None, self._identity):
            raise WrongChain(
                f"The development key {signer.address} is for {signer.bound_to} only, not for "
                f"{self._identity}: everybody knows it.",
                remedy="Create an account of your own with `dataledger account new`.",
            )

    def _pending(self, entry: Entry) -> TransactionPending:
        trouble = self._watcher.trouble
        because = f" The chain could not be asked: {trouble}" if trouble else ""
        return TransactionPending(
            f"Transaction {entry.transaction_hash} of operation {entry.operation_id} is "
            f"{entry.state}, and not settled yet.{because}",
            remedy="It is kept and will be sent again. Wait for it, or run the same command again.",
            transaction_hash=entry.transaction_hash,
        )


def outbox_path(identity: ChainIdentity, home: Path | None = None) -> Path:
    """Return where the outbox of a chain is kept in `home` (default: the user's)."""
    name = f"{identity.chain_id}-{identity.genesis_hash[2:18]}.sqlite3"
    return (home or home_directory()) / "outbox" / name
