"""From an account's name to its signer: the one door for key files and development keys."""

from pathlib import Path

from dataledger.chain.accounts import Accounts, Passphrase
from dataledger.chain.development_keys import development_signer, is_development_name
from dataledger.chain.devnet import Devnet
from dataledger.chain.signer import Signer


def open_signer(name: str, passphrase: Passphrase, *, home: Path | None = None) -> Signer:
    """Return the signer of an account in `home`, or of `dev0` … `dev9`, bound to its devnet.

    The passphrase is not asked for a development key.

    Raises:
        KeystoreError: There is no such account, or its file is malformed.
        WrongPassphrase: The passphrase does not open it.
        DevnetError: A development key is asked for where there is no devnet.
    """
    if is_development_name(name):
        return development_signer(name, Devnet(home).identity)
    return Accounts(home).unlock(name, passphrase)
