"""A dataset's secret, and the salts and labels that come from it: salting scheme 1.

Without the secret, a leaf tells nothing of its record, however few values the record could have.
Showing one record means showing its salt, which is bound to this record at this position and so
tells nothing of any other. Once the secret is destroyed, no leaf can be tied to a record again,
except those whose salts were shown. `docs/adr/0011-salted-records.md` has the reasons.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import NoReturn, Self

from dataledger.errors import InvalidArgument
from dataledger.hashing import Hash32, leaf_hash
from dataledger.manifest.record_set import SecretId, to_secret_id

SECRET_BYTES = 32
SALT_BYTES = 16

_SALT_KEY_BYTES = 64
"""One block of SHA-256's compression function, so that the key alone fills the first one."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What is derived from a secret, and all that hashing needs of it. Workers are sent this.

    They do not lead back to the secret, but are as worth keeping: whoever has them can guess at
    records. They are in no `repr`.
    """

    secret_id: SecretId
    record_salt: bytes = field(repr=False)
    record_label: bytes = field(repr=False)
    column_salt: bytes = field(repr=False)


class DatasetSecret:
    """32 random bytes that stay with a dataset's owner.

    The value is in no `str` or `repr`, and cannot be pickled or copied by accident: `reveal` is
    the one way to it.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        """Keep `value`.

        Raises:
            InvalidArgument: it is not `SECRET_BYTES` long. The message does not repeat it.
        """
        if len(value) != SECRET_BYTES:
            raise InvalidArgument(
                f"A dataset's secret has {SECRET_BYTES} bytes, and not {len(value)}.",
                remedy="Give the secret as it was made.",
            )
        self._value = bytes(value)

    @classmethod
    def generate(cls) -> Self:
        """Return a new secret, from the operating system's source of randomness."""
        return cls(secrets.token_bytes(SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `reveal` returns, and no other form.

        Raises:
            InvalidArgument: it is not 64 lowercase hexadecimal characters. The message does not
                repeat it.
        """
        if not re.fullmatch(r"[0-9a-f]{64}", text):
            raise InvalidArgument(
                "That is no dataset's secret: it is not 64 lowercase hexadecimal characters.",
                remedy="Give the secret as it was exported.",
            )
        return cls(bytes.fromhex(text))

    def reveal(self) -> str:
        """Return the secret as 64 lowercase hexadecimal characters, to be kept safe."""
        return self._value.hex()

    @property
    def id(self) -> SecretId:
        """Names the secret without telling it; manifests hold this."""
        return to_secret_id(self._derive("dataledger/secret-id/1", 8).hex())

    def keys(self) -> Keys:
        """Return the keys that hashing needs."""
        return Keys(
            secret_id=self.id,
            record_salt=self._derive("dataledger/record-salt/1", _SALT_KEY_BYTES),
            record_label=self._derive("dataledger/record-label/1", 32),
            column_salt=self._derive("dataledger/column-salt/1", 32),
        )

    def _derive(self, purpose: str, size_bytes: int) -> bytes:
        return hkdf_sha256(self._value, salt=b"", info=purpose.encode(), size_bytes=size_bytes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DatasetSecret):
            return NotImplemented
        return hmac.compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"DatasetSecret(id={self.id!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a DatasetSecret does not leave its process; send its keys() instead")


def hkdf_sha256(key: bytes, *, salt: bytes, info: bytes, size_bytes: int) -> bytes:
    """Return HKDF-SHA256 of RFC 5869, of `size_bytes`."""
    # Imported late: only what opens a secret needs it.
    from Crypto.Hash import SHA256
    from Crypto.Protocol.KDF import HKDF

    derived = HKDF(key, size_bytes, salt, SHA256, context=info)
    if not isinstance(derived, bytes):
        raise TypeError("HKDF of one key gives several")
    return derived


# ---------------------------------------------------------------------------- salts and labels


def record_salt(keys: Keys, index: int, record: bytes) -> bytes:
    """Return the salt of the record at `index`: bound to its position and to what it says."""
    bound = keys.record_salt + index.to_bytes(8, "big") + record
    return hashlib.sha256(bound).digest()[:SALT_BYTES]


def record_leaf(salt: bytes, record: bytes) -> Hash32:
    """Return the leaf of a record: the leaf hash of RFC 9162 of its salt and itself.

    Raises:
        InvalidArgument: the salt is not `SALT_BYTES` long. Else a byte could pass from the record
            to the salt, and a proof would show something that is no record.
    """
    if len(salt) != SALT_BYTES:
        raise InvalidArgument(
            f"A record's salt has {SALT_BYTES} bytes, and not {len(salt)}.",
            remedy="Give the salt as the proof's maker wrote it.",
        )
    return leaf_hash(salt + record)


def record_label(keys: Keys, record: bytes) -> bytes:
    """Return the label of a record: 32 bytes, equal for equal records, that tell nothing of it."""
    return hmac.digest(keys.record_label, record, "sha256")


def column_salt(keys: Keys, column: int, block: int, digest: bytes) -> bytes:
    """Return the salt of one column's values in one block, which have this digest."""
    bound = column.to_bytes(4, "big") + block.to_bytes(8, "big") + digest
    return hmac.digest(keys.column_salt, bound, "sha256")[:SALT_BYTES]


def column_leaf(salt: bytes, digest: bytes) -> Hash32:
    """Return the leaf of one column's values in one block."""
    return leaf_hash(salt + digest)
