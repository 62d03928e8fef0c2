"""Accounts by name, without opening them."""

from pathlib import Path
from typing import TYPE_CHECKING

from dataledger.errors import DevnetError

if TYPE_CHECKING:
    from dataledger.chain.accounts import AccountEntry
    from dataledger.contracts.identifiers import Address


def address_of(text: str, home: Path | None) -> "Address":
    """Return the address that `text` is, or that of the account of this name.

    Raises:
        InvalidAddress: it begins like an address, and is none.
        KeystoreError: there is no such account.
        DevnetError: it is a development account, and there is no devnet.
    """
    from dataledger.chain.accounts import Accounts
    from dataledger.chain.development_keys import development_signer, is_development_name
    from dataledger.chain.devnet import Devnet
    from dataledger.contracts.identifiers import to_address

    if text.startswith("0x"):
        return to_address(text)
    if is_development_name(text):
        return development_signer(text, Devnet(home).identity).address
    return Accounts(home).entry(text).address


def development_accounts(home: Path | None) -> "list[AccountEntry]":
    """Return the accounts that are there on the devnet; none where there is no devnet."""
    from dataledger.chain.accounts import AccountEntry
    from dataledger.chain.development_keys import COUNT, development_signer
    from dataledger.chain.devnet import Devnet

    try:
        identity = Devnet(home).identity
    except DevnetError:
        return []
    names = [f"dev{number}" for number in range(COUNT)]
    return [AccountEntry(name, development_signer(name, identity).address) for name in names]
