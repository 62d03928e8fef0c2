"""What a node was asked to take part in, and how it meets the others."""

from dataledger.ledger import Ledger
from dataledger.node.meetings import Meetings
from dataledger.node.rules import FederatedRules


def open_meetings(ledger: Ledger, rules: FederatedRules) -> Meetings:
    """Return where the node of the ledger's signer meets others."""
    raise NotImplementedError
