"""Writes presentations.json: `python tests/vectors/generate_presentations.py`, from anywhere.

Presentations by docs/disclosure.md, step by step; nothing here comes from the package. Each run
writes the same bytes.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from eth_hash.auto import keccak
from eth_keys.datatypes import PrivateKey
from generate import HERE, written

CHAIN_ID, OWNER, SLUG = 31337, 7, "roads"
LEDGER = "0x00000000000000000000000000000000000000c0"
KEY, OTHER_KEY = (PrivateKey(bytes([number]) * 32) for number in (1, 2))
BEGIN, END = 1_800_000_000, 1_800_003_600
DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
TYPE = (
    "Presentation(bytes32 content,bytes32 dataset,uint32 version,string audience,string purpose,"
    "uint64 issuedAt,uint64 expiresAt)"
)


def word(number: int) -> bytes:
    return number.to_bytes(32)


def named(text: str) -> bytes:
    return keccak(text.encode())


def text_of(document: Mapping[str, Any]) -> str:
    """Return canonical JSON: of ASCII names, whole numbers and plain text, this is."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


ENTRY = {"digest": f"sha256:{sha256(b'1').hexdigest()}", "path": "a.txt", "size_bytes": 1}
ROOT = sha256(b"\0" + text_of(ENTRY).encode()).hexdigest()
PROOF = {
    "file": {
        "content_root": f"sha256:{ROOT}",
        "entry": ENTRY,
        "leaf_index": 0,
        "path": [],
        "tree_size": 1,
    },
    "format": "dataledger/proof/1",
    "kind": "file",
}
RECORD = {
    "content_root": f"sha256:{ROOT}",
    "file_count": 1,
    "manifest_digest": f"sha256:{'1' * 64}",
    "parents": [],
    "record_count": 0,
    "salt_scheme": 0,
    "size_bytes": 1,
}
DATASET = keccak(
    word(CHAIN_ID)
    + bytes.fromhex(LEDGER[2:]).rjust(32, b"\0")
    + word(OWNER)
    + SLUG.encode().ljust(32, b"\0")
)


def checksummed(address: str) -> str:
    marks = keccak(address[2:].encode()).hex()
    pairs = zip(address[2:], marks, strict=False)
    return "0x" + "".join(c.upper() if mark in "89abcdef" else c for c, mark in pairs)


def content(**changed: Any) -> dict[str, Any]:
    return {
        "anchor": {
            "chain_id": CHAIN_ID,
            "dataset": f"0x{DATASET.hex()}",
            "genesis_hash": f"0x{'ab' * 32}",
            "ledger": checksummed(LEDGER),
            "owner": OWNER,
            "record": RECORD,
            "slug": SLUG,
            "version": 1,
        },
        "audience": "org:north",
        "challenge": "8c1f",
        "expires_at_unix": END,
        "format": "dataledger/presentation/1",
        "issued_at_unix": BEGIN,
        "items": [
            {"kind": "proof", "proof": text_of(PROOF)},
            {"kind": "statistic", "name": "mean", "value": "41.5 µg"},
        ],
        "purpose": "Prüfung 17",
        "signer": checksummed(KEY.public_key.to_address()),
        **changed,
    }


def digest(document: Mapping[str, Any]) -> bytes:
    domain = keccak(
        named(DOMAIN_TYPE)
        + named("DataLedger")
        + named("1")
        + word(CHAIN_ID)
        + bytes.fromhex(LEDGER[2:]).rjust(32, b"\0")
    )
    struct = keccak(
        named(TYPE)
        + sha256(text_of(document).encode()).digest()
        + DATASET
        + word(1)
        + named(document["audience"])
        + named(document["purpose"])
        + word(document["issued_at_unix"])
        + word(document["expires_at_unix"])
    )
    return keccak(b"\x19\x01" + domain + struct)


def signed(document: Mapping[str, Any], key: PrivateKey = KEY) -> dict[str, Any]:
    signature = key.sign_msg_hash(digest(document)).to_bytes()
    return {**document, "signature": f"0x{signature[:-1].hex()}{27 + signature[-1]:02x}"}


def case(name: str, document: Mapping[str, Any], error: str | None, **changed: Any) -> Any:
    return {
        "name": name,
        "presentation": text_of(document),
        "audience": "org:north",
        "challenge": "8c1f",
        "now_unix": BEGIN,
        **changed,
        "error": error,
    }


def presentations() -> dict[str, Any]:
    good = content()
    other_proof = {**PROOF, "file": {**PROOF["file"], "leaf_index": 1}}  # type: ignore[dict-item]
    forged = [{"kind": "proof", "proof": text_of(other_proof)}]
    lower = content(signer=KEY.public_key.to_address())
    refused = "presentation-refused"
    cases = [
        case("good", signed(good), None),
        case("good, without a challenge asked for", signed(good), None, challenge=None),
        case("last second", signed(good), None, now_unix=END - 1),
        case("expired", signed(good), refused, now_unix=END),
        case("not yet valid", signed(good), refused, now_unix=BEGIN - 61),
        case("for another verifier", signed(good), refused, audience="org:south"),
        case("for another challenge", signed(good), refused, challenge="8c20"),
        case("for no challenge", signed(content(challenge=None)), refused),
        case("altered purpose", signed(good) | {"purpose": "Audit"}, "signature-invalid"),
        case("by another key", signed(good, OTHER_KEY), "signature-invalid"),
        case("proof that leads elsewhere", signed(content(items=forged)), "proof-invalid"),
        case("nothing disclosed", signed(content(items=[])), "evidence-error"),
        case("unknown member", signed(content(more=1)), "evidence-error"),
        case("address without checksum", signed(lower), "evidence-error"),
        case("valid for too long", signed(content(expires_at_unix=END * 2)), "evidence-error"),
    ]
    return {
        "digest": digest(good),
        "cases": cases,
        "case_count": len(cases),
    }


if __name__ == "__main__":
    (HERE / "presentations.json").write_text(written(presentations()))
