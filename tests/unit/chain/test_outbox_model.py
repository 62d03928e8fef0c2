"""Random histories of an outbox and its chain: whatever happens, each thing is done once.

The chain is `FakeNode`. The machine submits, loses answers, kills the client at each step, restarts
the node, takes blocks away, uses nonces by another program, and in the end lets everything settle.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from fake_node import CONTRACT, FakeNode, Fault, fake_signer
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dataledger.chain.identifiers import OperationId
from dataledger.chain.outbox import Entry, Outbox, State, Step
from dataledger.chain.outbox.watcher import Watcher
from dataledger.errors import ConnectionFailed, NodeError, Reverted, TransactionPending

OPERATIONS = st.sampled_from([OperationId(f"do:{number}") for number in range(8)])
SIGNERS = st.sampled_from([fake_signer(1), fake_signer(2)])
FAULTS = st.lists(st.sampled_from(Fault), max_size=2)
REFUSALS = st.lists(
    st.sampled_from(["intrinsic gas too low", "txpool is full", "insufficient funds"]), max_size=1
)


INTERRUPTIONS = st.lists(
    st.tuples(
        st.integers(1, 16),
        st.sampled_from(["mine", "lose a block", "lose many blocks", "reorganise", "use a nonce"]),
    ),
    max_size=2,
)


class Crash(BaseException):
    """The client's process dies."""


class SleepingWatcher(Watcher):
    """Makes no passes: the machine makes them, so that every history can be repeated."""

    def nudge(self) -> None:
        """Do nothing."""


class OutboxMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.home = tempfile.TemporaryDirectory()
        self.node = FakeNode()
        self.now = 1_000_000.0
        self.dies_at: Step | None = None
        self.accepted: set[OperationId] = set()
        self.confirmations = 1
        self.outbox: Outbox

    @initialize(confirmations=st.sampled_from([1, 3]), automine=st.booleans())
    def start(self, confirmations: int, *, automine: bool) -> None:
        self.confirmations = confirmations
        self.node.automine = automine
        self.outbox = self.open()

    def open(self) -> Outbox:
        outbox = Outbox(
            self.node.connection(self.confirmations),
            home=Path(self.home.name),
            observer=self.observe,
            clock=lambda: self.now,
        )
        # A process that dies loses nothing that the operating system has; power is not the subject.
        outbox._journal._database.execute("PRAGMA synchronous = OFF")
        outbox._watcher = SleepingWatcher(outbox._delivery.run, outbox._announce)
        return outbox

    def observe(self, step: Step, _entry: Entry) -> None:
        if step is self.dies_at:
            raise Crash

    def plan(self, interruptions: list[tuple[int, str]]) -> None:
        """Let the chain move between two requests of what comes next."""
        node = self.node
        happenings: dict[str, Callable[[], None]] = {
            "mine": node.mine,
            "lose a block": lambda: node.roll_back(1, keep_pool=False),
            "lose many blocks": lambda: node.roll_back(5, keep_pool=False),
            "reorganise": lambda: node.roll_back(2, keep_pool=True),
            "use a nonce": lambda: node.use_nonce(fake_signer(1).address),
        }
        node.interruptions = [(after, happenings[what]) for after, what in interruptions]

    def live(self, action: Callable[[], object], dies_at: Step | None) -> None:
        """Do something, perhaps dying on the way, and begin a new life if so."""
        self.dies_at = dies_at
        try:
            action()
        except Crash:
            self.outbox.close()
            self.outbox = self.open()
        except (ConnectionFailed, NodeError, Reverted, TransactionPending):
            pass
        finally:
            self.dies_at = None

    @rule(
        operation=OPERATIONS,
        signer=SIGNERS,
        faults=FAULTS,
        refusals=REFUSALS,
        dies_at=st.none() | st.sampled_from(Step),
        interruptions=INTERRUPTIONS,
    )
    def submit(
        self,
        *,
        operation: OperationId,
        signer: object,
        faults: list[Fault],
        refusals: list[str],
        dies_at: Step | None,
        interruptions: list[tuple[int, str]],
    ) -> None:
        self.plan(interruptions)
        self.node.faults, self.node.refusals = list(faults), list(refusals)

        def action() -> None:
            self.outbox.submit(signer, operation, to=CONTRACT, data=operation.encode())  # type: ignore[arg-type]
            self.accepted.add(operation)

        self.live(action, dies_at)

    @rule(
        faults=FAULTS,
        refusals=REFUSALS,
        dies_at=st.none() | st.sampled_from(Step),
        seconds=st.sampled_from([0.0, 1.0, 60.0]),
        interruptions=INTERRUPTIONS,
    )
    def make_a_pass(
        self,
        faults: list[Fault],
        refusals: list[str],
        dies_at: Step | None,
        seconds: float,
        interruptions: list[tuple[int, str]],
    ) -> None:
        self.plan(interruptions)
        self.now += seconds
        self.node.faults, self.node.refusals = list(faults), list(refusals)
        self.live(self.outbox._delivery.run, dies_at)

    @rule()
    def mine(self) -> None:
        self.node.mine()

    @rule(count=st.integers(1, 6), keep_pool=st.booleans())
    def take_blocks_away(self, count: int, *, keep_pool: bool) -> None:
        self.node.roll_back(count, keep_pool=keep_pool)

    @rule()
    def forget_the_pool(self) -> None:
        self.node.pool.clear()

    @rule(signer=SIGNERS)
    def use_a_nonce_by_another_program(self, signer: object) -> None:
        self.node.use_nonce(signer.address)  # type: ignore[attr-defined]

    @rule()
    def restart_the_client(self) -> None:
        self.outbox.close()
        self.outbox = self.open()

    @invariant()
    def nothing_is_done_twice(self) -> None:
        for number in range(8):
            assert self.node.times_done(b"do:%d" % number) <= 1

    @invariant()
    def no_nonce_is_held_twice(self) -> None:
        if not hasattr(self, "outbox"):
            return
        rows = self.outbox._journal._rows(
            "SELECT count(*) AS n FROM entry WHERE state IN ('signed', 'sent')"
            " GROUP BY sender, nonce",
            (),
        )
        assert all(row["n"] == 1 for row in rows)

    def teardown(self) -> None:
        try:
            if hasattr(self, "outbox"):
                self.settle()
        finally:
            if hasattr(self, "outbox"):
                self.outbox.close()
            self.home.cleanup()

    def settle(self) -> None:
        self.node.faults, self.node.refusals, self.node.interruptions = [], [], []
        signers = [fake_signer(1), fake_signer(2)]
        undone = self.accepted
        for _ in range(1 + len(self.accepted)):
            for _ in range(6):
                self.now += 100
                self.outbox.reconcile(*signers)
                self.node.mine()
            # What was refused, or lost its nonce, is submitted again by whoever wants it done.
            entries = [self.outbox.entry(operation) for operation in sorted(self.accepted)]
            undone = {e.operation_id for e in entries if not self.node.times_done(e.data)}
            for entry in entries:
                if entry.operation_id in undone:
                    [signer] = [s for s in signers if s.address == entry.sender]
                    self.submit(
                        operation=entry.operation_id,
                        signer=signer,
                        faults=[],
                        refusals=[],
                        dies_at=None,
                        interruptions=[],
                    )
            if not undone:
                break
        assert undone == set()
        assert self.outbox.unresolved() == []
        for operation in sorted(self.accepted):
            state = self.outbox.entry(operation).state
            if state is State.CONFIRMED:
                continue
            # A contract that refuses a repetition is how a client learns that it was done.
            assert state in {State.REVERTED, State.REPLACED, State.REJECTED}, (operation, state)


TestOutboxModel = OutboxMachine.TestCase
TestOutboxModel.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
