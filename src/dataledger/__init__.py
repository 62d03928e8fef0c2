"""DataLedger: one trustworthy, permissioned record of datasets that stay where they are.

The public names below are loaded when first used, so that importing the package costs
milliseconds and reads neither the chain client nor its cryptography.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataledger.errors import DataLedgerError
    from dataledger.hashing import Digest
    from dataledger.ledger import Ledger
    from dataledger.manifest import fingerprint

__version__ = "0.1.0"

__all__ = ["DataLedgerError", "Digest", "Ledger", "__version__", "fingerprint"]

_HOMES = {
    "DataLedgerError": "dataledger.errors",
    "Digest": "dataledger.hashing",
    "Ledger": "dataledger.ledger",
    "fingerprint": "dataledger.manifest",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
