"""Asks an owner's node, and takes no answer that the chain has no receipt for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataledger.contracts.identifiers import GrantId, RunId
from dataledger.contracts.use_types import Receipt
from dataledger.hashing import Digest, JsonValue
from dataledger.ledger import Ledger
from dataledger.ledger.use_results import GrantRef, RunRef

TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that left the data, and the receipt that the chain has for it."""

    grant: GrantId
    run: RunId
    content: bytes = field(repr=False)
    media_type: str
    receipt: Receipt
    """As the chain holds it; its `output` is the SHA-256 of `content`."""
    transaction_hash: str
    """Of the settlement, by the node's own word."""


class NodeClient:
    """One owner's node. The ledger's signer signs what is asked.

    Whatever the node says of an error is untrusted text, and shown as such.
    """

    def __init__(
        self,
        ledger: Ledger,
        url: str,
        *,
        ca: Path | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        raise NotImplementedError

    def info(self) -> dict[str, Any]:
        """Return what the node says of itself: organisation, chain, contract, datasets, kinds."""
        raise NotImplementedError

    def run(
        self,
        grant: GrantRef,
        document: bytes,
        *,
        version: int | None = None,
        run: RunRef | None = None,
        code: Digest | None = None,
    ) -> Answered:
        """Have work done beside the data, and return its answer.

        Args:
            grant: The grant that allows it.
            document: The work: canonical JSON of a format in `dataledger.node.kinds`.
            version: What is to be read; by default the version granted, or the current one.
            run: The run's id, which no other run has; by default, a new one.
            code: What the receipt must name; by default, as the document says.
        """
        raise NotImplementedError

    def fetch(self, grant: GrantRef, run: RunRef, *, code: Digest | None = None) -> Answered:
        """Return the answer of a run that was settled, once more."""
        raise NotImplementedError

    def join(
        self, grant: GrantRef, document: bytes, *, run: RunRef, version: int | None = None
    ) -> JsonValue:
        """Have the node reserve a run of several nodes, and return its offer, as it travels."""
        raise NotImplementedError

    def start(
        self, grant: GrantRef, run: RunRef, document: bytes, offers: Sequence[JsonValue]
    ) -> Answered:
        """Begin what all have joined, and return the answer.

        Args:
            grant: This node's grant.
            run: The run's id at this node.
            document: The same work.
            offers: Those of all nodes, in the order of the document's parties.
        """
        raise NotImplementedError
