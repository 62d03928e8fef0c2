"""Names of things on a chain, each with a type of its own, and the rules by which text is read."""

import re
from dataclasses import dataclass
from typing import ClassVar, NewType, Self

from dataledger.errors import InvalidAddress, InvalidDigest, InvalidIdentifier, InvalidSlug, shown
from dataledger.hashing import Hash32, hash32_from_hex, to_hash32

Address = NewType("Address", str)
"""`0x` and 40 hexadecimal digits with EIP-55 checksum."""
OrgId = NewType("OrgId", int)
"""An organisation, from 1, the root authority, to 2^32 - 1."""
PolicyId = NewType("PolicyId", int)
"""A published lifecycle policy, from 1 to 2^16 - 1."""
Stage = NewType("Stage", int)
"""A position in a lifecycle policy, 1 to 31. The policy names 1 to 29."""
Slug = NewType("Slug", str)
"""1 to 32 characters of `a-z 0-9 . _ -`, of which the first is a letter or a digit."""
Head = NewType("Head", Hash32)
"""A dataset's hash chain up to some event; 32 zero bytes before the first."""
Commitment = NewType("Commitment", Hash32)
"""The keccak256 by which the chain holds on to a version's record."""

ROOT = OrgId(1)
SUSPENDED = Stage(30)
RECALLED = Stage(31)
RESERVED_STAGES = {SUSPENDED: "SUSPENDED", RECALLED: "RECALLED"}
NO_HEAD = Head(Hash32(bytes(32)))
WITHOUT_END = 2**40 - 1
"""As the end of a membership, in Unix seconds: none."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")


@dataclass(frozen=True, slots=True)
class Identifier:
    """32 bytes that name something on a chain. Written `0x<64 lowercase hex>`."""

    noun: ClassVar[str]

    value: Hash32

    def __post_init__(self) -> None:
        to_hash32(self.value)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the form that `str` writes, and no other.

        Raises:
            InvalidIdentifier: the text is anything else.
        """
        if text.startswith("0x"):
            try:
                return cls(hash32_from_hex(text[2:]))
            except InvalidDigest:
                pass
        raise InvalidIdentifier(
            f"{shown(text)} is not {cls.noun}.",
            remedy="Write it as 0x and 64 lowercase hexadecimal digits.",
        )

    def __str__(self) -> str:
        return f"0x{self.value.hex()}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class DatasetId(Identifier):
    """A dataset: derived from chain, ledger, owner organisation and slug."""

    __slots__ = ()
    noun = "a dataset id"


class ProjectId(Identifier):
    """A project: derived from chain, contract, applicant, document and purposes."""

    __slots__ = ()
    noun = "a project id"


class GrantId(Identifier):
    """A request, and the grant that it leads to: derived from chain, contract and request."""

    __slots__ = ()
    noun = "a grant id"


class RunId(Identifier):
    """A run, among those of its grant: chosen by the owner's node."""

    __slots__ = ()
    noun = "a run id"


def dataset_id(chain_id: int, ledger: Address, owner: OrgId, slug: Slug) -> DatasetId:
    """Return the id under which `owner` registers `slug` with the contract at `ledger`.

    keccak256(abi.encode(chain id, ledger, owner, slug)): four 32-byte words.
    """
    words = (
        chain_id.to_bytes(32),
        bytes.fromhex(ledger[2:]).rjust(32, b"\0"),
        owner.to_bytes(32),
        slug.encode("ascii").ljust(32, b"\0"),
    )
    return DatasetId(keccak256(b"".join(words)))


def keccak256(data: bytes) -> Hash32:
    """Return the Keccak-256 of `data`, as the EVM computes it."""
    from eth_hash.auto import keccak

    return Hash32(keccak(data))


def to_address(text: str) -> Address:
    """Return `text` as an address with its checksum.

    All-lowercase and all-uppercase digits are taken; mixed case must be the right checksum
    (EIP-55).

    Raises:
        InvalidAddress: not 20 bytes of `0x` hexadecimal, or a wrong checksum.
    """
    if not _ADDRESS.fullmatch(text):
        raise InvalidAddress(
            f"{shown(text)} is not an address.", remedy="Give 0x and 40 hexadecimal digits."
        )
    digits = text[2:]
    checksummed = address_of(bytes.fromhex(digits))
    if digits not in (digits.lower(), digits.upper()) and text != checksummed:
        raise InvalidAddress(
            f"The address {text} has a wrong checksum.",
            remedy=f"Copy it again from its source; the digits given would be {checksummed}.",
        )
    return checksummed


def address_of(value: bytes) -> Address:
    """Return the address of these 20 bytes, with its checksum (EIP-55)."""
    digits = value.hex()
    nibbles = keccak256(digits.encode()).hex()
    # A digit is a capital where the hash's digit has its high bit set.
    capitals = (d.upper() if n in "89abcdef" else d for d, n in zip(digits, nibbles, strict=False))
    return Address("0x" + "".join(capitals))


def to_slug(text: str) -> Slug:
    """Return `text` as a slug. Raises `InvalidSlug` when it breaks the rule."""
    if not _SLUG.fullmatch(text):
        raise InvalidSlug(
            f"{shown(text)} is not a slug.",
            remedy="Use 1 to 32 characters of a-z, 0-9, '.', '_' and '-', starting with a letter "
            "or digit.",
        )
    return Slug(text)


def to_org_id(value: int | str) -> OrgId:
    """Return `value` as an organisation id. Raises `InvalidIdentifier` outside 1 to 2^32 - 1."""
    return OrgId(_number(value, 2**32, "an organisation id"))


def to_policy_id(value: int | str) -> PolicyId:
    """Return `value` as a policy id. Raises `InvalidIdentifier` outside 1 to 2^16 - 1."""
    return PolicyId(_number(value, 2**16, "a policy id"))


def to_version(value: int | str) -> int:
    """Return `value` as a version number. Raises `InvalidIdentifier` outside 1 to 2^32 - 1."""
    return _number(value, 2**32, "a version number")


def _number(value: int | str, limit: int, noun: str) -> int:
    number = int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value
    if type(number) is not int or not 0 < number < limit:
        raise InvalidIdentifier(
            f"{shown(value)} is not {noun}.", remedy=f"Give a whole number from 1 to {limit - 1}."
        )
    return number
