"""The consumer's side: several nodes are asked to compute together, and must answer the same."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Protocol, TypeVar

from dataledger.contracts.identifiers import GrantId, RunId
from dataledger.errors import (
    AnswerWithheld,
    DataLedgerError,
    InvalidArgument,
    NodeRefused,
    OwnerNodeError,
    UseDocumentError,
)
from dataledger.hashing import Digest, JsonValue
from dataledger.ledger import new_run_id
from dataledger.node.client import Answered
from dataledger.node.federated.offer import SignedOffer
from dataledger.node.federated.parties import parties_of

NOT_MET = "not-met"
"""Why a node refuses that joined, and could not meet the others."""

T = TypeVar("T")


class SharingNode(Protocol):
    """What is needed of a node; `NodeClient` has it."""

    def join(
        self, grant: GrantId, document: bytes, *, run: RunId, version: int | None = None
    ) -> JsonValue:
        """Have the node reserve its run, and return its offer."""

    def start(
        self, grant: GrantId, run: RunId, document: bytes, offers: Sequence[JsonValue]
    ) -> Answered:
        """Begin what all have joined, and return the node's answer."""


def ask_together(
    nodes: Sequence[SharingNode],
    grants: Sequence[GrantId],
    document: bytes,
    *,
    versions: Sequence[int | None] | None = None,
) -> list[Answered]:
    """Have several nodes do shared work, and return their answers, in the given order.

    All are asked to join; where one does not, the others give up what they reserved, and nothing
    is spent. Then all are started at once. That all answer the same was checked.

    Args:
        nodes: One for each party.
        grants: Those nodes' grants: the document's parties, in its order.
        document: The shared work, as each node is to get it.
        versions: What each is to read; by default the version granted, or the current one.

    Raises:
        InvalidArgument: there is not one node for each party, or the document names others.
        UseDocumentError: the document does not say who takes part.
        NodeRefused: a node does not take part.
        AnswerWithheld: the computation broke off, or the nodes do not answer the same. The runs
            of those that had begun have cost what they reserved.
        OwnerNodeError: a node does not answer, or offers something else.
    """
    wanted = [None] * len(nodes) if versions is None else versions
    if parties_of(document) != tuple(grants) or not len(nodes) == len(grants) == len(wanted):
        raise InvalidArgument(
            f"The {len(nodes)} nodes and {len(grants)} grants are not the document's parties, in "
            "their order.",
            remedy="Give one node and one grant for each party.",
        )
    runs = [new_run_id() for _ in grants]
    with ThreadPoolExecutor(len(nodes)) as threads:

        def join(at: int) -> JsonValue:
            offer = nodes[at].join(grants[at], document, run=runs[at], version=wanted[at])
            _check_offer(offer, grants[at], runs[at], document)
            return offer

        def start(at: int) -> Answered:
            return nodes[at].start(grants[at], runs[at], document, offers)

        def give_up(at: int) -> None:
            # Told to start without the others, a node refuses, and gives its run up at once.
            with suppress(DataLedgerError):
                nodes[at].start(grants[at], runs[at], document, [joining[at].result()])

        joining = [threads.submit(join, at) for at in range(len(nodes))]
        try:
            offers = _all(joining)
        except Exception:
            joined = [at for at, each in enumerate(joining) if each.exception() is None]
            wait([threads.submit(give_up, at) for at in joined])
            raise
        answers = _all([threads.submit(start, at) for at in range(len(nodes))])
    _check_same(answers)
    return answers


def _all(futures: Sequence[Future[T]]) -> list[T]:
    """Return what all calls return, once all are over.

    Where one fails, the others often fail because of it: the error to tell of is the cause.
    """
    errors = [error for future in futures if (error := future.exception()) is not None]
    if errors:
        raise min(errors, key=_is_because_of_another)
    return [future.result() for future in futures]


def _is_because_of_another(error: BaseException) -> int:
    """Return how likely it is that a node fails with this error because another one failed."""
    if isinstance(error, AnswerWithheld):
        return 2
    if isinstance(error, NodeRefused) and error.reason == NOT_MET:
        return 1
    return 0 if isinstance(error, DataLedgerError) else -1


def _check_offer(value: JsonValue, grant: GrantId, run: RunId, document: bytes) -> None:
    """Return only if this is an offer for what was asked; the nodes look at the rest."""
    try:
        offer = SignedOffer.from_json(value).offer
    except UseDocumentError as error:
        raise OwnerNodeError(
            f"The node of the grant {grant} offers nonsense: {error}", remedy="Ask its owner."
        ) from error
    if (offer.grant, offer.run, offer.document) != (grant, run, Digest.of(document)):
        raise OwnerNodeError(
            f"The node of the grant {grant} offers to take part in something else.",
            remedy="Ask its owner.",
        )


def _check_same(answers: Sequence[Answered]) -> None:
    digests = [Digest.of(answer.content) for answer in answers]
    if len(set(digests)) > 1:
        told = ", ".join(
            f"{answer.grant}: {digest}" for answer, digest in zip(answers, digests, strict=True)
        )
        raise AnswerWithheld(
            f"The nodes do not answer the same, so one of them lied: {told}.",
            remedy="Use none of the answers. The receipts on the chain show who answered what.",
        )
