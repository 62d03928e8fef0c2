"""A node that dies while several compute together."""

import signal
from pathlib import Path

import nodes
import pytest
from consortium import Consortium
from federation import Federation, Withheld
from node_process import KILL_VARIABLE
from queries import document

from dataledger.contracts.use_types import Cost, Outcome, RunState

TABLE = {"people.csv": "age\n30\n40\n"}
PRICE = Cost(1_000_000)


def test_it_ends_for_all_and_everybody_has_paid(tmp_path: Path) -> None:
    dies = [{}, {KILL_VARIABLE: "computing"}, {}]
    with (
        Consortium(tmp_path / "home") as consortium,
        Federation.build(consortium, tmp_path / "federation", [TABLE] * 3) as federation,
    ):
        with federation.serving(program=nodes.TEST_PROCESS, environments=dies) as running:
            with pytest.raises(Withheld) as withheld:
                federation.ask(document(cost={"epsilon": "1"}))
            assert withheld.value.kind in {"AnswerWithheld", "OwnerNodeError"}
            assert running[1].process.wait(30) == -signal.SIGKILL
            assert federation.counted() == [PRICE] * 3
            assert _states(federation) == [RunState.SETTLED, RunState.RESERVED, RunState.SETTLED]
        # Its own run is settled when it comes back.
        with federation.sites[1].serving():
            assert _states(federation) == [RunState.SETTLED] * 3
        assert federation.counted() == [PRICE] * 3
        for site in federation.sites:
            [run] = site.owner.runs.list(dataset=site.dataset)
            assert run.receipt is not None
            assert (run.receipt.outcome, run.receipt.spent) == (Outcome.FAILED, PRICE)


def _states(federation: Federation) -> list[RunState]:
    found = []
    for site in federation.sites:
        [run] = site.owner.runs.list(dataset=site.dataset)
        found.append(run.state)
    return found
