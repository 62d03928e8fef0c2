"""Private set intersection: what two parties share, and nothing else of what either has.

The library is openmined-psi: Diffie-Hellman on P-256. `docs/matching.md` says what it keeps from
whom, and what only metering does.
"""

from dataledger.node.matching.document import MatchingDocument, Reveal
from dataledger.node.matching.items import Normalisation
from dataledger.node.matching.work import MatchingWork, parse_matching

__all__ = ["MatchingDocument", "MatchingWork", "Normalisation", "Reveal", "parse_matching"]
