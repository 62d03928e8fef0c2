"""The index of a real chain says what the ledger itself says, on SQLite and on PostgreSQL."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest
from consortium import Consortium, manifest, new_signer, org_of
from index_dump import differences, dump
from index_trials import Writer, assert_equals_new
from postgres import empty_database
from sqlalchemy import select

from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import DatasetId
from dataledger.contracts.types import Capability, Parent, Relation, Role, Severity
from dataledger.index import Index, documents, schema, sync
from dataledger.index.cursor import lock_cursor
from dataledger.index.heads import HEADS_AT_ONCE, read_heads
from dataledger.index.store import sqlite_url
from dataledger.ledger import Ledger
from dataledger.manifest.description import Description


@pytest.fixture(scope="module")
def ledger(consortium: Consortium) -> Ledger:
    """A ledger with a history."""
    owner = consortium.join(Capability.CUSTODIAN)
    regulator = consortium.join(Capability.REGULATOR)
    first = owner.datasets.register(consortium.new_slug(), manifest("a", "b")).event.dataset
    parents = [Parent(first, 1, Relation.LABELED_FROM), Parent(first, 1)]
    slug = consortium.new_slug()
    second = owner.datasets.register(slug, manifest("c"), parents=parents).event.dataset
    owner.datasets.add_version(first, manifest("d"), parents=[Parent(second, 1)])
    regulator.lifecycle.suspend(first, "looks wrong")
    regulator.lifecycle.recall(first, 1, Severity.SERIOUS, "is wrong")
    regulator.lifecycle.reinstate(first, "the rest is right")
    owner.datasets.register(consortium.new_slug())
    key = new_signer().address
    owner.members.add(org_of(owner), key, Role.OPERATOR)
    owner.members.end(key)
    consortium.root.organisations.suspend(org_of(regulator), "late")
    return owner


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "index.sqlite3")
        return
    with empty_database(request.getfixturevalue("postgres"), tmp_path.name) as found:
        yield found


def test_the_index_says_what_the_ledger_says(ledger: Ledger, url: str) -> None:
    with Index.open(ledger, url) as index:
        result = index.sync()
        assert result.events == index.status().events
        with index.read() as connection:
            datasets = connection.execute(
                select(schema.datasets).order_by(schema.datasets.c.registered_event)
            ).all()
            organisations = connection.execute(select(schema.organisations)).all()
            members = connection.execute(
                select(schema.memberships).order_by(schema.memberships.c.since_event)
            ).all()
        for row, dataset in zip(datasets, ledger.datasets.list(), strict=True):
            assert (row.dataset, row.owner, row.slug) == (dataset.id, dataset.owner, dataset.slug)
            assert (row.stage, row.version_count) == (dataset.stage, dataset.version_count)
            assert (row.head, row.suspended_by) == (dataset.head, dataset.suspended_by)
            assert row.registered_at_unix == dataset.registered_at_unix
            assert row.updated_at_unix == dataset.updated_at_unix
            history = ledger.datasets.history(dataset.id)
            assert row.event_count == len(history.events)
            assert _events_of(index, dataset.id) == [
                (type(recorded.event).__name__, recorded.log.data) for recorded in history.events
            ]
        for row, org in zip(organisations, ledger.organisations.list(), strict=True):
            assert (row.org, row.slug, row.suspended_by) == (org.id, org.slug, org.suspended_by)
            assert (row.capabilities, row.grantable) == (org.capabilities, org.grantable)
        newest = {row.key: row for row in members}
        for key, row in newest.items():
            member = ledger.members.get(key)
            assert (row.org, row.role) == (member.org, member.role)
        index.check()


def _events_of(index: Index, dataset: DatasetId) -> list[tuple[str, bytes]]:
    events = schema.events.c
    query = select(events.kind, events.data).where(events.dataset == dataset)
    with index.read() as connection:
        return [(row.kind, row.data) for row in connection.execute(query.order_by(events.event))]


def test_many_heads_are_read_in_one_call_that_needs_no_contract_of_its_own(
    ledger: Ledger,
) -> None:
    datasets = [dataset.id for dataset in ledger.datasets.list()]
    many = (datasets * HEADS_AT_ONCE)[:HEADS_AT_ONCE]
    at = ledger.profile.contract(ContractName.DATASET_LEDGER).address
    block = ledger.connection.head().number
    calls: list[str] = []
    transport = ledger.connection.transport
    ask = transport.request

    def request(method: str, params: list[object] = []) -> object:  # noqa: B006 - never changed
        calls.append(method)
        return ask(method, params)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "request", request)
        patch.setattr(transport, "batch", None)
        found = read_heads(ledger.connection, at, many, block)
    assert calls == ["eth_call"]
    by_id = {dataset.id: dataset.head for dataset in ledger.datasets.list()}
    assert found == [by_id[dataset] for dataset in many]


def test_a_reorganised_devnet_is_followed(
    consortium: Consortium, ledger: Ledger, url: str, tmp_path: Path
) -> None:
    random = Random(4)  # noqa: S311 - no secret
    writer = Writer(consortium, random)
    with Index.open(ledger, url) as index:
        for depth in (1, 4, 9):
            writer.write(8)
            index.sync()
            writer.reorganise(depth)
            writer.write(random.randint(0, 5))
            assert index.sync().rolled_back_to is not None
    assert assert_equals_new(ledger, url, tmp_path) > 0


def test_two_indexers_beside_writers_double_nothing_and_lose_nothing(
    consortium: Consortium, ledger: Ledger, url: str, tmp_path: Path
) -> None:
    writer = Writer(consortium, Random(9))  # noqa: S311 - no secret
    stop, failures = threading.Event(), []
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sync, "FIRST_SPAN_BLOCKS", 2)
        patch.setattr(sync, "MAX_SPAN_BLOCKS", 2)
        indexes = [stack.enter_context(Index.open(ledger, url)) for _ in range(2)]

        def work(index: Index) -> None:
            try:
                index.follow(lambda _result: None, stop=stop, poll_seconds=0)
            except BaseException as error:  # noqa: BLE001 - told below
                failures.append(error)

        threads = [threading.Thread(target=work, args=(index,)) for index in indexes]
        for thread in threads:
            thread.start()
        for _ in range(5):
            writer.write(3)
            writer.reorganise(3)
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert assert_equals_new(ledger, url, tmp_path) > 0


def test_a_description_that_comes_while_another_indexer_writes_misses_no_dataset(
    ledger: Ledger, postgres: str
) -> None:
    description = Description(title="Roads")
    ledger.documents.keep(description)
    first, second = (dataset.id for dataset in ledger.datasets.list()[:2])
    column = schema.datasets.c.dataset
    describe = schema.datasets.update().values(description=description.digest)
    with empty_database(postgres, "misses") as url, Index.open(ledger, url) as index:
        index.sync()
        with index.store.write() as connection:
            connection.execute(describe.where(column == first))
        filling = threading.Thread(target=documents.fill, args=(index.store, ledger.documents))
        with index.store.write() as connection:
            lock_cursor(connection)
            connection.execute(describe.where(column == second))
            filling.start()
            filling.join(timeout=0.5)
        filling.join()
        with index.read() as connection:
            titles = select(schema.datasets.c.title).where(column.in_((first, second)))
            assert connection.scalars(titles).all() == ["Roads"] * 2


def test_an_index_on_postgresql_equals_one_on_sqlite(
    ledger: Ledger, postgres: str, tmp_path: Path
) -> None:
    with (
        empty_database(postgres, "equal") as url,
        Index.open(ledger, url) as there,
        Index.open(ledger, sqlite_url(tmp_path / "here.sqlite3")) as here,
    ):
        there.sync()
        here.sync()
        assert differences(dump(there.store), dump(here.store)) == []
        assert json.dumps(str(there.store)).count("ledger@") == 1
