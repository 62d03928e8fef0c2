"""Digests, RFC 9162 Merkle trees, and RFC 8785 canonical JSON. Pure: no input or output."""

from dataledger.hashing.canonical import (
    JsonValue,
    canonical_bytes,
    members,
    natural,
    not_canonical,
    parse_canonical,
    parse_strict,
    string,
)
from dataledger.hashing.digest import (
    TREE_CHUNK_BYTES,
    Algorithm,
    Digest,
    Hash32,
    hash32_from_hex,
    to_hash32,
)
from dataledger.hashing.merkle import (
    EMPTY_ROOT,
    StreamingRoot,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

__all__ = [
    "EMPTY_ROOT",
    "TREE_CHUNK_BYTES",
    "Algorithm",
    "Digest",
    "Hash32",
    "JsonValue",
    "StreamingRoot",
    "canonical_bytes",
    "consistency_proof",
    "hash32_from_hex",
    "inclusion_proof",
    "leaf_hash",
    "members",
    "natural",
    "node_hash",
    "not_canonical",
    "parse_canonical",
    "parse_strict",
    "root",
    "string",
    "to_hash32",
    "verify_consistency",
    "verify_inclusion",
]
