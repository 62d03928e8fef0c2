"""A node's block answers as headers, held against the hash that the node gives."""

from dataledger.chain.answers import bytes_of, quantity
from dataledger.chain.transport import Json
from dataledger.errors import NodeError, ProofInvalid
from dataledger.evidence.verifier import Consensus, rlp
from dataledger.evidence.verifier.header import FEWEST_FIELDS, FIELDS, Field, Header
from dataledger.evidence.verifier.seals import block_hash, clique_signer
from dataledger.hashing import Hash32


def header_of(block: dict[str, Json]) -> Header:
    """Return the header of a block as JSON-RPC gives it.

    Raises:
        NodeError: a field is missing, or malformed.
    """
    present = [
        field
        for index, field in enumerate(FIELDS)
        if index < FEWEST_FIELDS or block.get(field.name) is not None
    ]
    try:
        return Header.parse(rlp.encode([_value(block, field) for field in present]))
    except ProofInvalid as error:
        raise _unknown(str(error).rstrip(".")) from error


def consensus_of(header: Header, digest: Hash32) -> Consensus:
    """Return the consensus by whose rules the header has this hash.

    Raises:
        NodeError: there is none: the header has fields that are not known here, or the node errs.
    """
    if header.keccak() == digest:
        try:
            clique_signer(header)
        except ProofInvalid:
            return Consensus.NONE
        return Consensus.CLIQUE
    try:
        if block_hash(header, Consensus.QBFT) == digest:
            return Consensus.QBFT
    except ProofInvalid:
        pass
    raise _unknown(f"no known rule gives it the hash 0x{digest.hex()} that the node gives")


def _value(block: dict[str, Json], field: Field) -> bytes:
    value, noun = block.get(field.name), f"a block's {field.name}"
    return rlp.integer(quantity(value, noun)) if field.size is None else bytes_of(value, noun)


def _unknown(reason: str) -> NodeError:
    return NodeError(
        f"The header of a block cannot be read: {reason}.",
        remedy="Ask another node; if its chain has a newer kind of header, use a newer version.",
    )
