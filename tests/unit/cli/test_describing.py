"""`dataset describe`, `dataset register --description` and `dataset show`, with a fake ledger."""

import json
from pathlib import Path

import pytest
from cli_runner import Run
from croissant_example import croissant_example
from fake_ledger import HEAD, KEY, RECORDED_AT_UNIX, ROADS, FakeLedger, confirmed

from dataledger.cli.describing import brief
from dataledger.contracts.events import DatasetDescribed
from dataledger.contracts.identifiers import OrgId
from dataledger.errors import NotFound
from dataledger.manifest.description import Description

HOSTILE = Description("\x1b[31mRoads\u202e" + "x" * 1_000_000, licence="\x07")


@pytest.fixture
def described(ledger: FakeLedger) -> FakeLedger:
    event = DatasetDescribed(
        dataset=ROADS,
        org=OrgId(2),
        by=KEY,
        head=HEAD,
        description=HOSTILE.digest,
        recorded_at_unix=RECORDED_AT_UNIX,
    )
    ledger.datasets.describe.return_value = confirmed(event)
    return ledger


def test_the_description_in_the_file_is_what_is_sent(
    run: Run, described: FakeLedger, tmp_path: Path
) -> None:
    file = tmp_path / "description.json"
    file.write_bytes(HOSTILE.to_bytes())
    outcome = run("dataset", "describe", "acme/roads", str(file))
    assert outcome.code == 0
    assert outcome.session.doors == ["writing"]
    described.datasets.describe.assert_called_once_with(ROADS, HOSTILE)
    assert str(HOSTILE.digest) in outcome.out
    assert "\x1b" not in outcome.out
    assert len(outcome.out) < 2_000


def test_croissant_is_recognised_and_kept_whole(
    run: Run, described: FakeLedger, tmp_path: Path
) -> None:
    file = tmp_path / "croissant.json"
    file.write_text(json.dumps(croissant_example()))
    outcome = run("dataset", "describe", "acme/roads", str(file))
    assert "croissant, which is kept whole" in outcome.out
    (_, description), _ = described.datasets.describe.call_args
    assert description.source.text == file.read_text()


@pytest.mark.parametrize("content", [b"{}", b"\xff", b"{"])
def test_what_is_no_description_ends_before_anything_is_sent(
    run: Run, ledger: FakeLedger, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "description.json"
    file.write_bytes(content)
    for line in (["describe", "acme/roads", file], ["register", "r", "--description", file]):
        outcome = run("dataset", *map(str, line), "--json")
        assert outcome.code == 2
        assert outcome.error["code"] == "description-error"
        assert outcome.session.doors == []
    assert not ledger.datasets.register.called


def test_a_missing_file_is_named(run: Run) -> None:
    outcome = run("dataset", "describe", "acme/roads", "/nowhere/description.json", "--json")
    assert outcome.error["code"] == "source-not-found"


def test_a_dataset_shows_its_title_harmless_and_short(run: Run, ledger: FakeLedger) -> None:
    ledger.datasets.description.return_value = HOSTILE
    drawn = run("dataset", "show", "acme/roads")
    assert "title" in drawn.out
    assert "\\x1b[31mRoads\\u202e" in drawn.out
    assert len(drawn.out) < 3_000
    document = run("dataset", "show", "acme/roads", "--json").document
    assert document["description"]["title"] == HOSTILE.title


def test_a_dataset_is_shown_without_a_document_that_is_not_at_hand(
    run: Run, ledger: FakeLedger
) -> None:
    ledger.datasets.description.side_effect = NotFound("gone", remedy="Ask for it.")
    outcome = run("dataset", "show", "acme/roads", "--json")
    assert outcome.code == 0
    assert outcome.document["description"] is None


def test_texts_are_cut_where_they_are_long() -> None:
    assert brief("a" * 200) == "a" * 200
    assert brief("a" * 201) == "a" * 200 + "… (201 characters)"
