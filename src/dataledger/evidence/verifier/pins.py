"""What whoever verifies a bundle knows already, and has from elsewhere: the pins."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from dataledger.contracts.identifiers import Address, to_address
from dataledger.errors import EvidenceError, InvalidArgument, UsageError, shown
from dataledger.hashing import (
    Hash32,
    JsonValue,
    canonical_bytes,
    hash32_from_hex,
    members,
    natural,
    parse_strict,
    string,
    to_hash32,
)

FORMAT = "dataledger/pins/1"
MAX_PINS_BYTES = 1024 * 1024
MAX_CHAIN_ID = 2**53 - 1
_REMEDY = "Get the pins from somebody whom you trust, and give them as docs/evidence.md has them."


class Consensus(StrEnum):
    """Who may add a block, as far as its header shows it."""

    NONE = "none"
    """The header shows nothing of it."""
    CLIQUE = "clique"
    """EIP-225: each block has one validator's seal."""
    QBFT = "qbft"
    """Besu's QBFT: each block has the seals of most validators."""


@dataclass(frozen=True, slots=True)
class ValidatorSet:
    """The validators of a chain when the block was made.

    `quorum` is how many of them must have sealed; by default a majority for Clique, two thirds for
    QBFT, rounded up.

    Raises:
        InvalidArgument: there are none, one is named twice, the quorum is out of range, or there is
            no such consensus of validators.
    """

    consensus: Consensus
    addresses: tuple[Address, ...]
    quorum: int | None = None

    def __post_init__(self) -> None:
        if self.consensus not in {Consensus.CLIQUE, Consensus.QBFT}:
            raise _wrong(f"a validator set of the consensus {shown(str(self.consensus))}")
        found = {to_address(address) for address in self.addresses}
        if not found or len(found) < len(self.addresses):
            raise _wrong("a validator set that is empty, or names one twice")
        if self.quorum is not None and not 1 <= self.quorum <= len(found):
            raise _wrong(f"a quorum of {self.quorum} among {len(found)} validators")
        # Clique counts turns in this order.
        ordered = tuple(sorted(found, key=str.lower))
        object.__setattr__(self, "addresses", ordered)

    @property
    def needed(self) -> int:
        """How many validators must have sealed."""
        if self.quorum is not None:
            return self.quorum
        return default_quorum(self.consensus, len(self.addresses))


def default_quorum(consensus: Consensus, count: int) -> int:
    """Return how many of so many validators decide: a majority for Clique, two thirds for QBFT."""
    return count // 2 + 1 if consensus is Consensus.CLIQUE else -(-2 * count // 3)


@dataclass(frozen=True, slots=True)
class Pins:
    """Which chain and contract a bundle must be about, and what its block is recognised by.

    Without `block_hash` and `validators`, every bundle is refused as unanchored.

    Raises:
        InvalidArgument: the chain id is out of range, or a value has another form than its type's.
    """

    chain_id: int
    contract: Address
    """The contract `DatasetLedger`."""
    code_hash: Hash32
    """keccak256 of the contract's runtime code."""
    block_hash: Hash32 | None = None
    validators: ValidatorSet | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.chain_id <= MAX_CHAIN_ID:
            raise _wrong(f"the chain id {self.chain_id}")
        object.__setattr__(self, "contract", to_address(self.contract))
        to_hash32(self.code_hash)
        if self.block_hash is not None:
            to_hash32(self.block_hash)

    def to_json(self) -> dict[str, JsonValue]:
        """Return the pins as a pins file has them."""
        document: dict[str, JsonValue] = {
            "chain_id": self.chain_id,
            "code_hash": f"0x{self.code_hash.hex()}",
            "contract": self.contract,
            "format": FORMAT,
        }
        if self.block_hash is not None:
            document["block_hash"] = f"0x{self.block_hash.hex()}"
        if self.validators is not None:
            validators: dict[str, JsonValue] = {
                "addresses": self.validators.addresses,
                "consensus": self.validators.consensus.value,
            }
            if self.validators.quorum is not None:
                validators["quorum"] = self.validators.quorum
            document["validators"] = validators
        return document

    def to_bytes(self) -> bytes:
        """Return a pins file: canonical JSON."""
        return canonical_bytes(self.to_json())

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a pins file, which is strict JSON in any layout. Raises `EvidenceError`."""
        try:
            document = parse_strict(data, max_bytes=MAX_PINS_BYTES)
        except UsageError as error:
            raise _malformed(error) from error
        return cls.from_json(document)

    @classmethod
    def from_json(cls, document: JsonValue) -> Self:
        """Read what `to_json` returns.

        Raises:
            EvidenceError: it is anything else.
        """
        try:
            found = members(
                document,
                *("format", "chain_id", "contract", "code_hash"),
                optional=("block_hash", "validators"),
            )
            if found["format"] != FORMAT:
                raise _wrong(f"the format {shown(found['format'])}")
            return cls(
                chain_id=natural(found["chain_id"]),
                contract=to_address(string(found["contract"])),
                code_hash=_hash(found["code_hash"]),
                block_hash=_hash(found["block_hash"]) if "block_hash" in found else None,
                validators=_validators(found["validators"]) if "validators" in found else None,
            )
        except UsageError as error:
            raise _malformed(error) from error


def to_hash(text: str) -> Hash32:
    """Return a hash of `0x` and 64 lowercase hexadecimal digits. Raises `InvalidArgument`."""
    if not text.startswith("0x"):
        raise _wrong(f"{shown(text)} for a hash, which begins with 0x")
    return hash32_from_hex(text[2:])


def _hash(value: JsonValue) -> Hash32:
    return to_hash(string(value))


def _validators(value: JsonValue) -> ValidatorSet:
    found = members(value, "addresses", "consensus", optional=("quorum",))
    addresses = found["addresses"]
    if not isinstance(addresses, list):
        raise _wrong(f"{shown(addresses)} for a list of addresses")
    kind = string(found["consensus"])
    if kind not in set(Consensus):
        raise _wrong(f"the consensus {shown(kind)}")
    return ValidatorSet(
        consensus=Consensus(kind),
        addresses=tuple(to_address(string(address)) for address in addresses),
        quorum=natural(found["quorum"]) if "quorum" in found else None,
    )


def _malformed(error: UsageError) -> EvidenceError:
    return EvidenceError(f"These are no pins: {error}", remedy=_REMEDY)


def _wrong(what: str) -> InvalidArgument:
    return InvalidArgument(f"Nothing can be pinned by {what}.", remedy=_REMEDY)
