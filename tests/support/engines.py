"""An owner's node without its door: its engine, on a dataset whose runs a consumer may ask for."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from consortium import new_signer, org_of
from uses import COST, Parties

from dataledger.chain.signer import Signer
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.types import Role
from dataledger.errors import NodeRefused
from dataledger.hashing import Digest
from dataledger.ledger import (
    Composition,
    Cost,
    DatasetId,
    GrantId,
    Ledger,
    ProjectId,
    RunId,
    new_run_id,
)
from dataledger.node.config import DatasetEntry, NodeConfig
from dataledger.node.engine import Engine, Released
from dataledger.node.requests import FETCH, JOIN, RUN, START, NodeRequest, SignedRequest
from dataledger.node.rules import Limits, NodeRules
from dataledger.node.work import Answer, Holding

DOCUMENT = b'{"format":"test/work/1"}'
ROOM = Cost(10**12, 10**12)
_NUMBERS = itertools.count(1)
PLENTY = Limits(requests_per_minute=1_000_000, burst=1_000_000)


def answer(holding: Holding) -> Answer:
    """Say which version was read."""
    return Answer(f'{{"version":{holding.version}}}'.encode())


def nothing(_holding: Holding) -> None:
    """Check nothing."""


@dataclass(frozen=True)
class FakeWork:
    """Work that does what a test wants."""

    code: Digest = field(default_factory=lambda: Digest.of(DOCUMENT))
    kind: str = "fake"
    is_declared: bool = True
    purposes: frozenset[int] | None = None
    packages: tuple[str, ...] = ()
    isolation: str = "none"
    price: Cost = COST
    checked: Callable[[Holding], None] = nothing
    computed: Callable[[Holding], Answer] = answer

    def cost(self, composition: Composition) -> Cost:
        return Cost() if composition is Composition.NONE else self.price

    def check(self, holding: Holding) -> None:
        self.checked(holding)

    def compute(self, holding: Holding) -> Answer:
        return self.computed(holding)


@dataclass
class Site:
    """An owner's machine: a key that operates its node, and the folder of the node's state."""

    parties: Parties
    ledger: Ledger
    operator: Signer
    dataset: DatasetId
    folder: Path
    project: ProjectId

    @classmethod
    def of(
        cls, parties: Parties, folder: Path, project: ProjectId, operator: Signer | None = None
    ) -> "Site":
        """Return one with a dataset of its own; `operator` acts for the owner."""
        signer = operator or new_signer()
        parties.owner.members.add(org_of(parties.owner), signer.address, Role.OPERATOR)
        ledger = parties.consortium.open(signer)
        site = cls(parties, ledger, signer, parties.dataset(), folder, project)
        parties.owner.budgets.set(site.dataset, ROOM)
        return site

    def config(self, **changes: Any) -> NodeConfig:
        """Return the node's configuration."""
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        told: dict[str, Any] = {
            "path": self.folder / "node.toml",
            "host": "127.0.0.1",
            "port": 0,
            "account": "operator",
            "state": self.folder / "state",
            "profile": None,
            "executors": (),
            "answer_days": 7,
            "rules": NodeRules(limits=PLENTY),
            "tls": None,
            "datasets": (DatasetEntry(str(self.dataset), data),),
            **changes,
        }
        return NodeConfig(**told)

    def engine(self, *, config: NodeConfig | None = None, **named: Any) -> Engine:
        """Open the engine."""
        home = self.parties.consortium.home
        return Engine.open(self.ledger, config or self.config(), home=home, **named)

    def alone(self, folder: Path) -> "Site":
        """Return the same with a folder of its own, for another node."""
        return replace(self, folder=folder)

    def grant(self, **named: Any) -> GrantId:
        """Return a new grant on the site's dataset."""
        asked = {"limit": ROOM, "number": next(_NUMBERS), **named}
        return self.parties.grant(self.project, self.dataset, **asked)

    def signed(
        self,
        action: str,
        grant: GrantId,
        run: RunId | None = None,
        document: bytes = DOCUMENT,
        *,
        by: Signer | None = None,
        version: int = 0,
        now_unix: float | None = None,
    ) -> SignedRequest:
        """Return a request by the consumer."""
        signer = by or self.parties.consumer.signer
        assert signer is not None
        request = NodeRequest.new(
            action,
            grant,
            run or new_run_id(),
            document,
            version=version,
            now_unix=int(now_unix or time.time()),
        )
        profile = self.ledger.profile
        contract = profile.contract(ContractName.DATA_USE).address
        return SignedRequest.sign(request, signer, profile.chain_id, contract)

    def run(
        self, engine: Engine, grant: GrantId, work: FakeWork | None = None, **named: Any
    ) -> Released:
        """Have the consumer's request performed."""
        return engine.perform(self.signed(RUN, grant, **named), DOCUMENT, work or FakeWork())

    def fetch(self, engine: Engine, grant: GrantId, run: RunId, **named: Any) -> Released:
        """Have an answer again."""
        return engine.fetch(self.signed(FETCH, grant, run, b"", **named))

    def join(self, engine: Engine, grant: GrantId, run: RunId, work: FakeWork | None = None) -> Any:
        """Join a computation of several nodes."""
        return engine.begin(self.signed(JOIN, grant, run), DOCUMENT, work or FakeWork())

    def start(self, engine: Engine, grant: GrantId, run: RunId) -> Any:
        """Start it."""
        return engine.start(self.signed(START, grant, run, b"offers"), b"offers")


def reason(act: Callable[[], object]) -> str:
    """Return for which reason `act` is refused, in words that have a remedy."""
    with pytest.raises(NodeRefused) as caught:
        act()
    assert str(caught.value)
    assert caught.value.remedy
    return caught.value.reason
