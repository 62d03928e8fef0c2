"""Where a node meets others to compute together: what the door asks of `dataledger.node.federated`.

join    the run is reserved; `offer` says how this node can be met, in words that it signed
start   `add` brings the offers of all, and is called as often as the work wants sums
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Protocol, cast

from dataledger.contracts.identifiers import GrantId, RunId
from dataledger.hashing import JsonValue
from dataledger.ledger import Ledger
from dataledger.node.rules import FederatedRules
from dataledger.node.work import SecureSum

OPENER = "dataledger.node.federated:open_meetings"


class Meetings(Protocol):
    """The computations that this node was asked to take part in. May be used from any thread."""

    def offer(self, grant: GrantId, run: RunId, document: bytes) -> JsonValue:
        """Return where and how this node can be met for a run, signed by its operator.

        It holds for `FederatedRules.seconds`, and for one start.

        Raises:
            UseDocumentError: the document names no parties, or not this grant and run.
        """

    def parties(
        self, grant: GrantId, run: RunId, document: bytes, offers: Sequence[JsonValue]
    ) -> int:
        """Return how many take part, if the offers are exactly those of the document's parties.

        Asked before anything is computed; nothing is spent when it raises.

        Raises:
            SignatureInvalid: an offer is not signed by a member of its grant's owner.
            NodeRefused: a party is missing, or there are too few (`too-few-parties`).
        """

    def meet(
        self, grant: GrantId, run: RunId, document: bytes, offers: Sequence[JsonValue]
    ) -> AbstractContextManager[SecureSum]:
        """Meet the others, for one computation; within it, vectors can be added over all nodes.

        Entered before the data is read: nothing is spent when that raises. From then on, `add`
        raises `AnswerWithheld` when others leave or break the protocol, and all is spent.

        Raises:
            AnswerWithheld: the others did not come.
        """

    def forget(self, grant: GrantId, run: RunId) -> None:
        """Drop what was offered for a run; a port that waits is closed."""


def open_meetings(ledger: Ledger, rules: FederatedRules) -> Meetings:
    """Return where the node of the ledger's signer meets others."""
    module, function = OPENER.split(":")
    return cast("Meetings", getattr(import_module(module), function)(ledger, rules))
