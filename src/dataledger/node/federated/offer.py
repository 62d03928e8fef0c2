"""An offer: where and how a node can be met for one run, signed by its operator (EIP-712).

    {"by": "0x…", "certificate": "base64 of DER", "document": "sha256:…",
     "expires_at_unix": 1790000000, "grant": "0x…", "host": "node.acme.example", "port": 40001,
     "run": "0x…", "signature": "0x…"}

The certificate is made for this run, and its key is known to one process of the node alone. So an
offer that is shown again leads nowhere.
"""

import base64
import re
from dataclasses import dataclass, field
from typing import Self

from dataledger.chain.signer import Signer
from dataledger.chain.typed_data import Domain, TypedData
from dataledger.contracts.identifiers import Address, GrantId, RunId
from dataledger.errors import SignatureInvalid, UsageError, UseDocumentError, shown
from dataledger.hashing import Digest, JsonValue, members, natural, string
from dataledger.ledger.json_forms import address_from_json, digest_from_json
from dataledger.ledger.signatures import KEY_SIGNATURE_BYTES, is_signed_by

OFFER_TYPES = {
    "Offer": (
        ("grant", "bytes32"),
        ("run", "bytes32"),
        ("document", "bytes32"),
        ("host", "string"),
        ("port", "uint16"),
        ("certificate", "bytes32"),
        ("expiresAt", "uint64"),
    )
}

MAX_CERTIFICATE_BYTES = 4096
MAX_PORT = 65_535

_FIELDS = (
    *("by", "certificate", "document", "expires_at_unix", "grant", "host", "port", "run"),
    "signature",
)
_HOST = re.compile(r"[0-9A-Za-z_]([0-9A-Za-z_.-]{0,251}[0-9A-Za-z_])?|[0-9A-Fa-f:.]{2,45}")
"""A name, or an address of either kind."""
_SIGNATURE = re.compile(rf"0x[0-9a-f]{{{2 * KEY_SIGNATURE_BYTES}}}")


@dataclass(frozen=True, slots=True)
class Offer:
    """Where a node can be met, and by which certificate it is known."""

    grant: GrantId
    run: RunId
    document: Digest
    """SHA-256 of the shared work's document."""
    host: str
    port: int
    certificate: bytes = field(repr=False)
    """X.509 in DER."""
    expires_at_unix: int
    """First second in which it no longer holds."""

    def typed_data(self, chain_id: int, contract: Address) -> TypedData:
        """Return what is signed, for the contract `DataUse` on one chain."""
        return TypedData(
            domain=Domain("DataLedger", "1", chain_id, contract),
            primary_type="Offer",
            types=OFFER_TYPES,
            message={
                "grant": bytes(self.grant.value),
                "run": bytes(self.run.value),
                "document": bytes(self.document.value),
                "host": self.host,
                "port": self.port,
                "certificate": bytes(Digest.of(self.certificate).value),
                "expiresAt": self.expires_at_unix,
            },
        )


@dataclass(frozen=True, slots=True)
class SignedOffer:
    """An offer, and who is said to have signed it."""

    offer: Offer
    by: Address
    signature: bytes = field(repr=False)

    @classmethod
    def sign(cls, offer: Offer, signer: Signer, chain_id: int, contract: Address) -> Self:
        """Return the offer with the signer's signature."""
        signature = signer.sign_typed_data(offer.typed_data(chain_id, contract))
        return cls(offer, signer.address, bytes(signature))

    def check(self, chain_id: int, contract: Address) -> None:
        """Return only if the signature is by the key `by`.

        Raises:
            SignatureInvalid: it is not, or it is for another chain or contract.
        """
        if not is_signed_by(self.by, self.offer.typed_data(chain_id, contract), self.signature):
            raise SignatureInvalid(
                f"The offer for the grant {self.offer.grant} is not signed by {self.by} for this "
                "chain and its contract.",
                remedy="Give the offers as the nodes made them.",
            )

    def to_json(self) -> dict[str, JsonValue]:
        """Return the offer as it travels."""
        offer = self.offer
        return {
            "by": self.by,
            "certificate": _base64(offer.certificate),
            "document": str(offer.document),
            "expires_at_unix": offer.expires_at_unix,
            "grant": str(offer.grant),
            "host": offer.host,
            "port": offer.port,
            "run": str(offer.run),
            "signature": f"0x{self.signature.hex()}",
        }

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns.

        Raises:
            UseDocumentError: it is anything else.
        """
        try:
            document = members(value, *_FIELDS)
            offer = Offer(
                grant=GrantId.parse(string(document["grant"])),
                run=RunId.parse(string(document["run"])),
                document=digest_from_json(document["document"]),
                host=_host(document["host"]),
                port=_port(document["port"]),
                certificate=_certificate(document["certificate"]),
                expires_at_unix=natural(document["expires_at_unix"]),
            )
            signature = string(document["signature"])
            if not _SIGNATURE.fullmatch(signature):
                raise _no_offer("the signature is not one of a key")
            return cls(offer, address_from_json(document["by"]), bytes.fromhex(signature[2:]))
        except (UsageError, ValueError) as error:
            raise _no_offer(str(error)) from error


def is_host(text: str) -> bool:
    """Whether this can be the host of an offer."""
    return _HOST.fullmatch(text) is not None


def _host(value: JsonValue) -> str:
    text = string(value)
    if not is_host(text):
        raise _no_offer(f"{shown(text)} is no host")
    return text


def _port(value: JsonValue) -> int:
    port = natural(value)
    if not 0 < port <= MAX_PORT:
        raise _no_offer(f"{port} is no port")
    return port


def _certificate(value: JsonValue) -> bytes:
    text = string(value)
    certificate = base64.b64decode(text.encode("ascii"), validate=True)
    # Bits that mean nothing could otherwise tell apart what is the same.
    if not 0 < len(certificate) <= MAX_CERTIFICATE_BYTES or _base64(certificate) != text:
        raise _no_offer("the certificate is not one in base64")
    return certificate


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _no_offer(reason: str) -> UseDocumentError:
    return UseDocumentError(
        f"This is no offer of a node: {reason}", remedy="Give the offers as the nodes made them."
    )
