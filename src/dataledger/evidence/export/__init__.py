"""Versions of datasets in the formats of other standards, with what stands behind each part.

facts = gather(ledger, "acme/roads")
text = export(facts, Format.CROISSANT).text
"""

from dataledger.evidence.export.facts import DatasetFacts, Fact, Status
from dataledger.evidence.export.formats import Format, export
from dataledger.evidence.export.gathering import gather
from dataledger.evidence.export.notes import Export

__all__ = ["DatasetFacts", "Export", "Fact", "Format", "Status", "export", "gather"]
