"""The inner loops of hashing records, compiled by numba around SHA-256's compression function.

Importing this needs numba. The loops let go of the interpreter's lock. They take the address of
libcrypto's `SHA256_Transform`, which uses the processor's own instructions for SHA-256 where there
are any; all that is done here is to arrange bytes into its blocks, padded as FIPS 180-4 says. Short
messages are hashed two at a time: each step of SHA-256 waits for the one before, and a processor
can do the other message's meanwhile; see `lanes`.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dataledger.manifest.records.compiling import compiled
from dataledger.manifest.records.intrinsics import call, copy, put
from dataledger.manifest.records.lanes import both
from dataledger.manifest.records.source import GROUP_RECORDS

Bytes: TypeAlias = NDArray[np.uint8]
Words: TypeAlias = NDArray[np.uint32]
Places: TypeAlias = NDArray[np.int64]

Tools: TypeAlias = tuple[int, Words, Bytes]
"""The address of the compression function, and a context and a message for each of two lanes."""

Span: TypeAlias = tuple[int, int]
"""Where in some bytes a record begins and ends."""

Records: TypeAlias = tuple[Bytes, Places, Places]
"""Bytes, and where in them each record begins and ends; see `source.Batch.spans`."""

BLOCK_BYTES = 64
CONTEXT_WORDS = 64
"""More than libcrypto's SHA256_CTX has, in which the chaining value stands first."""
MESSAGE_BYTES = 4096
"""The longest message, with its padding, that is hashed beside another one."""

INITIAL_VALUE: Words = np.array(
    [
        *(0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A),
        *(0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19),
    ],
    np.uint32,
)

_HASH_BYTES = 32
_LENGTH_BYTES = 8
_PADDED_BYTES = 1 + _LENGTH_BYTES
"""That padding adds, at least."""
_LEAF_PREFIX_BYTES = 17
_SALT_PREFIX_BYTES = 8
_SHORT_BYTES = MESSAGE_BYTES - _LEAF_PREFIX_BYTES - _PADDED_BYTES


# ------------------------------------------------------------------------------ one or two messages


@compiled
def _lanes() -> tuple[Words, Bytes]:
    """Return a context and a message for each of two lanes, one after another."""
    return np.zeros(2 * CONTEXT_WORDS, np.uint32), np.zeros(2 * MESSAGE_BYTES, np.uint8)


@compiled
def _two_are_short(begins: Places, ends: Places, i: int) -> bool:
    """Whether record `i` and the next one, if there is any, can be hashed side by side."""
    if i + 1 >= len(begins):
        return False
    longest = max(ends[i] - begins[i], ends[i + 1] - begins[i + 1])
    return bool(longest <= _SHORT_BYTES)


@compiled
def _put_record(messages: Bytes, lane: int, used: int, data: Bytes, span: Span) -> int:
    """Put a record behind the `used` bytes of the lane's message; return how many it has then."""
    size_bytes = span[1] - span[0]
    copy(messages.ctypes.data, lane * MESSAGE_BYTES + used, data.ctypes.data, span[0], size_bytes)
    return used + size_bytes


@compiled
def _start(contexts: Words, lane: int, chaining_value: Words) -> None:
    for i in range(8):
        contexts[lane * CONTEXT_WORDS + i] = chaining_value[i]


@compiled
def _put_number(out: Bytes, at: int, number: int) -> None:
    put(out.ctypes.data, at, np.int64(number))


@compiled
def _put_words(out: Bytes, at: int, contexts: Words, lane: int, count: int) -> None:
    for i in range(count):
        put(out.ctypes.data, at + 4 * i, contexts[lane * CONTEXT_WORDS + i])


@compiled
def _end(messages: Bytes, lane: int, used: int, size_bytes: int) -> int:
    """Pad the lane's message of `used` bytes, and return how many blocks it has.

    `size_bytes` are those of all that is hashed, with what is in the chaining value already.
    """
    begin = lane * MESSAGE_BYTES
    blocks = (used + _PADDED_BYTES + BLOCK_BYTES - 1) // BLOCK_BYTES
    length_at = begin + blocks * BLOCK_BYTES - _LENGTH_BYTES
    messages[begin + used] = 0x80
    for at in range(begin + used + 1, length_at, _LENGTH_BYTES):
        _put_number(messages, at, 0)  # the last one may reach into the length, which follows
    _put_number(messages, length_at, 8 * size_bytes)
    return blocks


@compiled
def _compress(tools: Tools, blocks: int, other_blocks: int) -> None:
    """Hash the first lane's blocks and the second one's, side by side while both have any."""
    transform, contexts, messages = tools
    context, other_context = contexts.ctypes.data, contexts[CONTEXT_WORDS:].ctypes.data
    message, other_message = messages.ctypes.data, messages[MESSAGE_BYTES:].ctypes.data
    for i in range(min(blocks, other_blocks)):
        at = np.uintp(i * BLOCK_BYTES)
        both(transform, context, message + at, other_context, other_message + at)
    for i in range(other_blocks, blocks):
        call(transform, context, message + np.uintp(i * BLOCK_BYTES))
    for i in range(blocks, other_blocks):
        call(transform, other_context, other_message + np.uintp(i * BLOCK_BYTES))


@compiled
def _finish(tools: Tools, used: int, data: Bytes, span: Span, size_bytes: int) -> None:
    """Hash, alone, a message that begins with `used` bytes of the first lane's, and ends with data.

    It is as long as it likes. `size_bytes` as for `_end`.
    """
    transform, contexts, messages = tools
    begin, end = span
    context, block, source = contexts.ctypes.data, messages.ctypes.data, data.ctypes.data
    if used + (end - begin) >= BLOCK_BYTES:
        copy(block, used, source, begin, BLOCK_BYTES - used)
        call(transform, context, block)
        begin += BLOCK_BYTES - used
        used = 0
        while end - begin >= BLOCK_BYTES:
            call(transform, context, source + np.uintp(begin))
            begin += BLOCK_BYTES
    copy(block, used, source, begin, end - begin)
    _compress(tools, _end(messages, 0, used + end - begin, size_bytes), 0)


# ------------------------------------------------------------------------------------------- leaves


@compiled
def hash_leaves(
    transform: int,
    after_key: Words,
    first_record: int,
    records: Records,
    out: Bytes,
) -> None:
    """Put the records' leaves into `out`; `after_key` is the chaining value after the salt key."""
    contexts, messages = _lanes()
    tools = transform, contexts, messages
    data, begins, ends = records
    i = 0
    while i < len(begins):
        span = begins[i], ends[i]
        if not _two_are_short(begins, ends, i):
            _hash_leaf(tools, after_key, first_record + i, data, span)
            _put_words(out, _HASH_BYTES * i, contexts, 0, 8)
            i += 1
            continue
        other = begins[i + 1], ends[i + 1]
        _start(contexts, 0, after_key)
        _start(contexts, 1, after_key)
        blocks = _salt_message(messages, 0, first_record + i, data, span)
        _compress(tools, blocks, _salt_message(messages, 1, first_record + i + 1, data, other))
        blocks = _leaf_message(tools, 0, data, span)
        _compress(tools, blocks, _leaf_message(tools, 1, data, other))
        _put_words(out, _HASH_BYTES * i, contexts, 0, 8)
        _put_words(out, _HASH_BYTES * (i + 1), contexts, 1, 8)
        i += 2


@compiled
def _hash_leaf(tools: Tools, after_key: Words, number: int, data: Bytes, span: Span) -> None:
    """Leave a leaf in the first context, from a record as long as it likes."""
    _, contexts, messages = tools
    size_bytes = span[1] - span[0]
    _start(contexts, 0, after_key)
    _put_number(messages, 0, number)
    used = _SALT_PREFIX_BYTES
    _finish(tools, used, data, span, BLOCK_BYTES + used + size_bytes)
    _put_salt(contexts, messages, 0)
    used = _LEAF_PREFIX_BYTES
    _finish(tools, used, data, span, used + size_bytes)


@compiled
def _salt_message(messages: Bytes, lane: int, number: int, data: Bytes, span: Span) -> int:
    """Make what is hashed after the salt key; return the number of its blocks."""
    _put_number(messages, lane * MESSAGE_BYTES, number)
    used = _put_record(messages, lane, _SALT_PREFIX_BYTES, data, span)
    return _end(messages, lane, used, BLOCK_BYTES + used)


@compiled
def _leaf_message(tools: Tools, lane: int, data: Bytes, span: Span) -> int:
    """Make what the leaf is the hash of, with the salt in the context; return its blocks."""
    _, contexts, messages = tools
    _put_salt(contexts, messages, lane)
    used = _put_record(messages, lane, _LEAF_PREFIX_BYTES, data, span)
    return _end(messages, lane, used, used)


@compiled
def _put_salt(contexts: Words, messages: Bytes, lane: int) -> None:
    """Begin a leaf's message with the salt, which is half of what was hashed."""
    messages[lane * MESSAGE_BYTES] = 0
    _put_words(messages, lane * MESSAGE_BYTES + 1, contexts, lane, 4)
    _start(contexts, lane, INITIAL_VALUE)


# ------------------------------------------------------------------------------------------- labels


@compiled
def hash_labels(
    transform: int,
    after_keys: tuple[Words, Words],
    records: Records,
    out: Bytes,
) -> None:
    """Put the records' labels into `out`: HMAC, from the chaining values after its two keys."""
    contexts, messages = _lanes()
    tools = transform, contexts, messages
    data, begins, ends = records
    inner_key, outer_key = after_keys
    i = 0
    while i < len(begins):
        span = begins[i], ends[i]
        if not _two_are_short(begins, ends, i):
            _start(contexts, 0, inner_key)
            _finish(tools, 0, data, span, BLOCK_BYTES + span[1] - span[0])
            _compress(tools, _outer_message(tools, 0, outer_key), 0)
            _put_words(out, _HASH_BYTES * i, contexts, 0, 8)
            i += 1
            continue
        blocks = _inner_message(tools, 0, inner_key, data, span)
        other = begins[i + 1], ends[i + 1]
        _compress(tools, blocks, _inner_message(tools, 1, inner_key, data, other))
        blocks = _outer_message(tools, 0, outer_key)
        _compress(tools, blocks, _outer_message(tools, 1, outer_key))
        _put_words(out, _HASH_BYTES * i, contexts, 0, 8)
        _put_words(out, _HASH_BYTES * (i + 1), contexts, 1, 8)
        i += 2


@compiled
def _inner_message(tools: Tools, lane: int, after_key: Words, data: Bytes, span: Span) -> int:
    """Make what is hashed after the inner key; return the number of its blocks."""
    _, contexts, messages = tools
    _start(contexts, lane, after_key)
    used = _put_record(messages, lane, 0, data, span)
    return _end(messages, lane, used, BLOCK_BYTES + used)


@compiled
def _outer_message(tools: Tools, lane: int, after_key: Words) -> int:
    """Make what is hashed after the outer key: the context's hash; return its blocks."""
    _, contexts, messages = tools
    _put_words(messages, lane * MESSAGE_BYTES, contexts, lane, 8)
    _start(contexts, lane, after_key)
    return _end(messages, lane, _HASH_BYTES, BLOCK_BYTES + _HASH_BYTES)


# -------------------------------------------------------------------------------------------- trees


@compiled
def hash_groups(transform: int, leaves: Bytes, out: Bytes) -> None:
    """Put the roots over each `GROUP_RECORDS` leaves, and over what is left, into `out`."""
    contexts, messages = _lanes()
    tools = transform, contexts, messages
    nodes = np.zeros(GROUP_RECORDS * _HASH_BYTES, np.uint8)
    for group in range(len(out) // _HASH_BYTES):
        begin = group * len(nodes)
        size_bytes = min(len(nodes), len(leaves) - begin)
        for i in range(size_bytes):
            nodes[i] = leaves[begin + i]
        width = size_bytes // _HASH_BYTES
        while width > 1:
            _hash_each(tools, (1, 2 * _HASH_BYTES), nodes, nodes, width // 2)
            if width % 2:  # it moves up as it is
                for i in range(_HASH_BYTES):
                    nodes[_HASH_BYTES * (width // 2) + i] = nodes[_HASH_BYTES * (width - 1) + i]
            width = (width + 1) // 2
        for i in range(_HASH_BYTES):
            out[_HASH_BYTES * group + i] = nodes[i]


@compiled
def hash_entries(transform: int, entries: Bytes, out: Bytes) -> None:
    """Put the leaf hashes of entries of 32 bytes each into `out`."""
    contexts, messages = _lanes()
    tools = transform, contexts, messages
    _hash_each(tools, (0, _HASH_BYTES), entries, out, len(entries) // _HASH_BYTES)


@compiled
def _hash_each(tools: Tools, kind: tuple[int, int], data: Bytes, out: Bytes, count: int) -> None:
    """Put the hashes of `count` neighbouring parts of `data` into `out`, which may be the same.

    `kind` is the prefix of each part, and its size: no smaller than a hash.
    """
    prefix, size_bytes = kind
    _, contexts, _messages = tools
    for i in range(0, count, 2):
        blocks = _part_message(tools, 0, prefix, data, (size_bytes * i, size_bytes * (i + 1)))
        other_blocks = 0
        if i + 1 < count:
            other = size_bytes * (i + 1), size_bytes * (i + 2)
            other_blocks = _part_message(tools, 1, prefix, data, other)
        _compress(tools, blocks, other_blocks)
        _put_words(out, _HASH_BYTES * i, contexts, 0, 8)
        if i + 1 < count:
            _put_words(out, _HASH_BYTES * (i + 1), contexts, 1, 8)


@compiled
def _part_message(tools: Tools, lane: int, prefix: int, data: Bytes, span: Span) -> int:
    """Make a message of a prefix and a part of the data; return the number of its blocks."""
    _, contexts, messages = tools
    _start(contexts, lane, INITIAL_VALUE)
    messages[lane * MESSAGE_BYTES] = prefix
    used = _put_record(messages, lane, 1, data, span)
    return _end(messages, lane, used, used)
