"""The inner loops of hashing records, compiled by numba around libcrypto's compression function.

Importing this needs numba. The loops let go of the interpreter's lock. They take the address of
libcrypto's `SHA256_Transform`, which uses the processor's own instructions for SHA-256 where there
are any; all that is done here is to arrange bytes into its blocks, padded as FIPS 180-4 says.
"""

from collections.abc import Callable
from typing import TypeAlias

import numba
import numpy as np
from numpy.typing import NDArray

from dataledger.manifest.records.intrinsics import call, copy, put
from dataledger.manifest.records.source import GROUP_RECORDS

Bytes: TypeAlias = NDArray[np.uint8]
Words: TypeAlias = NDArray[np.uint32]
Places: TypeAlias = NDArray[np.int64]

Tools: TypeAlias = tuple[int, Words, Bytes]
"""The address of the compression function, its context, and a block to fill."""

Records: TypeAlias = tuple[Bytes, Places, Places]
"""Bytes, and where in them each record begins and ends; see `source.Batch.spans`."""

BLOCK_BYTES = 64
CONTEXT_WORDS = 64
"""More than libcrypto's SHA256_CTX has, in which the chaining value stands first."""

INITIAL_VALUE: Words = np.array(
    [
        *(0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A),
        *(0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19),
    ],
    np.uint32,
)

_HASH_BYTES = 32
_LENGTH_AT = 56


def _compiled(function: Callable[..., None]) -> Callable[..., None]:
    try:
        compiled: Callable[..., None] = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # neither beside this file nor in the user's home can it be kept
        compiled = numba.njit(nogil=True)(function)
    return compiled


@_compiled
def _start(context: Words, chaining_value: Words) -> None:
    for i in range(8):
        context[i] = chaining_value[i]


@_compiled
def _finish(sha256: Tools, used: int, data: Bytes, span: tuple[int, int], size_bytes: int) -> None:
    """Hash a message of `size_bytes` that ends with the `used` bytes in the block, and `span`."""
    transform, context, block = sha256
    begin, end = span
    source, filled = data.ctypes.data, block.ctypes.data
    if used + (end - begin) >= BLOCK_BYTES:
        copy(filled, used, source, begin, BLOCK_BYTES - used)
        call(transform, context.ctypes.data, filled)
        begin += BLOCK_BYTES - used
        used = 0
        while end - begin >= BLOCK_BYTES:
            call(transform, context.ctypes.data, source + np.uintp(begin))
            begin += BLOCK_BYTES
    copy(filled, used, source, begin, end - begin)
    used += end - begin
    block[used] = 0x80
    for i in range(used + 1, BLOCK_BYTES):
        block[i] = 0
    if used >= _LENGTH_AT:
        call(transform, context.ctypes.data, filled)
        for i in range(_LENGTH_AT):
            block[i] = 0
    _put_number(block, _LENGTH_AT, 8 * size_bytes)
    call(transform, context.ctypes.data, filled)


@_compiled
def _put_number(out: Bytes, at: int, number: int) -> None:
    put(out.ctypes.data, at, np.int64(number))


@_compiled
def _put_words(out: Bytes, at: int, words: Words, count: int) -> None:
    for i in range(count):
        put(out.ctypes.data, at + 4 * i, words[i])


@_compiled
def hash_leaves(
    transform: int,
    after_key: Words,
    first_record: int,
    records: Records,
    out: Bytes,
) -> None:
    """Put the records' leaves into `out`; `after_key` is the chaining value after the salt key."""
    context = np.zeros(CONTEXT_WORDS, np.uint32)
    block = np.zeros(BLOCK_BYTES, np.uint8)
    sha256 = transform, context, block
    data, begins, ends = records
    for i in range(len(begins)):
        begin, end = begins[i], ends[i]
        size_bytes = end - begin
        _start(context, after_key)
        _put_number(block, 0, first_record + i)
        _finish(sha256, 8, data, (begin, end), BLOCK_BYTES + 8 + size_bytes)
        block[0] = 0
        _put_words(block, 1, context, 4)  # the salt: half of the hash
        _start(context, INITIAL_VALUE)
        _finish(sha256, 17, data, (begin, end), 17 + size_bytes)
        _put_words(out, _HASH_BYTES * i, context, 8)


@_compiled
def hash_labels(
    transform: int,
    after_keys: tuple[Words, Words],
    records: Records,
    out: Bytes,
) -> None:
    """Put the records' labels into `out`: HMAC, from the chaining values after its two keys."""
    context = np.zeros(CONTEXT_WORDS, np.uint32)
    block = np.zeros(BLOCK_BYTES, np.uint8)
    sha256 = transform, context, block
    data, begins, ends = records
    for i in range(len(begins)):
        begin, end = begins[i], ends[i]
        _start(context, after_keys[0])
        _finish(sha256, 0, data, (begin, end), BLOCK_BYTES + end - begin)
        _put_words(block, 0, context, 8)
        _start(context, after_keys[1])
        _finish(sha256, 32, data, (begin, begin), BLOCK_BYTES + 32)
        _put_words(out, _HASH_BYTES * i, context, 8)


@_compiled
def hash_groups(transform: int, leaves: Bytes, out: Bytes) -> None:
    """Put the roots over each `GROUP_RECORDS` leaves, and over what is left, into `out`."""
    context = np.zeros(CONTEXT_WORDS, np.uint32)
    nodes = np.zeros(GROUP_RECORDS * _HASH_BYTES, np.uint8)
    # A node's message has one byte more than a block: of the second one, all else stays the same.
    first = np.zeros(BLOCK_BYTES, np.uint8)
    second = np.zeros(BLOCK_BYTES, np.uint8)
    first[0] = 1
    second[1] = 0x80
    _put_number(second, _LENGTH_AT, 8 * (BLOCK_BYTES + 1))
    for group in range(len(out) // _HASH_BYTES):
        begin = group * len(nodes)
        size_bytes = min(len(nodes), len(leaves) - begin)
        for i in range(size_bytes):
            nodes[i] = leaves[begin + i]
        width = size_bytes // _HASH_BYTES
        while width > 1:
            for i in range(width // 2):
                copy(first.ctypes.data, 1, nodes.ctypes.data, BLOCK_BYTES * i, BLOCK_BYTES - 1)
                second[0] = nodes[BLOCK_BYTES * i + BLOCK_BYTES - 1]
                _start(context, INITIAL_VALUE)
                call(transform, context.ctypes.data, first.ctypes.data)
                call(transform, context.ctypes.data, second.ctypes.data)
                _put_words(nodes, _HASH_BYTES * i, context, 8)
            if width % 2:  # it moves up as it is
                for i in range(_HASH_BYTES):
                    nodes[_HASH_BYTES * (width // 2) + i] = nodes[_HASH_BYTES * (width - 1) + i]
            width = (width + 1) // 2
        for i in range(_HASH_BYTES):
            out[_HASH_BYTES * group + i] = nodes[i]
