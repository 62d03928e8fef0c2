"""An owner's node whose chain does not answer: what is not settled waits, and nothing is lost."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from engines import FakeWork, Site, answer, reason
from uses import COST, Parties

from dataledger.chain.development_keys import development_signer
from dataledger.chain.identifiers import ChainIdentity
from dataledger.errors import (
    AnswerWithheld,
    ConnectionFailed,
    NodeConfigError,
    NotFound,
    Refused,
    TransactionPending,
)
from dataledger.ledger import Cost, GrantId, Outcome, ProjectId, Quorum, RunState, new_run_id
from dataledger.node.engine import Engine
from dataledger.node.states import State
from dataledger.node.work import Answer, Holding


@pytest.fixture(scope="module")
def shared(parties: Parties, project: ProjectId, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site.of(parties, tmp_path_factory.mktemp("site"), project)


@pytest.fixture
def site(shared: Site, tmp_path: Path) -> Site:
    return shared.alone(tmp_path)


@pytest.fixture(scope="module")
def grant(shared: Site) -> GrantId:
    return shared.grant()


@contextmanager
def broken(site: Site, method: str, *, after: bool = False) -> Iterator[None]:
    """Have a method of `ledger.runs` fail, before or after it did its work."""
    real = getattr(site.ledger.runs, method)

    def fail(*given: Any, **named: Any) -> Any:
        if after:
            real(*given, **named)
            raise TransactionPending("Not yet.", remedy="Wait.", transaction_hash="0x00")
        raise ConnectionFailed("No node answers.", remedy="Start one.")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(site.ledger.runs, method, fail)
        yield


def outcome(site: Site, grant: GrantId, run: Any) -> tuple[Outcome, Cost]:
    receipt = site.ledger.runs.get(grant, run).receipt
    assert receipt is not None
    return receipt.outcome, receipt.spent


@pytest.mark.parametrize("after", [False, True])
def test_an_answer_that_is_not_settled_waits(site: Site, grant: GrantId, *, after: bool) -> None:
    run = new_run_id()
    with site.engine() as engine, broken(site, "settle", after=after):
        with pytest.raises((ConnectionFailed, TransactionPending)):
            site.run(engine, grant, run=run)
        with pytest.raises((ConnectionFailed, TransactionPending)):
            site.fetch(engine, grant, run)
        assert [left.state for left in engine.recover().left] == [State.SETTLING]
    with site.engine() as engine:
        assert site.fetch(engine, grant, run).answer == answer(held(engine))
        assert engine.recover().ended == ()
    assert outcome(site, grant, run) == (Outcome.RELEASED, COST)


def held(engine: Engine) -> Holding:
    [version] = engine._holdings.of(engine.held()[0].dataset)
    return version.for_consumer(1, engine._config.rules, Path())  # type: ignore[arg-type]  # any number


@pytest.mark.parametrize("after", [False, True])
def test_a_reservation_that_is_not_confirmed_is_given_back(
    site: Site, grant: GrantId, *, after: bool
) -> None:
    run, computed = new_run_id(), []

    def compute(holding: Holding) -> Answer:
        computed.append(1)
        return answer(holding)

    with site.engine() as engine:
        pending = pytest.raises((ConnectionFailed, TransactionPending))
        with broken(site, "reserve", after=after), pending:
            site.run(engine, grant, FakeWork(computed=compute), run=run)
        engine.sweep()
        with pytest.raises(AnswerWithheld, match="interrupted"):
            site.fetch(engine, grant, run)
    assert outcome(site, grant, run) == (Outcome.FAILED, Cost())
    assert computed == []


@pytest.mark.parametrize("after", [False, True])
def test_what_was_revoked_before_it_was_confirmed_is_given_back_too(
    site: Site, *, after: bool
) -> None:
    grant, run = site.grant(), new_run_id()
    pending = pytest.raises((ConnectionFailed, TransactionPending))
    with site.engine() as engine:
        with broken(site, "reserve", after=after), pending:
            site.run(engine, grant, run=run)
        site.parties.owner.uses.revoke(grant, "changed our mind")
        [ended] = engine.recover().ended
        assert ended.state is (State.FAILED if after else State.REFUSED)
    if after:
        assert outcome(site, grant, run) == (Outcome.FAILED, Cost())
    else:
        assert site.ledger.runs.list(grant=grant) == ()


def test_a_failure_that_is_not_settled_is_settled_later(site: Site, grant: GrantId) -> None:
    run = new_run_id()

    def fail(_holding: Holding) -> Answer:
        raise ValueError

    with site.engine() as engine:
        with broken(site, "settle"), pytest.raises(AnswerWithheld):
            site.run(engine, grant, FakeWork(computed=fail), run=run)
        assert site.ledger.runs.get(grant, run).state is RunState.RESERVED
        engine.sweep()
    assert outcome(site, grant, run) == (Outcome.FAILED, COST)


def test_what_was_given_up_is_settled_later(site: Site, grant: GrantId) -> None:
    run = new_run_id()
    with site.engine() as engine:
        begun = site.join(engine, grant, run)
        with broken(site, "settle"):
            engine.abandon(begun, "not-met")
        engine.sweep()
    assert outcome(site, grant, run) == (Outcome.FAILED, Cost())


def test_what_waits_for_its_start_is_given_up_by_a_restart(site: Site, grant: GrantId) -> None:
    run = new_run_id()
    with site.engine() as engine:
        site.join(engine, grant, run)
    with site.engine() as engine:
        [ended] = engine.recover().ended
        assert (ended.state, ended.spent) == (State.FAILED, Cost())
        assert reason(lambda: site.start(engine, grant, run)) == "unknown-run"


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_reorganisation_took_back_is_paid_again(
    site: Site, grant: GrantId, *, fails: bool
) -> None:
    run, request = new_run_id(), site.ledger.connection.transport.request
    before = request("evm_snapshot", [])

    def compute(holding: Holding) -> Answer:
        assert request("evm_revert", [before])
        with pytest.raises(NotFound):
            site.ledger.runs.get(grant, run)
        if fails:
            raise ValueError
        return answer(holding)

    with site.engine() as engine, suppress(AnswerWithheld):
        site.run(engine, grant, FakeWork(computed=compute), run=run)
    assert outcome(site, grant, run) == (Outcome.FAILED if fails else Outcome.RELEASED, COST)


def test_a_receipt_that_lacks_an_executor_waits_for_it(site: Site) -> None:
    executor = site.parties.executors[0]
    grant, run = site.grant(quorum=Quorum.of(1, [executor.address])), new_run_id()
    with (
        site.engine(executors=[executor]) as engine,
        broken(site, "settle"),
        pytest.raises(ConnectionFailed),
    ):
        site.run(engine, grant, run=run)
    with site.engine() as engine:
        [left] = engine.recover().left
        assert isinstance(left.error, Refused)
        assert left.error.error_name == "SignaturesMissing"
        with pytest.raises(Refused, match="need 1 signatures"):
            site.fetch(engine, grant, run)
    with site.engine(executors=[executor]) as engine:
        assert len(engine.recover().ended) == 1
        site.fetch(engine, grant, run)


def test_housekeeping_settles_what_is_left(
    site: Site, grant: GrantId, caplog: pytest.LogCaptureFixture
) -> None:
    run = new_run_id()
    settled = threading.Event()

    def note(step: str) -> None:
        if step == State.SETTLED:
            settled.set()

    with site.engine(observer=note) as engine:
        with broken(site, "settle"), pytest.raises(ConnectionFailed):
            site.run(engine, grant, run=run)
        with engine.housekeeping(interval_seconds=0.05):
            assert settled.wait(20)
        site.fetch(engine, grant, run)
    assert caplog.records == []


def test_housekeeping_goes_on_after_it_failed(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = threading.Event()
    outcomes: list[Exception | None] = [OSError("a disk is gone"), None]

    def sweep() -> None:
        outcome = outcomes.pop(0) if outcomes else None
        if outcome is not None:
            raise outcome
        swept.set()

    with site.engine() as engine:
        monkeypatch.setattr(engine, "sweep", sweep)
        with engine.housekeeping(interval_seconds=0.01):
            assert swept.wait(20)
    assert [record.message for record in caplog.records] == [
        "The node's housekeeping failed; it goes on."
    ]


def test_an_executor_of_another_chain_is_refused_before_anything_is_spent(site: Site) -> None:
    elsewhere = ChainIdentity(1, site.ledger.profile.identity.genesis_hash)
    with pytest.raises(NodeConfigError, match="a development key of another chain"):
        site.engine(executors=[development_signer("dev1", elsewhere)])


def test_a_run_that_is_computed_is_left_alone_by_housekeeping(site: Site, grant: GrantId) -> None:
    computing, go_on = threading.Event(), threading.Event()

    def compute(holding: Holding) -> Answer:
        computing.set()
        assert go_on.wait(20)
        return answer(holding)

    run = new_run_id()
    with site.engine() as engine:
        asked = threading.Thread(
            target=lambda: site.run(engine, grant, FakeWork(computed=compute), run=run)
        )
        asked.start()
        assert computing.wait(20)
        engine.sweep()
        assert engine.recover().ended == ()
        assert reason(lambda: site.fetch(engine, grant, run)) == "unfinished"
        go_on.set()
        asked.join(20)
        site.fetch(engine, grant, run)


def test_one_process_serves_a_state(site: Site) -> None:
    with site.engine(), pytest.raises(NodeConfigError, match="Another process"):
        site.engine()
