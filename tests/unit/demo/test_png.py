"""The demo's PNG reader against images written here, filter by filter, and against damage."""

import struct
import zlib
from collections.abc import Callable
from random import Random

import pytest

from dataledger.demo.steps.png import SIGNATURE, decode
from dataledger.errors import CheckFailed

WIDTH, HEIGHT = 5, 6


def _paeth(a: int, b: int, c: int) -> int:
    """As the specification writes it, section 9.4."""
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    if pa <= pb and pa <= pc:
        return a
    return b if pb <= pc else c


FILTERS: dict[int, Callable[[int, int, int], int]] = {
    0: lambda _a, _b, _c: 0,
    1: lambda a, _b, _c: a,
    2: lambda _a, b, _c: b,
    3: lambda a, b, _c: (a + b) // 2,
    4: _paeth,
}


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(rows: list[bytes], filters: list[int], colour: int, channels: int, **header: int) -> bytes:
    stored = b""
    above = bytes(len(rows[0]))
    for row, kind in zip(rows, filters, strict=True):
        line = bytearray([kind])
        for x, value in enumerate(row):
            left = row[x - channels] if x >= channels else 0
            corner = above[x - channels] if x >= channels else 0
            line.append((value - FILTERS.get(kind, FILTERS[0])(left, above[x], corner)) % 256)
        stored += line
        above = row
    data = zlib.compress(stored)
    ihdr = struct.pack(
        ">IIBBBBB",
        header.get("width", WIDTH),
        header.get("height", HEIGHT),
        header.get("depth", 8),
        colour,
        0,
        0,
        header.get("interlace", 0),
    )
    # In two parts, as encoders may split it.
    parts = [_chunk(b"IHDR", ihdr), _chunk(b"tEXt", b"a\0b")]
    parts += [_chunk(b"IDAT", data[:7]), _chunk(b"IDAT", data[7:]), _chunk(b"IEND", b"")]
    return SIGNATURE + b"".join(parts)


def _pixels(channels: int) -> list[bytes]:
    random = Random(f"pixels/{channels}")  # noqa: S311 - nothing secret
    return [random.randbytes(WIDTH * channels) for _ in range(HEIGHT)]


@pytest.mark.parametrize(("colour", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
@pytest.mark.parametrize("kind", [*FILTERS, None])
def test_every_filter_and_colour_type_is_undone(
    colour: int, channels: int, kind: int | None
) -> None:
    rows = _pixels(channels)
    filters = [0, 1, 2, 3, 4, 2] if kind is None else [kind] * HEIGHT
    image = decode(_png(rows, filters, colour, channels))
    assert image.rows == tuple(rows)
    assert (image.width, image.height, image.channels) == (WIDTH, HEIGHT, channels)


@pytest.mark.parametrize(
    ("colour", "pixel", "brightness"),
    [
        (0, (77,), 77.0),
        (4, (77, 3), 77.0),
        (2, (255, 255, 255), 255.0),
        (2, (100, 0, 0), 29.9),
        (6, (0, 100, 0, 9), 58.7),
        (2, (0, 0, 100), 11.4),
    ],
)
def test_brightness_is_the_mean_luma_without_alpha(
    colour: int, pixel: tuple[int, ...], brightness: float
) -> None:
    image = decode(_png([bytes(pixel) * WIDTH] * HEIGHT, [0] * HEIGHT, colour, len(pixel)))
    assert image.mean_brightness == brightness


GOOD = _png(_pixels(3), [0] * HEIGHT, 2, 3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "does not begin as one"),
        (b"GIF89a", "does not begin as one"),
        (SIGNATURE, "header is missing"),
        (SIGNATURE + _chunk(b"IDAT", b"") + GOOD[8:], "header is missing"),
        (GOOD[:60] + bytes([GOOD[60] ^ 1]) + GOOD[61:], "damaged"),
        (GOOD[:-20], "damaged"),
        (_png(_pixels(3), [0] * HEIGHT, 2, 3, depth=16), "8 bits"),
        (_png(_pixels(3), [0] * HEIGHT, 2, 3, interlace=1), "interlacing"),
        (_png(_pixels(1), [0] * HEIGHT, 3, 1), "palette"),
        (_png(_pixels(3), [0] * HEIGHT, 2, 3, width=0), "0 by 6 pixels"),
        (_png(_pixels(3), [0] * HEIGHT, 2, 3, width=1 << 20, height=1 << 20), "by 1048576 pixels"),
        (_png(_pixels(3), [0] * HEIGHT, 2, 3, height=5), "more or fewer"),
        (_png(_pixels(3), [0] * HEIGHT, 2, 3, height=7), "more or fewer"),
        (_png(_pixels(3), [5] * HEIGHT, 2, 3), "unknown filter 5"),
        (
            SIGNATURE
            + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
            + _chunk(b"IDAT", b"no zlib"),
            "decompressed",
        ),
    ],
)
def test_what_is_no_such_image_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(CheckFailed, match=message):
        decode(data)
