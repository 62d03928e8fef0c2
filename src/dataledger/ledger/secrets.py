"""The datasets' secrets that this user keeps: one file for each, in the home directory.

`secrets/NAME.secret` holds one line, the secret in hexadecimal, with mode 0600. A copy of it, kept
anywhere else, can be used by its path.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from dataledger.chain.home import home_directory, private_directory, write_private_file
from dataledger.errors import InvalidArgument, NotFound, OutputExists, SecretError, shown
from dataledger.manifest.record_set import SecretId
from dataledger.manifest.records.secret import DatasetSecret
from dataledger.writing import flush_directory

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SUFFIX = ".secret"
_MAX_FILE_BYTES = 1024
_REMEDY = "Restore it from a backup: what was fingerprinted with it can be proven with it alone."


@dataclass(frozen=True, slots=True)
class SecretEntry:
    """A secret as it is listed, without its value."""

    name: str
    id: SecretId
    path: Path


class Secrets:
    """The secrets in one home directory (default: the user's)."""

    def __init__(self, home: Path | None = None) -> None:
        self._directory = (home or home_directory()) / "secrets"

    def create(self, name: str) -> SecretEntry:
        """Make a new random secret and keep it under `name`.

        Raises:
            SecretError: the name breaks the rule.
            OutputExists: there is a secret of that name; it was left as it is.
        """
        path = self._path(name)
        secret = DatasetSecret.generate()
        private_directory(path.parent)
        try:
            write_private_file(path, secret.reveal().encode() + b"\n", replace=False)
        except FileExistsError:
            raise OutputExists(
                f"There is a secret {name!r} already.", remedy="Choose another name; secrets stay."
            ) from None
        return SecretEntry(name, secret.id, path)

    def list(self) -> list[SecretEntry]:
        """Return all secrets, sorted by name.

        Raises:
            SecretError: a file is malformed, or readable by others.
        """
        paths = sorted(self._directory.glob(f"*{_SUFFIX}"))
        names = (path.name.removesuffix(_SUFFIX) for path in paths)
        return [self.entry(name) for name in names if _NAME.fullmatch(name)]

    def entry(self, name: str) -> SecretEntry:
        """Return the secret `name` without its value. Raises `SecretError` as `open` does."""
        path = self._path(name)
        return SecretEntry(name, self._read(name).id, path)

    def open(self, reference: str) -> DatasetSecret:
        """Return the secret of this name, or the one in the file at this path.

        What has a slash is a path: `./my.secret` for a file in the current directory.

        Raises:
            SecretError: there is no such secret, the name breaks the rule, or the file cannot be
                read, is malformed, or is readable by others.
        """
        return read_secret(Path(reference)) if "/" in reference else self._read(reference)

    def find(self, secret_id: SecretId) -> DatasetSecret:
        """Return the secret of this id.

        Raises:
            NotFound: none of the secrets here has it.
            SecretError: a file is malformed, or readable by others.
        """
        for entry in self.list():
            if entry.id == secret_id:
                return read_secret(entry.path)
        raise NotFound(
            f"There is no secret with the id {shown(secret_id)} in {self._directory}.",
            remedy="`dataledger secret list` names the secrets; one that is kept elsewhere can be "
            "given by its path.",
        )

    def destroy(self, name: str) -> SecretEntry:
        """Overwrite the secret and remove it. This cannot reach any copy made of it.

        Raises:
            SecretError: there is no such secret, or the file cannot be removed.
        """
        path = self._path(name)
        entry = self.entry(name)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            path.unlink()
            flush_directory(path.parent)
        except OSError as error:
            raise SecretError(
                f"The secret {path} cannot be removed: {error.strerror}.",
                remedy="Give yourself permission to remove it, and try again.",
            ) from error
        return entry

    def _read(self, name: str) -> DatasetSecret:
        path = self._path(name)
        if not path.exists():
            raise SecretError(
                f"There is no secret {name!r} in {path.parent}.",
                remedy="`dataledger secret list` names the secrets; `secret new` makes one.",
            )
        return read_secret(path)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise SecretError(
                f"Not a name of a secret: {shown(name)}.",
                remedy="Use 1 to 64 characters of a-z, 0-9, '.', '_', '-', starting with a-z or "
                "0-9. A path to a file has a slash.",
            )
        return self._directory / f"{name}{_SUFFIX}"


def read_secret(path: Path) -> DatasetSecret:
    """Return the secret that a file holds: one line of 64 lowercase hexadecimal characters.

    Raises:
        SecretError: the file cannot be read, holds anything else, or is readable by others. The
            message tells nothing of what it holds.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            data = file.read(_MAX_FILE_BYTES)
    except OSError as error:
        raise SecretError(
            f"The secret {path} cannot be read: {error.strerror}.",
            remedy="Name a file that holds a secret, and that you may read.",
        ) from error
    if mode & 0o077:
        raise SecretError(
            f"The secret {path} can be read or written by others (mode {mode:04o}).",
            remedy=f"Run `chmod 600 {path}`. If others may have copied it, they can guess at the "
            "records that were fingerprinted with it: use a new secret from now on.",
        )
    try:
        return DatasetSecret.parse(data.removesuffix(b"\n").decode("ascii"))
    except (UnicodeDecodeError, InvalidArgument):
        # Without its cause: that one holds the bytes.
        raise SecretError(
            f"The secret {path} is malformed: it is not one line of 64 lowercase hexadecimal "
            "characters.",
            remedy=_REMEDY,
        ) from None
