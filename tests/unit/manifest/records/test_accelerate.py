"""The accelerator gives what hashlib gives, and steps aside wherever it cannot."""

import os
import subprocess
import sys
import textwrap
from array import array
from collections.abc import Callable, Iterator
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataledger.errors import DependencyMissing
from dataledger.manifest import records
from dataledger.manifest.records import accelerate
from dataledger.manifest.records.accelerate import Engine, choose_engine, engine_name, new_hasher
from dataledger.manifest.records.leaves import PlainHasher
from dataledger.manifest.records.secret import DatasetSecret
from dataledger.manifest.records.source import EncodedBatch, Span

KEYS = DatasetSecret(bytes(range(32))).keys()
GIB = 1024**3


@pytest.fixture
def anew() -> Iterator[None]:
    """Have the accelerator looked for once more, in the test and after it."""
    accelerate._accelerator.cache_clear()
    yield
    accelerate._accelerator.cache_clear()


def batch_of(records: list[bytes]) -> EncodedBatch:
    offsets = array("q", accumulate(map(len, records), initial=0))
    return EncodedBatch(b"".join(records), memoryview(offsets))


def hashed(engine: Engine, batches: list[list[bytes]], first: int) -> tuple[int, bytes, bytes]:
    hasher = new_hasher(engine, KEYS, first, labels=True)
    for batch in batches:
        hasher.add(batch_of(batch))
    return hasher.record_count, hasher.groups(), hasher.labels()


# ----------------------------------------------------------------------------------- the same bytes


def test_the_accelerator_works_here() -> None:
    assert engine_name() is Engine.ACCELERATED
    assert not isinstance(new_hasher(None, KEYS, 0, labels=False), PlainHasher)


@given(
    batches=st.lists(st.lists(st.binary(max_size=400), max_size=6), max_size=4),
    first=st.integers(0, 2**53),
)
def test_both_engines_give_the_same(batches: list[list[bytes]], first: int) -> None:
    plain, fast = (hashed(engine, batches, first) for engine in Engine)
    assert plain == fast


@pytest.mark.parametrize("size_bytes", [4069, 4070, 4071, 4096, 2**16 - 1, 2**20])
def test_long_records_are_hashed_the_same(size_bytes: int) -> None:
    long = [os.urandom(size_bytes) for _ in range(4)]
    batches = [[*long, b"", long[0], b"", b"", long[1]], [long[0], b"", long[1]]]
    assert hashed(Engine.HASHLIB, batches, 7) == hashed(Engine.ACCELERATED, batches, 7)


@given(count=st.sampled_from([0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 767, 1000]))
@settings(max_examples=12)
def test_groups_of_any_number_of_records_are_the_same(count: int) -> None:
    batches = [[b"%d" % number for number in range(count)]]
    assert hashed(Engine.HASHLIB, batches, 0) == hashed(Engine.ACCELERATED, batches, 0)


def test_records_may_lie_apart_in_what_can_be_written() -> None:
    class Apart(EncodedBatch):
        def spans(self) -> Iterator[Span]:
            begins, ends = array("q", [1, 4]), array("q", [3, 4])
            yield memoryview(bytearray(b"-ab-")), memoryview(begins), memoryview(ends)

        def runs(self) -> Iterator[list[bytes]]:
            yield [b"ab", b""]

    results = []
    for engine in Engine:
        hasher = new_hasher(engine, KEYS, 0, labels=True)
        hasher.add(Apart(b"", memoryview(array("q", [0]))))
        results.append((hasher.groups(), hasher.labels()))
    assert results[0] == results[1]


@pytest.mark.parametrize("offsets", [[0, 2], [-1, 1], [1, 0], [0, 2**62]])
def test_a_batch_that_does_not_hold_its_records_is_never_read(offsets: list[int]) -> None:
    batch = EncodedBatch(b"x", memoryview(array("q", offsets)))
    with pytest.raises(IndexError, match="outside of its batch"):
        new_hasher(Engine.ACCELERATED, KEYS, 0, labels=False).add(batch)


# --------------------------------------------------------------------------------- stepping aside


def no_numba(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("importlib.util.find_spec", lambda _: None)


def broken_numba(patch: pytest.MonkeyPatch) -> None:
    patch.delattr(records, "kernels", raising=False)
    patch.setitem(sys.modules, "dataledger.manifest.records.kernels", None)


def no_libcrypto(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(accelerate, "_compression_functions", lambda: iter(()))


def other_results(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(accelerate, "_agrees_with_hashlib", lambda _: False)


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize("breakage", [no_numba, broken_numba, no_libcrypto, other_results])
def test_hashlib_does_the_work_where_anything_is_missing(
    monkeypatch: pytest.MonkeyPatch, breakage: Callable[[pytest.MonkeyPatch], None]
) -> None:
    breakage(monkeypatch)
    assert engine_name() is Engine.HASHLIB
    assert choose_engine(None, GIB) is Engine.HASHLIB
    assert isinstance(new_hasher(Engine.ACCELERATED, KEYS, 0, labels=False), PlainHasher)
    with pytest.raises(DependencyMissing, match="does not work here") as caught:
        choose_engine(Engine.ACCELERATED, GIB)
    assert "dataledger[fast]" in caught.value.remedy


@pytest.mark.usefixtures("anew")
def test_a_libcrypto_that_gives_something_else_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import ctypes

    wrong = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(lambda *_: None)
    address = ctypes.cast(wrong, ctypes.c_void_p).value
    monkeypatch.setattr(accelerate, "_compression_functions", lambda: iter([address]))
    assert engine_name() is Engine.HASHLIB


def test_what_is_wanted_is_taken() -> None:
    assert choose_engine(Engine.HASHLIB, GIB) is Engine.HASHLIB
    assert choose_engine(Engine.ACCELERATED, 1) is Engine.ACCELERATED


def test_little_data_does_not_wait_for_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    assert choose_engine(None, accelerate.WORTH_BYTES - 1) is Engine.HASHLIB
    monkeypatch.undo()
    engine_name()
    assert "numba" in sys.modules
    assert choose_engine(None, 1) is Engine.ACCELERATED  # it is there already


def test_nothing_heavy_is_loaded_for_little_data() -> None:
    program = """
        import sys
        from dataledger.manifest.records.accelerate import choose_engine
        assert choose_engine(None, 1000) == "hashlib"
        print(sorted({"numba", "numpy", "pyarrow"} & set(sys.modules)))
    """
    printed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, check=True, text=True
    ).stdout
    assert printed.strip() == "[]"


def test_it_is_compiled_anew_each_time_where_that_cannot_be_kept() -> None:
    program = """
        import numba
        asked = []
        def njit(*, nogil, cache=False):
            asked.append(cache)
            if cache:
                raise RuntimeError("cannot cache function: no locator available")
            return lambda function: function
        numba.njit = njit
        from dataledger.manifest.records import kernels
        print(asked[:2])
    """
    printed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, check=True, text=True
    ).stdout
    assert printed.strip() == "[True, False]"
