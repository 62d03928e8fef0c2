"""Evidence that anyone can check, offline: bundles, and exports for other standards.

The names below are loaded when first used: whoever verifies a bundle loads nothing of the chain.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataledger.evidence.create import create_bundle
    from dataledger.evidence.profile_pins import pins_of
    from dataledger.evidence.verifier import (
        Bundle,
        Consensus,
        Pins,
        Report,
        ValidatorSet,
        verify_bundle,
    )

__all__ = [
    "Bundle",
    "Consensus",
    "Pins",
    "Report",
    "ValidatorSet",
    "create_bundle",
    "pins_of",
    "verify_bundle",
]

_VERIFIER = "dataledger.evidence.verifier"
_HOMES = {
    "Bundle": _VERIFIER,
    "Consensus": _VERIFIER,
    "Pins": _VERIFIER,
    "Report": _VERIFIER,
    "ValidatorSet": _VERIFIER,
    "create_bundle": "dataledger.evidence.create",
    "pins_of": "dataledger.evidence.profile_pins",
    "verify_bundle": _VERIFIER,
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
