"""A node's process that is killed at each step of a run, asked over HTTP before and after."""

import json
from collections.abc import Iterator

import pytest
from consortium import Consortium
from node_process import KILL_VARIABLE
from nodes import Site
from tiny_work import FORMAT, register, tiny

from dataledger.contracts.types import Capability
from dataledger.contracts.use_types import Cost, Outcome
from dataledger.errors import AnswerWithheld, NodeRefused, NotFound, OwnerNodeError
from dataledger.ledger import GrantId, Ledger, new_run_id
from dataledger.node import client as client_module
from dataledger.node.audit_log import verify
from dataledger.node.kinds import KINDS

PRICE = 100_000
NOTHING, FREE, PAID, RELEASED = "nothing", "free", "paid", "released"
"""What the chain says in the end: no run; failed for nothing; failed for all; an answer."""
STEPS = {
    "received": NOTHING,
    "reserving": FREE,
    "reserved": FREE,
    "computing": PAID,
    "computed": RELEASED,
    "settling": RELEASED,
    "settled": RELEASED,
}


@pytest.fixture(scope="module")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    register()
    with Consortium(tmp_path_factory.mktemp("home")) as started:
        yield started
    del KINDS[FORMAT]


@pytest.fixture(scope="module")
def consumer(consortium: Consortium) -> Ledger:
    return consortium.join(Capability.CONSUMER)


@pytest.fixture(scope="module")
def site(consortium: Consortium, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site.build(consortium, tmp_path_factory.mktemp("acme"), {"people.csv": "name\nann\n"})


@pytest.fixture(scope="module")
def grant(consortium: Consortium, site: Site, consumer: Ledger) -> GrantId:
    regulator = consortium.join(Capability.REGULATOR)
    return site.grant(consumer, site.project(consumer, regulator))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "FETCH_PAUSE_SECONDS", 0.1)


@pytest.mark.parametrize(("step", "outcome"), STEPS.items())
def test_no_answer_leaves_unpaid_and_none_is_lost(
    site: Site, consumer: Ledger, grant: GrantId, step: str, outcome: str
) -> None:
    before, run = site.counted(), new_run_id()
    node = site.start(tiny=True, environment={KILL_VARIABLE: step})
    with pytest.raises(OwnerNodeError, match="is not known"):
        node.client(consumer).run(grant, tiny(PRICE), run=run)
    assert node.stop() == -9
    with site.serving(tiny=True) as again:
        # What was settled as it died was no longer open.
        assert again.lines[0]["ended"] == (0 if step == "settled" else 1)
        assert again.lines[0]["left_open"] == 0
        client = again.client(consumer)
        if outcome is RELEASED:
            answered = client.fetch(grant, run)
            assert json.loads(answered.content) == {"lines": 2}
            assert answered.receipt.outcome is Outcome.RELEASED
        else:
            expected = NodeRefused if outcome is NOTHING else AnswerWithheld
            with pytest.raises(expected):
                client.fetch(grant, run)
        with pytest.raises(NodeRefused):
            client.run(grant, tiny(PRICE), run=run)
    paid = outcome in {PAID, RELEASED}
    assert site.counted() == before + Cost(PRICE if paid else 0)
    if outcome is NOTHING:
        with pytest.raises(NotFound):
            site.owner.runs.get(grant, run)
    else:
        kept = site.owner.runs.get(grant, run).receipt
        assert kept is not None
        assert kept.outcome is (Outcome.RELEASED if outcome is RELEASED else Outcome.FAILED)
    assert verify(site.state / "audit.log").lines
