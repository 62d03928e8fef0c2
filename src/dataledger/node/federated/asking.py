"""The consumer's side: several nodes are asked to compute together, and must answer the same."""

from collections.abc import Sequence
from typing import Protocol

from dataledger.contracts.identifiers import GrantId, RunId
from dataledger.hashing import JsonValue
from dataledger.node.client import Answered


class SharingNode(Protocol):
    """What is needed of a node; `NodeClient` has it."""

    def join(
        self, grant: GrantId, document: bytes, *, run: RunId, version: int | None = None
    ) -> JsonValue:
        """Have the node reserve its run, and return its offer."""

    def start(
        self, grant: GrantId, run: RunId, document: bytes, offers: Sequence[JsonValue]
    ) -> Answered:
        """Begin what all have joined, and return the node's answer."""


def ask_together(
    nodes: Sequence[SharingNode],
    grants: Sequence[GrantId],
    document: bytes,
    *,
    versions: Sequence[int | None] | None = None,
) -> list[Answered]:
    """Have several nodes do shared work, and return their answers, in the given order.

    All are asked to join; where one does not, none is started, and no privacy is spent. Then all
    are started at once. That all answers are the same was checked.

    Args:
        nodes: One for each party.
        grants: Those nodes' grants: the document's parties, in its order.
        document: The shared work, as each node is to get it.
        versions: What each is to read; by default the version granted, or the current one.

    Raises:
        InvalidArgument: there is not one node for each party, or the document names others.
        UseDocumentError: the document does not say who takes part.
        NodeRefused: a node does not take part.
        AnswerWithheld: the computation broke off, or the nodes do not answer the same. The runs
            of those that had begun have cost what they reserved.
        OwnerNodeError: a node does not answer.
    """
    raise NotImplementedError
