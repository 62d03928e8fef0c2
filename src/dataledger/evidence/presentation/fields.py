"""How a presentation writes texts, times and bytes, and the errors for what is none."""

import re
from datetime import UTC, datetime

from dataledger.errors import EvidenceError, InvalidArgument, PresentationRefused, shown
from dataledger.manifest.proofs.fields import base64_text
from dataledger.manifest.proofs.fields import items as list_of

MAX_TEXT_CHARACTERS = 200
MAX_PURPOSE_CHARACTERS = 1_000

REMEDY = "Ask the dataset's owner for a new presentation, and use it exactly as it was written."

_CHALLENGE = re.compile(r"[!-~]{1,200}")


def line(noun: str, text: str, *, max_characters: int = MAX_TEXT_CHARACTERS) -> str:
    """Return `text` if it is one printable line, without space around it.

    Raises:
        InvalidArgument: it is empty, longer than `max_characters`, or anything else.
    """
    if not 0 < len(text) <= max_characters or not text.isprintable() or text.strip() != text:
        raise InvalidArgument(
            f"{shown(text)} is not {noun}.",
            remedy=f"Give 1 to {max_characters} printable characters, without space around them.",
        )
    return text


def to_challenge(text: str) -> str:
    """Return what a verifier asks to find in a presentation made for it.

    Raises:
        InvalidArgument: it is not 1 to 200 visible ASCII characters.
    """
    if not _CHALLENGE.fullmatch(text):
        raise InvalidArgument(
            f"{shown(text)} is no challenge.",
            remedy="Give 1 to 200 visible ASCII characters without spaces, such as 32 random "
            "hexadecimal digits.",
        )
    return text


def time_words(unix: int) -> str:
    """Return a second as people read it, in UTC."""
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def malformed(reason: object) -> EvidenceError:
    """Return the error for bytes that are no presentation."""
    return EvidenceError(f"This is no presentation: {reason}", remedy=REMEDY)


def refused(reason: str, remedy: str = REMEDY) -> PresentationRefused:
    """Return the error for a presentation that is not for here and now."""
    return PresentationRefused(f"The presentation is refused: {reason}.", remedy=remedy)


__all__ = [
    "MAX_PURPOSE_CHARACTERS",
    "MAX_TEXT_CHARACTERS",
    "REMEDY",
    "base64_text",
    "line",
    "list_of",
    "malformed",
    "refused",
    "time_words",
    "to_challenge",
]
