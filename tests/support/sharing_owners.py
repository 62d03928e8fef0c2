"""Three owners of a consortium whose nodes are to compute together, without the nodes."""

import itertools
from dataclasses import dataclass, field

from consortium import Consortium
from uses import FAR_UNIX, Parties

from dataledger.hashing import Digest, JsonValue, canonical_bytes
from dataledger.ledger import Cost, GrantId, Ledger, ProjectId, RunId, new_run_id
from dataledger.node.federated.meetings import FederatedMeetings
from dataledger.node.rules import FederatedRules

SECONDS = 20
CHEAP = Cost(1_000)


@dataclass
class Owner:
    """An owner, its grant, and where its node meets others."""

    ledger: Ledger = field(repr=False)
    grant: GrantId
    meetings: FederatedMeetings = field(repr=False)


class Owners:
    """Three of them, each with a dataset that the consumer may use, for one project."""

    def __init__(self, consortium: Consortium) -> None:
        self.consortium = consortium
        self._numbers = itertools.count()
        self.now_unix = 0.0
        """If it is not 0, the time of all nodes."""
        first = Parties.join(consortium)
        self.consumer, self._regulator = first.consumer, first.regulator
        self._project: ProjectId = first.project()
        self.all = [self.owner(Parties.join(consortium).owner) for _ in range(3)]

    @property
    def grants(self) -> list[GrantId]:
        """Those of all."""
        return [owner.grant for owner in self.all]

    def owner(self, ledger: Ledger) -> Owner:
        """Return a dataset of an organisation as an owner's."""
        parties = Parties(self.consortium, ledger, self.consumer, self._regulator)
        grant = parties.grant(self._project, parties.dataset())
        return Owner(ledger, grant, self.meetings(ledger))

    def meetings(
        self, ledger: Ledger, *, seconds: int = SECONDS, peers: tuple[str, ...] = ()
    ) -> FederatedMeetings:
        """Return where a node with this signer meets others."""
        rules = FederatedRules(seconds=seconds, peers=peers)
        return FederatedMeetings(ledger, rules, clock=lambda: self.now_unix or FAR_UNIX)

    def close(self) -> None:
        """Let no owner wait any longer."""
        self.now_unix = 0
        for owner in self.all:
            owner.meetings.close()

    def document(self, *grants: GrantId) -> bytes:
        """Return a document that nobody has asked yet, by default of all owners."""
        named: JsonValue = [str(grant) for grant in grants or self.grants]
        return canonical_bytes({"number": next(self._numbers), "parties": named})

    def reserve(self, at: int, document: bytes) -> RunId:
        """Return a run of one owner for a document, which its chain account has reserved."""
        run, owner = new_run_id(), self.all[at]
        owner.ledger.runs.reserve(owner.grant, run, Digest.of(document), CHEAP)
        return run

    def join(self, document: bytes) -> tuple[list[RunId], list[JsonValue]]:
        """Return the runs and the offers of all owners."""
        runs = [self.reserve(at, document) for at in range(3)]
        offers = [
            owner.meetings.offer(owner.grant, run, document)
            for owner, run in zip(self.all, runs, strict=True)
        ]
        return runs, offers
