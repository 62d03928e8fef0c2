"""What a sync does when nodes limit, lie, forget and reorganise, and when others sync as well."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from empty_index import make_tables
from event_chain import EventChain
from index_dump import differences, dump
from scripted_node import ADDRESSES
from sqlalchemy import event, select

from dataledger.chain.identifiers import to_code_hash
from dataledger.chain.profile import ContractPin
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.events import DatasetDescribed
from dataledger.contracts.identifiers import NO_HEAD, address_of
from dataledger.errors import HistoryBroken, IndexUnusable, NodeError
from dataledger.hashing import Digest
from dataledger.index import Index, SyncProgress, SyncResult, cursor, documents, schema, sync
from dataledger.index.changes import Row
from dataledger.index.index import default_path
from dataledger.index.store import Store, sqlite_url
from dataledger.ledger import Ledger
from dataledger.manifest.description import Description

Logs = list[dict[str, Any]]


@pytest.fixture(scope="module")
def history() -> EventChain:
    chain = EventChain()
    chain.mine_at_random(Random(3), 30)  # noqa: S311 - no secret
    return chain


@pytest.fixture
def chain(history: EventChain) -> EventChain:
    return history.copy()


@pytest.fixture
def index(chain: EventChain, tmp_path: Path) -> Iterator[Index]:
    ledger = Ledger(chain.connection(), home=tmp_path)
    make_tables(Store(sqlite_url(default_path(ledger))))
    with Index.open(ledger) as index:
        yield index


def other_index(chain: EventChain, folder: Path, name: str = "other") -> Index:
    url = sqlite_url(folder / f"{name}.sqlite3")
    make_tables(Store(url))
    return Index.open(Ledger(chain.connection(), home=folder), url)


def assert_equals_rebuild(index: Index, chain: EventChain, folder: Path) -> None:
    with other_index(chain, folder, "rebuilt") as rebuilt:
        rebuilt.sync()
        assert differences(dump(index.store), dump(rebuilt.store)) == []


# ---------------------------------------------------------------------------------------- the range


@pytest.mark.parametrize(
    "words",
    [
        "query returned more than 10000 results",  # geth behind Infura and Alchemy
        "Requested range exceeds maximum RPC range limit",  # Besu
        "block range too large",
    ],
)
def test_ranges_that_a_node_refuses_are_halved_down_to_one_block(
    chain: EventChain, index: Index, words: str, tmp_path: Path
) -> None:
    chain.too_many = words
    chain.max_logs = max(len(block.logs) for block in chain.blocks)
    result = index.sync()
    assert result.events == sum(len(block.logs) for block in chain.blocks)
    chain.max_logs = None
    assert_equals_rebuild(index, chain, tmp_path)


def test_ranges_whose_answers_are_too_long_are_read_in_parts(
    chain: EventChain, index: Index, tmp_path: Path
) -> None:
    def limit(logs: Logs) -> Logs:
        if len(logs) > 6:
            raise NodeError("The node answers with too much.", remedy="Ask for less.")
        return logs

    chain.tamper = limit
    index.sync()
    chain.tamper = lambda logs: logs
    assert_equals_rebuild(index, chain, tmp_path)


def test_a_block_that_a_node_refuses_even_alone_ends_the_sync_and_keeps_what_was_done(
    chain: EventChain, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index._syncer, "_span", 1)
    monkeypatch.setattr(sync, "MAX_SPAN_BLOCKS", 1)
    largest = max(chain.blocks, key=lambda block: len(block.logs))
    chain.max_logs = len(largest.logs) - 1
    with pytest.raises(NodeError, match="more than 10000"):
        index.sync()
    assert index.status().block_number == chain.blocks.index(largest) - 1


def test_a_sync_goes_on_where_one_broke_off_and_tells_how_far_it_is(
    chain: EventChain, index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sync, "MAX_SPAN_BLOCKS", 4)
    monkeypatch.setattr(index._syncer, "_span", 4)
    told: list[SyncProgress] = []

    def break_off(progress: SyncProgress) -> None:
        told.append(progress)
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.sync(break_off)
    assert [progress.block for progress in told] == [4, 8, 12]
    assert {progress.last_block for progress in told} == {len(chain.blocks) - 1}
    asked = len(chain.requests)
    result = index.sync()
    assert (result.from_block, result.to_block) == (12, len(chain.blocks) - 1)
    starts = [p[0]["fromBlock"] for m, p in chain.requests[asked:] if m == "eth_getLogs"]
    assert starts[0] == hex(13)
    assert_equals_rebuild(index, chain, tmp_path)


def test_a_sync_without_news_asks_once_and_changes_nothing(chain: EventChain, index: Index) -> None:
    index.sync()
    before, asked = dump(index.store), len(chain.requests)
    assert index.sync().events == 0
    assert [method for method, _ in chain.requests[asked:]] == ["eth_getBlockByNumber"] * 2
    assert dump(index.store) == before


def test_blocks_without_events_are_not_kept_for_ever(
    chain: EventChain, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cursor, "KEPT_EMPTY_BLOCKS", 20)
    index.sync()
    for _ in range(3):
        for _ in range(15):
            chain.mine()
        index.sync()
    with index.read() as connection:
        empty = connection.scalars(
            select(schema.blocks.c.number).where(schema.blocks.c.event_count == 0)
        ).all()
    assert 1 <= len(empty) <= 3
    assert min(empty) >= len(chain.blocks) - 1 - 20


# ------------------------------------------------------------------------------------- lying nodes


def of_busiest_dataset(chain: EventChain) -> list[dict[str, Any]]:
    """Return the logs of the dataset that has most."""
    busiest = max(chain.world.datasets, key=lambda d: chain.world.datasets[d].events)
    everything = [log for block in chain.blocks for log in block.logs]
    return [log for log in everything if log["topics"][1:2] == [str(busiest)]]


@pytest.mark.parametrize("which", [0, 1, -1])
def test_a_missing_event_of_a_dataset_is_noticed_and_nothing_of_it_is_kept(
    chain: EventChain, index: Index, which: int
) -> None:
    left_out = of_busiest_dataset(chain)[which]
    chain.tamper = lambda logs: [log for log in logs if log != left_out]
    with pytest.raises(HistoryBroken, match="0x"):
        index.sync()
    assert index.status().events == 0
    chain.tamper = lambda logs: logs
    index.sync()
    index.check()


@pytest.mark.parametrize("part", ["data", "topics"])
@pytest.mark.parametrize("which", [0, 1, -1])
def test_an_altered_event_of_a_dataset_is_noticed(
    chain: EventChain, index: Index, part: str, which: int
) -> None:
    original = of_busiest_dataset(chain)[which]
    altered = dict(original)
    if part == "data":  # the time, the last digits of which stand in a word of every event
        at = 2 + 64 * (4 if len(original["data"]) > 700 else len(original["data"]) // 64 - 1)
        word = int(original["data"][at : at + 64], 16) ^ 1
        altered["data"] = f"{original['data'][:at]}{word:064x}{original['data'][at + 64 :]}"
    else:
        altered["topics"] = [*original["topics"][:3], "0x" + "00" * 31 + "07"]
    chain.tamper = lambda logs: [altered if log == original else log for log in logs]
    with pytest.raises((HistoryBroken, NodeError)):
        index.sync()


@pytest.mark.parametrize(
    "lie",
    [
        lambda logs: [*logs, logs[-1]],
        lambda logs: [{**log, "address": str(address_of(b"\x66" * 20))} for log in logs],
        lambda logs: [{**log, "blockNumber": "0x7777"} for log in logs],
        lambda logs: [{**log, "logIndex": hex(2**20)} for log in logs],
        lambda logs: [*logs[:-1], {**logs[-1], "blockHash": "0x" + "77" * 32}],
        lambda logs: [{**log, "topics": log["topics"][:2]} for log in logs],
    ],
)
def test_logs_that_no_chain_holds_are_refused(
    chain: EventChain, index: Index, lie: Callable[[Logs], Logs]
) -> None:
    while not chain.blocks[-1].logs:
        chain.mine_at_random(Random(7))  # noqa: S311 - no secret
    chain.tamper = lambda logs: lie(logs) if logs else logs
    with pytest.raises((NodeError, HistoryBroken)):
        index.sync()
    assert index.status().events == 0


def test_an_event_withheld_in_a_range_of_its_own_is_found_by_a_check(
    chain: EventChain, index: Index
) -> None:
    index.sync()
    dataset, model = next(iter(chain.world.datasets.items()))
    by = address_of(b"\x01" * 20)
    chain.emit(DatasetDescribed(dataset, model.owner, by, NO_HEAD, Digest.of(b"x"), chain.time))
    chain.mine()
    chain.tamper = lambda _logs: []
    # No event of the range says that the dataset should be asked for.
    index.sync()
    with pytest.raises(HistoryBroken, match="the contract holds"):
        index.check()


# --------------------------------------------------------------------------- what nodes do not have


def test_heads_are_compared_one_by_one_where_a_node_runs_no_foreign_code(
    chain: EventChain, index: Index
) -> None:
    chain.runs_code = False
    index.sync()
    assert index.status().checked_block == len(chain.blocks) - 1


def test_heads_of_old_blocks_that_a_node_forgot_are_compared_at_the_newest_one(
    chain: EventChain, index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sync, "MAX_SPAN_BLOCKS", 3)
    monkeypatch.setattr(index._syncer, "_span", 3)
    chain.states_kept = 2
    checked: list[int | None] = []
    index.sync(lambda _progress: checked.append(index.status().checked_block))
    assert checked == [None] * (len(checked) - 1) + [len(chain.blocks) - 1]
    assert_equals_rebuild(index, chain, tmp_path)


def test_what_was_never_compared_is_compared_by_the_next_sync(
    chain: EventChain, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "MAX_SPAN_BLOCKS", 10)
    monkeypatch.setattr(index._syncer, "_span", 10)
    chain.states_kept = 2
    lost = of_busiest_dataset(chain)[-1]
    chain.tamper = lambda logs: [log for log in logs if log != lost]
    with pytest.raises(HistoryBroken, match="the contract holds"):
        index.sync()
    assert index.status().checked_block is None
    with pytest.raises(HistoryBroken, match="the contract holds"):
        index.sync()


def test_logs_in_bulk_are_compared_by_the_next_sync(chain: EventChain, index: Index) -> None:
    connection = chain.connection()
    logs = connection.get_logs(list(index._pins.contracts), 1, 10**6)
    index.ingest(connection.head(), logs)
    assert index.status().checked_block is None
    assert index.sync().events == 0
    assert index.status().checked_block == len(chain.blocks) - 1


# --------------------------------------------------------------------------------- reorganisations


@pytest.mark.parametrize("depth", [1, 5, 29, 1000])
@pytest.mark.parametrize("longer", [0, 3])
def test_a_reorganised_chain_is_followed_back_to_the_common_ancestor(
    chain: EventChain, index: Index, depth: int, longer: int, tmp_path: Path
) -> None:
    index.sync()
    chain.reorganise(depth)
    chain.mine_at_random(Random(depth), longer)  # noqa: S311 - no secret
    result = index.sync()
    assert result.to_block == len(chain.blocks) - 1
    if depth:
        assert result.rolled_back_to is not None
        assert result.rolled_back_to <= len(chain.blocks) - 1
    index.check()
    assert_equals_rebuild(index, chain, tmp_path)


def test_a_reorganisation_while_a_range_is_read_is_noticed_before_anything_is_kept(
    chain: EventChain, index: Index, tmp_path: Path
) -> None:
    random, moments = Random(5), [2, 3, 5, 8, 13]  # noqa: S311 - no secret

    def reorganise(method: str) -> None:
        if method != "eth_getBlockByNumber" and moments:
            moments[0] -= 1
            if moments[0] == 0:
                moments.pop(0)
                chain.reorganise(random.randint(1, 6))
                chain.mine_at_random(random, 4)

    chain.before_answering = reorganise
    while moments:
        index.sync()
        chain.mine_at_random(random, 3)
    index.sync()
    index.check()
    assert_equals_rebuild(index, chain, tmp_path)


def test_a_chain_that_never_holds_still_is_given_up(
    chain: EventChain, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "_PAUSE_SECONDS", 0)
    random = Random(6)  # noqa: S311 - no secret

    def reorganise(method: str) -> None:
        if method == "eth_getLogs":
            chain.reorganise(3)
            chain.mine_at_random(random, 3)

    chain.before_answering = reorganise
    with pytest.raises(NodeError, match="every attempt"):
        index.sync()


def test_a_node_that_is_still_catching_up_empties_no_index(chain: EventChain, index: Index) -> None:
    index.sync()
    before, blocks = dump(index.store), chain.blocks
    chain.blocks, chain.syncing = blocks[:1], {"currentBlock": "0x0", "highestBlock": "0x1e"}
    with pytest.raises(NodeError, match="still catching up"):
        index.sync()
    assert dump(index.store) == before
    chain.blocks, chain.syncing = blocks, False
    assert index.sync().rolled_back_to is None


def test_a_node_that_is_behind_is_followed_back_and_that_is_told(
    chain: EventChain, index: Index, tmp_path: Path
) -> None:
    index.sync()
    blocks = chain.blocks
    chain.blocks = blocks[:-3]
    result = index.sync()
    assert result.to_block == len(blocks) - 4
    assert result.rolled_back_to is not None
    chain.blocks = blocks
    assert index.sync().rolled_back_to is None
    assert_equals_rebuild(index, chain, tmp_path)


# ------------------------------------------------------------------------------------------ others


def test_two_indexers_on_one_index_double_nothing_and_lose_nothing(
    chain: EventChain, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "MAX_SPAN_BLOCKS", 2)
    monkeypatch.setattr(sync, "FIRST_SPAN_BLOCKS", 2)
    indexes = [Index.open(index._ledger, index.store._url.render_as_string()) for _ in range(3)]
    failures: list[BaseException] = []

    def work(one: Index) -> None:
        try:
            one.sync()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in indexes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in indexes:
        one.close()
    assert failures == []
    assert_equals_rebuild(index, chain, tmp_path)


def test_an_index_of_another_chain_is_refused(chain: EventChain, tmp_path: Path) -> None:
    other_index(chain, tmp_path).close()
    connection = chain.connection()
    profile = replace(connection.profile, chain_id=78)
    other = Ledger(replace(connection, profile=profile), home=tmp_path)
    with pytest.raises(IndexUnusable, match="they differ in chain id"):
        Index.open(other, sqlite_url(tmp_path / "other.sqlite3"))


def test_following_tells_of_news_alone_and_goes_on_after_failures(
    chain: EventChain, index: Index
) -> None:
    random, stop = Random(8), threading.Event()  # noqa: S311 - no secret
    told: list[SyncResult] = []
    failures: list[Exception] = []

    def on_sync(result: SyncResult) -> None:
        told.append(result)
        if len(told) == 1:
            chain.tamper = lambda _logs: [{"nonsense": 1}]
        if len(told) == 3:
            stop.set()
        chain.mine_at_random(random, 2)

    def on_failure(error: Exception) -> None:
        failures.append(error)
        chain.tamper = lambda logs: logs
        chain.mine_at_random(random, 5)

    index.follow(on_sync, stop=stop, poll_seconds=0, on_failure=on_failure)
    assert len(failures) == 1
    assert [result.to_block for result in told][:1] == [30 + 1]
    assert all(result.events for result in told)


def test_following_ends_between_two_ranges_of_a_long_sync(
    chain: EventChain, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "MAX_SPAN_BLOCKS", 2)
    monkeypatch.setattr(index._syncer, "_span", 2)
    stop = threading.Event()
    told: list[SyncResult] = []
    chain.before_answering = lambda method: stop.set() if method == "eth_getLogs" else None
    index.follow(told.append, stop=stop, poll_seconds=0)
    assert (told, index.status().block_number) == ([], 2)


def test_contracts_that_are_not_indexed_are_not_read(
    chain: EventChain, index: Index, tmp_path: Path
) -> None:
    connection = chain.connection()
    used = ContractPin(address_of(b"\x0d" * 20), to_code_hash("0x" + "0d" * 32), 0)
    profile = connection.profile
    profile = replace(profile, contracts={**profile.contracts, ContractName.DATA_USE: used})
    at = max(number for number, block in enumerate(chain.blocks) if block.logs)
    logs = chain.blocks[at].logs
    log = {**logs[-1], "address": used.address, "topics": ["0x" + "66" * 32], "logIndex": "0x77"}
    chain.blocks[at] = replace(chain.blocks[at], logs=(*logs, log))
    url = sqlite_url(tmp_path / "three.sqlite3")
    with Index.open(Ledger(replace(connection, profile=profile), home=tmp_path), url) as three:
        three.sync()
        three.check()
        index.sync()
        assert differences(dump(index.store), dump(three.store)) == []
    # To an index it is the same chain, whether the profile names the third contract or not.
    Index.open(index._ledger, url).close()


# -------------------------------------------------------------------------------- failing databases


def pragma(statement: str) -> Callable[[Any, Any], None]:
    """Return what makes each connection of SQLite behave as on a machine with that limit."""

    def run(connection: Any, _record: object) -> None:
        connection.execute(statement).close()

    return run


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("PRAGMA max_page_count=80", "database or disk is full"),
        ("PRAGMA query_only=ON", "readonly database"),
    ],
)
def test_a_disk_that_is_full_or_may_not_be_written_is_said_and_harms_nothing(
    chain: EventChain, index: Index, statement: str, words: str, tmp_path: Path
) -> None:
    listener = pragma(statement)
    event.listen(index.store.engine, "connect", listener)
    index.close()
    chain.mine_at_random(Random(9), 40)  # noqa: S311 - no secret
    with pytest.raises(IndexUnusable, match=words) as raised:
        index.sync()
    assert "room" in raised.value.remedy
    event.remove(index.store.engine, "connect", listener)
    index.close()
    index.sync()
    assert_equals_rebuild(index, chain, tmp_path)


def test_descriptions_are_taken_in_a_few_megabytes_at_a_time(
    chain: EventChain, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "_BYTES_AT_ONCE", 1_000)
    sizes: list[int] = []
    in_parts = documents._in_parts

    def counted(found: Iterator[Description]) -> Iterator[list[Row]]:
        for part in in_parts(found):
            sizes.append(len(part))
            yield part

    monkeypatch.setattr(documents, "_in_parts", counted)
    described = [Description(title=f"{n}", description="x" * 400 * n) for n in range(1, 5)]
    for description, dataset in zip(described, chain.world.datasets, strict=False):
        where = (dataset, chain.world.datasets[dataset].owner, address_of(b"\x01" * 20), NO_HEAD)
        chain.emit(DatasetDescribed(*where, description.digest, chain.time))
        index._ledger.documents.keep(description)
    chain.mine()
    assert index.sync().documents == sum(sizes) == 4
    assert len(sizes) >= 3


def test_a_description_is_taken_in_when_it_comes_to_hand_and_never_if_it_was_altered(
    chain: EventChain, index: Index
) -> None:
    hostile = Description(title="<script>\x1b[2J\u202e'; DROP TABLE datasets; --" + "x" * 100_000)
    altered = Description(title="Altered")
    for description, dataset in zip((hostile, altered), chain.world.datasets, strict=False):
        owner = chain.world.datasets[dataset].owner
        by = address_of(b"\x01" * 20)
        chain.emit(DatasetDescribed(dataset, owner, by, NO_HEAD, description.digest, chain.time))
    chain.mine()
    assert index.sync().documents == 0
    kept = index._ledger.documents
    kept.keep(hostile)
    kept.keep(altered)
    path = kept._path(altered.digest)
    path.write_bytes(path.read_bytes().replace(b"Altered", b"Forgery"))
    assert (index.sync().documents, index.sync().documents) == (1, 0)
    with index.read() as connection:
        row = connection.execute(select(schema.documents)).one()
    assert (row.digest, row.title) == (hostile.digest, hostile.title)
    assert Description.from_json(row.content) == hostile


def test_an_index_knows_when_its_rows_were_altered(index: Index) -> None:
    index.sync()
    index.check()
    for table in (
        *(schema.datasets, schema.versions, schema.stage_history, schema.lineage, schema.events),
        *(schema.organisations, schema.memberships, schema.capabilities, schema.policies),
    ):
        # One row less; and one column of one row altered.
        key = table.primary_key.columns[0]
        with index.store.write() as connection:
            first = connection.scalar(select(key).order_by(key).limit(1))
            kept = connection.execute(select(table).where(key == first)).mappings().all()
            connection.execute(table.delete().where(key == first))
        with pytest.raises(HistoryBroken):
            index.check()
        with index.store.write() as connection:
            connection.execute(table.insert(), [dict(row) for row in kept])
        index.check()
    with index.store.write() as connection:
        connection.execute(schema.datasets.update().values(stage=schema.datasets.c.stage + 1))
    with pytest.raises(HistoryBroken, match="datasets"):
        index.check()
    index.rebuild()
    index.check()


def test_a_withheld_event_of_organisations_is_found_by_a_check(
    chain: EventChain, index: Index
) -> None:
    ledger = ADDRESSES[ContractName.DATASET_LEDGER]
    chain.tamper = lambda logs: [
        log for log in logs if log["blockNumber"] == "0x1" or log["address"] == ledger
    ]
    index.sync()
    with pytest.raises(HistoryBroken, match="organisations, and the contract has"):
        index.check()


def test_events_of_every_kind_are_those_of_the_chain(chain: EventChain, index: Index) -> None:
    index.sync()
    with index.read() as connection:
        stored = connection.execute(
            select(schema.events.c.topics, schema.events.c.data).order_by(schema.events.c.event)
        ).all()
    logs = [log for block in chain.blocks for log in block.logs]
    assert [(row.topics.hex(), row.data.hex()) for row in stored] == [
        ("".join(topic[2:] for topic in log["topics"]), log["data"][2:]) for log in logs
    ]
