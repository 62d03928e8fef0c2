"""Asks an owner's node, and takes no answer that the chain has no receipt for."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from dataledger.chain.profile import Endpoint
from dataledger.chain.signer import Signer
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import GrantId, RunId
from dataledger.contracts.use_types import Outcome, Receipt
from dataledger.errors import (
    AnswerWithheld,
    CommitmentMismatch,
    InvalidArgument,
    KeystoreError,
    NodeRefused,
    NotFound,
    OwnerNodeError,
    ProfileError,
    UseDocumentError,
    WrongChain,
)
from dataledger.hashing import Digest, JsonValue
from dataledger.ledger import Ledger, new_run_id
from dataledger.ledger.use_results import GrantRef, RunRef
from dataledger.node import requests as actions
from dataledger.node.answers import (
    AnswerDocument,
    Asked,
    NodeInfo,
    parse_joined,
    start_bytes,
)
from dataledger.node.exchange import Exchange
from dataledger.node.kinds import parse_any_work
from dataledger.node.requests import NodeRequest, SignedRequest

TIMEOUT_SECONDS = 300.0
FETCH_TRIES = 5
FETCH_PAUSE_SECONDS = 1.0
RECEIPT_SECONDS = 30.0
"""How far behind the node's view of the chain ours may be."""
RECEIPT_PAUSE_SECONDS = 0.5
UNFINISHED = "unfinished"
"""The reason for which a run's answer cannot be fetched yet."""
UNKNOWN = "unknown-run"

T = TypeVar("T")


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
    """One owner's node. The ledger's signer signs what is asked. May be used from any thread.

    What could be done twice is never sent twice: after a lost answer, the run's is fetched.
    Whatever the node says of an error is untrusted text, and shown as such.

    Every method raises `OwnerNodeError` where the node does not answer, or with nonsense.
    """

    def __init__(
        self,
        ledger: Ledger,
        url: str,
        *,
        ca: Path | None = None,
        plain_http: bool = False,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        """Prepare to ask the node at `url`; nothing is sent yet.

        Args:
            ledger: Knows the chain, and the key of a member of the grants' organisation.
            url: As `https://node.example:8460`.
            ca: A certificate, or several, in PEM, that the node's must come from; by default,
                those that this machine trusts.
            plain_http: Whether http may leave this machine: others could read the answers.
            timeout_seconds: How long one answer may take, with all that is computed for it.

        Raises:
            InvalidArgument: the URL is none, or not https while it leaves this machine.
            ProfileError: the profile names no contract `DataUse`.
        """
        self._ledger = ledger
        endpoint = _endpoint(url, plain_http=plain_http)
        self._exchange = Exchange(endpoint, ca=ca, timeout_seconds=timeout_seconds)
        self._timeout_seconds = timeout_seconds
        self._is_known = False
        self._chain_id = ledger.profile.chain_id
        self._contract = ledger.profile.contract(ContractName.DATA_USE).address

    @property
    def url(self) -> str:
        """Where the node is, without what may be a secret."""
        return self._exchange.place

    def info(self) -> NodeInfo:
        """Return what the node says of itself: organisation, chain, contract, datasets, kinds."""
        return self._read(NodeInfo.parse, self._exchange.get("/v1/info"))

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

        Raises:
            QueryError: the document is malformed, or not bounded.
            NodeRefused: the node refuses; nothing was computed, and nothing is spent.
            AnswerWithheld: the run ended without an answer, and has cost what it reserved.
            CommitmentMismatch: the chain has no such receipt, or one for another answer.
            KeystoreError: the ledger has no signer.
        """
        expected = parse_any_work(document).code if code is None else code
        grant_id, run_id = self._ids(grant, new_run_id() if run is None else run)
        asked = self._asked(actions.RUN, grant_id, run_id, document, version or 0)
        return self._answered("/v1/runs", asked, expected)

    def fetch(self, grant: GrantRef, run: RunRef, *, code: Digest | None = None) -> Answered:
        """Return the answer of a run that was settled, once more.

        Args:
            grant: Its grant.
            run: Its id.
            code: What the receipt must name; by default, the receipt is not asked for that.

        Raises:
            NodeRefused: there is no such run, or its answer is gone.
            AnswerWithheld, CommitmentMismatch, KeystoreError: as by `run`.
        """
        grant_id, run_id = self._ids(grant, run)
        asked = self._asked(actions.FETCH, grant_id, run_id, b"", 0)
        body = self._exchange.post("/v1/runs/fetch", asked.to_bytes())
        return self._checked(self._read(AnswerDocument.parse, body), asked, code)

    def join(
        self, grant: GrantRef, document: bytes, *, run: RunRef, version: int | None = None
    ) -> JsonValue:
        """Have the node reserve a run of several nodes, and return its offer, as it travels.

        Raises:
            QueryError, NodeRefused, KeystoreError: as by `run`.
        """
        grant_id, run_id = self._ids(grant, run)
        asked = self._asked(actions.JOIN, grant_id, run_id, document, version or 0)
        self._know()
        return self._read(parse_joined, self._exchange.post("/v1/joins", asked.to_bytes()))

    def start(
        self, grant: GrantRef, run: RunRef, document: bytes, offers: Sequence[JsonValue]
    ) -> Answered:
        """Begin what all have joined, and return the answer. Raises as `run` does.

        Args:
            grant: This node's grant.
            run: The run's id at this node.
            document: The same work.
            offers: Those of all nodes, in the order of the document's parties.
        """
        grant_id, run_id = self._ids(grant, run)
        expected = parse_any_work(document).code
        asked = self._asked(actions.START, grant_id, run_id, start_bytes(offers), 0)
        return self._answered("/v1/starts", asked, expected)

    # ------------------------------------------------------------------------------------- helpers

    def _know(self) -> None:
        """Return once the node is known to be there, and to be of this chain.

        Raises:
            OwnerNodeError: it is not; nothing was asked.
            WrongChain: it is of another one, or of another contract.
        """
        if self._is_known:
            return
        info = self.info()
        if (info.chain_id, info.contract) != (self._chain_id, self._contract):
            raise WrongChain(
                f"The node at {self.url} is for the contract {info.contract} on chain "
                f"{info.chain_id}; the profile is for {self._contract} on {self._chain_id}.",
                remedy="Use the profile of the node's chain.",
            )
        self._is_known = True

    def _answered(self, path: str, asked: Asked, code: Digest) -> Answered:
        request = asked.signed.request
        self._know()
        try:
            body = self._exchange.post(path, asked.to_bytes())
            answer = self._read(AnswerDocument.parse, body)
        except OwnerNodeError as lost:
            return self._fetch_lost(request.grant, request.run, code, lost)
        return self._checked(answer, asked, code)

    def _fetch_lost(
        self, grant: GrantId, run: RunId, code: Digest, lost: OwnerNodeError
    ) -> Answered:
        """Return the answer of a run of which it is not known how far it came.

        It is asked for until it is there, as long as the node says that it is under way.
        """
        deadline = time.monotonic() + self._timeout_seconds
        silences = 0
        while silences < FETCH_TRIES and time.monotonic() < deadline:
            try:
                return self.fetch(grant, run, code=code)
            except OwnerNodeError:
                silences += 1
            except NodeRefused as refused:
                if refused.reason == UNKNOWN:
                    silences += 1  # it may be on its way still
                elif refused.reason == UNFINISHED:
                    silences = 0
                else:
                    raise
            time.sleep(FETCH_PAUSE_SECONDS)
        raise OwnerNodeError(
            f"{lost} Whether the run {run} was computed is not known.",
            remedy=f"Fetch it later, by this id; `dataledger receipts {grant}` shows whether it "
            "was paid for.",
        ) from lost

    def _checked(self, answer: AnswerDocument, asked: Asked, code: Digest | None) -> Answered:
        """Return the answer if the chain has a receipt for it, of the run that was asked for."""
        request = asked.signed.request
        receipt = self._settled(request)
        if receipt.outcome is not Outcome.RELEASED:
            raise AnswerWithheld(
                f"The run {request.run} failed, by its receipt on the chain.",
                remedy="Take no answer of it; ask anew, with another run.",
            )
        if receipt.output != Digest.of(answer.content):
            raise self._unpaid(request, f"the receipt is for an answer with {receipt.output}")
        if code is not None and receipt.code != code:
            raise self._unpaid(request, f"the receipt is for the code {receipt.code}, not {code}")
        read = receipt.inputs[0].version
        if request.version not in {0, read}:
            raise self._unpaid(request, f"the receipt is for version {read}, not {request.version}")
        return Answered(
            *(request.grant, request.run, answer.content, answer.media_type),
            receipt,
            answer.transaction_hash,
        )

    def _settled(self, request: NodeRequest) -> Receipt:
        """Return the receipt of a run, for which our own view of the chain may have to wait.

        Raises:
            CommitmentMismatch: there is none.
        """
        deadline = time.monotonic() + RECEIPT_SECONDS
        while True:
            why = "its run is not settled"
            try:
                kept = self._ledger.runs.get(request.grant, request.run)
            except NotFound:
                why = "the chain knows no such run"
            else:
                if kept.receipt is not None:
                    return kept.receipt
            if time.monotonic() > deadline:
                raise self._unpaid(request, why)
            time.sleep(RECEIPT_PAUSE_SECONDS)

    def _unpaid(self, request: NodeRequest, why: str) -> CommitmentMismatch:
        return CommitmentMismatch(
            f"The node at {self.url} answers the run {request.run}, and {why}.",
            remedy="Do not use the answer, and ask the dataset's owner.",
        )

    def _asked(
        self, action: str, grant: GrantId, run: RunId, document: bytes, version: int
    ) -> Asked:
        request = NodeRequest.new(
            action, grant, run, document, version=version, now_unix=int(time.time())
        )
        signed = SignedRequest.sign(request, self._signer(), self._chain_id, self._contract)
        return Asked(signed, document)

    def _signer(self) -> Signer:
        if self._ledger.signer is None:
            raise KeystoreError(
                "A node is asked with a key, and the ledger has none.",
                remedy="Connect with the signer of a member of the grant's organisation.",
            )
        return self._ledger.signer

    def _ids(self, grant: GrantRef, run: RunRef) -> tuple[GrantId, RunId]:
        run_id = run if isinstance(run, RunId) else RunId.parse(run)
        return self._ledger.uses.resolve(grant), run_id

    def _read(self, parse: Callable[[bytes], T], body: bytes) -> T:
        try:
            return parse(body)
        except UseDocumentError as error:
            raise OwnerNodeError(
                f"The node at {self.url} answers with what no node says: {error}",
                remedy="Check that this is the address of an owner's node, of a release like this.",
            ) from error


def _endpoint(url: str, *, plain_http: bool) -> Endpoint:
    try:
        endpoint = Endpoint(url)
    except ProfileError:
        raise InvalidArgument(
            "The address of the node is no http or https URL with a host.",
            remedy="Write it as https://HOST:PORT.",
        ) from None
    if not (plain_http or endpoint.is_loopback or url.startswith("https:")):
        raise InvalidArgument(
            f"By http, others could read what the node at {endpoint} answers.",
            remedy="Ask it by https; it is configured by [tls], or stands behind a proxy.",
        )
    return endpoint
