"""The library's messages as they travel: read by their one form, so that nothing else gets in.

Each is a Protocol Buffers message with one repeated field, of points of the curve P-256 in their
compressed form:

    Request              [08 01] (12 21 <33 bytes>)*      08 01: reveals which items are shared
    Response             (0a 21 <33 bytes>)*
    ServerSetup.raw      (0a 21 <33 bytes>)*

The library's own reader would take much more, some of it into C++ that trusts it.
"""

from collections.abc import Sequence

POINT_BYTES = 33
ELEMENT_BYTES = 2 + POINT_BYTES

REQUEST_TAG = 0x12
ANSWER_TAG = 0x0A

_REVEALS = b"\x08\x01"
_SIGNS = frozenset((2, 3))


def read_request(data: bytes) -> tuple[bool, list[bytes]]:
    """Return whether a request wants to know which items are shared, and its points.

    Raises:
        ValueError: it is not in the one form, or has a point twice; the message is a phrase.
    """
    reveals = data.startswith(_REVEALS)
    points = read_points(data[len(_REVEALS) :] if reveals else data, REQUEST_TAG)
    if len(set(points)) != len(points):
        raise ValueError("it holds an element twice")
    return reveals, points


def read_points(data: bytes, tag: int) -> list[bytes]:
    """Return the points of a repeated field. That they lie on the curve is for the library to see.

    Raises:
        ValueError: it is not in the one form; the message is a phrase.
    """
    count, rest = divmod(len(data), ELEMENT_BYTES)
    heads = data[0::ELEMENT_BYTES], data[1::ELEMENT_BYTES]
    if rest or heads != (bytes([tag]) * count, bytes([POINT_BYTES]) * count):
        raise ValueError("it is no sequence of elements of 33 bytes")
    if not _SIGNS.issuperset(data[2::ELEMENT_BYTES]):
        raise ValueError("an element is no compressed point")
    return [data[at + 2 : at + ELEMENT_BYTES] for at in range(0, len(data), ELEMENT_BYTES)]


def write_points(points: Sequence[bytes], tag: int) -> bytes:
    """Return points as a repeated field."""
    head = bytes([tag, POINT_BYTES])
    return b"".join(head + point for point in points)
