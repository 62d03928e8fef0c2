"""Messages between the node and the process that computes with others: length, then JSON."""

import struct
from typing import IO

from dataledger.errors import OwnerNodeError
from dataledger.hashing import JsonValue, canonical_bytes, parse_canonical

MAX_FRAME_BYTES = 64 * 1024 * 1024

_LENGTH = struct.Struct(">I")


def write_frame(stream: IO[bytes], value: JsonValue) -> None:
    """Write one message: four bytes of length (big-endian), then canonical JSON.

    Raises:
        OwnerNodeError: it is longer than `MAX_FRAME_BYTES`.
        OSError: the other side is gone.
    """
    data = canonical_bytes(value)
    if len(data) > MAX_FRAME_BYTES:
        raise OwnerNodeError(
            f"A message of {len(data)} bytes is longer than {MAX_FRAME_BYTES}.",
            remedy="Compute with shorter vectors.",
        )
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def read_frame(stream: IO[bytes]) -> JsonValue:
    """Return the next message, or None where the other side has ended.

    No message is null, so None is never one.

    Raises:
        OwnerNodeError: it is longer than `MAX_FRAME_BYTES`, or breaks off.
        CanonicalisationError: it is not canonical JSON.
    """
    head = stream.read(_LENGTH.size)
    if not head:
        return None
    size = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else MAX_FRAME_BYTES + 1
    data = stream.read(size) if size <= MAX_FRAME_BYTES else b""
    if len(data) != size:
        raise OwnerNodeError(
            "A message between the node and its process broke off.",
            remedy="Ask again; look into the node's log if it stays so.",
        )
    return parse_canonical(data, max_bytes=MAX_FRAME_BYTES)
