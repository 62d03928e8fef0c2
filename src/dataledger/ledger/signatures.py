"""Signatures over EIP-712 messages, as the contracts read those of keys."""

from contextlib import suppress

from dataledger.chain.typed_data import TypedData
from dataledger.contracts.identifiers import Address

KEY_SIGNATURE_BYTES = 65

_HALF_ORDER = bytes.fromhex("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0")
"""Half the order of secp256k1."""


def is_signed_by(signer: Address, message: TypedData, signature: bytes) -> bool:
    """Whether the signature over `message` is by the signer's own key.

    Only the chain can tell whether a contract wallet (ERC-1271) would accept it.

    Raises:
        TypedDataError: the message does not match its types exactly.
    """
    from eth_account import Account
    from eth_account.messages import encode_typed_data
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    message.check()
    found = None
    if _is_canonical(signature):
        signed = encode_typed_data(full_message=message.document())
        with suppress(BadSignature, ValidationError):
            found = Account.recover_message(signed, signature=signature)
    return bool(found == signer)


def _is_canonical(signature: bytes) -> bool:
    # Like OpenZeppelin's ECDSA: of the four spellings of a signature, only one is taken.
    r_and_s, v = signature[:-1], signature[-1:]
    return (
        len(signature) == KEY_SIGNATURE_BYTES
        and v in {b"\x1b", b"\x1c"}
        and r_and_s[32:] <= _HALF_ORDER
    )
