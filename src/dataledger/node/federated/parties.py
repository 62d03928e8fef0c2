"""Who takes part: the grants that the document of shared work names, in order.

Every kind of shared work has a member `parties` in its document. All nodes are asked with the same
bytes, so that the code on each receipt, their SHA-256, says who took part.
"""

from dataledger.contracts.identifiers import GrantId
from dataledger.errors import QueryError, UsageError, UseDocumentError, shown
from dataledger.hashing import JsonValue, parse_canonical, string

MIN_PARTIES = 3
"""Of two, each could take its own part from the sum, and would have the other's."""
MAX_PARTIES = 32

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024


def parties_from_json(value: JsonValue) -> tuple[GrantId, ...]:
    """Read the member `parties` of a document.

    Raises:
        QueryError: it is no list of grants, names one twice, fewer than `MIN_PARTIES`, or more
            than `MAX_PARTIES`.
    """
    if not isinstance(value, list):
        raise QueryError(
            f"{shown(value)} stands where the parties belong.",
            remedy="Name the grants of all who take part, in an array.",
        )
    if not MIN_PARTIES <= len(value) <= MAX_PARTIES:
        raise QueryError(
            f"{len(value)} parties cannot compute together.",
            remedy=f"Let {MIN_PARTIES} to {MAX_PARTIES} owners take part: of two, each would learn "
            "the other's part.",
        )
    try:
        parties = tuple(GrantId.parse(string(grant)) for grant in value)
    except UsageError as error:
        raise QueryError(
            f"A party is no grant: {error}", remedy="Name each party by its grant, as `0x…`."
        ) from error
    for number, grant in enumerate(parties):
        if grant in parties[:number]:
            raise QueryError(
                f"The grant {grant} stands twice among the parties.", remedy="Name it once."
            )
    return parties


def parties_of(document: bytes) -> tuple[GrantId, ...]:
    """Return the parties that a document of shared work names, of whatever format it is.

    Raises:
        UseDocumentError: it is not canonical JSON, or names no parties.
    """
    try:
        value = parse_canonical(document, max_bytes=MAX_DOCUMENT_BYTES)
        return parties_from_json(value.get("parties") if isinstance(value, dict) else None)
    except UsageError as error:
        raise UseDocumentError(
            f"The document does not say who takes part: {error}", remedy=error.remedy
        ) from error
