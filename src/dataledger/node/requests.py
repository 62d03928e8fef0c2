"""What a consumer signs when it asks an owner's node (EIP-712), and how the node checks it.

    {"action": "run", "body": "sha256:…", "by": "0x…", "grant": "0x…", "issued_at_unix": 1790000000,
     "nonce": "0x…", "run": "0x…", "signature": "0x…", "version": 1}

The domain names the chain and its contract `DataUse`; the grant names the owner. The consumer
chooses the run's id, which the chain takes once: what is sent twice cannot be computed twice.
"""

import secrets
from dataclasses import dataclass
from typing import Self

from dataledger.chain.signer import Signer
from dataledger.chain.typed_data import Domain, TypedData
from dataledger.contracts.identifiers import Address, GrantId, RunId
from dataledger.errors import SignatureInvalid, UsageError, UseDocumentError
from dataledger.hashing import (
    Digest,
    Hash32,
    JsonValue,
    hash32_from_hex,
    members,
    natural,
    string,
)
from dataledger.ledger.json_forms import address_from_json, digest_from_json
from dataledger.ledger.signatures import KEY_SIGNATURE_BYTES, is_signed_by

RUN = "run"
"""Compute, and answer."""
FETCH = "fetch"
"""Answer again what was computed."""
JOIN = "join"
"""Take part in a computation of several nodes: reserve, and say where to be met."""
START = "start"
"""Begin it: the body names all who take part."""

REQUEST_TYPES = {
    "Request": (
        ("action", "string"),
        ("grant", "bytes32"),
        ("run", "bytes32"),
        ("version", "uint32"),
        ("body", "bytes32"),
        ("issuedAt", "uint64"),
        ("nonce", "bytes32"),
    )
}

_FIELDS = (
    "action",
    "body",
    "by",
    "grant",
    "issued_at_unix",
    "nonce",
    "run",
    "signature",
    "version",
)


@dataclass(frozen=True, slots=True)
class NodeRequest:
    """A request, before or apart from its signature."""

    action: str
    grant: GrantId
    run: RunId
    version: int
    """What is to be read; 0: the version granted, or the current one."""
    body: Digest
    """SHA-256 of the document that comes with it; of no bytes where none does."""
    issued_at_unix: int
    nonce: Hash32

    @classmethod
    def new(
        cls,
        action: str,
        grant: GrantId,
        run: RunId,
        body: bytes = b"",
        *,
        version: int = 0,
        now_unix: int,
    ) -> Self:
        """Return a request with a nonce of its own."""
        nonce = Hash32(secrets.token_bytes(32))
        return cls(action, grant, run, version, Digest.of(body), now_unix, nonce)

    def typed_data(self, chain_id: int, contract: Address) -> TypedData:
        """Return what is signed, for the contract `DataUse` on one chain."""
        return TypedData(
            domain=Domain("DataLedger", "1", chain_id, contract),
            primary_type="Request",
            types=REQUEST_TYPES,
            message={
                "action": self.action,
                "grant": bytes(self.grant.value),
                "run": bytes(self.run.value),
                "version": self.version,
                "body": bytes(self.body.value),
                "issuedAt": self.issued_at_unix,
                "nonce": bytes(self.nonce),
            },
        )


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request, and who is said to have signed it."""

    request: NodeRequest
    by: Address
    signature: bytes

    @classmethod
    def sign(cls, request: NodeRequest, signer: Signer, chain_id: int, contract: Address) -> Self:
        """Return the request with the signer's signature."""
        signature = signer.sign_typed_data(request.typed_data(chain_id, contract))
        return cls(request, signer.address, bytes(signature))

    def check(self, chain_id: int, contract: Address) -> None:
        """Return only if the signature is by the key `by`.

        Raises:
            SignatureInvalid: it is not, or it is for another chain or contract.
        """
        if not is_signed_by(self.by, self.request.typed_data(chain_id, contract), self.signature):
            raise SignatureInvalid(
                f"The request is not signed by {self.by} for this chain and its contract.",
                remedy="Sign the request as it is sent, with a key of the grant's organisation.",
            )

    def to_json(self) -> dict[str, JsonValue]:
        """Return the request as it travels."""
        request = self.request
        return {
            "action": request.action,
            "body": str(request.body),
            "by": self.by,
            "grant": str(request.grant),
            "issued_at_unix": request.issued_at_unix,
            "nonce": f"0x{request.nonce.hex()}",
            "run": str(request.run),
            "signature": f"0x{self.signature.hex()}",
            "version": request.version,
        }

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns.

        Raises:
            UseDocumentError: it is anything else.
        """
        try:
            document = members(value, *_FIELDS)
            request = NodeRequest(
                action=string(document["action"]),
                grant=GrantId.parse(string(document["grant"])),
                run=RunId.parse(string(document["run"])),
                version=natural(document["version"]),
                body=digest_from_json(document["body"]),
                issued_at_unix=natural(document["issued_at_unix"]),
                nonce=hash32_from_hex(string(document["nonce"]).removeprefix("0x")),
            )
            signature = string(document["signature"]).removeprefix("0x")
            if len(signature) != 2 * KEY_SIGNATURE_BYTES:
                raise UseDocumentError(
                    "The signature is not one of a key.", remedy="Sign with a key."
                )
            return cls(request, address_from_json(document["by"]), bytes.fromhex(signature))
        except (UsageError, ValueError) as error:
            raise UseDocumentError(
                f"This is no signed request: {error}", remedy="Ask as `docs/node.md` says."
            ) from error
