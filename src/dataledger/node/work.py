"""What every kind of work beside the data has in common: the node's engine knows nothing else.

A kind of work is a class with the members of `Work`, made from the canonical bytes of its document
(`dataledger/query/1`, …). The engine holds it to its grant, reserves its cost on the chain, lets it
compute, keeps the answer, settles with a receipt, and only then lets the answer out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dataledger.contracts.identifiers import DatasetId, OrgId
from dataledger.contracts.use_types import Composition, Cost
from dataledger.hashing import Digest
from dataledger.manifest import Manifest
from dataledger.manifest.records.secret import DatasetSecret
from dataledger.node.rules import NodeRules


@dataclass(frozen=True, slots=True)
class Holding:
    """A version of a dataset, whose data lies beside the node."""

    dataset: DatasetId
    version: int
    folder: Path
    manifest: Manifest
    """As the chain commits to it."""
    rules: NodeRules
    consumer: OrgId
    """For whom it is read."""
    secret: DatasetSecret | None = None
    """Of its salts and labels, where the node has it."""
    state: Path | None = None
    """The node's own folder, for work that must remember what it let out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a computation is going to let out."""

    content: bytes
    """Its SHA-256 is the receipt's output."""
    media_type: str = "application/json"


class Work(Protocol):
    """Work that a grant may allow. Made from a document; holds no open resource."""

    @property
    def kind(self) -> str:
        """One lowercase word for logs and answers, such as `query`, `matching`, `algorithm`."""

    @property
    def code(self) -> Digest:
        """SHA-256 of the algorithm, or of the canonical bytes of what is declared."""

    @property
    def is_declared(self) -> bool:
        """Whether the node's own code does it: a grant without code then allows it."""

    @property
    def purposes(self) -> frozenset[int] | None:
        """The codes of the purposes that it can serve; None: any."""

    @property
    def packages(self) -> tuple[str, ...]:
        """The installed packages that take part, for the receipt's environment."""

    @property
    def isolation(self) -> str:
        """What keeps it apart from the machine, for the receipt's environment."""

    def cost(self, composition: Composition) -> Cost:
        """Return the most that it can cost, under what the dataset's budget counts.

        Asked before anything is reserved, and without the data.

        Raises:
            QueryError: it cannot be bounded, or not in this composition.
        """

    def check(self, holding: Holding) -> None:
        """Return only if it could be computed from what is known without reading the data.

        Raises:
            QueryError: there is no such file, column or setting in the manifest or the rules.
            NodeRefused: the rules of this node do not allow it.
        """

    def compute(self, holding: Holding) -> Answer:
        """Compute it. Whatever happens here, the run has cost all that it reserved.

        Raises:
            AnswerWithheld: it ended, and its answer must not leave the node.
        """


SecureSum = Callable[[Sequence[int]], list[int]]
"""Adds vectors of equal length over all nodes that take part, none of which learns another's.

Called by every node the same number of times. Each item and each sum is within ±2^62.
"""


class SharedWork(Work, Protocol):
    """Work that several owners' nodes do together, in one process of each."""

    def compute_together(self, holding: Holding, add: SecureSum, parties: int) -> Answer:
        """Compute it. Every node ends with the same answer. Raises as `compute` does."""
