"""A key that signs, and never shows itself."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NewType, NoReturn

from dataledger.chain.fees import Fees
from dataledger.chain.identifiers import ChainIdentity, TransactionHash
from dataledger.chain.typed_data import TypedData
from dataledger.contracts.identifiers import Address, to_address
from dataledger.errors import InvalidArgument, KeystoreError, WrongChain

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

Signature = NewType("Signature", bytes)
"""65 bytes: r, s, and v (27 or 28), as `ecrecover` takes them apart."""


@dataclass(frozen=True, slots=True)
class UnsignedTransaction:
    """What is to be signed. `to` is None to create a contract; `value` is in wei."""

    chain_id: int
    nonce: int
    to: Address | None
    data: bytes
    gas: int
    fees: Fees
    value: int = 0


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """Bytes that any node of the chain can mine, and their hash."""

    raw: bytes
    hash: TransactionHash


class Signer:
    """One private key. Cannot be pickled, copied, compared by key, or printed with its key.

    `bound_to` is the only chain that a well-known development key signs for; None for others.
    """

    __slots__ = ("__account", "address", "bound_to")

    address: Address
    bound_to: ChainIdentity | None

    def __init__(self, key: bytes, *, bound_to: ChainIdentity | None = None) -> None:
        """Take a secp256k1 private key of 32 bytes. Raises `KeystoreError` on any other."""
        from eth_account import Account

        try:
            account: LocalAccount = Account.from_key(key)
        except (ValueError, TypeError):
            # The library's own message quotes the key.
            raise KeystoreError(
                "Not a private key: it must be 32 bytes that form a secp256k1 scalar.",
                remedy="Give 0x and 64 hexadecimal digits.",
            ) from None
        object.__setattr__(self, "_Signer__account", account)
        object.__setattr__(self, "address", to_address(account.address))
        object.__setattr__(self, "bound_to", bound_to)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{name} cannot be set: a signer does not change")

    def __repr__(self) -> str:
        return f"Signer({self.address})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signer cannot be copied or pickled: it holds a private key")

    def sign_transaction(self, transaction: UnsignedTransaction) -> SignedTransaction:
        """Return the signed transaction; equal input gives equal bytes (RFC 6979).

        Raises:
            WrongChain: The key is bound to another chain.
        """
        self._check_chain(transaction.chain_id)
        fields: dict[str, Any] = {
            "chainId": transaction.chain_id,
            "nonce": transaction.nonce,
            "data": transaction.data,
            "gas": transaction.gas,
            "value": transaction.value,
            **transaction.fees.fields(),
        }
        if transaction.to is not None:
            fields["to"] = transaction.to
        account: LocalAccount = self.__account  # type: ignore[attr-defined]  # set in __init__
        signed = account.sign_transaction(fields)
        return SignedTransaction(
            bytes(signed.raw_transaction), TransactionHash("0x" + bytes(signed.hash).hex())
        )

    def sign_typed_data(self, message: TypedData) -> Signature:
        """Return the EIP-712 signature of `message`, after checking it against its types.

        Raises:
            TypedDataError: The message does not match its types exactly; nothing was signed.
            WrongChain: The key is bound to another chain than the domain's.
        """
        from eth_account.messages import encode_typed_data

        message.check()
        self._check_chain(message.domain.chain_id)
        account: LocalAccount = self.__account  # type: ignore[attr-defined]  # set in __init__
        signed = account.sign_message(encode_typed_data(full_message=message.document()))
        return Signature(bytes(signed.signature))

    def _check_chain(self, chain_id: int) -> None:
        if self.bound_to is not None and self.bound_to.chain_id != chain_id:
            raise WrongChain(
                f"The development key {self.address} signs for chain {self.bound_to.chain_id} "
                f"only, not for chain {chain_id}: everybody knows it.",
                remedy="Create an account of your own with `dataledger account new`.",
            )


def parse_private_key(text: str) -> bytes:
    """Return the 32 bytes of a key in hexadecimal, with or without `0x`.

    Raises:
        InvalidArgument: Any other form. The message does not repeat the text.
    """
    digits = text.strip().removeprefix("0x")
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(key) != 32 or len(digits) != 64:  # noqa: PLR2004 - bytes, and their digits
        raise InvalidArgument(
            "Not a private key in hexadecimal.", remedy="Give 0x and 64 hexadecimal digits."
        )
    return key
