"""What the administrators' scripts share: the chain they speak to, how they send, how they fail.

Ape holds the keys, chooses the network and sends. What is sent, read and said comes from the SDK's
own types, so that scripts and command line do and say the same.
"""

from pathlib import Path
from typing import Any

import click
from ape.api import AccountAPI, ProviderAPI, ReceiptAPI
from ape.cli import ConnectedProviderCommand
from ape.exceptions import ContractLogicError
from ape.utils import ManagerAccessMixin

from dataledger.chain.connection import Connection, connect
from dataledger.chain.fees import choose_fees
from dataledger.chain.identifiers import ChainIdentity, to_block_hash
from dataledger.chain.profile import Profile
from dataledger.contracts.calls import Call
from dataledger.contracts.identifiers import Address, to_address
from dataledger.contracts.reverts import decode_refusal
from dataledger.errors import DataLedgerError, InvalidAddress, Reverted, WrongChain, shown


class Failure(click.ClickException):
    """An error of the SDK on its way to the terminal: what is wrong, and what to do next."""

    def __init__(self, error: DataLedgerError) -> None:
        super().__init__(f"{error}\n{error.remedy}")
        self.exit_code = error.exit_code


class Script(ConnectedProviderCommand):
    """A command on Ape's `--network` that ends the SDK's errors in words and in their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except DataLedgerError as error:
            raise Failure(error) from None


profile_option = click.option(
    "--profile", metavar="NAME", required=True, help="The chain's profile."
)
home_option = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where profiles are kept.  [default: the user's]",
)


def current_provider() -> ProviderAPI:
    """Return Ape's connection to the network that `--network` names."""
    return ManagerAccessMixin.network_manager.provider


def chain_identity(provider: ProviderAPI) -> ChainIdentity:
    """Return which chain Ape is connected to."""
    genesis = bytes(provider.get_block(0).hash or b"").hex()
    return ChainIdentity(provider.chain_id, to_block_hash(f"0x{genesis}"))


def open_profile(name: str, home: Path | None) -> Connection:
    """Return a checked connection to the chain of a profile, which must be the one Ape is on.

    Raises:
        WrongChain: `--network` and `--profile` are of two chains.
    """
    profile = Profile.load(name, home)
    found = chain_identity(current_provider())
    if found != profile.identity:
        raise WrongChain(
            f"Ape's network is {found}, and the profile {name!r} is of {profile.identity}.",
            remedy="Choose the network of that chain with --network, or another profile.",
        )
    return connect(profile)


def fees_for(account: AccountAPI) -> dict[str, int]:
    """Return what to offer for gas: nothing, from an account that holds nothing."""
    provider = current_provider()
    latest = provider.get_block("latest")
    fees = choose_fees(
        base_fee=getattr(latest, "base_fee", None),
        suggested_price=provider.gas_price,
        balance=account.balance,
    )
    named = {
        "gas_price": fees.gas_price,
        "max_fee": fees.max_fee_per_gas,
        "max_priority_fee": fees.max_priority_fee_per_gas,
    }
    return {name: value for name, value in named.items() if value is not None}


def simulate(connection: Connection, account: AccountAPI, call: Call[Any]) -> None:
    """Return only if the contract would take the call now. Raises `Refused`, in words."""
    to = connection.profile.contract(call.contract).address
    try:
        connection.call(to, call.data, sender=to_address(account.address))
    except Reverted as reverted:
        raise decode_refusal(reverted.data, call.contract).in_words() from None


def send(connection: Connection, account: AccountAPI, call: Call[Any]) -> ReceiptAPI:
    """Sign and send a call through Ape, and wait for its receipt.

    Raises:
        Refused: The contract refuses; the message says why in words.
    """
    simulate(connection, account, call)
    transaction = current_provider().network.ecosystem.create_transaction(
        sender=account.address,
        receiver=connection.profile.contract(call.contract).address,
        data=call.data,
        **fees_for(account),
    )
    try:
        return account.call(transaction)
    except ContractLogicError:
        # Something changed since it was simulated: the node can say what.
        simulate(connection, account, call)
        raise


def address_of(text: str) -> Address:
    """Return the address that a text is, or that of Ape's account with this alias.

    Raises:
        InvalidAddress: It is neither.
    """
    if text.startswith("0x"):
        return to_address(text)
    for account in ManagerAccessMixin.account_manager:
        if account.alias == text:
            return to_address(account.address)
    raise InvalidAddress(
        f"{shown(text)} is neither an address nor the alias of one of Ape's accounts.",
        remedy="Give 0x and 40 hexadecimal digits, or an alias that `ape accounts list` shows.",
    )


def say_sent(receipt: ReceiptAPI, what: str) -> None:
    """Tell what was done, in which transaction, for how much gas."""
    click.echo(f"{what}. Transaction {receipt.txn_hash}, gas {receipt.gas_used:,}.")
