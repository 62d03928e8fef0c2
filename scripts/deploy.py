"""Deploys the contracts and writes the profile that pins them: `ape run deploy`."""

import tomllib
from dataclasses import replace
from pathlib import Path

import click
from ape import compilers, project
from ape.api import AccountAPI
from ape.cli import account_option
from ape.contracts import ContractContainer
from scripts._administration import (
    Script,
    chain_identity,
    current_provider,
    fees_for,
    home_option,
    profile_option,
)

from dataledger.chain.connection import connect
from dataledger.chain.deployment import is_code_of
from dataledger.chain.identifiers import code_hash
from dataledger.chain.profile import ContractPin, Endpoint, Profile, profile_names
from dataledger.contracts.artifacts import Artifact, ContractName
from dataledger.contracts.identifiers import to_address, to_slug
from dataledger.errors import ContractMismatch, InvalidArgument, ProfileError
from dataledger.hashing import Digest

MAX_NAME_BYTES = 256


@click.command(cls=Script)
@account_option()
@profile_option
@home_option
@click.option("--slug", required=True, help="Of the root authority.")
@click.option("--name", required=True, help="Of the root authority.")
@click.option("--admin", metavar="ADDRESS", help="Its first ADMIN key.  [default: the account's]")
@click.option("--profile-digest", metavar="DIGEST", help="Of a document about it, as sha256:…")
@click.option("--endpoint", metavar="URL", multiple=True, help="Of a node.  [default: Ape's]")
@click.option("--confirmations", default=1, show_default=True, help="Blocks until all is final.")
@click.option("--poa", is_flag=True, help="The chain's consensus is Clique or QBFT.")
def cli(  # noqa: PLR0917 - click passes by name
    account: AccountAPI,
    profile: str,
    home: Path | None,
    slug: str,
    name: str,
    admin: str | None,
    profile_digest: str | None,
    endpoint: tuple[str, ...],
    confirmations: int,
    poa: bool,  # noqa: FBT001 - likewise
) -> None:
    """Deploy the contracts, and write the profile that pins them.

    What Ape compiles must be what the package ships, byte for byte. The account pays, and is
    nothing special afterwards: the ADMIN key administers. Contracts that the profile already pins
    are left as they are.
    """
    identity = chain_identity(current_provider())
    draft = Profile(
        name=profile,
        chain_id=identity.chain_id,
        genesis_hash=identity.genesis_hash,
        endpoints=tuple(map(Endpoint, endpoint or (current_provider().http_uri,))),
        poa=poa,
        confirmations=confirmations,
    )
    if not 0 < len(name.encode()) <= MAX_NAME_BYTES:
        raise InvalidArgument(
            f"The root authority's name has {len(name.encode())} bytes.",
            remedy=f"Give 1 to {MAX_NAME_BYTES}.",
        )
    root = (
        to_address(admin or account.address),
        to_slug(slug).encode().ljust(32, b"\0"),
        name,
        bytes(32) if profile_digest is None else bytes(Digest.parse(profile_digest).value),
    )
    kept = kept_profile(draft, home)
    pins = dict(kept.contracts)
    if all(contract in pins for contract in ContractName):
        click.echo(f"The profile {profile} pins the contracts on this chain. Nothing to do.")
        return
    containers = compile_contracts()
    asked = {
        ContractName.DATASET_LEDGER: ContractName.ORGANISATIONS,
        ContractName.DATA_USE: ContractName.DATASET_LEDGER,
    }
    for contract in ContractName:
        if contract not in pins:
            arguments = (pins[asked[contract]].address,) if contract in asked else root
            pins[contract] = create(account, containers[contract], *arguments)
    click.echo(f"Wrote the profile {replace(kept, contracts=pins).save(home)}.")


def kept_profile(draft: Profile, home: Path | None) -> Profile:
    """Return the profile to add contracts to: the one there is, once it is checked, or the draft.

    Raises:
        ProfileError: It is of another chain.
        ContractMismatch: A contract is not there, or is another one.
    """
    if draft.name not in profile_names(home):
        return draft
    known = Profile.load(draft.name, home)
    if known.identity != draft.identity:
        raise ProfileError(
            f"The profile {draft.name!r} is of {known.identity}, and Ape's network is "
            f"{draft.identity}.",
            remedy="Choose another name with --profile, or that chain with --network.",
        )
    connect(known)
    return known


def compile_contracts() -> dict[ContractName, ContractContainer]:
    """Return the contracts as Ape compiles them, after comparing them with the package's artifacts.

    Raises:
        ContractMismatch: One compiles to other bytecode than the package ships.
    """
    click.echo("Compiling the contracts, to compare them with those that the package ships.")
    settings = tomllib.loads((project.path / "foundry.toml").read_text("utf-8"))
    # The one setting that Ape's plugin does not take over by itself.
    metadata = {"bytecodeHash": settings["profile"]["default"]["bytecode_hash"]}
    types = compilers.compile(
        [project.contracts_folder / f"{contract}.sol" for contract in ContractName],
        project=project,
        settings={"solidity": {"metadata": metadata}},
    )
    containers = {ContractName(kind.name): ContractContainer(kind) for kind in types}
    for contract in ContractName:
        bytecode = containers[contract].contract_type.get_deployment_bytecode()
        if bytecode != Artifact.load(contract).bytecode:
            raise ContractMismatch(
                f"Ape compiles {contract} to other bytecode than the package ships.",
                remedy="Deploy from a clean checkout of the release that is installed.",
            )
    return containers


def create(account: AccountAPI, container: ContractContainer, *arguments: object) -> ContractPin:
    """Create a contract, and return its pin."""
    name = ContractName(container.contract_type.name)
    transaction = container(*arguments, sender=account.address, **fees_for(account))
    receipt = account.call(transaction)
    address = to_address(receipt.contract_address)
    code = bytes(current_provider().get_code(address))
    if not is_code_of(Artifact.load(name), code):
        raise ContractMismatch(
            f"The code at {address} is not that of {name} as compiled.",
            remedy="Check that the node runs the EVM version that the contracts are compiled for.",
        )
    click.echo(f"Created {name} at {address} for {receipt.gas_used:,} gas.")
    return ContractPin(address, code_hash(code), receipt.block_number)
