"""Killing a node in the midst of many runs; `tests/integration/node` does so at each step of one.

Not part of `make test`. `DATALEDGER_NODE_KILLS` says how often; `DATALEDGER_SEED` repeats a run.
"""

import os
import secrets
import sys
from pathlib import Path
from random import Random

import pytest
from consortium import Consortium
from dying_nodes import DyingNode
from engines import Site
from uses import COST, Parties

from dataledger.chain.signer import Signer
from dataledger.errors import AnswerWithheld, NodeRefused, NotFound
from dataledger.hashing import Digest
from dataledger.ledger import Cost, Outcome, RunState
from dataledger.node.audit_log import verify
from dataledger.node.engine import Engine
from dataledger.node.requests import RUN, SignedRequest

KILLS = int(os.environ.get("DATALEDGER_NODE_KILLS", "40"))
SEED = int(os.environ.get("DATALEDGER_SEED") or secrets.randbelow(10**6))
AT_ONCE = 8
LONGEST_SECONDS = 0.7


@pytest.mark.timeout(60 + 20 * KILLS)
def test_whenever_a_node_is_killed_what_left_was_paid_and_what_was_free_was_not_computed(
    tmp_path: Path,
) -> None:
    sys.stdout.write(f"DATALEDGER_SEED={SEED}\n")
    random = Random(SEED)  # noqa: S311 - no secret
    with Consortium(tmp_path / "home") as consortium:
        parties = Parties.join(consortium)
        key = secrets.token_bytes(32)
        (tmp_path / "site").mkdir()
        site = Site.of(parties, tmp_path / "site", parties.project(), Signer(key))
        grant = site.grant()
        node = DyingNode(site, key)
        asked: list[SignedRequest] = []
        seen: list[str] = []
        killed = 0
        for number in range(KILLS):
            requests = [site.signed(RUN, grant) for _ in range(AT_ONCE)]
            asked += requests
            seconds = random.uniform(0.01, LONGEST_SECONDS)
            killed += node.perform(requests, after_seconds=seconds, fails=random.random() < 0.2) < 0
            if random.random() < 0.5 or number == KILLS - 1:
                with site.engine() as engine:
                    assert engine.recover().left == ()
                    seen += [check(site, engine, node, request) for request in asked[len(seen) :]]
                spent = site.ledger.uses.get(grant).counted
                paid = seen.count("paid") + seen.count("released")
                assert spent == Cost(paid * COST.micro, paid * COST.delta_pico)
        node.close()
        verify(site.folder / "state" / "audit.log")
    told = ", ".join(f"{seen.count(outcome)} {outcome}" for outcome in sorted(set(seen)))
    sys.stdout.write(f"{killed} kills in {KILLS} tries; of {len(asked)} runs, {told}\n")
    assert killed > KILLS // 4


def check(site: Site, engine: Engine, node: DyingNode, request: SignedRequest) -> str:
    """Return what became of a run, which must be one of few things."""
    grant, run = request.request.grant, request.request.run
    computed = node.computed(request)
    assert computed <= 1
    answer, refusal = None, None
    try:
        answer = site.fetch(engine, grant, run).answer
    except NodeRefused as refused:
        refusal = refused.reason
    except AnswerWithheld:
        pass
    if refusal is not None:
        assert refusal in {"interrupted", "unknown-run"}
        assert computed == 0
        with pytest.raises(NotFound):
            site.ledger.runs.get(grant, run)
        return "refused"
    found = site.ledger.runs.get(grant, run)
    assert found.state is RunState.SETTLED
    assert found.receipt is not None
    if answer is not None:
        assert found.receipt.outcome is Outcome.RELEASED
        assert (found.receipt.output, found.receipt.spent) == (Digest.of(answer.content), COST)
        assert computed == 1
        return "released"
    assert found.receipt.outcome is Outcome.FAILED
    if found.receipt.spent == COST:
        return "paid"
    assert (found.receipt.spent, computed) == (Cost(), 0)
    return "free"
