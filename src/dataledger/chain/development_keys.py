"""The devnet's accounts `dev0` to `dev9`: keys that everybody knows, and so good for nothing else.

They come from the mnemonic of Foundry's and Hardhat's documentation, along
`m/44'/60'/0'/0/N` (BIP-39, BIP-44).
"""

import re
from functools import cache

from dataledger.chain.identifiers import ChainIdentity
from dataledger.chain.signer import Signer
from dataledger.errors import KeystoreError, shown

MNEMONIC = "test test test test test test test test test test test junk"
COUNT = 10
_NAME = re.compile(r"dev(?P<index>[0-9]+)")


def is_development_name(name: str) -> bool:
    """Whether `name` is kept for a development key. No key file can have such a name."""
    return _NAME.fullmatch(name) is not None


def development_signer(name: str, chain: ChainIdentity) -> Signer:
    """Return the signer of `dev0` … `dev9`, which signs for `chain` only: the devnet's.

    Raises:
        KeystoreError: There is no development key of that name.
    """
    match = _NAME.fullmatch(name)
    if match is None or int(match["index"]) >= COUNT or match["index"] != str(int(match["index"])):
        raise KeystoreError(
            f"There is no development account {shown(name)}.",
            remedy=f"They are dev0 to dev{COUNT - 1}.",
        )
    return Signer(_key(int(match["index"])), bound_to=chain)


@cache
def _key(index: int) -> bytes:
    from eth_account.hdaccount import key_from_seed, seed_from_mnemonic

    return key_from_seed(seed_from_mnemonic(MNEMONIC, ""), f"m/44'/60'/0'/0/{index}")
