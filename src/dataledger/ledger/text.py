"""Texts that a user gives to be recorded for ever."""

from dataledger.errors import InvalidArgument, shown

MAX_REASON_CHARACTERS = 1_000


def check_text(noun: str, text: str, *, max_characters: int = MAX_REASON_CHARACTERS) -> str:
    """Return `text` if it is fit to be recorded and shown.

    Raises:
        InvalidArgument: it is empty, too long, or holds control characters or undecodable bytes.
    """
    if not 0 < len(text) <= max_characters or not text.isprintable():
        raise InvalidArgument(
            f"The {noun} {shown(text)} cannot be recorded.",
            remedy=f"Give 1 to {max_characters} printable characters, on one line.",
        )
    return text
