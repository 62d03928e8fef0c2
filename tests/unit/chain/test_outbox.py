"""The outbox against a chain in plain Python: nothing is lost, nothing is done twice."""

import dataclasses
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_node import CONTRACT, REFUSAL, FakeNode, Fault, fake_signer, hash_of

from dataledger.chain.identifiers import OperationId, to_operation_id
from dataledger.chain.outbox import Entry, Outbox, State, Step, outbox_path
from dataledger.chain.outbox.delivery import RESEND_SECONDS
from dataledger.errors import (
    Conflict,
    ConnectionFailed,
    NodeError,
    NonceConflict,
    OutboxError,
    Reverted,
    TransactionPending,
    TransactionRejected,
    WrongChain,
)

SIGNER = fake_signer()
ONE = to_operation_id("do:one")
TWO = to_operation_id("do:two")
THREE = to_operation_id("do:three")


class Clock:
    """Starts at the present and moves when told."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reopen(tmp_path: Path, node: FakeNode, clock: Clock) -> Iterator[Callable[..., Outbox]]:
    """Open the outbox of the same home again, as the next process would."""
    opened: list[Outbox] = []

    def open_outbox(confirmations: int = 1, **options: object) -> Outbox:
        if opened:
            opened[-1].close()
        connection = node.connection(confirmations)
        opened.append(Outbox(connection, home=tmp_path, clock=clock, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield open_outbox
    opened[-1].close()


@pytest.fixture
def outbox(reopen: Callable[..., Outbox]) -> Outbox:
    return reopen()


def submit(outbox: Outbox, operation_id: OperationId, **options: bool) -> Entry:
    outbox.submit(SIGNER, operation_id, to=CONTRACT, data=operation_id.encode(), **options)
    return outbox.entry(operation_id)


def drive(outbox: Outbox, passes: int = 3) -> None:
    """Make passes in this thread, so that what follows them is certain."""
    for _ in range(passes):
        outbox._delivery.run(at_once=True)


class TestSubmitting:
    def test_a_submission_is_mined_and_confirmed(self, outbox: Outbox, node: FakeNode) -> None:
        submission = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")
        receipt = submission.wait(5)
        assert receipt.succeeded
        assert receipt.transaction_hash == submission.transaction_hash
        assert submission.state is State.CONFIRMED
        assert node.times_done(b"one") == 1
        assert ONE in repr(submission)

    def test_waiting_again_needs_no_chain(self, outbox: Outbox, node: FakeNode) -> None:
        submission = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")
        first = submission.wait(5)
        node.is_down = True
        assert submission.wait(0) == first

    def test_what_the_contract_refuses_is_not_signed(self, outbox: Outbox) -> None:
        outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one").wait(5)
        with pytest.raises(Reverted) as refused:
            outbox.submit(SIGNER, TWO, to=CONTRACT, data=b"one")
        assert refused.value.data == REFUSAL
        assert refused.value.transaction_hash is None
        assert outbox.find(TWO) is None

    def test_a_confirmed_operation_is_simulated_again_and_refused(self, outbox: Outbox) -> None:
        outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one").wait(5)
        with pytest.raises(Reverted):
            outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")

    def test_once_returns_what_is_confirmed(self, outbox: Outbox, node: FakeNode) -> None:
        first = outbox.submit(SIGNER, ONE, to=None, data=b"create", once=True).wait(5)
        assert first.contract_address == CONTRACT
        assert outbox.submit(SIGNER, ONE, to=None, data=b"create", once=True).wait(5) == first
        assert node.times_done(b"create") == 1

    def test_an_unresolved_operation_is_joined(self, outbox: Outbox, node: FakeNode) -> None:
        node.automine = False
        first = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")
        second = outbox.submit(fake_signer(2), ONE, to=CONTRACT, data=b"one")
        assert first.transaction_hash == second.transaction_hash
        assert len(node.pool) == 1

    def test_an_unresolved_operation_with_another_call_is_a_conflict(
        self, outbox: Outbox, node: FakeNode
    ) -> None:
        node.automine = False
        submit(outbox, ONE)
        with pytest.raises(Conflict, match="in flight with another call"):
            outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"other")

    def test_given_gas_is_simulated_with_it(self, outbox: Outbox, node: FakeNode) -> None:
        outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one", gas=77_000).wait(5)
        assert outbox.entry(ONE).gas == 77_000
        assert (node.requests["eth_call"], node.requests["eth_estimateGas"]) == (1, 0)

    def test_nothing_is_signed_when_the_chain_cannot_be_asked(
        self, outbox: Outbox, node: FakeNode
    ) -> None:
        node.is_down = True
        with pytest.raises(ConnectionFailed):
            outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")
        assert outbox.find(ONE) is None

    def test_a_refusal_to_simulate_that_is_no_revert_is_passed_on(
        self, outbox: Outbox, node: FakeNode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from fake_node import refused

        def refuse(*_: object) -> str:
            raise refused("the method is not available")

        monkeypatch.setattr(node, "eth_estimateGas", refuse)
        with pytest.raises(NodeError, match="not available"):
            submit(outbox, ONE)

    def test_a_signer_bound_to_another_chain_is_refused(self, outbox: Outbox) -> None:
        from dataledger.chain.identifiers import BlockHash, ChainIdentity

        signer = fake_signer()
        signer.bound_to = ChainIdentity(7, BlockHash("0x" + "00" * 32))
        with pytest.raises(WrongChain, match="everybody knows it"):
            outbox.submit(signer, ONE, to=CONTRACT, data=b"one")
        with pytest.raises(WrongChain):
            outbox.reconcile(signer)

    def test_many_threads_with_one_key_never_share_a_nonce(
        self, outbox: Outbox, node: FakeNode
    ) -> None:
        def work(number: int) -> None:
            for step in range(5):
                data = f"{number}:{step}".encode()
                outbox.submit(SIGNER, OperationId(data.decode()), to=CONTRACT, data=data).wait(20)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert node.blocks[-1].nonces[SIGNER.address] == 40
        assert len(node.blocks[-1].done) == 40


class TestLostAnswers:
    @pytest.mark.parametrize("fault", Fault)
    def test_the_answer_to_sending_is_not_needed(
        self, outbox: Outbox, node: FakeNode, fault: Fault
    ) -> None:
        node.faults = [fault]
        submission = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")
        drive(outbox)
        assert submission.wait(5).succeeded
        assert node.times_done(b"one") == 1
        assert node.blocks[-1].nonces[SIGNER.address] == 1

    def test_what_was_not_sent_is_due_after_a_while_and_not_before(
        self, outbox: Outbox, node: FakeNode, clock: Clock
    ) -> None:
        node.faults = [Fault.UNSENT, Fault.UNSENT]
        submit(outbox, ONE)
        outbox._watcher.close()
        sent = node.requests["eth_sendRawTransaction"]
        outbox._delivery.run()
        assert node.requests["eth_sendRawTransaction"] == sent
        clock.now += RESEND_SECONDS
        with pytest.raises(ConnectionFailed):
            outbox._delivery.run()
        clock.now += RESEND_SECONDS
        outbox._delivery.run()
        assert node.requests["eth_sendRawTransaction"] == sent + 1, "the pause doubles"
        clock.now += RESEND_SECONDS
        outbox._delivery.run()
        assert node.times_done(ONE.encode()) == 1

    def test_waiting_ends_in_pending_and_can_go_on(self, outbox: Outbox, node: FakeNode) -> None:
        node.automine = False
        submission = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")
        with pytest.raises(TransactionPending, match="not settled yet") as pending:
            submission.wait(0.05)
        assert pending.value.transaction_hash == submission.transaction_hash
        node.mine()
        assert submission.wait(5).succeeded

    def test_pending_says_why_the_chain_could_not_be_asked(
        self, outbox: Outbox, node: FakeNode
    ) -> None:
        node.automine = False
        submission = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")
        node.is_down = True
        with pytest.raises(TransactionPending, match="could not be asked: The node does not"):
            submission.wait(0.3)
        node.is_down = False
        node.mine()
        assert submission.wait(5).succeeded

    def test_a_pool_that_forgot_is_sent_to_again(self, outbox: Outbox, node: FakeNode) -> None:
        node.automine = False
        submit(outbox, ONE)
        node.pool.clear()
        drive(outbox)
        node.mine()
        drive(outbox)
        assert outbox.entry(ONE).state is State.CONFIRMED

    def test_undecided_refusals_are_tried_again(self, outbox: Outbox, node: FakeNode) -> None:
        node.refusals = ["txpool is full", "nonce too high"]
        submit(outbox, ONE)
        drive(outbox)
        assert outbox.entry(ONE).state is State.CONFIRMED


class Crash(BaseException):
    """The process dies."""


class TestCrashes:
    @pytest.mark.parametrize("step", Step)
    def test_at_each_step(self, reopen: Callable[..., Outbox], node: FakeNode, step: Step) -> None:
        def die(reached: Step, _entry: Entry) -> None:
            if reached is step:
                raise Crash

        outbox = reopen(observer=die)
        outbox._watcher.close()  # the pass below takes its place

        def live() -> None:
            submit(outbox, ONE)
            drive(outbox, 1)

        with pytest.raises(Crash):
            live()
        outbox = reopen()
        outbox.reconcile()
        if step is Step.SIGNED:
            assert outbox.find(ONE) is None, "what was only in memory was not sent"
            assert node.times_done(ONE.encode()) == 0
            submit(outbox, ONE)
        drive(outbox)
        assert outbox.entry(ONE).state is State.CONFIRMED
        assert node.times_done(ONE.encode()) == 1
        assert node.blocks[-1].nonces[SIGNER.address] == 1

    def test_found_operations_can_be_waited_for(
        self, reopen: Callable[..., Outbox], node: FakeNode
    ) -> None:
        node.automine = False
        submit(reopen(), ONE)
        outbox = reopen()
        found = outbox.find(ONE)
        assert found is not None
        assert [entry.operation_id for entry in outbox.unresolved()] == [ONE]
        node.mine()
        assert found.wait(5).succeeded
        assert outbox.unresolved() == []


class TestRollbacks:
    def test_what_was_confirmed_and_is_gone_is_sent_again(
        self, outbox: Outbox, node: FakeNode
    ) -> None:
        for operation in (ONE, TWO, THREE):
            outbox.submit(SIGNER, operation, to=CONTRACT, data=operation.encode()).wait(5)
        node.roll_back(2, keep_pool=False)
        assert outbox.reconcile() in (0, 2)
        drive(outbox)
        assert len(node.blocks[-1].done) == 3
        assert {outbox.entry(operation).state for operation in (ONE, TWO, THREE)} == {
            State.CONFIRMED
        }

    def test_a_chain_that_lost_everything_gets_everything_again(
        self, reopen: Callable[..., Outbox], node: FakeNode
    ) -> None:
        outbox = reopen()
        operations = [OperationId(f"do:{number}") for number in range(150)]
        for operation in operations:
            submit(outbox, operation)
        drive(outbox)
        node.roll_back(1_000, keep_pool=False)
        outbox = reopen()
        outbox.reconcile()
        drive(outbox)
        assert len(node.blocks[-1].done) == 150
        assert outbox.unresolved() == []

    def test_submitting_notices_lost_blocks(self, outbox: Outbox, node: FakeNode) -> None:
        outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one").wait(5)
        node.roll_back(1, keep_pool=False)
        outbox.submit(SIGNER, TWO, to=CONTRACT, data=b"two").wait(5)
        drive(outbox)
        assert node.times_done(b"one") == node.times_done(b"two") == 1

    def test_a_running_outbox_notices_lost_blocks(self, outbox: Outbox, node: FakeNode) -> None:
        outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one").wait(5)
        node.roll_back(1, keep_pool=False)
        node.automine = False
        outbox._delivery.send(submit(outbox, TWO))
        drive(outbox)
        node.mine()
        drive(outbox)
        assert node.times_done(b"one") + node.times_done(ONE.encode()) == 1
        assert node.times_done(TWO.encode()) == 1

    def test_a_node_that_only_lags_changes_nothing(
        self, outbox: Outbox, node: FakeNode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one").wait(5)
        monkeypatch.setattr(node, "eth_getTransactionCount", lambda *_: "0x0")
        submit(outbox, TWO)
        monkeypatch.undo()
        drive(outbox)
        assert node.times_done(TWO.encode()) == 1
        assert node.blocks[-1].nonces[SIGNER.address] == 2

    def test_a_transaction_below_the_depth_can_leave_its_block(
        self, reopen: Callable[..., Outbox], node: FakeNode
    ) -> None:
        outbox = reopen(confirmations=3)
        submission = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")
        drive(outbox)
        assert outbox.entry(ONE).state is State.MINED
        drive(outbox)
        node.roll_back(1, keep_pool=False)
        node.automine = False
        drive(outbox)
        assert outbox.entry(ONE).state is State.SENT
        for _ in range(3):
            node.mine()
            drive(outbox)
        assert submission.state is State.CONFIRMED
        assert node.times_done(b"one") == 1

    def test_an_operation_that_reverted_and_was_repeated_keeps_its_success(
        self, reopen: Callable[..., Outbox], node: FakeNode
    ) -> None:
        node.automine = False
        outbox = reopen()
        submit(outbox, ONE)
        outbox.submit(fake_signer(2), TWO, to=CONTRACT, data=ONE.encode())
        node.mine()
        drive(outbox)
        states = {outbox.entry(operation).state for operation in (ONE, TWO)}
        assert states == {State.CONFIRMED, State.REVERTED}
        node.roll_back(1, keep_pool=False)
        outbox.reconcile()
        node.mine()
        drive(outbox)
        assert {outbox.entry(operation).state for operation in (ONE, TWO)} == states
        assert node.times_done(ONE.encode()) == 1


class TestReverts:
    def test_a_mined_revert_carries_what_the_contract_returned(
        self, outbox: Outbox, node: FakeNode
    ) -> None:
        node.automine = False
        first = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"same")
        second = outbox.submit(SIGNER, TWO, to=CONTRACT, data=b"same")
        node.mine()
        node.mine()
        first.wait(5)
        with pytest.raises(Reverted) as reverted:
            second.wait(5)
        # Both stand in one block, before which the call succeeds: nothing can be told.
        assert reverted.value.data == b""
        assert reverted.value.transaction_hash == second.transaction_hash
        assert second.state is State.REVERTED

    def test_a_revert_on_the_state_before_its_block_is_replayed(
        self, outbox: Outbox, node: FakeNode
    ) -> None:
        node.automine = False
        submission = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"same")
        [[key, waiting]] = node.pool.items()
        node.pool = {
            (fake_signer(2).address, 0): dataclasses.replace(
                waiting, sender=fake_signer(2).address, hash=hash_of(b"another")
            )
        }
        node.mine()
        node.pool = {key: waiting}
        node.mine()
        with pytest.raises(Reverted) as reverted:
            submission.wait(5)
        assert reverted.value.data == REFUSAL

    def test_a_failed_creation_is_replayed(self, outbox: Outbox, node: FakeNode) -> None:
        node.automine = False
        outbox.submit(SIGNER, ONE, to=None, data=b"same")
        again = outbox.submit(SIGNER, TWO, to=None, data=b"same")
        node.mine()
        with pytest.raises(Reverted):
            again.wait(5)


class TestForeignTransactions:
    def test_a_used_nonce_is_proven_and_the_operation_signed_again(
        self, outbox: Outbox, node: FakeNode
    ) -> None:
        node.automine = False
        submission = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")
        node.use_nonce(SIGNER.address)
        node.automine = True
        assert submission.wait(5).transaction_hash != submission.transaction_hash
        assert outbox.entry(ONE).nonce == 1
        assert node.times_done(b"one") == 1

    @pytest.mark.parametrize("keeps_old_states", [True, False])
    def test_a_found_operation_cannot_be_signed_again(
        self, reopen: Callable[..., Outbox], node: FakeNode, *, keeps_old_states: bool
    ) -> None:
        outbox = reopen()
        submit(outbox, THREE)
        drive(outbox)
        node.automine = False
        submit(outbox, ONE)
        node.use_nonce(SIGNER.address)
        node.mine()
        node.keeps_old_states = keeps_old_states
        found = reopen().find(ONE)
        assert found is not None
        with pytest.raises(NonceConflict, match="Another program used nonce 1"):
            found.wait(5)

    def test_a_missing_receipt_proves_nothing(
        self, outbox: Outbox, node: FakeNode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(node, "eth_getTransactionReceipt", lambda _hash: None)
        submit(outbox, ONE)
        drive(outbox)
        assert outbox.entry(ONE).state is State.SENT
        monkeypatch.undo()
        drive(outbox)
        assert outbox.entry(ONE).state is State.CONFIRMED

    def test_a_used_nonce_that_is_not_deep_enough_proves_nothing(
        self, reopen: Callable[..., Outbox], node: FakeNode
    ) -> None:
        node.automine = False
        outbox = reopen(confirmations=3)
        submit(outbox, ONE)
        node.use_nonce(SIGNER.address)
        drive(outbox)
        assert outbox.entry(ONE).state is State.SENT
        node.mine()
        node.mine()
        drive(outbox)
        assert outbox.entry(ONE).state is State.REPLACED

    @pytest.mark.parametrize("requests", range(1, 8))
    def test_answers_from_two_chains_are_no_proof(
        self, outbox: Outbox, node: FakeNode, requests: int
    ) -> None:
        from dataledger.chain.outbox.proof import can_never_be_mined

        submit(outbox, THREE)
        entry = submit(outbox, ONE)
        node.keeps_old_states = False

        def reorganise() -> None:
            # The block that holds the transaction makes way for another one.
            node.roll_back(1, keep_pool=False)
            node.mine()

        node.interruptions = [(requests, reorganise)]
        assert not can_never_be_mined(node, entry, 2)

    @pytest.mark.parametrize("keeps_old_states", [True, False])
    def test_a_count_of_nonces_without_the_other_transaction_is_no_proof(
        self,
        outbox: Outbox,
        node: FakeNode,
        monkeypatch: pytest.MonkeyPatch,
        keeps_old_states: bool,  # noqa: FBT001 - a parameter of the test
    ) -> None:
        from dataledger.chain.outbox.proof import can_never_be_mined

        node.automine = False
        entry = submit(outbox, ONE)
        node.roll_back(0, keep_pool=False)
        node.mine()
        node.keeps_old_states = keeps_old_states
        # As anvil, restarted on accounts that were a transaction ahead of its blocks.
        monkeypatch.setattr(node, "eth_getTransactionCount", lambda *_: hex(entry.nonce + 1))
        assert not can_never_be_mined(node, entry, 1)

    def test_a_node_without_blocks_is_no_proof(
        self, outbox: Outbox, node: FakeNode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from dataledger.chain.outbox.proof import can_never_be_mined

        node.automine = False
        entry = submit(outbox, ONE)
        assert not can_never_be_mined(node, entry, 0)
        assert not can_never_be_mined(node, entry, 9)
        node.use_nonce(SIGNER.address)
        block = node.request("eth_getBlockByNumber", ["0x1", False])
        del block["transactions"]
        monkeypatch.setattr(node, "eth_getBlockByNumber", lambda *_: block)
        with pytest.raises(NodeError, match="block's transactions"):
            can_never_be_mined(node, entry, 1)


class TestRejections:
    def test_a_rejection_is_told_and_its_nonce_used_again(
        self, outbox: Outbox, node: FakeNode
    ) -> None:
        node.refusals = ["intrinsic gas too low"]
        submission = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")
        with pytest.raises(TransactionRejected, match="intrinsic gas too low"):
            submission.wait(5)
        assert outbox.entry(ONE).state is State.REJECTED
        outbox.submit(SIGNER, TWO, to=CONTRACT, data=b"two").wait(5)
        assert outbox.entry(TWO).nonce == 0
        drive(outbox)
        assert submission.state is State.REPLACED

    def test_it_can_be_submitted_again_with_its_nonce(self, outbox: Outbox, node: FakeNode) -> None:
        node.refusals = ["insufficient funds for gas * price + value"]
        rejected = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")
        assert rejected.state is State.REJECTED
        again = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")
        assert again.wait(5).succeeded
        assert outbox.entry(ONE).nonce == 0
        assert node.times_done(b"one") == 1

    def test_the_same_bytes_of_another_operation_are_told_apart(
        self, outbox: Outbox, node: FakeNode
    ) -> None:
        node.refusals = ["insufficient funds"]
        submit(outbox, ONE)
        outbox.submit(SIGNER, TWO, to=CONTRACT, data=ONE.encode()).wait(5)
        assert outbox.entry(TWO).gas == outbox.entry(ONE).gas + 1

    def test_later_nonces_are_not_blocked(self, outbox: Outbox, node: FakeNode) -> None:
        node.automine = False
        node.faults = [Fault.UNSENT]
        submit(outbox, ONE)
        submit(outbox, TWO)
        outbox._watcher.close()
        node.refusals = ["transaction type not supported"]
        drive(outbox)
        node.mine()
        drive(outbox)
        assert outbox.entry(TWO).state is State.CONFIRMED
        assert outbox.entry(ONE).state is State.REPLACED
        assert node.blocks[-1].nonces[SIGNER.address] == 2, "a filler took the free nonce"

    def test_a_filler_that_is_rejected_is_tried_again_after_a_while(
        self, outbox: Outbox, node: FakeNode, clock: Clock
    ) -> None:
        node.automine = False
        node.faults = [Fault.UNSENT]
        submit(outbox, ONE)
        submit(outbox, TWO)
        outbox._watcher.close()
        node.refusals = ["transaction type not supported"] * 2
        sent = node.requests["eth_sendRawTransaction"]
        drive(outbox, 5)
        assert outbox.entry(TWO).state is State.SENT
        assert node.requests["eth_sendRawTransaction"] == sent + 2 + 5, "the filler once"
        clock.now += 30
        drive(outbox)
        node.mine()
        drive(outbox)
        assert outbox.entry(TWO).state is State.CONFIRMED

    def test_without_the_signer_a_gap_waits_for_the_next_submission(
        self, reopen: Callable[..., Outbox], node: FakeNode
    ) -> None:
        node.automine = False
        node.faults = [Fault.UNSENT]
        outbox = reopen()
        submit(outbox, ONE)
        submit(outbox, TWO)
        outbox = reopen()
        node.refusals = ["transaction type not supported"]
        outbox.reconcile()
        assert outbox.entry(ONE).state is State.REJECTED
        submit(outbox, THREE)
        assert outbox.entry(THREE).nonce == 0
        node.mine()
        drive(outbox)
        assert {outbox.entry(operation).state for operation in (TWO, THREE)} == {State.CONFIRMED}

    def test_an_unproven_rejection_is_not_signed_with_another_nonce(
        self, reopen: Callable[..., Outbox], node: FakeNode
    ) -> None:
        node.automine = False
        outbox = reopen(confirmations=5)
        node.refusals = ["insufficient funds"]
        submit(outbox, ONE)
        submit(outbox, TWO)
        node.mine()
        with pytest.raises(TransactionPending):
            submit(outbox, ONE)
        for _ in range(5):
            node.mine()
        submit(outbox, ONE)
        assert outbox.entry(ONE).nonce == 1

    def test_a_rejection_is_not_signed_again_with_another_key(
        self, outbox: Outbox, node: FakeNode
    ) -> None:
        node.refusals = ["insufficient funds"]
        submit(outbox, ONE)
        with pytest.raises(TransactionPending, match="could still be mined"):
            outbox.submit(fake_signer(2), ONE, to=CONTRACT, data=ONE.encode())

    def test_a_rejected_transaction_that_is_mined_after_all_counts(
        self, reopen: Callable[..., Outbox], node: FakeNode
    ) -> None:
        node.automine = False
        outbox = reopen(confirmations=2)
        node.refusals = ["insufficient funds"]
        entry = submit(outbox, ONE)
        node.request("eth_sendRawTransaction", ["0x" + entry.raw.hex()])
        node.mine()
        drive(outbox)
        assert outbox.entry(ONE).state is State.MINED
        node.roll_back(1, keep_pool=True)
        drive(outbox)
        assert outbox.entry(ONE).state is State.REJECTED
        node.mine()
        node.mine()
        drive(outbox)
        assert outbox.entry(ONE).state is State.CONFIRMED

    def test_a_gap_that_nobody_holds_is_filled_after_a_while(
        self, outbox: Outbox, node: FakeNode, clock: Clock
    ) -> None:
        node.automine = False
        node.use_nonce(SIGNER.address)
        submit(outbox, ONE)
        outbox._watcher.close()
        node.roll_back(1, keep_pool=False)
        drive(outbox)
        node.mine()
        assert node.times_done(ONE.encode()) == 0
        clock.now += 10
        drive(outbox)
        node.mine()
        drive(outbox)
        assert outbox.entry(ONE).state is State.CONFIRMED
        assert node.blocks[-1].nonces[SIGNER.address] == 2


class TestTheFile:
    def test_only_its_owner_can_read_it(self, outbox: Outbox) -> None:
        submit(outbox, ONE)
        path = outbox._journal.path
        assert path.parent.name == "outbox"
        for file in path.parent.iterdir():
            assert file.stat().st_mode & 0o777 == 0o600, file
        assert path.parent.stat().st_mode & 0o777 == 0o700

    def test_each_chain_has_its_own(self, tmp_path: Path, node: FakeNode) -> None:
        other = FakeNode(_block_count=50)
        paths = {outbox_path(n.connection().profile.identity, tmp_path) for n in (node, other)}
        assert len(paths) == 2

    def test_of_another_chain_is_refused(
        self, reopen: Callable[..., Outbox], node: FakeNode, tmp_path: Path
    ) -> None:
        reopen().close()
        other = FakeNode(_block_count=50)
        outbox_path(node.connection().profile.identity, tmp_path).rename(
            outbox_path(other.connection().profile.identity, tmp_path)
        )
        with pytest.raises(OutboxError, match=r"is of chain 7 with .*, not of chain 7"):
            Outbox(other.connection(), home=tmp_path)

    @pytest.mark.parametrize("content", [b"not a database" * 100, None])
    def test_damaged_or_foreign_is_refused(
        self, node: FakeNode, tmp_path: Path, content: bytes | None
    ) -> None:
        path = outbox_path(node.connection().profile.identity, tmp_path)
        path.parent.mkdir(parents=True)
        if content is None:
            with sqlite3.connect(path) as database:
                database.execute("PRAGMA user_version = 9")
            database.close()
        else:
            path.write_bytes(content)
        with pytest.raises(OutboxError):
            Outbox(node.connection(), home=tmp_path)

    def test_an_unknown_operation_is_named(self, outbox: Outbox) -> None:
        with pytest.raises(OutboxError, match="do:one"):
            outbox.entry(ONE)
        assert outbox.find(ONE) is None

    def test_a_closed_outbox_says_so(self, node: FakeNode, tmp_path: Path) -> None:
        with Outbox(node.connection(), home=tmp_path) as outbox:
            submission = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")
        with pytest.raises(OutboxError, match="closed"):
            submission.wait(1)
        outbox._watcher.nudge()
        assert outbox._watcher._closing.is_set()

    def test_what_ends_the_watcher_reaches_who_waits(
        self, outbox: Outbox, node: FakeNode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def another_chain(*_: object) -> None:
            raise WrongChain("The node serves another chain.", remedy="-")

        node.automine = False
        submission = outbox.submit(SIGNER, ONE, to=CONTRACT, data=b"one")
        monkeypatch.setattr(node, "eth_getTransactionReceipt", another_chain)
        with pytest.raises(WrongChain):
            submission.wait(5)
        monkeypatch.undo()
        node.mine()
        assert submission.wait(5).succeeded
