"""Actions that a member signed offline, for anyone to relay."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignedAction:
    """An owner's action, signed (EIP-712)."""

    def to_bytes(self) -> bytes:
        """Return the action as a file: canonical JSON (RFC 8785)."""
        raise NotImplementedError

    @classmethod
    def parse(cls, data: bytes) -> "SignedAction":
        """Read such a file; every member and the signature's form are checked."""
        raise NotImplementedError
