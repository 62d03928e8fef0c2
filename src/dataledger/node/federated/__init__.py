"""Several owners' nodes compute together: only the sum of what they put in is ever seen.

    parties   who takes part, as the work's document says
    offer     where a node can be met, signed by its operator
    meetings  what a node has joined, and how it meets the others
    asking    the consumer's side: all join, all start, all must answer the same

Each node does the private part by itself, and adds its own noise. The sums are made by MPyC, in a
process of its own (`process`) that is given noisy vectors and nothing else.

The public names are loaded when first used: that process needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataledger.node.federated.asking import SharingNode, ask_together
    from dataledger.node.federated.document import federated_query, parse_federated_query
    from dataledger.node.federated.meetings import open_meetings
    from dataledger.node.federated.offer import Offer, SignedOffer
    from dataledger.node.federated.parties import (
        MAX_PARTIES,
        MIN_PARTIES,
        parties_from_json,
        parties_of,
    )

__all__ = [
    "MAX_PARTIES",
    "MIN_PARTIES",
    "Offer",
    "SharingNode",
    "SignedOffer",
    "ask_together",
    "federated_query",
    "open_meetings",
    "parse_federated_query",
    "parties_from_json",
    "parties_of",
]

_HOMES = {
    "MAX_PARTIES": "parties",
    "MIN_PARTIES": "parties",
    "Offer": "offer",
    "SharingNode": "asking",
    "SignedOffer": "offer",
    "ask_together": "asking",
    "federated_query": "document",
    "open_meetings": "meetings",
    "parse_federated_query": "document",
    "parties_from_json": "parties",
    "parties_of": "parties",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
