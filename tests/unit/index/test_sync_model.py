"""Whatever happens on the chain, and however it is read: the index says what the chain says.

The chain's own account of events (`event_chain.World`) shares no code with the index.
"""

import shutil
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

import pytest
from event_chain import EventChain, World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from index_dump import differences, dump
from sqlalchemy import select

from dataledger.contracts.identifiers import ROOT
from dataledger.contracts.types import Relation
from dataledger.index import sync
from dataledger.index.index import Index
from dataledger.index.schema import (
    datasets,
    lineage,
    memberships,
    organisations,
    stage_history,
    versions,
)
from dataledger.index.store import sqlite_url
from dataledger.ledger import Ledger


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def assert_says(index: Index, world: World) -> None:
    """Hold an index to the chain's own account of what stands."""
    with index.read() as connection:

        def rows(table: Any, *key: str) -> dict[Any, Any]:
            found = connection.execute(select(table)).mappings()
            return {
                row[key[0]] if len(key) == 1 else tuple(row[k] for k in key): row for row in found
            }

        _assert_datasets(world, rows(datasets, "dataset"), rows(versions, "dataset", "version"))
        edges = rows(lineage, "child_dataset", "child_version", "position")
        assert {
            key: (row["parent_dataset"], row["parent_version"]) for key, row in edges.items()
        } == {
            (dataset, number, position): (parent.dataset, parent.version)
            for dataset, model in world.datasets.items()
            for number, record in enumerate(model.versions, 1)
            for position, parent in enumerate(record.parents)
        }
        assert all(isinstance(row["relation"], Relation) for row in edges.values())
        for row in rows(stage_history, "since_event").values():
            if row["until_event"] is None:
                assert row["stage"] == world.datasets[row["dataset"]].stage
        _assert_organisations(world, rows(organisations, "org"))
        _assert_members(world, rows(memberships, "since_event").values())


def _assert_datasets(world: World, found: dict[Any, Any], numbered: dict[Any, Any]) -> None:
    assert found.keys() == world.datasets.keys()
    for dataset, model in world.datasets.items():
        row = found[dataset]
        assert (row["owner"], row["slug"], row["stage"]) == (model.owner, model.slug, model.stage)
        assert (row["version_count"], row["head"]) == (len(model.versions), model.head)
        assert (row["event_count"], row["suspended_by"]) == (model.events, model.suspended_by)
        assert (row["recalled"], row["description"]) == (bool(model.recalls), model.description)
        assert row["updated_at_unix"] == model.updated_at_unix
        for number, record in enumerate(model.versions, 1):
            version = numbered.pop((dataset, number))
            for name in ("content_root", "size_bytes", "file_count", "record_count", "salt_scheme"):
                assert version[name] == getattr(record, name)
            assert version["recall_severity"] == model.recalls.get(number)
    assert not numbered


def _assert_organisations(world: World, found: dict[Any, Any]) -> None:
    assert found.keys() == world.organisations.keys()
    for org, state in world.organisations.items():
        for name in ("parent", "capabilities", "grantable", "suspended_by", "admitted_at_unix"):
            assert found[org][name] == getattr(state, name)


def _assert_members(world: World, found: Any) -> None:
    newest = {row["key"]: row for row in sorted(found, key=lambda row: row["since_event"])}
    assert newest.keys() == world.members.keys()
    for key, state in world.members.items():
        row = newest[key]
        assert (row["org"], row["role"]) == (state.org, state.role)
        superseded = state.org == ROOT and state.generation < world.generation
        if row["ended_by"] is None:
            assert row["valid_until_unix"] == state.valid_until_unix
            assert not superseded
        elif row["ended_by"] != "handover":
            assert row["until_unix"] == state.valid_until_unix
        else:
            assert superseded


@given(data=st.data(), random=st.randoms(use_true_random=False))
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_an_index_equals_a_rebuild_and_the_chains_own_account(
    data: st.DataObject, random: Random, home: Path
) -> None:
    folder = home / "index"
    chain = EventChain()
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        stack.callback(lambda: shutil.rmtree(folder, ignore_errors=True))
        ledger = Ledger(chain.connection(), home=home)
        index = stack.enter_context(Index.open(ledger))
        for _ in range(data.draw(st.integers(1, 4), "rounds")):
            # Ranges of any size, also such as end within what a later one takes back.
            patch.setattr(sync, "FIRST_SPAN_BLOCKS", data.draw(st.integers(1, 5), "span"))
            patch.setattr(sync, "MAX_SPAN_BLOCKS", data.draw(st.integers(1, 5), "largest span"))
            index._syncer._span = sync.FIRST_SPAN_BLOCKS
            if data.draw(st.booleans(), "reorganised"):
                chain.reorganise(data.draw(st.integers(1, 12), "depth"))
            chain.mine_at_random(random, data.draw(st.integers(1, 6), "blocks"))
            index.sync()
            assert_says(index, chain.world)
        index.check()
        other = stack.enter_context(Index.open(ledger, sqlite_url(folder / "other.sqlite3")))
        other.sync()
        assert differences(dump(index.store), dump(other.store)) == []
