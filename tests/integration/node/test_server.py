"""A node as a process, asked over HTTP, on a real chain."""

import json

import pytest
from consortium import Consortium
from nodes import Site
from tiny_work import FORMAT, tiny

from dataledger.contracts.use_types import Cost, Outcome
from dataledger.hashing import Digest
from dataledger.ledger import Ledger, new_run_id

CSV = "name,age\nann,30\nbob,41\n"


def test_a_run_is_paid_for_answered_and_receipted(
    consortium: Consortium, consumer: Ledger, regulator: Ledger, tmp_path: pytest.TempPathFactory
) -> None:
    site = Site.build(consortium, tmp_path / "acme", {"people.csv": CSV})
    grant = site.grant(consumer, site.project(consumer, regulator))
    with site.serving(tiny=True) as node:
        document = tiny(100_000)
        client = node.client(consumer)
        answered = client.run(grant, document, code=Digest.of(document))
        assert json.loads(answered.content) == {"lines": 3}
        assert answered.receipt.outcome is Outcome.RELEASED
        assert site.counted() == Cost(100_000)
