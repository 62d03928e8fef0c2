"""How proof files write hashes, salts and paths: in base64, as RFC 6962 does in JSON.

Base64 takes two thirds of the space of hexadecimal. What follows stands for 32 bytes in 44
characters, and each value has one spelling only.
"""

import base64
import binascii
from collections.abc import Sequence

from dataledger.errors import InvalidArgument, shown
from dataledger.hashing import Hash32, JsonValue, string, to_hash32

REMEDY = "Ask for a new proof file, and use it exactly as it was written."

MAX_PATH_HASHES = 64
"""The height of the largest tree that any proof is about, and more."""


def base64_text(value: bytes) -> str:
    """Return bytes in base64 (RFC 4648, section 4), padded."""
    return base64.b64encode(value).decode()


def base64_bytes(value: JsonValue) -> bytes:
    """Return what `base64_text` wrote.

    Raises:
        CanonicalisationError: the value is no string.
        InvalidArgument: it is not base64, or not in the one form that `base64_text` writes.
    """
    text = string(value)
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    # Unused bits of the last character could be anything: only zeros are written.
    if base64_text(found) != text:
        raise InvalidArgument(f"{shown(text)} is not base64.", remedy=REMEDY)
    return found


def hash_list(values: Sequence[Hash32]) -> list[JsonValue]:
    """Return hashes as a JSON list."""
    return [base64_text(value) for value in values]


def hashes(value: JsonValue) -> tuple[Hash32, ...]:
    """Return the hashes of a JSON list.

    Raises:
        InvalidArgument, CanonicalisationError: it is no list of hashes in base64.
        InvalidDigest: one of them is not 32 bytes.
    """
    return tuple(to_hash32(base64_bytes(item)) for item in items(value))


def items(value: JsonValue) -> list[JsonValue]:
    """Return a JSON list. Raises `InvalidArgument` where it is anything else."""
    if not isinstance(value, list):
        raise InvalidArgument(f"{shown(value)} stands where a list belongs.", remedy=REMEDY)
    return value


def check_position(*values: object) -> None:
    """Return only if each value is an integer that is not negative. Raises `InvalidArgument`."""
    for value in values:
        if type(value) is not int or value < 0:
            raise InvalidArgument(f"{shown(value)} is not a position in a tree.", remedy=REMEDY)


def check_path(path: Sequence[Hash32], max_hashes: int = MAX_PATH_HASHES) -> None:
    """Return only if a path is not longer than any tree is high.

    Raises:
        InvalidArgument: it is longer.
        InvalidDigest: a hash is not 32 bytes.
    """
    if len(path) > max_hashes:
        raise InvalidArgument(f"A path of {len(path)} hashes is too long.", remedy=REMEDY)
    for value in path:
        to_hash32(value)
