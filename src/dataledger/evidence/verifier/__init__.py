"""The verifier of evidence bundles, apart from everything that makes them.

It reads bytes and pins, and nothing else: no network, no chain client, no database. Beside the
standard library it stands on `dataledger.hashing`, the pure formats of `dataledger.manifest`, the
head rule, Keccak-256 and the recovery of secp256k1 signatures.
"""

from dataledger.evidence.verifier.bundle import MAX_BUNDLE_BYTES, Bundle, Event
from dataledger.evidence.verifier.pins import Consensus, Pins, ValidatorSet
from dataledger.evidence.verifier.report import Check, CheckName, Facts, Outcome, Report
from dataledger.evidence.verifier.verify import verify_bundle

__all__ = [
    "MAX_BUNDLE_BYTES",
    "Bundle",
    "Check",
    "CheckName",
    "Consensus",
    "Event",
    "Facts",
    "Outcome",
    "Pins",
    "Report",
    "ValidatorSet",
    "verify_bundle",
]
