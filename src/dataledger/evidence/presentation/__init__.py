"""Presentations: what an owner discloses to one verifier, for a time, with proofs.

Reading and checking one needs no network, no chain client and no data, as the verifier of evidence
bundles does; `dataledger.evidence.presenting` makes them, and asks the chain. `docs/disclosure.md`
says what one shows.
"""

from dataledger.evidence.presentation.anchor import Anchor
from dataledger.evidence.presentation.audience import Audience, AudienceKind
from dataledger.evidence.presentation.columns import BlockValues, ColumnBlockItem, ColumnItem
from dataledger.evidence.presentation.document import (
    DEFAULT_LIFETIME_SECONDS,
    FORMAT,
    MAX_LIFETIME_SECONDS,
    MAX_PRESENTATION_BYTES,
    Content,
    Presentation,
)
from dataledger.evidence.presentation.findings import Basis, Finding, Standing
from dataledger.evidence.presentation.items import AbsenceItem, Item, ProvenItem
from dataledger.evidence.presentation.stated import AnswerItem, FieldsItem, StatisticItem
from dataledger.evidence.presentation.verify import Shown, Verified, verify_presentation

__all__ = [
    "DEFAULT_LIFETIME_SECONDS",
    "FORMAT",
    "MAX_LIFETIME_SECONDS",
    "MAX_PRESENTATION_BYTES",
    "AbsenceItem",
    "Anchor",
    "AnswerItem",
    "Audience",
    "AudienceKind",
    "Basis",
    "BlockValues",
    "ColumnBlockItem",
    "ColumnItem",
    "Content",
    "FieldsItem",
    "Finding",
    "Item",
    "Presentation",
    "ProvenItem",
    "Shown",
    "Standing",
    "StatisticItem",
    "Verified",
    "verify_presentation",
]
