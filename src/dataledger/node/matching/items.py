"""What is compared: the texts of a column, made alike by a declared rule, and hashed.

The hash has a prefix of its own, so that an item is equal to nothing that was hashed for another
reason. It hides little by itself, since texts can be guessed: what keeps items apart is the
protocol, which blinds them before they leave.
"""

import hashlib
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

from dataledger.errors import QueryError
from dataledger.node.tables import texts

if TYPE_CHECKING:
    import pyarrow as pa

ITEM_PREFIX = b"dataledger/matching-item/1\0"

MAX_ITEMS = 1_000_000
"""Different ones, of either side: so answers stay within what a node may answer with."""


class Normalisation(StrEnum):
    """How texts are made alike, on both sides, before they are compared."""

    EXACT = "exact"
    """Not at all."""
    NFC_CASEFOLD_TRIM = "nfc-casefold-trim"
    """Unicode's caseless matching of canonical forms, without white space at either end."""


def item_of(text: str, rule: Normalisation) -> str | None:
    """Return the item that stands for a text: 64 hexadecimal digits; None for an empty text."""
    if rule is Normalisation.NFC_CASEFOLD_TRIM:
        folded = unicodedata.normalize("NFC", text).casefold()
        text = unicodedata.normalize("NFC", folded).strip()
    return hashlib.sha256(ITEM_PREFIX + text.encode()).hexdigest() if text else None


def items_of(texts: Iterable[str | None], rule: Normalisation) -> dict[str, str]:
    """Return the different items, each with the first text that it stands for.

    In the order of the hashes, which tells nothing of the order of the texts. What is absent or
    empty is no item.

    Raises:
        QueryError: there are more than `MAX_ITEMS`.
    """
    found: dict[str, str] = {}
    for text in texts:
        item = None if text is None else item_of(text, rule)
        if item is not None and item not in found:
            if len(found) == MAX_ITEMS:
                raise QueryError(
                    f"There are more than {MAX_ITEMS:,} different items.",
                    remedy="Compare a part of them.",
                )
            found[item] = text or ""
    return dict(sorted(found.items()))


def texts_of(column: "pa.ChunkedArray") -> list[str | None]:
    """Return the different values of a column of a table, as texts."""
    found: list[str | None] = texts(column).unique().to_pylist()
    return found
