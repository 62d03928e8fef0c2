"""The one way in which a check says no."""

from dataledger.errors import ProofInvalid


def refused(reason: str) -> ProofInvalid:
    """Return the error for something in a bundle that does not hold."""
    return ProofInvalid(
        reason,
        remedy="Ask for a new bundle, use it exactly as it was written, and check that the pins "
        "are those of its chain.",
    )
