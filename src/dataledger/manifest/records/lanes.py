"""SHA-256's compression function for two blocks at a time.

Each of its steps waits for the result of the one before: a processor with instructions for SHA-256
could do about two at once. So two messages that have nothing to do with each other take little
longer than one. Elsewhere, they are hashed one after the other.

Importing this needs numba. The steps are those of FIPS 180-4, as Intel's and AMD's instructions
divide them (Gulley et al., "Intel SHA Extensions", 2013).
"""

import platform
from collections.abc import Sequence
from typing import Any

from llvmlite import binding, ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils, config
from numba.extending import intrinsic

from dataledger.manifest.records.intrinsics import call_by_address

# fmt: off
ROUND_CONSTANTS = (
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
)
# fmt: on
"""The 64 of FIPS 180-4, 4.2.2."""

_WORD = ir.IntType(32)
_FOUR = ir.VectorType(_WORD, 4)
_STEPS_TOGETHER = 4
_BLOCK_VECTORS = 4


def has_instructions() -> bool:
    """Whether numba compiles for this processor as it is, and it has instructions for SHA-256."""
    if platform.machine().lower() not in {"x86_64", "amd64"}:
        return False
    settings: Any = config
    if settings.CPU_NAME is not None or settings.CPU_FEATURES is not None:
        return False  # somebody wants code for another one
    return bool(binding.get_host_cpu_features().get("sha"))


def _one_by_one(_context: Any, builder: Any, _signature: Any, addresses: Any) -> None:
    function, *places = addresses
    call_by_address(builder, function, places[:2])
    call_by_address(builder, function, places[2:])


def _by_instructions(_context: Any, builder: Any, _signature: Any, addresses: Any) -> None:
    _, context, block, other_context, other_block = addresses
    lanes = [_Lane(builder, context, block), _Lane(builder, other_context, other_block)]
    for first in range(0, len(ROUND_CONSTANTS), _STEPS_TOGETHER):
        for lane in lanes:
            lane.step(first)
    for lane in lanes:
        lane.end()


class _Lane:
    """Instructions that compress one block into a chaining value."""

    def __init__(self, builder: Any, context: Any, block: Any) -> None:
        self._builder = builder
        self._context = builder.inttoptr(context, _FOUR.as_pointer())
        # The instructions want the words a to h, of which four make a vector, in another order.
        a_to_d, e_to_h = (self._load(self._context, n, align=4) for n in range(2))
        self._feba = self._pick(e_to_h, a_to_d, 1, 0, 5, 4)
        self._hgdc = self._pick(e_to_h, a_to_d, 3, 2, 7, 6)
        self._before = self._feba, self._hgdc
        message = builder.inttoptr(block, _FOUR.as_pointer())
        self._schedule = [
            self._call("llvm.bswap.v4i32", self._load(message, n, align=1))
            for n in range(_BLOCK_VECTORS)
        ]

    def step(self, first: int) -> None:
        """Do four steps, of which number `first` is the first; all before it were done."""
        number = first // _STEPS_TOGETHER
        words = self._schedule[number] if number < _BLOCK_VECTORS else self._next_words()
        constants = _constant(ROUND_CONSTANTS[first : first + _STEPS_TOGETHER])
        added = self._builder.add(words, constants)
        # Each instruction does two steps, with the two lower words.
        for half in (added, self._pick(added, added, 2, 3, 0, 0)):
            last = self._call("llvm.x86.sha256rnds2", self._hgdc, self._feba, half)
            self._feba, self._hgdc = last, self._feba

    def end(self) -> None:
        """Put the new chaining value in the place of the old one."""
        builder = self._builder
        feba, hgdc = (
            builder.add(new, old)
            for new, old in zip((self._feba, self._hgdc), self._before, strict=True)
        )
        for number, words in enumerate(
            (self._pick(feba, hgdc, 3, 2, 7, 6), self._pick(feba, hgdc, 1, 0, 5, 4))
        ):
            builder.store(words, self._at(self._context, number), align=4)

    def _next_words(self) -> Any:
        """Return the next four words of the message schedule, made from the last sixteen."""
        oldest, old, new, newest = self._schedule
        mixed = self._call("llvm.x86.sha256msg1", oldest, old)
        mixed = self._builder.add(mixed, self._pick(new, newest, 1, 2, 3, 4))
        words = self._call("llvm.x86.sha256msg2", mixed, newest)
        self._schedule = [old, new, newest, words]
        return words

    def _load(self, pointer: Any, number: int, *, align: int) -> Any:
        return self._builder.load(self._at(pointer, number), align=align)

    def _at(self, pointer: Any, number: int) -> Any:
        return self._builder.gep(pointer, [ir.Constant(_WORD, number)])

    def _pick(self, low: Any, high: Any, *which: int) -> Any:
        """Return four of the eight words of two vectors."""
        return self._builder.shuffle_vector(low, high, _constant(which))

    def _call(self, name: str, *vectors: Any) -> Any:
        kind = ir.FunctionType(_FOUR, [_FOUR] * len(vectors))
        function = cgutils.get_or_insert_function(self._builder.module, kind, name)  # type: ignore[no-untyped-call]
        return self._builder.call(function, vectors)


def _constant(words: Sequence[int]) -> Any:
    return ir.Constant(_FOUR, [ir.Constant(_WORD, word) for word in words])


def _type_both(
    _typing: Any, _function: Any, _context: Any, _block: Any, _other: Any, _other_block: Any
) -> Any:
    generate = _by_instructions if has_instructions() else _one_by_one
    return types.void(*[types.uintp] * 5), generate


both: Any = intrinsic(_type_both)
"""`both(function, context, block, other_context, other_block)`: compresses a block into each state.

All are addresses; `function` is what `intrinsics.call` takes, for where there are no instructions.
"""
