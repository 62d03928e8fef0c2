"""The audit commands: what they ask of the index, and that their answers are harmless."""

import csv
import io
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_runner import Outcome, Run
from index_rows import (
    CHAIN_ID,
    CONTRACTS,
    LEDGER,
    ORGANISATIONS,
    Writer,
    admitted,
    describe,
    id_of,
    key_of,
    member_added,
    policy_published,
    record_of,
)

from dataledger.chain.profile import Profile
from dataledger.contracts.events import DatasetDescribed, DatasetRegistered, VersionRecalled
from dataledger.contracts.identifiers import NO_HEAD, RECALLED, OrgId, PolicyId, Slug
from dataledger.contracts.types import Severity
from dataledger.errors import ConnectionFailed
from dataledger.hashing import Digest
from dataledger.index.cursor import Pins
from dataledger.index.store import Store, sqlite_url

HOSTILE = "=cmd()\x1b[31m\u202e[bold]<script>'; DROP TABLE events; --\r\n\x07"
Ask = Callable[..., Outcome]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An index with one dataset, about which everything that can be hostile is."""
    url = sqlite_url(tmp_path_factory.mktemp("index") / "index.sqlite3")
    with Store(url) as store:
        writer = Writer(store)
        at = writer.time
        writer.write(admitted(1, "root", parent=None, at=at, name=HOSTILE))
        writer.write(member_added(1, at=at))
        writer.write(policy_published(at=at))
        writer.write(admitted(2, "acme", at=at, name=HOSTILE))
        writer.at(at + 60)
        common = (id_of(2, "roads"), OrgId(2), key_of(2), NO_HEAD)
        record = record_of("roads")
        writer.write(DatasetRegistered(*common, PolicyId(1), Slug("roads"), record, writer.time))
        about = Digest.of(b"about")
        writer.write(DatasetDescribed(*common, about, writer.time))
        regulator = (id_of(2, "roads"), OrgId(1), key_of(1), NO_HEAD)
        reason = HOSTILE + "x" * 100_000
        writer.write(
            VersionRecalled(*regulator, 1, Severity.SERIOUS, RECALLED, reason, writer.time)
        )
        writer.flush()
        words = {"title": HOSTILE + "T" * 2**20, "sector": HOSTILE, "licence": "@SUM(1)"}
        describe(store, iter([(about, words)]))
    return url


@pytest.fixture
def ask(run: Run, url: str) -> Ask:
    def asked(*arguments: str) -> Outcome:
        return run("audit", *arguments, "--index", url, "--no-sync")

    return asked


COMMANDS = [
    "timeline acme/roads",
    "timeline acme/roads@1 --kind VersionRecalled --by root",
    "activity acme --since 2023-01-01 --until block:2",
    "activity 0x{key}",
    "roles root --at block:2",
    "state acme/roads",
    "state acme",
    "state root --at 2024-01-01",
    "datasets",
    "datasets --recalled --not-suspended --order updated --stage recalled --text roads",
    "search roads",
    "versions acme/roads",
    "recalls --owner acme --severity serious",
    "summary",
    "anomalies",
    "anomalies stalled --stalled-days 3",
]
LISTS = [c for c in COMMANDS if c.split()[0] not in {"state", "summary"}]


def words_of(command: str) -> list[str]:
    return command.replace("0x{key}", key_of(1)).split()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_answer_is_harmless_text_and_says_as_of_when(ask: Ask, command: str) -> None:
    outcome = ask(*words_of(command))
    assert outcome.code == 0, outcome.err
    assert all(
        char == "\n" or unicodedata.category(char) not in {"Cc", "Cf", "Zl", "Zp", "Cs"}
        for char in outcome.out
    )
    assert "as of block 2" in outcome.out
    assert len(outcome.out) < 40_000
    assert outcome.session.doors == []


@pytest.mark.parametrize("command", COMMANDS)
def test_json_says_as_of_when_and_keeps_every_text(ask: Ask, command: str) -> None:
    outcome = ask(*words_of(command), "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.out.isascii()
    document = outcome.document
    answer = document.get("dataset") or document.get("organisation") or document
    assert answer["as_of_block"] == 2
    if command == "recalls --owner acme --severity serious":
        assert document["recalls"][0]["recall_reason"] == HOSTILE + "x" * 100_000
        assert document["recalls"][0]["severity"] == "SERIOUS"
    if command == "datasets":
        assert document["datasets"][0]["title"] == (HOSTILE + "T" * 200)[:200]
    if command == "state acme":
        assert answer["name"] == HOSTILE


@pytest.mark.parametrize("command", LISTS)
def test_csv_has_a_heading_and_cells_that_do_nothing(ask: Ask, command: str) -> None:
    outcome = ask(*words_of(command), "--csv")
    assert outcome.code == 0, outcome.err
    assert "\x1b" not in outcome.out
    assert "\u202e" not in outcome.out
    rows = list(csv.reader(io.StringIO(outcome.out, newline="")))
    assert all(len(row) == len(rows[0]) for row in rows)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert outcome.out.count("\n") == len(rows)
    assert "as of block 2" in outcome.err


def test_a_page_says_how_to_go_on(ask: Ask) -> None:
    first = ask("activity", "root", "--limit", "2")
    token = first.out.partition("--after ")[2].split()[0]
    second = ask("activity", "root", "--limit", "1000", "--after", token)
    assert second.code == 0
    whole = ask("activity", "root", "--json").document
    assert whole["next"] is None
    rest = ask("activity", "root", "--json", "--after", token).document
    assert whole["events"][2:] == rest["events"]
    wrong = ask("activity", "acme", "--after", token)
    assert wrong.code == 2
    assert "no place in the answer" in wrong.err


def test_words_of_events_carry_names(ask: Ask) -> None:
    out = ask("timeline", "acme/roads").out
    assert "registered, with version 1" in out
    assert "version 1 recalled as SERIOUS → RECALLED" in out
    assert "acme" in out


def test_an_account_of_this_machine_is_a_key(ask: Ask) -> None:
    outcome = ask("roles", "alice", "--key")
    assert outcome.code == 2
    assert "appears in no event" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("timeline", "acme/raods"), "Did you mean acme/roads?"),
        (("state", "amce"), "Did you mean acme?"),
        (("datasets", "--limit", "5000"), "from 1 to 1000"),
        (("datasets", "--order", "size"), "registered, updated"),
        (("datasets", "--json", "--csv"), "cannot be both JSON and CSV"),
        (("activity", "acme", "--since", "\x1b[1m"), "is not a time"),
        (("search", "!!"), "no word"),
        (("anomalies", "odd"), "no kind of anomaly"),
        (("timeline", "acme/roads", "--kind", "x"), "no kind of event"),
    ],
)
def test_what_is_wrong_is_said_with_the_value_and_the_remedy(
    ask: Ask, arguments: tuple[str, ...], message: str
) -> None:
    outcome = ask(*arguments)
    assert outcome.code == 2
    assert message in " ".join(outcome.err.split())
    assert "\x1b" not in outcome.err
    assert outcome.out == ""


def test_without_an_index_it_is_said_how_to_make_one(run: Run, tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "none.sqlite3")
    outcome = run("audit", "summary", "--index", url, "--no-sync")
    assert outcome.code != 0
    assert "dataledger index sync" in outcome.err
    assert not (tmp_path / "none.sqlite3").exists()


def fail(*_: object) -> None:
    raise ConnectionFailed("No node answers.", remedy="Start it.")


PINS = Pins(
    {
        "chain_id": CHAIN_ID,
        "genesis_hash": "0x" + "00" * 32,
        "dataset_ledger": LEDGER,
        "organisations": ORGANISATIONS,
        "first_block": 1,
    },
    CONTRACTS,
    1,
)


def test_where_the_chain_is_down_the_index_answers_and_says_so(
    run: Run, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataledger.index.index.Index.open", fail)
    monkeypatch.setattr(Profile, "load", lambda *_: None)
    monkeypatch.setattr(Pins, "of", lambda _: PINS)
    outcome = run("audit", "summary", "--index", url)
    assert outcome.code == 0
    assert "No node answers. The index answers as it was last synced." in outcome.err
    assert "as of block 2" in outcome.out
    machine = run("audit", "summary", "--index", url, "--json")
    assert json.loads(machine.out)["as_of_block"] == 2
    assert machine.err == ""


def test_an_index_of_another_chain_does_not_answer_for_one_that_is_down(
    run: Run, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataledger.index.index.Index.open", fail)
    monkeypatch.setattr(Profile, "load", lambda *_: None)
    other = Pins({**PINS.row, "chain_id": 5}, CONTRACTS, 1)
    monkeypatch.setattr(Pins, "of", lambda _: other)
    outcome = run("audit", "summary", "--index", url)
    assert outcome.code != 0
    assert "they differ in chain id" in outcome.err
    assert outcome.out == ""


def test_where_the_chain_is_down_and_no_index_is_there_that_is_the_error(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataledger.index.index.Index.open", fail)
    monkeypatch.setattr(Profile, "load", lambda *_: None)
    monkeypatch.setattr("dataledger.index.index.path_in", lambda home, _: home / "none")
    outcome = run("audit", "summary")
    assert outcome.code == 3
    assert "No node answers." in outcome.err
