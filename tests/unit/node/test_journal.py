"""The node's journal: the steps of runs, their answers, and nonces."""

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dataledger.contracts.identifiers import Address, Commitment, DatasetId, GrantId, OrgId, RunId
from dataledger.contracts.use_types import NO_COST, Cost
from dataledger.errors import NodeConfigError
from dataledger.hashing import Digest, Hash32
from dataledger.node.journal import Journal
from dataledger.node.states import NEXT, KeptRun, RunKey, State
from dataledger.node.work import Answer

CONTRACT = Address("0x52908400098527886E0F7030069857D2E4169EE7")
KEY = Address("0x8617E340B3D01FA5F11F306F4090FD50E238070D")
ANSWER = Answer(b"between 17 and 23", "text/plain")
LARGEST = Cost(2**64 - 1, 2**64 - 1)


def id_of(number: int) -> Hash32:
    return Hash32(number.to_bytes(32))


def new_run(number: int = 1, cost: Cost = LARGEST) -> KeptRun:
    return KeptRun(
        key=RunKey(GrantId(id_of(7)), RunId(id_of(number))),
        kind="query",
        by=KEY,
        consumer=OrgId(2**32 - 1),
        dataset=DatasetId(id_of(9)),
        version=2**32 - 1,
        commitment=Commitment(id_of(3)),
        code=Digest.of(b"code"),
        environment=Digest.of(b"environment"),
        cost=cost,
        received_at_unix=1_790_000_000,
    )


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "state", 31337, CONTRACT)
    yield opened
    opened.close()


def moved(journal: Journal, run: KeptRun, *states: State) -> KeptRun:
    """Return a run that went through these states."""
    for state in states:
        found = (
            journal.keep_answer(run, ANSWER)
            if state is State.COMPUTED
            else journal.move(run, state, ended_at_unix=100)
        )
        assert found is not None
        run = found
    return run


TO_COMPUTED = (State.RESERVING, State.RESERVED, State.COMPUTING, State.COMPUTED)
TO_SETTLED = (*TO_COMPUTED, State.SETTLING, State.SETTLED)


def test_a_run_is_kept_as_it_is(journal: Journal) -> None:
    run = new_run()
    assert journal.add(run)
    assert journal.get(run.key) == run
    assert journal.get(new_run(2).key) is None


def test_an_id_is_taken_once(journal: Journal) -> None:
    assert journal.add(new_run())
    assert not journal.add(replace(new_run(), cost=NO_COST))
    kept = journal.get(new_run().key)
    assert kept is not None
    assert kept.cost == LARGEST


def test_it_is_there_after_the_journal_was_closed(tmp_path: Path) -> None:
    first = Journal(tmp_path, 31337, CONTRACT)
    first.add(new_run())
    run = moved(first, new_run(), *TO_COMPUTED)
    first.close()
    first.close()
    second = Journal(tmp_path, 31337, CONTRACT)
    assert second.open_runs() == [run]
    assert (run.spent, run.output) == (LARGEST, Digest.of(ANSWER.content))
    second.close()


def test_an_answer_is_given_once_its_run_is_settled(journal: Journal) -> None:
    run = new_run()
    journal.add(run)
    for state in TO_SETTLED:
        assert journal.answer(run) is None
        run = moved(journal, run, state)
    assert journal.answer(run) == ANSWER
    assert journal.open_runs() == []


def test_a_run_that_was_settled_otherwise_loses_its_answer(journal: Journal) -> None:
    journal.add(new_run())
    run = moved(journal, new_run(), *TO_COMPUTED, State.SETTLING, State.FAILED)
    assert journal.answer(run) is None
    assert answers_in(journal) == 0


def answers_in(journal: Journal) -> int:
    with sqlite3.connect(journal.path) as database:
        [count] = database.execute("SELECT count(*) FROM answer").fetchone()
    database.close()
    return int(count)


def test_a_step_is_taken_once(journal: Journal) -> None:
    run = new_run()
    journal.add(run)
    assert journal.move(run, State.RESERVING) is not None
    assert journal.move(run, State.RESERVING) is None
    assert journal.move(run, State.REFUSED) is None


@pytest.mark.parametrize("state", list(State))
def test_no_step_is_taken_that_leads_nowhere(journal: Journal, state: State) -> None:
    run = replace(new_run(), state=state)
    for other in set(State) - NEXT[state]:
        with pytest.raises(ValueError, match=f"goes from {state} to {other}"):
            journal.move(run, other)
    with pytest.raises(ValueError, match="with"):
        journal.move(new_run(), State.RESERVING, cost=NO_COST)


def test_only_one_of_many_threads_takes_a_step(journal: Journal) -> None:
    run = new_run()
    journal.add(run)
    taken: list[bool] = []

    def take() -> None:
        taken.append(journal.move(run, State.RESERVING) is not None)

    threads = [threading.Thread(target=take) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken.count(True) == 1


def test_a_nonce_is_new_once_and_for_its_key(journal: Journal) -> None:
    assert journal.remember(KEY, id_of(1), 1000)
    assert not journal.remember(KEY, id_of(1), 2000)
    assert journal.remember(CONTRACT, id_of(1), 1000)
    assert journal.remember(KEY, id_of(2), 1000)


def test_what_is_old_is_forgotten(journal: Journal) -> None:
    journal.remember(KEY, id_of(1), 1000)
    journal.remember(KEY, id_of(2), 1001)
    journal.add(new_run())
    run = moved(journal, new_run(), *TO_SETTLED)
    assert journal.forget(1001, answers_before_unix=100) == 0
    assert journal.remember(KEY, id_of(1), 1000)
    assert not journal.remember(KEY, id_of(2), 1000)
    assert journal.answer(run) == ANSWER
    assert journal.forget(1001, answers_before_unix=101) == 1
    assert journal.answer(run) is None
    assert journal.get(run.key) == run


def test_a_deleted_answer_is_in_no_file(journal: Journal) -> None:
    journal.add(new_run())
    moved(journal, new_run(), *TO_SETTLED)

    def holding() -> list[Path]:
        return [
            path for path in journal.path.parent.iterdir() if ANSWER.content in path.read_bytes()
        ]

    assert holding()
    journal.forget(0, answers_before_unix=101)
    assert holding() == []


def test_only_its_owner_reads_it(journal: Journal) -> None:
    journal.add(new_run())
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in journal.path.parent.iterdir()}
    assert modes == {0o600}


def test_one_process_has_it_open(journal: Journal) -> None:
    with pytest.raises(NodeConfigError, match="Another process has the node's journal"):
        Journal(journal.path.parent, 31337, CONTRACT)
    journal.close()
    Journal(journal.path.parent, 31337, CONTRACT).close()


def test_a_killed_process_leaves_it_free(tmp_path: Path) -> None:
    program = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from dataledger.node.journal import Journal\n"
        f"journal = Journal(Path({str(tmp_path)!r}), 31337, {CONTRACT!r})\n"
        f"journal.remember({KEY!r}, bytes(32), 5)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=False)
    assert ended.returncode == -9
    journal = Journal(tmp_path, 31337, CONTRACT)
    assert not journal.remember(KEY, id_of(0), 5)
    journal.close()


def test_a_journal_is_of_one_contract(tmp_path: Path) -> None:
    Journal(tmp_path, 31337, CONTRACT).close()
    with pytest.raises(NodeConfigError, match=r"on chain 31337, not of .* on chain 1"):
        Journal(tmp_path, 1, CONTRACT)
    with pytest.raises(NodeConfigError, match=f"not of {KEY} on chain 31337"):
        Journal(tmp_path, 31337, KEY)


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    Journal(tmp_path, 31337, CONTRACT).close()
    with sqlite3.connect(tmp_path / "journal.sqlite3") as database:
        database.execute("PRAGMA user_version = 2")
    database.close()
    with pytest.raises(NodeConfigError, match="no journal of this version \\(it says 2\\)"):
        Journal(tmp_path, 31337, CONTRACT)
    other = tmp_path / "other"
    other.mkdir()
    (other / "journal.sqlite3").write_bytes(os.urandom(8192))
    with pytest.raises(NodeConfigError, match="cannot be used"):
        Journal(other, 31337, CONTRACT)


def test_a_step_that_cannot_be_written_is_not_taken(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    journal.add(run)
    real = journal._database

    class Full:
        """A database whose disk is full when it commits."""

        in_transaction = True

        def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
            if statement == "COMMIT":
                raise sqlite3.OperationalError("database or disk is full")
            return real.execute(statement, *values)  # type: ignore[arg-type]  # as it was called

    with monkeypatch.context() as patched:
        patched.setattr(journal, "_database", Full())
        with pytest.raises(NodeConfigError, match="disk is full"):
            journal.move(run, State.RESERVING)
    assert journal.get(run.key) == run
    assert journal.move(run, State.RESERVING) is not None


class Steps(RuleBasedStateMachine):
    """Any steps of a run, with the journal opened anew at any time."""

    @initialize()
    def begin(self) -> None:

        self.folder = tempfile.TemporaryDirectory()
        self.journal = Journal(Path(self.folder.name), 1, CONTRACT)
        self.run = new_run()
        assert self.journal.add(self.run)

    @rule()
    def open_anew(self) -> None:
        self.journal.close()
        self.journal = Journal(Path(self.folder.name), 1, CONTRACT)

    @precondition(lambda self: self.run.state.is_open)
    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        to = data.draw(st.sampled_from(sorted(NEXT[self.run.state])))
        self.run = moved(self.journal, self.run, to)

    @invariant()
    def only_a_settled_run_has_an_answer(self) -> None:
        assert self.journal.get(self.run.key) == self.run
        found = self.journal.answer(self.run)
        assert (found == ANSWER) == (self.run.state is State.SETTLED)
        assert (self.journal.open_runs() == [self.run]) == self.run.state.is_open

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self.journal.close()
            self.folder.cleanup()


Steps.TestCase.settings = settings(max_examples=25, stateful_step_count=15)
TestSteps = Steps.TestCase
