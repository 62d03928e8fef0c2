"""What stands after a check: each claim, whether it is proven or attested, and by what."""

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How much a claim is worth."""

    PROVEN = "proven"
    """It follows from what was recorded."""
    ATTESTED = "attested"
    """It is the owner's word, and nothing more."""


class Basis(StrEnum):
    """What a claim rests on."""

    PROOF = "proof"
    """A proof that leads to the version's content root."""
    RECEIPT = "receipt"
    """A settled run's receipt on the chain."""
    SIGNATURE = "signature"
    """The signature over the presentation, alone."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One claim."""

    standing: Standing
    by: Basis
    says: str


def proven(says: str, by: Basis = Basis.PROOF) -> Finding:
    """Return a claim that was shown."""
    return Finding(Standing.PROVEN, by, says)


def attested(says: str) -> Finding:
    """Return a claim that the owner makes."""
    return Finding(Standing.ATTESTED, Basis.SIGNATURE, says)
