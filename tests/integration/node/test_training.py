"""Three owners' nodes train a model, which becomes a dataset; the chain knows what it came from."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from consortium import Consortium
from nodes import Site
from training import TABLE, document
from uses import FAR_UNIX, RESEARCH, TRAINING, Parties

from dataledger.contracts.types import Capability, Relation, Severity
from dataledger.contracts.use_types import Composition, Cost, Outcome
from dataledger.errors import InvalidArgument, NodeRefused, Refused
from dataledger.hashing import canonical_bytes
from dataledger.ledger import GrantId, Ledger, ProjectId, VersionRef
from dataledger.node.client import NodeClient
from dataledger.node.training import (
    Model,
    TrainingDocument,
    parents_of,
    receipts_of,
    register_model,
    require_registrar,
    train,
)

COST = Cost(500_000)
ROUNDS = 3


def table(seed: int, rows: int = 200) -> tuple[str, dict[str, list[Any]]]:
    """Return people of whom `answer` follows from `a` and `b`: as CSV, and by columns."""
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(-1, 1, rows), rng.uniform(-1, 1, rows)
    answers = np.where(a - b > 0, "yes", "no")
    lines = [f"{x:.4f},{y:.4f},{z}" for x, y, z in zip(a, b, answers, strict=True)]
    return "\n".join(["a,b,answer", *lines]), {
        "a": a.tolist(),
        "b": b.tolist(),
        "answer": answers.tolist(),
    }


@dataclass
class Owners:
    """Three sites whose nodes run, and one consumer who may also register."""

    sites: Sequence[Site]
    clients: Sequence[NodeClient]
    consumer: Ledger
    project: ProjectId

    def grants(self, purpose: int = TRAINING) -> list[GrantId]:
        """Return a grant of each owner."""
        grants = []
        for site in self.sites:
            grant = site.request(self.consumer, self.project, purpose=purpose)
            site.owner.uses.grant(
                grant,
                valid_until_unix=FAR_UNIX,
                stages=["COLLECTED"],
                limit=COST,
                composition=Composition.ZCDP,
            )
            grants.append(grant)
        return grants


@pytest.fixture(scope="module")
def owners(
    consortium: Consortium,
    parties: Parties,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Owners]:
    folder = tmp_path_factory.mktemp("training")
    consumer = consortium.join(Capability.CONSUMER | Capability.CUSTODIAN)
    with ExitStack() as stack:
        sites = [
            Site.build(
                consortium,
                folder / str(n),
                {TABLE: table(n)[0]},
                budget=Cost(2_000_000),
                composition=Composition.ZCDP,
            )
            for n in range(3)
        ]
        nodes = [stack.enter_context(site.serving()) for site in sites]
        project = sites[0].project(consumer, parties.regulator)
        yield Owners(sites, [node.client(consumer) for node in nodes], consumer, project)


def training(grants: Sequence[GrantId], **changed: Any) -> TrainingDocument:
    named = [str(grant) for grant in grants]
    asked = document(parties=named, rounds=ROUNDS, rate="8", cost={"rho": "0.5"}, **changed)
    return TrainingDocument.parse(canonical_bytes(asked))


def counted(owners: Owners) -> list[Cost]:
    return [site.counted() for site in owners.sites]


def test_a_grant_for_another_purpose_is_refused_and_costs_nothing(owners: Owners) -> None:
    before = counted(owners)
    with pytest.raises(NodeRefused) as refused:
        train(owners.clients, training(owners.grants(purpose=RESEARCH)))
    assert refused.value.reason == "wrong-purpose"
    assert counted(owners) == before


def test_three_nodes_train_a_model_whose_ancestry_the_chain_answers(
    owners: Owners, parties: Parties
) -> None:
    before = counted(owners)
    asked = training(owners.grants())
    trained = train(owners.clients, asked)

    model = Model.parse(trained.answers[0].content)
    assert {answer.content for answer in trained.answers} == {model.to_bytes()}
    found = model.evaluate(table(99)[1]).accuracy
    assert found is not None
    assert found > 0.85
    for answer in trained.answers:
        receipt = answer.receipt
        assert (receipt.outcome, receipt.spent) == (Outcome.RELEASED, COST)
        assert (receipt.code, receipt.output) == (asked.digest, model.digest)
    spent = [now - then for now, then in zip(counted(owners), before, strict=True)]
    assert spent == [COST] * 3

    consumer = owners.consumer
    runs = consumer.runs.of_output(model.digest)
    assert {run.grant for run in runs} == set(asked.parties)
    assert [run.grant for run in receipts_of(consumer, model)] == list(asked.parties)
    read = [VersionRef(site.dataset, 1) for site in owners.sites]
    assert [VersionRef(p.dataset, p.version) for p in parents_of(consumer, model)] == read

    mere_consumer = owners.sites[0].consortium.join(Capability.CONSUMER)
    with pytest.raises(InvalidArgument, match="is no CUSTODIAN"):
        require_registrar(mere_consumer)
    with pytest.raises(Refused):
        register_model(mere_consumer, model, "model")
    require_registrar(consumer)
    slug = owners.sites[0].consortium.new_slug("model")
    registered = register_model(consumer, model, slug)
    assert register_model(consumer, model, slug).already_there
    dataset = registered.event.dataset
    edges = consumer.lineage.ancestors(dataset).edges
    assert {edge.relation for edge in edges} == {Relation.TRAINED_ON}
    assert {edge.parent for edge in edges} == set(read)
    recalled = owners.sites[0].dataset
    parties.regulator.lifecycle.recall(recalled, 1, Severity.SERIOUS, "consent withdrawn")
    assert consumer.lineage.recalled_ancestors(dataset)
