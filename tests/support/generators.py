"""Hypothesis strategies for the contracts' values: any value of a type, from the type itself."""

import dataclasses
from functools import cache
from typing import Any, get_args

from hypothesis import strategies as st

from dataledger.contracts.abi import field_types
from dataledger.contracts.events import EVENTS, DatasetEvent, Event
from dataledger.contracts.head import carried_head, next_head
from dataledger.contracts.identifiers import (
    NO_HEAD,
    Address,
    Commitment,
    DatasetId,
    GrantId,
    Head,
    OrgId,
    PolicyId,
    ProjectId,
    RunId,
    Slug,
    Stage,
    address_of,
)
from dataledger.contracts.types import Capability, Parts, StageTable, VersionRecord
from dataledger.contracts.use_events import USE_EVENTS
from dataledger.hashing import Algorithm, Digest, Hash32

hashes = st.binary(min_size=32, max_size=32).filter(any).map(Hash32)
digests = hashes.map(lambda value: Digest(Algorithm.SHA256, value))
addresses = st.binary(min_size=20, max_size=20).filter(any).map(address_of)
slugs = st.from_regex(r"\A[a-z0-9][a-z0-9._-]{0,31}\Z").map(Slug)
chain_texts = st.binary(max_size=80).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
"""What a Solidity string can hold: any bytes."""

# Integers are generated to fit the narrowest field of their name; uint40 is the usual one.
_BITS = {
    **dict.fromkeys(("depth", "duty", "approvals", "salt_scheme", "flags"), 8),
    **dict.fromkeys(("purpose", "level", "threshold"), 8),
    "stages": 32,
    **dict.fromkeys(("revision",), 24),
    **dict.fromkeys(("version", "version_count", "generation", "min_seconds"), 32),
    **dict.fromkeys(("size_bytes", "file_count", "record_count"), 64),
    "duties": 96,
}

_KINDS: dict[Any, st.SearchStrategy[Any]] = {
    str: chain_texts,
    bool: st.booleans(),
    bytes: st.binary(max_size=100),
    Hash32: hashes,
    Head: hashes.map(Head),
    Commitment: hashes.map(Commitment),
    Digest: digests,
    DatasetId: hashes.map(DatasetId),
    ProjectId: hashes.map(ProjectId),
    GrantId: hashes.map(GrantId),
    RunId: hashes.map(RunId),
    Address: addresses,
    Slug: slugs,
    OrgId: st.integers(1, 2**32 - 1).map(OrgId),
    PolicyId: st.integers(1, 2**16 - 1).map(PolicyId),
    Stage: st.integers(1, 31).map(Stage),
    StageTable: hashes.map(StageTable),
    Capability: st.integers(0, 2**16 - 1).map(Capability),
    Parts: st.integers(0, 15).map(Parts),
}


@cache
def values(kind: Any, name: str = "") -> st.SearchStrategy[Any]:
    """Return a strategy for any value of the type `kind`, as the field `name` holds it."""
    arguments = get_args(kind)
    found: st.SearchStrategy[Any]
    if kind is int:
        found = st.integers(0, 2 ** _BITS.get(name, 40) - 1)
    elif kind in _KINDS:
        found = _KINDS[kind]
    elif type(None) in arguments:
        found = st.none() | values(arguments[0], name)
    elif getattr(kind, "__origin__", None) is tuple:
        found = st.lists(values(arguments[0]), max_size=3).map(tuple)
    elif hasattr(kind, "__members__"):
        found = st.sampled_from(list(kind))
    else:
        found = structs(kind)
    return found


@cache
def structs(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for a dataclass whose fields hold any values of their types."""
    return st.builds(kind, **{name: values(of, name) for name, of in field_types(kind).items()})


records: st.SearchStrategy[VersionRecord] = st.builds(
    VersionRecord,
    **{
        name: values(of, name)
        for name, of in field_types(VersionRecord).items()
        if name != "file_count"
    },
    file_count=st.integers(1, 2**64 - 1),
)
_KINDS[VersionRecord] = records

_ALL: tuple[Any, ...] = EVENTS
events: st.SearchStrategy[Event] = st.one_of([structs(kind) for kind in _ALL])
_ALL_OF_USE: tuple[Any, ...] = USE_EVENTS
use_events: st.SearchStrategy[Event] = st.one_of([structs(kind) for kind in _ALL_OF_USE])
_dataset_events: st.SearchStrategy[DatasetEvent] = st.one_of(
    [structs(kind) for kind in _ALL if issubclass(kind, DatasetEvent)]
)


@st.composite
def histories(draw: st.DrawFn, min_size: int = 1, max_size: int = 6) -> list[DatasetEvent]:
    """Events of one dataset, each with the head that it leads to."""
    dataset = draw(_KINDS[DatasetId])
    head = NO_HEAD
    history: list[DatasetEvent] = []
    for event in draw(st.lists(_dataset_events, min_size=min_size, max_size=max_size)):
        before = dataclasses.replace(event, dataset=dataset, head=head)
        head = next_head(head, before.to_log())
        history.append(dataclasses.replace(before, head=head))
        assert carried_head(history[-1].to_log()) == head
    return history
