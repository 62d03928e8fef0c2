"""Data that is used under a project: an owner, a consumer, a regulator, and what they agree on."""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from consortium import Consortium, evidence, manifest, new_signer

from dataledger.chain.signer import Signer
from dataledger.contracts.types import Capability
from dataledger.hashing import Digest
from dataledger.ledger import (
    Cost,
    DatasetId,
    Environment,
    GrantId,
    Ledger,
    ProjectDocument,
    ProjectId,
    Quorum,
    RunId,
    VersionRef,
    new_run_id,
    purpose,
)

FAR_UNIX = int(time.time()) + 100 * 86_400
RESEARCH, TRAINING, STATISTICS = 0, 1, 3
QUERY = Digest.of(b"a declared query")
ANSWER = Digest.of(b"what was released")
MACHINE = Environment("CPython 3.11.9", "Linux 6.1", "x86_64", {"opendp": "0.12.1"})
BUDGET = Cost(2_000_000, 2_000)
PER_CONSUMER = Cost(1_500_000, 2_000)
LIMIT = Cost(1_000_000, 1_000)
COST = Cost(400_000, 100)


def document(title: str = "Road safety") -> ProjectDocument:
    """Return the document of a project for research and training."""
    return ProjectDocument(title, "North University", (purpose(RESEARCH), purpose(TRAINING)))


@dataclass
class Parties:
    """Who takes part. Every dataset stands at COLLECTED, with one version and a budget."""

    consortium: Consortium
    owner: Ledger
    consumer: Ledger
    regulator: Ledger
    executors: tuple[Signer, Signer, Signer] = field(
        default_factory=lambda: (new_signer(), new_signer(), new_signer())
    )
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @classmethod
    def join(cls, consortium: Consortium) -> "Parties":
        """Let them join."""
        return cls(
            consortium,
            owner=consortium.join(Capability.CUSTODIAN),
            consumer=consortium.join(Capability.CONSUMER),
            regulator=consortium.join(Capability.REGULATOR),
        )

    @property
    def quorum(self) -> Quorum:
        """Two of the three executors."""
        return Quorum.of(2, [signer.address for signer in self.executors])

    def project(self, *, valid_until_unix: int = FAR_UNIX) -> ProjectId:
        """Return a project that is approved."""
        proposed = self.consumer.projects.propose(document(f"Project {next(self._numbers)}"))
        project = proposed.event.project
        self.regulator.projects.approve(project, valid_until_unix=valid_until_unix)
        return project

    def dataset(self, *, budget: bool = True) -> DatasetId:
        """Return a dataset of the owner."""
        slug = self.consortium.new_slug()
        dataset = self.owner.datasets.register(slug, manifest(slug)).event.dataset
        self.owner.lifecycle.advance(dataset, "COLLECTED", evidence("collected"))
        if budget:
            self.owner.budgets.set(dataset, BUDGET, per_consumer=PER_CONSUMER)
        return dataset

    def request(self, project: ProjectId, dataset: DatasetId, **named: Any) -> GrantId:
        """Return a request for research."""
        return self.consumer.uses.request(dataset, project, RESEARCH, **named).event.grant

    def grant(self, project: ProjectId, dataset: DatasetId, **named: Any) -> GrantId:
        """Return a request that is granted, while the dataset is COLLECTED."""
        asked = {key: named.pop(key) for key in ("number", "version", "code") if key in named}
        grant = self.request(project, dataset, **asked)
        terms = {"valid_until_unix": FAR_UNIX, "stages": ["COLLECTED"], "limit": LIMIT, **named}
        self.owner.uses.grant(grant, **terms)
        return grant

    def run(
        self,
        grant: GrantId,
        *,
        spent: Cost = COST,
        output: Digest = ANSWER,
        others: tuple[VersionRef, ...] = (),
    ) -> RunId:
        """Return a run that is reserved and settled, without executors."""
        run = new_run_id()
        self.owner.runs.reserve(grant, run, QUERY, COST)
        receipt = self.owner.runs.prepare(
            grant, run, environment=MACHINE, output=output, spent=spent, others=others
        )
        self.owner.runs.settle(receipt)
        return run
