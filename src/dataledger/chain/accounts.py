"""Accounts: key files that a passphrase opens (Web3 Secret Storage, version 3, scrypt).

One file for each account, `accounts/NAME.json` in the user's home directory, with mode 0600.
"""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from dataledger.chain.development_keys import is_development_name
from dataledger.chain.home import home_directory, write_private_file
from dataledger.chain.signer import Signer, parse_private_key
from dataledger.contracts.identifiers import Address, to_address
from dataledger.errors import (
    CanonicalisationError,
    InvalidAddress,
    KeystoreError,
    OutputExists,
    WrongPassphrase,
    shown,
)
from dataledger.hashing import parse_strict

Passphrase: TypeAlias = str | Callable[[], str]
"""The passphrase, or what asks for it; asked once, and only when a key file is opened."""

PASSPHRASE_FILE_VARIABLE = "DATALEDGER_PASSPHRASE_FILE"  # noqa: S105 - the name of a file
SCRYPT_N = 262_144
"""The cost of geth's and eth-account's key files: about 0.8 s and 256 MiB for each opening."""
LIGHT_SCRYPT_N = 4_096
"""About 15 ms and 4 MiB: for tests and throw-away keys, where nothing is worth guessing for."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_MAX_SCRYPT_N = 1 << 20
_MAX_SCRYPT_R = 16
_MAX_SCRYPT_P = 16
_MAX_FILE_BYTES = 16 * 1024
_MAX_PASSPHRASE_BYTES = 4 * 1024


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """An account as it is listed, without opening it."""

    name: str
    address: Address


class Accounts:
    """The accounts in one home directory (default: the user's)."""

    def __init__(self, home: Path | None = None) -> None:
        self._directory = (home or home_directory()) / "accounts"

    def create(self, name: str, passphrase: Passphrase, *, light: bool = False) -> AccountEntry:
        """Make a new random key and keep it under `name`.

        `light` spends little on hindering guesses (`LIGHT_SCRYPT_N`): for keys worth nothing.

        Raises:
            KeystoreError: The name breaks the rule, or the passphrase is empty.
            OutputExists: There is an account of that name; it was left as it is.
        """
        from eth_account import Account

        self._check_free(name)
        return self._keep(name, bytes(Account.create().key), passphrase, light=light)

    def import_key(
        self, name: str, key: str, passphrase: Passphrase, *, light: bool = False
    ) -> AccountEntry:
        """Keep a private key, given in hexadecimal, under `name`. Raises as `create` does.

        Raises:
            InvalidArgument: Not a key in hexadecimal. The message does not repeat it.
        """
        self._check_free(name)
        return self._keep(name, parse_private_key(key), passphrase, light=light)

    def list(self) -> list[AccountEntry]:
        """Return all accounts, sorted by name.

        Raises:
            KeystoreError: A key file is malformed, or readable by others.
        """
        paths = sorted(self._directory.glob("*.json"))
        return [self.entry(path.stem) for path in paths if _NAME.fullmatch(path.stem)]

    def entry(self, name: str) -> AccountEntry:
        """Return the account `name` without opening it. Raises `KeystoreError` as `list` does."""
        return AccountEntry(name, _address(self._read(name), self._path(name)))

    def unlock(self, name: str, passphrase: Passphrase) -> Signer:
        """Return the signer of the account `name`.

        Raises:
            KeystoreError: There is no such account, or its key file is malformed, readable by
                others, or holds another key than it says.
            WrongPassphrase: The passphrase does not open it.
        """
        from eth_account import Account

        path = self._path(name)
        document = self._read(name)
        expected = _address(document, path)
        try:
            key = Account.decrypt(document, _ask(passphrase))
        except ValueError as error:
            if "MAC mismatch" in str(error):
                raise WrongPassphrase(
                    f"The passphrase does not open the account {name!r}.",
                    remedy="Try again. A key whose passphrase is lost is lost: let your "
                    "organisation's administrator rotate it.",
                ) from None
            raise _malformed(path, "it cannot be decrypted") from None
        except (KeyError, TypeError, NotImplementedError, AttributeError):
            raise _malformed(path, "it cannot be decrypted") from None
        signer = Signer(bytes(key))
        if signer.address != expected:
            raise _malformed(path, f"it holds the key of {signer.address}, not of {expected}")
        return signer

    def _keep(self, name: str, key: bytes, passphrase: Passphrase, *, light: bool) -> AccountEntry:
        from eth_account import Account

        signer = Signer(key)
        secret = _ask(passphrase)
        if not secret:
            raise KeystoreError(
                "The passphrase is empty.", remedy="Choose one that others cannot guess."
            )
        document = Account.encrypt(
            key, secret, kdf="scrypt", iterations=LIGHT_SCRYPT_N if light else SCRYPT_N
        )
        try:
            write_private_file(
                self._path(name), json.dumps(document, indent=2).encode() + b"\n", replace=False
            )
        except FileExistsError:
            raise _taken(name) from None
        return AccountEntry(name, signer.address)

    def _check_free(self, name: str) -> None:
        if is_development_name(name):
            raise KeystoreError(
                f"The name {name!r} is kept for the devnet's well-known keys.",
                remedy="Choose another name.",
            )
        if self._path(name).exists():
            raise _taken(name)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise KeystoreError(
                f"Not an account name: {shown(name)}.",
                remedy="Use 1 to 64 characters of a-z, 0-9, '.', '_', '-', starting with a-z or "
                "0-9.",
            )
        return self._directory / f"{name}.json"

    def _read(self, name: str) -> dict[str, Any]:
        path = self._path(name)
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode & 0o777
                data = file.read(_MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            raise KeystoreError(
                f"There is no account {name!r} in {self._directory}.",
                remedy="`dataledger account list` names the accounts; `account new` makes one.",
            ) from None
        except OSError as error:
            raise KeystoreError(
                f"The key file {path} cannot be read: {error.strerror}.",
                remedy="Give yourself permission to read it.",
            ) from error
        if mode & 0o077:
            raise KeystoreError(
                f"The key file {path} can be read or written by others (mode {mode:04o}).",
                remedy=f"Run `chmod 600 {path}`, and rotate the key if others may have copied it.",
            )
        try:
            document = parse_strict(data, max_bytes=_MAX_FILE_BYTES)
        except CanonicalisationError as error:
            raise _malformed(path, "it is not JSON") from error
        if not isinstance(document, dict) or document.get("version") != 3:  # noqa: PLR2004 - as it is written
            raise _malformed(path, "it is not of version 3")
        _check_encryption(document, path)
        return document


def passphrase_from_file(path: Path) -> str:
    """Return the passphrase that a file holds: its text without one final line break.

    Raises:
        KeystoreError: The file cannot be read, is not UTF-8, or is over 4 KiB.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_PASSPHRASE_BYTES + 1)
        text = data.decode()
    except OSError as error:
        raise _no_passphrase(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _no_passphrase(path, "is not UTF-8 text") from None
    if len(data) > _MAX_PASSPHRASE_BYTES:
        raise _no_passphrase(path, f"is over {_MAX_PASSPHRASE_BYTES} bytes")
    return text.removesuffix("\n").removesuffix("\r")


def passphrase_from_environment() -> str | None:
    """Return the passphrase in the file that `$DATALEDGER_PASSPHRASE_FILE` names; None if unset.

    Raises:
        KeystoreError: As `passphrase_from_file`.
    """
    path = os.environ.get(PASSPHRASE_FILE_VARIABLE)
    return passphrase_from_file(Path(path)) if path else None


def _ask(passphrase: Passphrase) -> str:
    return passphrase if isinstance(passphrase, str) else passphrase()


def _address(document: dict[str, Any], path: Path) -> Address:
    text = document.get("address")
    try:
        if isinstance(text, str):
            return to_address("0x" + text.lower().removeprefix("0x"))
    except InvalidAddress:
        pass
    raise _malformed(path, "it names no address")


def _check_encryption(document: dict[str, Any], path: Path) -> None:
    """Refuse other schemes than the one written here, and absurdly costly parameters."""
    crypto = document.get("crypto")
    parameters = crypto.get("kdfparams") if isinstance(crypto, dict) else None
    if not isinstance(crypto, dict) or not isinstance(parameters, dict):
        raise _malformed(path, "it holds no encrypted key")
    if (crypto.get("kdf"), crypto.get("cipher")) != ("scrypt", "aes-128-ctr"):
        raise _malformed(path, "it is not encrypted by scrypt and aes-128-ctr")
    limits = {"n": _MAX_SCRYPT_N, "r": _MAX_SCRYPT_R, "p": _MAX_SCRYPT_P, "dklen": 64}
    for name, limit in limits.items():
        value = parameters.get(name)
        if type(value) is not int or not 1 <= value <= limit:
            raise _malformed(path, f"its scrypt parameter {name} is {shown(value)}")


def _malformed(path: Path, what: str) -> KeystoreError:
    return KeystoreError(
        f"The key file {path} is malformed: {what}.",
        remedy="Restore it from a backup, or have your organisation's administrator rotate the "
        "key.",
    )


def _taken(name: str) -> OutputExists:
    return OutputExists(
        f"There is an account {name!r} already.", remedy="Choose another name; keys stay."
    )


def _no_passphrase(path: Path, what: str) -> KeystoreError:
    return KeystoreError(f"The passphrase file {path} {what}.", remedy="Name a readable text file.")
