"""Requests to a node that no client makes: everything about them can be wrong."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import requests

from dataledger.chain.signer import Signer
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import Address
from dataledger.hashing import Digest, Hash32
from dataledger.ledger import GrantId, Ledger, RunId, new_run_id
from dataledger.node.answers import Asked
from dataledger.node.requests import RUN, NodeRequest, SignedRequest

TIMEOUT_SECONDS = 60
PATHS = {"run": "/v1/runs", "fetch": "/v1/runs/fetch", "join": "/v1/joins", "start": "/v1/starts"}


@dataclass(frozen=True)
class Said:
    """What a node answered."""

    status: int
    body: dict[str, Any]

    @property
    def reason(self) -> str:
        """Why it refused."""
        return str(self.body["error"]["reason"])


@dataclass(frozen=True)
class Question:
    """A request, whose parts can be exchanged: `replace(question, version=2)`."""

    ledger: Ledger
    """Names the chain, and signs."""
    grant: GrantId
    document: bytes
    action: str = RUN
    version: int = 0
    run: RunId | None = None
    body: Digest | None = None
    """What is signed for the document; by default, its SHA-256."""
    signer: Signer | None = None
    by: Address | None = None
    """Who is said to have signed; by default, who did."""
    age_seconds: int = 0
    nonce: bytes | None = None
    chain_id: int | None = None
    contract: Address | None = None

    def asked(self) -> Asked:
        """Return it, signed."""
        profile, signer = self.ledger.profile, self.signer or self.ledger.signer
        assert signer is not None
        request = NodeRequest(
            action=self.action,
            grant=self.grant,
            run=self.run or new_run_id(),
            version=self.version,
            body=self.body or Digest.of(self.document),
            issued_at_unix=int(time.time()) - self.age_seconds,
            nonce=Hash32(self.nonce or secrets.token_bytes(32)),
        )
        signed = SignedRequest.sign(
            request,
            signer,
            self.chain_id or profile.chain_id,
            self.contract or profile.contract(ContractName.DATA_USE).address,
        )
        return Asked(replace(signed, by=self.by or signed.by), self.document)


def send(url: str, body: bytes, path: str = PATHS[RUN]) -> Said:
    """Post a body to a node."""
    response = requests.post(f"{url}{path}", data=body, timeout=TIMEOUT_SECONDS)
    return Said(response.status_code, response.json())


def ask(url: str, question: Question) -> Said:
    """Send a question to where it belongs."""
    return send(url, question.asked().to_bytes(), PATHS[question.action])


@contextmanager
def undone(undo: Any, *arguments: object) -> Iterator[None]:
    """Call `undo` with the arguments once the block has ended."""
    try:
        yield
    finally:
        undo(*arguments)
