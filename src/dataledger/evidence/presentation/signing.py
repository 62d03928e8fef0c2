"""The EIP-712 message that an owner signs, hashed here without a wallet's library.

`TYPES` is what a wallet shows; a test holds the hash to that of another implementation.
"""

from dataclasses import dataclass

from dataledger.contracts.identifiers import Address, DatasetId, address_of, keccak256
from dataledger.hashing import Digest, Hash32

DOMAIN_NAME = "DataLedger"
DOMAIN_VERSION = "1"
PRIMARY_TYPE = "Presentation"
TYPES = {
    PRIMARY_TYPE: (
        ("content", "bytes32"),
        ("dataset", "bytes32"),
        ("version", "uint32"),
        ("audience", "string"),
        ("purpose", "string"),
        ("issuedAt", "uint64"),
        ("expiresAt", "uint64"),
    )
}
SIGNATURE_BYTES = 65

_DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_V_OFFSET = 27
_HALF_ORDER = 0x7FFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_5D576E73_57A4501D_DFE92F46_681B20A0
"""Half the order of secp256k1."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What stands for a presentation in the signature: its digest, and what a person should see."""

    chain_id: int
    contract: Address
    """`DatasetLedger`."""
    content: Digest
    """SHA-256 of the document without its signature."""
    dataset: DatasetId
    version: int
    audience: str
    purpose: str
    issued_at_unix: int
    expires_at_unix: int

    def message(self) -> dict[str, object]:
        """Return the values by the names of `TYPES`."""
        return {
            "content": bytes(self.content.value),
            "dataset": bytes(self.dataset.value),
            "version": self.version,
            "audience": self.audience,
            "purpose": self.purpose,
            "issuedAt": self.issued_at_unix,
            "expiresAt": self.expires_at_unix,
        }


def digest_of(signed: Signed) -> Hash32:
    """Return the hash that is signed (EIP-712)."""
    domain = _struct(
        _DOMAIN_TYPE,
        keccak256(DOMAIN_NAME.encode()),
        keccak256(DOMAIN_VERSION.encode()),
        signed.chain_id.to_bytes(32),
        bytes.fromhex(signed.contract[2:]).rjust(32, b"\0"),
    )
    fields = ",".join(f"{kind} {name}" for name, kind in TYPES[PRIMARY_TYPE])
    content = _struct(
        f"{PRIMARY_TYPE}({fields})".encode(),
        signed.content.value,
        signed.dataset.value,
        signed.version.to_bytes(32),
        keccak256(signed.audience.encode()),
        keccak256(signed.purpose.encode()),
        signed.issued_at_unix.to_bytes(32),
        signed.expires_at_unix.to_bytes(32),
    )
    return keccak256(b"\x19\x01" + domain + content)


def is_by(signer: Address, digest: Hash32, signature: bytes) -> bool:
    """Whether the signature of `digest` is by the signer's own key, in its one spelling."""
    from eth_keys.datatypes import Signature
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    v = signature[-1] - _V_OFFSET if len(signature) == SIGNATURE_BYTES else -1
    # Of the spellings of a signature only one is taken, so that no byte of it can be altered.
    if v not in {0, 1} or int.from_bytes(signature[32:64]) > _HALF_ORDER:
        return False
    try:
        found = Signature(signature_bytes=signature[:-1] + bytes([v]))
        key = found.recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError):
        return False
    return address_of(key.to_canonical_address()) == signer


def _struct(kind: bytes, *words: bytes) -> Hash32:
    return keccak256(keccak256(kind) + b"".join(words))
