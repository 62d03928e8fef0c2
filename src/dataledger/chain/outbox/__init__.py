"""Sending transactions so that none is lost and none is done twice."""

from dataledger.chain.outbox.delivery import Observer, Step
from dataledger.chain.outbox.outbox import Outbox, outbox_path
from dataledger.chain.outbox.states import SETTLED, UNRESOLVED, Entry, State
from dataledger.chain.outbox.submission import Submission

__all__ = [
    "SETTLED",
    "UNRESOLVED",
    "Entry",
    "Observer",
    "Outbox",
    "State",
    "Step",
    "Submission",
    "outbox_path",
]
