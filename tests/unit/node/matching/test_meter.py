"""What an organisation compares with a dataset is counted durably, before it is compared."""

import sqlite3
import stat
import threading
import time
from pathlib import Path

import pytest

from dataledger.contracts.identifiers import DatasetId, OrgId
from dataledger.errors import NodeRefused
from dataledger.hashing import Hash32
from dataledger.node.matching.meter import METER_FILE, WINDOW_SECONDS, Meter
from dataledger.node.rules import MatchingRules

RULES = MatchingRules(items_per_day=1000, runs_per_day=3)
ONE, OTHER = OrgId(7), OrgId(8)
ROADS, RIVERS = DatasetId(Hash32(bytes([1]) * 32)), DatasetId(Hash32(bytes([2]) * 32))


def test_as_many_runs_are_taken_as_the_rules_say(tmp_path: Path) -> None:
    meter = Meter(tmp_path)
    for _ in range(RULES.runs_per_day):
        meter.check(ONE, ROADS, 10, RULES)
        meter.count(ONE, ROADS, 10, RULES)
    for ask in (meter.check, meter.count):
        with pytest.raises(NodeRefused, match="3 runs in 24 hours, of 3") as refused:
            ask(ONE, ROADS, 10, RULES)
        assert refused.value.reason == "metered"


def test_as_many_items_are_taken_as_the_rules_say(tmp_path: Path) -> None:
    meter = Meter(tmp_path)
    meter.count(ONE, ROADS, 900, RULES)
    with pytest.raises(NodeRefused, match="of 1,000: 100 are left"):
        meter.count(ONE, ROADS, 101, RULES)
    meter.count(ONE, ROADS, 100, RULES)


def test_organisations_and_datasets_are_counted_apart(tmp_path: Path) -> None:
    meter = Meter(tmp_path)
    meter.count(ONE, ROADS, 1000, RULES)
    meter.count(OTHER, ROADS, 1000, RULES)
    meter.count(ONE, RIVERS, 1000, RULES)
    with pytest.raises(NodeRefused):
        meter.count(ONE, ROADS, 1, RULES)


def test_asking_whether_there_is_room_counts_nothing(tmp_path: Path) -> None:
    meter = Meter(tmp_path)
    for _ in range(10):
        meter.check(ONE, ROADS, 1000, RULES)


def test_what_was_counted_outlives_whoever_counted(tmp_path: Path) -> None:
    Meter(tmp_path).count(ONE, ROADS, 1000, RULES)
    with pytest.raises(NodeRefused):
        Meter(tmp_path).count(ONE, ROADS, 1, RULES)


def test_a_run_is_forgotten_after_a_day_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter, now = Meter(tmp_path), time.time()
    meter.count(ONE, ROADS, 1000, RULES)
    monkeypatch.setattr(time, "time", lambda: now + WINDOW_SECONDS - 1)
    with pytest.raises(NodeRefused):
        meter.count(ONE, ROADS, 1, RULES)
    monkeypatch.setattr(time, "time", lambda: now + WINDOW_SECONDS + 1)
    meter.count(ONE, ROADS, 1000, RULES)


def test_a_clock_that_is_set_back_frees_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter, now = Meter(tmp_path), time.time()
    meter.count(ONE, ROADS, 1000, RULES)
    monkeypatch.setattr(time, "time", lambda: now - 2 * WINDOW_SECONDS)
    with pytest.raises(NodeRefused):
        meter.count(ONE, ROADS, 1, RULES)


def test_runs_that_come_together_do_not_both_take_the_last_place(tmp_path: Path) -> None:
    meter, taken, refused = Meter(tmp_path), [], []

    def run() -> None:
        try:
            meter.count(ONE, ROADS, 400, RULES)
            taken.append(1)
        except NodeRefused:
            refused.append(1)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), len(refused)) == (2, 6)


def test_the_counts_are_for_the_node_alone_to_read(tmp_path: Path) -> None:
    Meter(tmp_path).count(ONE, ROADS, 1, RULES)
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("broken", ["damaged", "missing", "of another form"])
def test_without_a_usable_file_nothing_is_allowed(tmp_path: Path, broken: str) -> None:
    state = tmp_path / "state"
    if broken != "missing":
        state.mkdir()
    if broken == "damaged":
        (state / METER_FILE).write_bytes(b"no database" * 100)
    if broken == "of another form":
        with sqlite3.connect(state / METER_FILE) as database:
            database.execute("CREATE TABLE run (something TEXT)")
        database.close()
    for ask in (Meter(state).check, Meter(state).count):
        with pytest.raises(NodeRefused, match="cannot count") as refused:
            ask(ONE, ROADS, 1, RULES)
        assert refused.value.reason == "no-meter"
        assert str(tmp_path) not in str(refused.value)
