"""Leaves, groups and labels by hashlib, against a slow rendering of the same definitions."""

import importlib
from array import array
from itertools import accumulate
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.hashing import Hash32, root
from dataledger.manifest.records.leaves import (
    PlainHasher,
    group_roots,
    record_labels,
    record_leaves,
)
from dataledger.manifest.records.secret import DatasetSecret, record_label
from dataledger.manifest.records.source import GROUP_RECORDS, EncodedBatch

VECTORS = Path(__file__).resolve().parents[3] / "vectors"
SECRET = bytes(range(32))
KEYS = DatasetSecret(SECRET).keys()


@pytest.fixture(scope="module")
def oracle() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(VECTORS)
        return importlib.import_module("records_oracle")


def batch_of(records: list[bytes]) -> EncodedBatch:
    offsets = array("q", accumulate(map(len, records), initial=0))
    return EncodedBatch(b"".join(records), memoryview(offsets))


def hashes(joined: bytes) -> list[Hash32]:
    return [Hash32(joined[begin : begin + 32]) for begin in range(0, len(joined), 32)]


@given(records=st.lists(st.binary(max_size=200), max_size=20), first=st.integers(0, 2**53))
def test_leaves_and_labels_are_as_defined(
    oracle: ModuleType, records: list[bytes], first: int
) -> None:
    leaves = record_leaves(KEYS, first, records)
    numbered = enumerate(records, start=first)
    assert leaves == [oracle.leaf(SECRET, index, record) for index, record in numbered]
    labels = record_labels(KEYS, records)
    assert labels == [oracle.label(SECRET, record) for record in records]
    assert labels == [record_label(KEYS, record) for record in records]


@pytest.mark.parametrize("first", [0, 1, 65_535, 65_536, 2**32 - 2, 2**53 - 3])
def test_numbers_are_whole_wherever_their_bytes_change(oracle: ModuleType, first: int) -> None:
    leaves = record_leaves(KEYS, first, [b"x"] * 4)
    assert leaves == [oracle.leaf(SECRET, first + index, b"x") for index in range(4)]
    leaves = record_leaves(KEYS, first, [b"x"] * 65_540)
    assert leaves[-1] == oracle.leaf(SECRET, first + 65_539, b"x")


@pytest.mark.parametrize("count", [0, 1, 2, 255, 256, 257, 511, 512, 513, 1000])
def test_groups_combine_to_the_root_over_all_leaves(oracle: ModuleType, count: int) -> None:
    leaves = record_leaves(KEYS, 0, [b"%d" % number for number in range(count)])
    groups = hashes(group_roots(leaves))
    assert groups == [
        root(map(Hash32, leaves[first : first + GROUP_RECORDS]))
        for first in range(0, count, GROUP_RECORDS)
    ]
    records = [b"%d" % number for number in range(count)]
    assert root(groups) == oracle.record_root(SECRET, records)


def test_batches_of_any_size_give_the_same(oracle: ModuleType) -> None:
    records = [b"record %d" % number for number in range(600)]
    hasher = PlainHasher(KEYS, 0, labels=True)
    for first, end in ((0, 1), (1, 1), (1, 300), (300, 600)):
        hasher.add(batch_of(records[first:end]))
    assert hasher.record_count == 600
    assert root(hashes(hasher.groups())) == oracle.record_root(SECRET, records)
    assert hashes(hasher.labels()) == [oracle.label(SECRET, record) for record in records]


def test_labels_are_made_only_if_asked_for() -> None:
    hasher = PlainHasher(KEYS, 0, labels=False)
    hasher.add(batch_of([b"a"]))
    assert hasher.labels() == b""
