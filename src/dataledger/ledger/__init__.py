"""The SDK: `Ledger.connect(...)`, and the nouns behind it."""

from dataledger.ledger.ledger import Ledger

__all__ = ["Ledger"]
