"""Actions that a member signed offline (EIP-712), for anyone to relay."""

import re
import secrets
from dataclasses import dataclass
from typing import Self

from dataledger.chain.identifiers import MAX_CHAIN_ID
from dataledger.chain.signer import Signer
from dataledger.chain.typed_data import Domain, TypedData
from dataledger.contracts.calls import Call
from dataledger.contracts.identifiers import Address
from dataledger.contracts.types import Authorisation
from dataledger.errors import (
    CanonicalisationError,
    InvalidArgument,
    SignatureInvalid,
    UsageError,
    shown,
)
from dataledger.hashing import JsonValue, canonical_bytes, members, natural, parse_canonical, string
from dataledger.ledger.actions import ACTIONS, Action
from dataledger.ledger.json_forms import address_from_json
from dataledger.ledger.signatures import is_signed_by

FORMAT = "dataledger/signed-action/1"
MAX_SIGNED_ACTION_BYTES = 1024 * 1024
MAX_SIGNATURE_BYTES = 8 * 1024
"""A contract wallet's signature may be longer than a key's 65 bytes."""

_NONCE_KEY_BITS = 192
_NONCE_COUNT_BITS = 64
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,77}")
_SIGNATURE = re.compile(r"0x(?:[0-9a-f]{2})+")


@dataclass(frozen=True, slots=True)
class Unsigned:
    """An action as it is to be signed: for which contract, by whom, until when."""

    action: Action
    chain_id: int
    ledger: Address
    """The contract `DatasetLedger`."""
    signer: Address
    nonce: int
    """256 bits: a key of the signer's choice, then a 64-bit count within that key."""
    deadline_unix: int
    """Last second at which it can be relayed."""

    def __post_init__(self) -> None:
        if not 0 < self.chain_id <= MAX_CHAIN_ID:
            raise InvalidArgument(
                f"{self.chain_id} is not a chain id.",
                remedy="Take it from the profile of the chain.",
            )
        if not 0 <= self.deadline_unix < 2**53 or not 0 <= self.nonce < 2**256:
            raise InvalidArgument(
                f"The deadline {self.deadline_unix} or the nonce {self.nonce} is out of range.",
                remedy="Give the deadline in Unix seconds.",
            )

    def typed_data(self) -> TypedData:
        """Return the EIP-712 message: what a wallet shows, and what is signed."""
        limits = (("nonce", "uint256"), ("deadline", "uint256"))
        action = self.action
        return TypedData(
            domain=Domain("DataLedger", "1", self.chain_id, self.ledger),
            primary_type=action.primary_type,
            types={action.primary_type: (*action.fields, *limits), **action.struct_types},
            message={**action.message(), "nonce": self.nonce, "deadline": self.deadline_unix},
        )


@dataclass(frozen=True, slots=True)
class SignedAction:
    """An action with its signature, as a file that speaks for itself."""

    content: Unsigned
    signature: bytes

    def call(self) -> Call[object]:
        """Return the call by which anyone relays it."""
        content = self.content
        return content.action.call_for(
            Authorisation(content.signer, content.nonce, content.deadline_unix, self.signature)
        )

    def verify(self) -> None:
        """Return only if the signature is by the signer's own key, as the contract reads it.

        Raises:
            SignatureInvalid: it is not. Only the chain can tell whether a contract wallet
                (ERC-1271) would accept it.
        """
        content = self.content
        if not is_signed_by(content.signer, content.typed_data(), self.signature):
            raise SignatureInvalid(
                f"The signature is not by {content.signer} over this action.",
                remedy="Use the signed action exactly as it was written; else have it signed anew.",
            )

    def to_bytes(self) -> bytes:
        """Return the file: canonical JSON (RFC 8785), with everything that was signed."""
        content = self.content
        return canonical_bytes(
            {
                "action": content.action.name,
                "arguments": content.action.to_json(),
                "chain_id": content.chain_id,
                "deadline_unix": content.deadline_unix,
                "format": FORMAT,
                "ledger": content.ledger,
                "nonce": str(content.nonce),
                "signature": f"0x{self.signature.hex()}",
                "signer": content.signer,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a signed action. It is well formed then, but see `verify`.

        Raises:
            CanonicalisationError: it is too large, not canonical JSON, or no signed action.
        """
        try:
            document = members(
                parse_canonical(data, max_bytes=MAX_SIGNED_ACTION_BYTES),
                *("action", "arguments", "chain_id", "deadline_unix", "format"),
                *("ledger", "nonce", "signature", "signer"),
            )
            if document["format"] != FORMAT:
                raise _wrong(f"its format is {shown(document['format'])}, not {FORMAT!r}")
            content = Unsigned(
                action=_action(document["action"], document["arguments"]),
                chain_id=natural(document["chain_id"]),
                ledger=address_from_json(document["ledger"]),
                signer=address_from_json(document["signer"]),
                nonce=_nonce(string(document["nonce"])),
                deadline_unix=natural(document["deadline_unix"]),
            )
            content.typed_data().check()
            return cls(content, _signature(string(document["signature"])))
        except CanonicalisationError:
            raise
        except UsageError as error:
            raise _wrong(str(error)) from error


def sign(
    action: Action, signer: Signer, *, chain_id: int, ledger: Address, deadline_unix: int
) -> SignedAction:
    """Return `action`, signed. Needs no network.

    The nonce is the first within a random key, so that actions signed at once, on machines that
    know nothing of one another, can be relayed in any order.

    Raises:
        TypedDataError: an argument lies outside its type; nothing was signed.
        WrongChain: the signer is bound to another chain.
    """
    content = Unsigned(
        action=action,
        chain_id=chain_id,
        ledger=ledger,
        signer=signer.address,
        nonce=secrets.randbits(_NONCE_KEY_BITS) << _NONCE_COUNT_BITS,
        deadline_unix=deadline_unix,
    )
    return SignedAction(content, bytes(signer.sign_typed_data(content.typed_data())))


def _action(name: JsonValue, arguments: JsonValue) -> Action:
    if not isinstance(name, str) or name not in ACTIONS:
        raise _wrong(f"its action is {shown(name)}, none of {', '.join(ACTIONS)}")
    return ACTIONS[name].from_json(arguments)


def _nonce(text: str) -> int:
    if not _DECIMAL.fullmatch(text):
        raise _wrong(f"its nonce, {shown(text)}, is no decimal number")
    return int(text)


def _signature(text: str) -> bytes:
    if not _SIGNATURE.fullmatch(text) or len(text) > 2 * MAX_SIGNATURE_BYTES:
        raise _wrong(f"its signature, {shown(text)}, is not 0x and lowercase hexadecimal")
    return bytes.fromhex(text[2:])


def _wrong(reason: str) -> CanonicalisationError:
    return CanonicalisationError(
        f"This is no signed action: {reason}.",
        remedy="Use the file exactly as it was written, or have the action signed anew.",
    )
