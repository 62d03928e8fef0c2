"""An owner's node that is killed at any point of a run: no answer leaves unpaid, none is lost."""

import secrets
from collections.abc import Iterator

import pytest
from dying_nodes import DyingNode
from engines import DOCUMENT, FakeWork, Site, reason
from uses import COST, Parties

from dataledger.chain.signer import Signer
from dataledger.errors import AnswerWithheld, NotFound
from dataledger.hashing import Digest
from dataledger.ledger import Cost, GrantId, Outcome, ProjectId, RunState
from dataledger.node.audit_log import verify
from dataledger.node.engine import Engine
from dataledger.node.recovery import Recovered
from dataledger.node.requests import RUN, SignedRequest

NOTHING, FREE, PAID, RELEASED = range(4)
"""What the chain says in the end: no run; failed for nothing; failed for all; an answer."""

POINTS = {
    "received": NOTHING,
    "reserving": FREE,
    "reserving/persisted": FREE,
    "reserving/sent": FREE,
    "reserved": FREE,
    "computing": PAID,
    "computed": RELEASED,
    "settling": RELEASED,
    "settling/persisted": RELEASED,
    "settling/sent": RELEASED,
    "settled": RELEASED,
}
FAILING_POINTS = {"failing": PAID, "failed": PAID}


ALL_POINTS = [
    *((point, outcome, False) for point, outcome in POINTS.items()),
    *((point, outcome, True) for point, outcome in FAILING_POINTS.items()),
]


@pytest.fixture(scope="module")
def dying(
    parties: Parties, project: ProjectId, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DyingNode]:
    key = secrets.token_bytes(32)
    site = Site.of(parties, tmp_path_factory.mktemp("site"), project, Signer(key))
    node = DyingNode(site, key)
    yield node
    node.close()


@pytest.fixture(scope="module")
def grant(dying: DyingNode) -> GrantId:
    return dying.site.grant()


@pytest.fixture(scope="module")
def killed(dying: DyingNode, grant: GrantId) -> dict[tuple[str, bool], SignedRequest]:
    """The requests at which the node was killed, at each point; it was not recovered between."""
    requests = {}
    for point, _, fails in ALL_POINTS:
        request = dying.site.signed(RUN, grant)
        assert dying.perform([request], point=point, fails=fails) == -9, (
            f"it did not come to {point}"
        )
        requests[point, fails] = request
    return requests


@pytest.fixture(scope="module")
def recovered(dying: DyingNode, killed: dict[tuple[str, bool], SignedRequest]) -> Iterator[Engine]:
    """The node, which found all of that when it was started again."""
    with dying.site.engine() as engine:
        found = engine.recover()
        assert found.left == ()
        # Two of them were at their end.
        assert len(found.ended) == len(killed) - 2
        yield engine


@pytest.mark.parametrize(("point", "outcome", "fails"), ALL_POINTS)
def test_a_node_killed_at_any_point_lets_out_what_is_paid_and_pays_once(
    dying: DyingNode,
    killed: dict[tuple[str, bool], SignedRequest],
    recovered: Engine,
    *,
    point: str,
    outcome: int,
    fails: bool,
) -> None:
    site, request = dying.site, killed[point, fails]
    grant, run = request.request.grant, request.request.run
    assert dying.computed(request) == (outcome in {PAID, RELEASED} and point != "computing")
    # Whatever is asked again, nothing is computed a second time.
    assert reason(lambda: site.run(recovered, grant, run=run)) == "RunExists"
    if outcome == NOTHING:
        with pytest.raises(NotFound):
            site.ledger.runs.get(grant, run)
        assert reason(lambda: site.fetch(recovered, grant, run)) == "interrupted"
        return
    found = site.ledger.runs.get(grant, run)
    assert found.state is RunState.SETTLED
    assert found.receipt is not None
    assert found.receipt.spent == (Cost() if outcome == FREE else COST)
    if outcome != RELEASED:
        assert found.receipt.outcome is Outcome.FAILED
        with pytest.raises(AnswerWithheld):
            site.fetch(recovered, grant, run)
        return
    assert found.receipt.outcome is Outcome.RELEASED
    released = site.fetch(recovered, grant, run)
    assert found.receipt.output == Digest.of(released.answer.content)
    assert released.receipt == found.receipt


def test_what_was_spent_is_what_was_computed(
    dying: DyingNode, grant: GrantId, recovered: Engine
) -> None:
    paid = sum(outcome in {PAID, RELEASED} for _, outcome, _ in ALL_POINTS)
    counted = dying.site.ledger.uses.get(grant).counted
    assert counted == Cost(paid * COST.micro, paid * COST.delta_pico)
    assert recovered.recover() == Recovered()
    assert len(dying.site.ledger.runs.list(grant=grant)) == len(ALL_POINTS) - 1
    log = verify(dying.site.folder / "state" / "audit.log")
    assert log.lines > 2 * len(ALL_POINTS)


def test_a_request_that_is_replayed_after_a_crash_is_refused(
    killed: dict[tuple[str, bool], SignedRequest], recovered: Engine
) -> None:
    for request in killed.values():
        assert reason(lambda: recovered.perform(request, DOCUMENT, FakeWork())) == "replayed"  # noqa: B023
