"""What a node was asked to take part in, and how it meets the others."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import GrantId, RunId
from dataledger.errors import KeystoreError, NodeRefused, UseDocumentError, shown
from dataledger.hashing import Digest, JsonValue
from dataledger.ledger import Ledger
from dataledger.node.federated.admission import Admission
from dataledger.node.federated.certificates import OwnCertificate, new_certificate
from dataledger.node.federated.listening import listen, reached_by
from dataledger.node.federated.offer import Offer, SignedOffer
from dataledger.node.federated.parties import parties_of
from dataledger.node.federated.worker import COMMAND, Worker
from dataledger.node.meetings import Meetings
from dataledger.node.rules import FederatedRules
from dataledger.node.work import SecureSum

MAX_WAITING = 64
"""Offers that hold at once: each has a port of its own."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An offer of this node, and what it needs to keep it."""

    signed: SignedOffer
    own: OwnCertificate = field(repr=False)
    listener: socket.socket


class FederatedMeetings:
    """The computations that this node has joined. May be used from any thread."""

    def __init__(
        self,
        ledger: Ledger,
        rules: FederatedRules,
        *,
        command: Sequence[str] = COMMAND,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Offer nothing yet.

        Args:
            ledger: Its signer signs offers, as a member of the datasets' owner.
            rules: Where to listen, and for how long.
            command: What runs the process that computes with others.
            clock: Returns the time in Unix seconds.

        Raises:
            KeystoreError: the ledger has no signer.
            ProfileError: the profile names no contract `DataUse`.
        """
        if ledger.signer is None:
            raise KeystoreError(
                "Offers are signed, and the ledger has no signer.",
                remedy="Connect with the key that acts for the datasets' owner.",
            )
        self._signer = ledger.signer
        self._chain_id = ledger.profile.chain_id
        self._contract = ledger.profile.contract(ContractName.DATA_USE).address
        self._admission = Admission(ledger)
        self._rules = rules
        self._command = command
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[tuple[GrantId, RunId], _Waiting] = {}

    def offer(self, grant: GrantId, run: RunId, document: bytes) -> JsonValue:
        """Return where and how this node can be met for a run, signed.

        It holds for `FederatedRules.seconds`, and for one start.

        Raises:
            UseDocumentError: the document names no parties.
            NodeConfigError: the node's own configuration does not let it be met.
            NodeRefused: this grant is none of them (`not-a-party`), two are of one owner
                (`same-owner`), one is unknown (`unknown-party`), or there is no free port or
                place left (`busy`).
        """
        parties = parties_of(document)
        if grant not in parties:
            raise NodeRefused(
                f"The grant {grant} is none of the document's {len(parties)} parties.",
                remedy="Ask the nodes of those whom the document names.",
                reason="not-a-party",
            )
        host = reached_by(self._rules)
        self._admission.check_owners(parties)
        own = new_certificate()
        with self._lock:
            self._forget_expired()
            if (grant, run) in self._waiting or len(self._waiting) >= MAX_WAITING:
                raise NodeRefused(
                    f"This node waits for {len(self._waiting)} computations already.",
                    remedy="Wait until they are over, and join with a new run.",
                    reason="busy",
                )
            listener = listen(self._rules)
            offer = Offer(
                grant=grant,
                run=run,
                document=Digest.of(document),
                host=host,
                port=listener.getsockname()[1],
                certificate=own.der,
                expires_at_unix=int(self._clock()) + self._rules.seconds,
            )
            signed = SignedOffer.sign(offer, self._signer, self._chain_id, self._contract)
            self._waiting[grant, run] = _Waiting(signed, own, listener)
        return signed.to_json()

    def parties(
        self, grant: GrantId, run: RunId, document: bytes, offers: Sequence[JsonValue]
    ) -> int:
        """Return how many take part, if the offers are those of the document's parties, in order.

        Raises:
            UseDocumentError: the document names no parties, or something is no offer.
            SignatureInvalid: an offer is not signed by the key that it names.
            NodeRefused: an offer does not hold; see `Admission.check_offers`. Or this node waits
                for no such run (`unknown-run`).
        """
        return len(self._checked(self._find(grant, run), document, offers))

    @contextmanager
    def meet(
        self, grant: GrantId, run: RunId, document: bytes, offers: Sequence[JsonValue]
    ) -> Iterator[SecureSum]:
        """Meet the others; within the block, vectors can be added over all nodes.

        What was offered for the run is used up. Raises as `parties` does.

        Raises:
            AnswerWithheld: the others did not come; then or later, one left or broke the protocol.
        """
        with self._lock:
            waiting = self._find(grant, run)
            del self._waiting[grant, run]
        with waiting.listener:
            found = self._checked(waiting, document, offers)
            index = found.index(waiting.signed.offer)
            with Worker(
                waiting.listener, seconds=self._rules.seconds, command=self._command
            ) as worker:
                worker.meet(found, index, waiting.own)
                waiting.listener.close()
                yield worker.add

    def forget(self, grant: GrantId, run: RunId) -> None:
        """Drop what was offered for a run; a port that waits is closed."""
        with self._lock:
            waiting = self._waiting.pop((grant, run), None)
        if waiting is not None:
            waiting.listener.close()

    def close(self) -> None:
        """Drop all that was offered; whoever has met goes on."""
        for grant, run in list(self._waiting):
            self.forget(grant, run)

    def _find(self, grant: GrantId, run: RunId) -> _Waiting:
        waiting = self._waiting.get((grant, run))
        if waiting is None:
            raise NodeRefused(
                f"This node has made no offer for the run {run}, or it is used up.",
                remedy="Join at every node first, with a new run.",
                reason="unknown-run",
            )
        return waiting

    def _checked(
        self, waiting: _Waiting, document: bytes, offers: Sequence[JsonValue]
    ) -> list[Offer]:
        own = waiting.signed.offer
        if Digest.of(document) != own.document:
            raise UseDocumentError(
                f"This node joined for the document {own.document}, and no other.",
                remedy="Start with the document that was joined for.",
            )
        given = [SignedOffer.from_json(offer) for offer in offers]
        self._admission.check_offers(
            given, parties_of(document), waiting.signed, now_unix=int(self._clock())
        )
        self._check_hosts(signed.offer for signed in given if signed != waiting.signed)
        return [signed.offer for signed in given]

    def _check_hosts(self, others: Iterable[Offer]) -> None:
        peers = self._rules.peers
        for offer in others:
            if peers and offer.host not in peers:
                raise NodeRefused(
                    f"This node does not call {shown(offer.host)}, which the offer for the grant "
                    f"{offer.grant} names.",
                    remedy="Tell its operator of the other owners' nodes ([federated] peers).",
                    reason="other-host",
                )

    def _forget_expired(self) -> None:
        now_unix = int(self._clock())
        for key, waiting in list(self._waiting.items()):
            if waiting.signed.offer.expires_at_unix <= now_unix:
                del self._waiting[key]
                waiting.listener.close()


def open_meetings(ledger: Ledger, rules: FederatedRules) -> Meetings:
    """Return where the node of the ledger's signer meets others.

    Raises as `FederatedMeetings` does.
    """
    return FederatedMeetings(ledger, rules)
