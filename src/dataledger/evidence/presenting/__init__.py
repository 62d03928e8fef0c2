"""Making presentations from data and a ledger, and asking the chain about those of others."""

from dataledger.evidence.presenting.disclosing import (
    absence_item,
    column_blocks,
    column_item,
    fields_item,
)
from dataledger.evidence.presenting.make import present
from dataledger.evidence.presenting.on_chain import check_on_chain

__all__ = [
    "absence_item",
    "check_on_chain",
    "column_blocks",
    "column_item",
    "fields_item",
    "present",
]
