"""Whole runs at an owner's node, on a real chain."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from engines import DOCUMENT, ROOM, FakeWork, Site, answer, reason
from uses import COST, LIMIT, Parties

from dataledger.errors import (
    AnswerWithheld,
    DependencyMissing,
    NodeConfigError,
    NodeRefused,
    QueryError,
)
from dataledger.hashing import Digest
from dataledger.ledger import (
    Composition,
    Cost,
    GrantId,
    Outcome,
    ProjectId,
    Quorum,
    RunState,
    new_run_id,
)
from dataledger.node.audit_log import verify
from dataledger.node.rules import FederatedRules, Limits, NodeRules
from dataledger.node.work import Answer, Holding


@pytest.fixture(scope="module")
def shared(parties: Parties, project: ProjectId, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site.of(parties, tmp_path_factory.mktemp("site"), project)


@pytest.fixture
def site(shared: Site, tmp_path: Path) -> Site:
    return shared.alone(tmp_path)


@pytest.fixture(scope="module")
def granted(shared: Site) -> GrantId:
    """A grant for any number of runs."""
    return shared.grant()


def counted(site: Site, grant: GrantId) -> Cost:
    """Return what is counted under a grant."""
    return site.ledger.uses.get(grant).counted


# ------------------------------------------------------------------------------------- whole runs


def test_a_run_is_reserved_computed_settled_and_answered(site: Site) -> None:
    steps: list[str] = []
    seen: list[RunState] = []
    grant, run = site.grant(), new_run_id()

    def compute(holding: Holding) -> Answer:
        seen.append(site.ledger.runs.get(grant, run).state)
        assert holding.folder == site.folder / "data"
        assert holding.state == site.folder / "state"
        assert holding.consumer == site.ledger.uses.get(grant).applicant
        return answer(holding)

    with site.engine(observer=steps.append) as engine:
        released = site.run(engine, grant, FakeWork(computed=compute), run=run)
    # The chain had the reservation before the data was read.
    assert seen == [RunState.RESERVED]
    assert steps == [
        *("received", "reserving", "reserved", "computing", "computed", "settling", "settled")
    ]
    assert released.answer == Answer(b'{"version":1}')
    found = site.ledger.runs.get(grant, run)
    assert found.receipt == released.receipt
    assert (found.state, found.receipt.outcome) == (RunState.SETTLED, Outcome.RELEASED)
    assert found.receipt.output == Digest.of(b'{"version":1}')
    assert found.receipt.code == Digest.of(DOCUMENT)
    assert (found.receipt.spent, counted(site, grant)) == (COST, COST)
    environment = site.ledger.documents.environment(found.receipt.environment)
    assert environment.runtime.startswith("CPython")


def test_an_exact_use_costs_nothing(site: Site) -> None:
    grant = site.grant(limit=Cost())
    with site.engine() as engine:
        released = site.run(engine, grant)
    assert released.receipt.spent == Cost()
    assert site.ledger.uses.get(grant).terms.composition is Composition.NONE  # type: ignore[union-attr]  # it is granted
    assert counted(site, grant) == Cost()


def test_executors_of_the_node_sign_the_receipt(site: Site) -> None:
    executors = site.parties.executors
    grant = site.grant(quorum=Quorum.of(2, [*(e.address for e in executors[:2])]))
    with site.engine(executors=executors) as engine:
        released = site.run(engine, grant)
    signers = site.ledger.runs.get(grant, released.run).signers
    assert set(signers) == {executor.address for executor in executors[:2]}


def test_the_operator_may_be_an_executor(site: Site) -> None:
    grant = site.grant(quorum=Quorum.of(1, [site.operator.address]))
    with site.engine() as engine:
        released = site.run(engine, grant)
    assert site.ledger.runs.get(grant, released.run).signers == (site.operator.address,)


def test_nothing_is_reserved_where_too_few_executors_could_sign(site: Site) -> None:
    executors = site.parties.executors
    grant = site.grant(quorum=Quorum.of(2, [*(e.address for e in executors)]))
    with site.engine(executors=executors[:1]) as engine:
        assert reason(lambda: site.run(engine, grant)) == "executors-missing"
    assert site.ledger.runs.list(grant=grant) == ()


# -------------------------------------------------------------------------------------- failures


def test_a_failure_spends_all_and_tells_nothing_of_the_data(site: Site, granted: GrantId) -> None:
    grant, run = granted, new_run_id()

    def fail(_holding: Holding) -> Answer:
        raise ValueError("row 17 holds Zebulon")

    with site.engine() as engine:
        with pytest.raises(AnswerWithheld) as caught:
            site.run(engine, grant, FakeWork(computed=fail), run=run)
        assert "Zebulon" not in str(caught.value) + caught.value.remedy
        assert caught.value.__cause__ is None
        with pytest.raises(AnswerWithheld, match="computation failed"):
            site.fetch(engine, grant, run)
    found = site.ledger.runs.get(grant, run)
    assert found.receipt is not None
    assert (found.receipt.outcome, found.receipt.spent) == (Outcome.FAILED, COST)
    assert found.receipt.output is None
    for path in (site.folder / "state").iterdir():
        assert b"Zebulon" not in path.read_bytes()


def test_what_is_withheld_says_its_own_words(site: Site) -> None:
    grant, run = site.grant(), new_run_id()

    def withhold(_holding: Holding) -> Answer:
        raise AnswerWithheld("The output repeats its input.", remedy="Send another algorithm.")

    with site.engine() as engine:
        with pytest.raises(AnswerWithheld, match="The output repeats its input"):
            site.run(engine, grant, FakeWork(computed=withhold), run=run)
        with pytest.raises(AnswerWithheld, match="The output repeats its input"):
            site.fetch(engine, grant, run)
    assert counted(site, grant) == COST


def test_a_failure_signed_by_executors_is_settled(site: Site) -> None:
    executors = site.parties.executors
    grant, run = site.grant(quorum=site.parties.quorum), new_run_id()

    def fail(_holding: Holding) -> Answer:
        raise MemoryError

    with site.engine(executors=executors) as engine, pytest.raises(AnswerWithheld):
        site.run(engine, grant, FakeWork(computed=fail), run=run)
    assert len(site.ledger.runs.get(grant, run).signers) == 3


def test_a_limit_that_is_exceeded_stops_the_run_before_it_computes(site: Site) -> None:
    grant = site.grant(limit=Cost(2 * COST.micro, LIMIT.delta_pico))
    computed: list[int] = []

    def compute(holding: Holding) -> Answer:
        computed.append(1)
        return answer(holding)

    work = FakeWork(computed=compute)
    with site.engine() as engine:
        site.run(engine, grant, work)
        site.run(engine, grant, work)
        run = new_run_id()
        assert reason(lambda: site.run(engine, grant, work, run=run)) == "GrantLimitExceeded"
        assert reason(lambda: site.fetch(engine, grant, run)) == "GrantLimitExceeded"
        assert reason(lambda: site.run(engine, grant, work, run=run)) == "RunExists"
    assert len(computed) == 2
    assert counted(site, grant) == COST + COST


def test_work_that_refuses_itself_reserves_nothing(site: Site) -> None:
    def unbounded(_holding: Holding) -> None:
        raise QueryError("Nothing bounds a sum.", remedy="Declare bounds.")

    grant = site.grant()
    with site.engine() as engine:
        with pytest.raises(QueryError, match="Nothing bounds"):
            site.run(engine, grant, FakeWork(checked=unbounded))
        with pytest.raises(DependencyMissing, match="no-such-package"):
            site.run(engine, grant, FakeWork(packages=("no-such-package",)))
    assert site.ledger.runs.list(grant=grant) == ()


# ------------------------------------------------------------------------------- run ids and fetch


def test_an_answer_can_be_fetched_again(site: Site, granted: GrantId) -> None:
    grant, run = granted, new_run_id()
    with site.engine() as engine:
        released = site.run(engine, grant, run=run)
        assert site.fetch(engine, grant, run) == released
    with site.engine() as engine:
        assert site.fetch(engine, grant, run) == released
        assert reason(lambda: site.fetch(engine, grant, new_run_id())) == "unknown-run"


def test_an_answer_is_deleted_after_its_days(site: Site, granted: GrantId) -> None:
    grant, run = granted, new_run_id()
    with site.engine() as engine:
        site.run(engine, grant, run=run)
        engine.sweep()
        site.fetch(engine, grant, run)
    later = time.time() + 8 * 86_400
    with site.engine(clock=lambda: later) as engine:
        engine.sweep()
        fetch = lambda: site.fetch(engine, grant, run, now_unix=later)  # noqa: E731
        assert reason(fetch) == "answer-gone"


def test_a_run_id_is_computed_once(site: Site) -> None:
    grant, run = site.grant(), new_run_id()
    with site.engine() as engine:
        site.run(engine, grant, run=run)
        assert reason(lambda: site.run(engine, grant, run=run)) == "RunExists"
    assert counted(site, grant) == COST


def test_a_run_that_another_node_reserved_is_not_computed_here(
    site: Site, granted: GrantId
) -> None:
    grant, run = granted, new_run_id()
    site.ledger.runs.reserve(grant, run, Digest.of(DOCUMENT), COST, version=1)
    with site.engine() as engine:
        assert reason(lambda: site.run(engine, grant, run=run)) == "RunExists"
        assert engine.recover().left == ()
    assert site.ledger.runs.get(grant, run).state is RunState.RESERVED


def test_an_answer_whose_run_was_settled_otherwise_never_leaves(
    site: Site, granted: GrantId
) -> None:
    grant, run = granted, new_run_id()

    def compute(holding: Holding) -> Answer:
        receipt = site.ledger.runs.prepare(grant, run, environment=Digest.of(b"elsewhere"))
        site.ledger.runs.settle(receipt)
        return answer(holding)

    with site.engine() as engine:
        with pytest.raises(AnswerWithheld, match="settled by another receipt"):
            site.run(engine, grant, FakeWork(computed=compute), run=run)
        with pytest.raises(AnswerWithheld, match="settled by another receipt"):
            site.fetch(engine, grant, run)


def test_one_of_many_requests_with_one_id_is_computed(site: Site) -> None:
    grant, run = site.grant(), new_run_id()
    computed: list[int] = []

    def compute(holding: Holding) -> Answer:
        computed.append(1)
        return answer(holding)

    with site.engine() as engine, ThreadPoolExecutor(12) as threads:

        def ask(_number: int) -> str:
            try:
                site.run(engine, grant, FakeWork(computed=compute), run=run)
            except NodeRefused as refused:
                return refused.reason
            return "released"

        outcomes = list(threads.map(ask, range(12)))
    assert sorted(outcomes) == ["RunExists"] * 11 + ["released"]
    assert (len(computed), counted(site, grant)) == (1, COST)


# ------------------------------------------------------------------------------------- many at once


def test_runs_that_race_for_a_budget_never_exceed_it(
    parties: Parties, project: ProjectId, tmp_path: Path
) -> None:
    site = Site.of(parties, tmp_path, project)
    room = Cost(7 * COST.micro + COST.micro // 2, 7 * COST.delta_pico)
    site.parties.owner.budgets.set(site.dataset, room, per_consumer=ROOM)
    grant = site.grant()
    at_once = [0, 0]
    lock = threading.Lock()

    def compute(holding: Holding) -> Answer:
        with lock:
            at_once[0] += 1
            at_once[1] = max(at_once)
        time.sleep(0.01)
        with lock:
            at_once[0] -= 1
        return answer(holding)

    rules = NodeRules(limits=Limits(1_000_000, 1_000_000, concurrent_runs=3, open_runs=60))
    with (
        site.engine(config=site.config(rules=rules)) as engine,
        ThreadPoolExecutor(60) as threads,
    ):

        def ask(_number: int) -> str:
            try:
                site.run(engine, grant, FakeWork(computed=compute))
            except NodeRefused as refused:
                return refused.reason
            return "released"

        outcomes = list(threads.map(ask, range(60)))
    assert outcomes.count("released") == 7
    assert set(outcomes) == {"released", "DatasetBudgetExceeded"}
    assert at_once[1] <= 3
    assert site.ledger.budgets.get(site.dataset).counted == Cost(
        7 * COST.micro, 7 * COST.delta_pico
    )
    assert verify(site.folder / "state" / "audit.log").lines >= 120


# ------------------------------------------------------------------------------- several nodes


def test_a_run_is_begun_and_started_apart(site: Site, granted: GrantId) -> None:
    grant, run = granted, new_run_id()
    with site.engine() as engine:
        begun = site.join(engine, grant, run)
        assert (begun.run, begun.grant, begun.cost) == (run, grant, COST)
        assert site.ledger.runs.get(grant, run).state is RunState.RESERVED
        assert reason(lambda: site.fetch(engine, grant, run)) == "unfinished"
        engine.sweep()
        started = site.start(engine, grant, run)
        assert started == begun
        assert reason(lambda: site.start(engine, grant, run)) == "unknown-run"
        engine.sweep()
        released = engine.finish(started, answer)
        assert released.answer.content == b'{"version":1}'
        assert reason(lambda: engine.finish(started, answer)) == "unknown-run"
        engine.abandon(started, "late")
        assert site.fetch(engine, grant, run) == released


def test_what_nobody_starts_is_given_up_and_costs_nothing(site: Site) -> None:
    grant, run = site.grant(), new_run_id()
    now = [time.time()]
    rules = NodeRules(federated=FederatedRules(seconds=50))
    config = site.config(rules=rules)
    with site.engine(config=config, clock=lambda: now[0]) as engine:
        site.join(engine, grant, run)
        now[0] += 49
        engine.sweep()
        assert site.ledger.runs.get(grant, run).state is RunState.RESERVED
        now[0] += 1
        assert reason(lambda: site.start(engine, grant, run)) == "unknown-run"
        engine.sweep()
        with pytest.raises(AnswerWithheld, match="not-started"):
            site.fetch(engine, grant, run)
    found = site.ledger.runs.get(grant, run)
    assert found.receipt is not None
    assert (found.receipt.outcome, found.receipt.spent) == (Outcome.FAILED, Cost())
    assert counted(site, grant) == Cost()


def test_what_is_abandoned_costs_nothing_and_makes_room(site: Site) -> None:
    grant = site.grant()
    runs = [new_run_id() for _ in range(3)]
    with site.engine() as engine:
        begun = [site.join(engine, grant, run) for run in runs[:2]]
        assert reason(lambda: site.join(engine, grant, runs[2])) == "busy"
        engine.abandon(begun[0], "offers-refused")
        engine.abandon(begun[0], "offers-refused")
        third = site.join(engine, grant, new_run_id())
        engine.abandon(site.start(engine, grant, third.run), "not-met")
        engine.abandon(begun[1], "not-met")
    assert counted(site, grant) == Cost()
    assert all(run.state is RunState.SETTLED for run in site.ledger.runs.list(grant=grant))


def test_what_cannot_be_started_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    grant, run = site.grant(), new_run_id()

    def full(*_: object, **_named: object) -> None:
        raise NodeConfigError("The disk is full.", remedy="Make room.")

    with site.engine() as engine:
        site.join(engine, grant, run)
        begun = site.start(engine, grant, run)
        with monkeypatch.context() as patched:
            patched.setattr(engine._journal, "move", full)
            with pytest.raises(NodeConfigError):
                engine.finish(begun, answer)
        engine.sweep()
        with pytest.raises(AnswerWithheld, match="interrupted"):
            site.fetch(engine, grant, run)
    assert counted(site, grant) == Cost()


def test_what_was_revoked_meanwhile_does_not_start(site: Site) -> None:
    grant, run = site.grant(), new_run_id()
    with site.engine() as engine:
        site.join(engine, grant, run)
        site.parties.owner.uses.revoke(grant, "changed our mind")
        assert reason(lambda: site.start(engine, grant, run)) == "NotGranted"
        assert reason(lambda: site.start(engine, grant, run)) == "unknown-run"
    assert counted(site, grant) == Cost()


def test_a_failure_together_spends_all(site: Site) -> None:
    grant, run = site.grant(), new_run_id()

    def fail(_holding: Holding) -> Answer:
        raise ConnectionResetError("the other side left")

    with site.engine() as engine:
        site.join(engine, grant, run)
        with pytest.raises(AnswerWithheld, match="failed at the node"):
            engine.finish(site.start(engine, grant, run), fail)
    assert counted(site, grant) == COST
