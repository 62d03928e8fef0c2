"""Block headers: as RLP, and what is read of them."""

from dataclasses import dataclass
from typing import NamedTuple, Self

from dataledger.contracts.identifiers import keccak256
from dataledger.evidence.verifier import rlp
from dataledger.evidence.verifier.refusal import refused
from dataledger.hashing import Hash32


class Field(NamedTuple):
    """A field of a header: its name in JSON-RPC, and how many bytes it has."""

    name: str
    size: int | None
    """None: an integer."""


ANY_SIZE = -1
FIELDS = (
    Field("parentHash", 32),
    Field("sha3Uncles", 32),
    Field("miner", 20),
    Field("stateRoot", 32),
    Field("transactionsRoot", 32),
    Field("receiptsRoot", 32),
    Field("logsBloom", 256),
    Field("difficulty", None),
    Field("number", None),
    Field("gasLimit", None),
    Field("gasUsed", None),
    Field("timestamp", None),
    Field("extraData", ANY_SIZE),
    Field("mixHash", 32),
    Field("nonce", 8),
    # Each fork of the chain added some, and none is left out before one that is there.
    Field("baseFeePerGas", None),
    Field("withdrawalsRoot", 32),
    Field("blobGasUsed", None),
    Field("excessBlobGas", None),
    Field("parentBeaconBlockRoot", 32),
    Field("requestsHash", 32),
    Field("blockAccessListHash", 32),
)
FEWEST_FIELDS = 15

_INDEX = {field.name: index for index, field in enumerate(FIELDS)}
_EXTRA_DATA = _INDEX["extraData"]


@dataclass(frozen=True, slots=True)
class Header:
    """A header, by its fields as RLP has them, in the order of `FIELDS`."""

    fields: tuple[bytes, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a header's RLP. Raises `ProofInvalid` on any other form."""
        items = rlp.decode(data)
        if not isinstance(items, list) or not FEWEST_FIELDS <= len(items) <= len(FIELDS):
            raise refused("A block header does not have the fields of one.")
        fields = []
        for field, item in zip(FIELDS, items, strict=False):
            if not isinstance(item, bytes) or field.size not in {None, ANY_SIZE, len(item)}:
                raise refused(f"The field {field.name} of a block header is malformed.")
            if field.size is None:
                rlp.to_integer(item)
            fields.append(item)
        return cls(tuple(fields))

    def to_bytes(self, *, extra_data: bytes | None = None) -> bytes:
        """Return the header's RLP; with `extra_data`, as if that stood in the field's place."""
        items: list[rlp.Item] = list(self.fields)
        if extra_data is not None:
            items[_EXTRA_DATA] = extra_data
        return rlp.encode(items)

    def keccak(self, *, extra_data: bytes | None = None) -> Hash32:
        """Return the hash of `to_bytes`."""
        return keccak256(self.to_bytes(extra_data=extra_data))

    def bytes_of(self, name: str) -> bytes:
        """Return a field by its name in `FIELDS`; it is one that every header has."""
        return self.fields[_INDEX[name]]

    def hash_of(self, name: str) -> Hash32:
        """Return a field of 32 bytes."""
        return Hash32(self.bytes_of(name))

    def integer_of(self, name: str) -> int:
        """Return a field that is an integer."""
        return int.from_bytes(self.bytes_of(name))

    @property
    def number(self) -> int:
        """The block's number."""
        return self.integer_of("number")

    @property
    def timestamp_unix(self) -> int:
        """When the block was made, by its maker's clock."""
        return self.integer_of("timestamp")

    @property
    def extra_data(self) -> bytes:
        """Where a consensus without work or stake keeps its seals."""
        return self.bytes_of("extraData")
