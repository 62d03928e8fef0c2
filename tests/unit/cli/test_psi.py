"""`dataledger psi`: what it asks a node, and what it says of the answer."""

from pathlib import Path
from typing import Any

import pytest
from cli_runner import Run
from fake_uses import RECEIPT
from matchings import COLUMN, OURS, SHARED, TABLE, THEIRS, holding_at, write_table

from dataledger.cli.render.psi import MatchingView
from dataledger.cli.render.screen import Screen
from dataledger.contracts.identifiers import GrantId, RunId
from dataledger.node.client import Answered
from dataledger.node.kinds import parse_work
from dataledger.node.matching import MatchingWork
from dataledger.node.matching.asking import Matched

GRANT = f"0x{'22' * 32}"


class FakeClient:
    """A node in this process, without a chain."""

    asked: "list[tuple[str, Path | None, str, MatchingWork, int | None]]"
    folder: Path

    def __init__(self, _ledger: object, url: str, *, ca: Path | None = None) -> None:
        self._url, self._ca = url, ca

    def run(self, grant: str, document: bytes, *, version: int | None = None) -> Answered:
        work = parse_work(document)
        assert isinstance(work, MatchingWork)
        self.asked.append((self._url, self._ca, grant, work, version))
        answer = work.compute(holding_at(self.folder))
        return Answered(
            grant=GrantId.parse(GRANT),
            run=RunId.parse(f"0x{'33' * 32}"),
            content=answer.content,
            media_type=answer.media_type,
            receipt=RECEIPT,
            transaction_hash=f"0x{'44' * 32}",
        )


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[FakeClient]:
    FakeClient.asked, FakeClient.folder = [], tmp_path
    monkeypatch.setattr("dataledger.node.client.NodeClient", FakeClient)
    return FakeClient


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return write_table(tmp_path / "own.csv", OURS, column="address")


def arguments(own: Path, *more: str) -> list[str]:
    return [
        *("psi", str(own), "--column", "address", "--node", "https://acme:8460", "--grant", GRANT),
        *("--their-table", TABLE, "--their-column", COLUMN, *more),
    ]


def test_the_size_is_told_in_words(node: type[FakeClient], own: Path, run: Run) -> None:
    outcome = run(*arguments(own))
    assert outcome.code == 0, outcome.err
    assert f"{len(SHARED)} of your {len(OURS)} values are shared." in outcome.out
    assert "20.0 %" in outcome.out
    assert SHARED[0] not in outcome.out
    [(url, ca, grant, work, version)] = node.asked
    assert (url, ca, grant, version) == ("https://acme:8460", None, GRANT, None)
    assert (work.document.path, work.document.column) == (TABLE, COLUMN)


@pytest.mark.usefixtures("node")
def test_ids_are_told_where_they_are_asked_for(own: Path, run: Run) -> None:
    outcome = run(*arguments(own, "--ids"))
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[-len(SHARED) :] == SHARED


def test_programs_get_one_object(node: type[FakeClient], own: Path, run: Run) -> None:
    more = ("--ids", "--json", "--version", "3", "--ca", "node.pem")
    document: dict[str, Any] = run(*arguments(own, *more)).document
    assert document["matching"] == {
        "own": len(OURS),
        "theirs": len(THEIRS),
        "common": len(SHARED),
        "texts": SHARED,
    }
    assert document["run"] == f"0x{'33' * 32}"
    assert document["receipt"]["output"] == str(RECEIPT.output)
    [(_, ca, _, _, version)] = node.asked
    assert (ca, version) == (Path("node.pem"), 3)


@pytest.mark.usefixtures("node")
def test_texts_are_made_alike_by_the_rule_that_is_named(tmp_path: Path, run: Run) -> None:
    own = write_table(tmp_path / "own.csv", [text.upper() for text in OURS], column="address")
    outcome = run(*arguments(own, "--normalise", "nfc-casefold-trim", "--json"))
    assert outcome.document["matching"]["common"] == len(SHARED)
    assert run(*arguments(own, "--json")).document["matching"]["common"] == 0


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (("own.csv", "number\n1\n"), "no column 'address'"),
        (("own.csv", "address\n\n"), "nothing to compare"),
        (("own.txt", "address\n"), "is no table"),
        (("own.csv", None), "cannot be read"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_the_node_is_asked(
    node: type[FakeClient], tmp_path: Path, run: Run, own: tuple[str, str | None], words: str
) -> None:
    path, content = tmp_path / own[0], own[1]
    if content is not None:
        path.write_text(content)
    outcome = run(*arguments(path))
    assert outcome.code == 2
    assert words in outcome.err
    assert node.asked == []


def test_no_value_can_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    matched = Matched(own=1, theirs=1, common=1, texts=("\x1b[31mred\u202e",))
    ids = GrantId.parse(GRANT), RunId.parse(GRANT)
    MatchingView(matched, Answered(*ids, b"", "", RECEIPT, "")).draw(Screen())
    printed = capsys.readouterr().out
    assert "red" in printed
    assert "\x1b" not in printed
    assert "\u202e" not in printed
