"""Putting the contracts on a chain, and writing the profile that pins them.

A deployment that broke off is continued by running it again: each creation is one operation of the
outbox, named by its code and arguments, and is found there.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dataledger.chain.connection import Connection
from dataledger.chain.identifiers import code_hash, to_operation_id
from dataledger.chain.outbox import Outbox
from dataledger.chain.profile import ContractPin, Profile
from dataledger.chain.signer import Signer
from dataledger.contracts.abi import encode
from dataledger.contracts.artifacts import Artifact, ContractName
from dataledger.contracts.identifiers import Address, Slug
from dataledger.errors import ContractMismatch, InvalidArgument
from dataledger.hashing import Digest


@dataclass(frozen=True, slots=True)
class RootAuthority:
    """The organisation with id 1, which the first contract is created with."""

    admin: Address
    slug: Slug
    name: str
    profile_digest: Digest | None = None
    """Of a document about the organisation, kept elsewhere."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """One contract to create; `arguments` may name the addresses of those before it."""

    name: ContractName
    arguments: Callable[[RootAuthority, Mapping[str, ContractPin]], list[object]]


PLANS: tuple[_Plan, ...] = (
    _Plan(
        ContractName.ORGANISATIONS,
        lambda root, _pins: [
            root.admin,
            root.slug.encode().ljust(32, b"\0"),
            root.name.encode(),
            bytes(32) if root.profile_digest is None else bytes(root.profile_digest.value),
        ],
    ),
    _Plan(
        ContractName.DATASET_LEDGER,
        lambda _root, pins: [pins[ContractName.ORGANISATIONS].address],
    ),
    _Plan(
        ContractName.DATA_USE,
        lambda _root, pins: [pins[ContractName.DATASET_LEDGER].address],
    ),
)
"""The contracts, in the order of their creation, with their constructors' arguments."""


def deploy(
    connection: Connection,
    outbox: Outbox,
    signer: Signer,
    root: RootAuthority,
    *,
    home: Path | None = None,
    load: Callable[[ContractName], Artifact] = Artifact.load,
    announce: Callable[[str], None] = lambda _line: None,
    timeout_seconds: float = 120.0,
) -> Profile:
    """Create all contracts that the connection's profile does not pin, and save the profile.

    Afterwards every contract of `PLANS` stands on the chain with the code of its artifact, and the
    profile, written last and as a whole, pins their addresses and code. `signer` pays and is then
    nothing special: `root.admin` administers.

    Raises:
        Reverted: A constructor refuses its arguments.
        ContractMismatch: The code on the chain is not that of the artifact.
        TransactionPending: Not mined within `timeout_seconds`; run it again to continue.
    """
    pins = dict(connection.profile.contracts)
    for plan in PLANS:
        if plan.name not in pins:
            announce(f"Creating the contract {plan.name}")
            pins[plan.name] = create_contract(
                connection,
                outbox,
                signer,
                load(plan.name),
                plan.arguments(root, pins),
                timeout_seconds=timeout_seconds,
            )
    profile = replace(connection.profile, contracts=pins)
    profile.save(home)
    return profile


def create_contract(
    connection: Connection,
    outbox: Outbox,
    signer: Signer,
    artifact: Artifact,
    arguments: Sequence[object],
    *,
    timeout_seconds: float = 120.0,
) -> ContractPin:
    """Create one contract, once for the same code, arguments and signer, and return its pin.

    Raises as `deploy` does, and `InvalidArgument` when the constructor takes other arguments.
    """
    data = artifact.bytecode + _encode(artifact, arguments)
    fingerprint = hashlib.sha256(data).hexdigest()[:32]
    receipt = outbox.submit(
        signer,
        to_operation_id(f"create:{artifact.name}:{signer.address}:{fingerprint}"),
        to=None,
        data=data,
        # A contract's creation has nothing on the chain that would refuse its repetition.
        once=True,
    ).wait(timeout_seconds)
    address = receipt.contract_address
    code = b"" if address is None else connection.code(address)
    if address is None or not is_code_of(artifact, code):
        raise ContractMismatch(
            f"The code at {address} is not that of the contract {artifact.name} as compiled.",
            remedy="Check that the node runs the EVM version that the contracts are compiled for.",
        )
    return ContractPin(address, code_hash(code), receipt.block_number)


def is_code_of(artifact: Artifact, code: bytes) -> bool:
    """Whether `code` is the artifact's runtime code, whatever its immutable variables hold."""
    found = bytearray(code)
    if len(found) != len(artifact.deployed_bytecode):
        return False
    for reference in artifact.immutable_references:
        found[reference.start : reference.start + reference.length] = bytes(reference.length)
    return bytes(found) == artifact.deployed_bytecode


def _encode(artifact: Artifact, arguments: Sequence[object]) -> bytes:
    constructors = [item for item in artifact.abi if item.get("type") == "constructor"]
    kinds = [str(item["type"]) for item in constructors[0]["inputs"]] if constructors else []
    if len(kinds) != len(arguments):
        raise InvalidArgument(
            f"The constructor of {artifact.name} takes {len(kinds)} arguments, not "
            f"{len(arguments)}.",
            remedy="Use the artifacts that this release ships.",
        )
    return encode(kinds, arguments)
