"""Reading the pixels of a PNG image (W3C Portable Network Graphics Specification, 3rd edition).

Eight bits a channel, not interlaced, without a palette: what the example's cameras write.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from dataledger.errors import CheckFailed

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_PIXELS = 1 << 24
CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
"""By colour type: grey, RGB, grey with alpha, RGB with alpha."""


@dataclass(frozen=True, slots=True)
class Image:
    """Rows from top to bottom, pixels from left to right, one byte a channel."""

    width: int
    height: int
    channels: int
    rows: tuple[bytes, ...] = field(repr=False)

    @property
    def mean_brightness(self) -> float:
        """The mean luma (Rec. 601) of all pixels, from 0 to 255, to one decimal."""
        thousandths = sum(self._luma(row) for row in self.rows)
        return round(thousandths / 1000 / (self.width * self.height), 1)

    def _luma(self, row: bytes) -> int:
        red = sum(row[0 :: self.channels])
        if self.channels < CHANNELS[2]:
            return 1000 * red
        green, blue = sum(row[1 :: self.channels]), sum(row[2 :: self.channels])
        return 299 * red + 587 * green + 114 * blue


def decode(data: bytes) -> Image:
    """Return the image that a PNG file holds.

    Raises:
        CheckFailed: It is damaged, larger than `MAX_PIXELS`, or of another kind than those above.
    """
    chunks = list(_chunks(data))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != struct.calcsize(">IIBBBBB"):
        raise _refused("its header is missing")
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    if depth != 8 or colour not in CHANNELS or any(rest):  # noqa: PLR2004 - bits a channel
        raise _refused("it is not of 8 bits a channel, without palette and interlacing")
    if not 0 < width * height <= MAX_PIXELS:
        raise _refused(f"it has {width} by {height} pixels")
    channels = CHANNELS[colour]
    line_bytes = 1 + width * channels
    stored = _inflate(b"".join(d for kind, d in chunks if kind == b"IDAT"), height * line_bytes)
    lines = [stored[at : at + line_bytes] for at in range(0, len(stored), line_bytes)]
    return Image(width, height, channels, tuple(_unfilter(lines, channels)))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(SIGNATURE):
        raise _refused("it does not begin as one")
    at = len(SIGNATURE)
    while at < len(data):
        head = data[at : at + 8]
        length = int.from_bytes(head[:4])
        content, check = data[at + 8 : at + 8 + length], data[at + 8 + length : at + 12 + length]
        if zlib.crc32(head[4:] + content).to_bytes(4) != check:
            raise _refused("a part of it is damaged")
        yield head[4:], content
        at += 12 + length


def _inflate(data: bytes, expected_bytes: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        pixels = inflater.decompress(data, expected_bytes + 1)
    except zlib.error:
        raise _refused("its pixels cannot be decompressed") from None
    if len(pixels) != expected_bytes:
        raise _refused("it has more or fewer pixels than it says")
    return pixels


def _unfilter(lines: list[bytes], channels: int) -> Iterator[bytes]:
    """Undo section 9 of the specification: each byte was stored as a difference to its past."""
    above = bytes(len(lines[0]) - 1)
    for line in lines:
        kind, row = line[0], bytearray(line[1:])
        if kind > 4:  # noqa: PLR2004 - the last of the five filters
            raise _refused(f"it uses the unknown filter {kind}")
        for x in range(len(row)):
            left = row[x - channels] if x >= channels else 0
            corner = above[x - channels] if x >= channels else 0
            row[x] = (row[x] + _prediction(kind, left, above[x], corner)) % 256
        above = bytes(row)
        yield above


def _prediction(kind: int, left: int, up: int, corner: int) -> int:
    match kind:
        case 0:
            return 0
        case 1:
            return left
        case 2:
            return up
        case 3:
            return (left + up) // 2
        case _:
            estimate = left + up - corner
            # The first of the nearest, in this order (Paeth).
            return min((left, up, corner), key=lambda value: abs(estimate - value))


def _refused(reason: str) -> CheckFailed:
    return CheckFailed(
        f"The PNG image cannot be read: {reason}.", remedy="Ask whoever delivered the file."
    )
