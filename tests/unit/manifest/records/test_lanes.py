"""Two blocks compressed side by side: by the processor's instructions, and without them."""

import hashlib
import os
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import config

from dataledger.manifest.records import lanes
from dataledger.manifest.records.accelerate import _accelerator
from dataledger.manifest.records.kernels import CONTEXT_WORDS, INITIAL_VALUE
from dataledger.manifest.records.lanes import both, has_instructions

LANES = 2


def first_primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def cube_root(number: int) -> int:
    low, high = 0, number
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= number else (low, middle - 1)
    return low


def test_the_constants_are_the_fractions_of_the_cube_roots_of_primes() -> None:
    expected = [cube_root(prime << 96) & (2**32 - 1) for prime in first_primes(64)]
    assert list(lanes.ROUND_CONSTANTS) == expected


@pytest.mark.parametrize("by_instructions", [True, False])
def test_each_lane_gets_the_hash_of_its_own_blocks(
    monkeypatch: pytest.MonkeyPatch, *, by_instructions: bool
) -> None:
    if by_instructions and not has_instructions():
        pytest.skip("this processor has no instructions for SHA-256 that numba could use")
    monkeypatch.setattr(lanes, "has_instructions", lambda: by_instructions)

    def compress_both(function: int, contexts: Any, blocks: Any) -> None:
        places = contexts[0].ctypes.data, blocks[0].ctypes.data
        both(function, *places, contexts[1].ctypes.data, blocks[1].ctypes.data)

    compress: Any = numba.njit(compress_both)
    function = _accelerator()
    assert function is not None
    for size_bytes in range(56):
        contexts = np.zeros((LANES, CONTEXT_WORDS), np.uint32)
        contexts[:, : len(INITIAL_VALUE)] = INITIAL_VALUE
        messages = [os.urandom(size_bytes), os.urandom(55 - size_bytes)]
        first = os.urandom(LANES * 64)
        ends = b"".join(
            (message + b"\x80").ljust(56, b"\0") + (8 * (64 + len(message))).to_bytes(8)
            for message in messages
        )
        for blocks in (first, ends):
            compress(function, contexts, np.frombuffer(blocks, np.uint8).reshape(LANES, 64))
        for lane in range(LANES):
            found = contexts[lane, : len(INITIAL_VALUE)].astype(">u4").tobytes()
            begun = first[64 * lane : 64 * (lane + 1)]
            assert found == hashlib.sha256(begun + messages[lane]).digest()


@pytest.mark.parametrize("setting", ["CPU_NAME", "CPU_FEATURES"])
def test_code_for_another_processor_does_without(
    monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setattr(config, setting, "")
    assert not has_instructions()


def test_another_kind_of_processor_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert not has_instructions()
