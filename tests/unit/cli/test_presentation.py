"""`presentation verify` without a chain: what a stranger's file does to the terminal."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli_runner import Run
from disclosed_dataset import COURT, DisclosedDataset, check

from dataledger.cli.render import presentation
from dataledger.cli.render.presentation import VerifiedView
from dataledger.contracts.identifiers import GrantId, RunId
from dataledger.evidence.presentation import AnswerItem, FieldsItem, Item, StatisticItem
from dataledger.evidence.presenting import absence_item, column_blocks, column_item
from dataledger.hashing import Hash32

HOSTILE = "\x1b[2J\u202e[bold]"
AT = ("--at", "2027-01-15T08:01:00Z")
HEAVY = ["eth_abi", "eth_account", "numba", "numpy", "pyarrow", "requests", "web3"]


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> DisclosedDataset:
    return DisclosedDataset.write(tmp_path_factory.mktemp("roads"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "p.json"


def items_of(roads: DisclosedDataset, person: Path) -> list[Item]:
    table = roads.path("table.csv")
    return [
        *roads.proofs(),
        column_item(roads.column(), table),
        *column_blocks(roads.column("id"), table, [0]),
        absence_item(roads.absence(b'{"id":-1}'), person),
        StatisticItem("rows", "300"),
        AnswerItem(GrantId(Hash32(bytes(32))), RunId(Hash32(bytes(32))), HOSTILE.encode()),
        FieldsItem(roads.file("lines.jsonl"), 4, {HOSTILE: [HOSTILE]}),
    ]


def test_everything_is_drawn_harmless_and_attested_things_are_marked(
    roads: DisclosedDataset, file: Path, run: Run, tmp_path: Path
) -> None:
    person = tmp_path / "person.jsonl"
    person.write_bytes(b'{"id":-1}')
    file.write_bytes(roads.present(*items_of(roads, person)).to_bytes())
    ended = run("presentation", "verify", str(file), "--as", str(COURT), *AT)
    assert ended.code == 0, ended.err
    assert ended.session.doors == []
    assert not {"\x1b", "\u202e"} & set(ended.out)
    assert r"\x1b[2J\u202e[bold] (the owner's word)" in ended.out
    assert "rows (the owner's word)" in ended.out
    assert ended.out.count("left open:") == 3
    document = run("presentation", "verify", str(file), "--as", str(COURT), *AT, "--json").document
    assert document["shown"][-1]["fields"] == {HOSTILE: [HOSTILE]}
    assert document["shown"][4]["values"][:2] == ["né0", "né1"]
    assert [finding["by"] for finding in document["shown"][6]["findings"]] == [
        *("proof", "signature", "signature"),
    ]


@pytest.mark.parametrize("content", [b"", b'{"format":"\x1b[2J"}', b"\xff" * 100])
def test_a_file_that_is_none_ends_in_words(content: bytes, file: Path, run: Run) -> None:
    file.write_bytes(content)
    ended = run("presentation", "verify", str(file), "--as", str(COURT))
    assert ended.code == 2
    assert "This is no presentation" in ended.err
    assert "\x1b" not in ended.err


def test_long_columns_are_not_decoded(
    roads: DisclosedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    column = column_item(roads.column(), roads.path("table.csv"))
    size = len(column.values[0].row())
    monkeypatch.setattr(presentation, "SHOWN_VALUE_BYTES", size)
    verified = check(roads.present(column, column))
    first, second = (shown["values"] for shown in shown_of(VerifiedView(verified).to_json()))
    assert first is not None
    assert second is None


def test_values_that_are_no_canonical_ones_are_told_as_bytes(roads: DisclosedDataset) -> None:
    column = column_item(roads.column(), roads.path("table.csv"))
    verified = check(roads.present(column))
    odd = replace(column, values=(replace(column.values[0], heads=b"\xff"),))
    view = VerifiedView(replace(verified, shown=(replace(verified.shown[0], item=odd),)))
    (shown,) = shown_of(view.to_json())
    assert shown["values"] is None
    assert shown["canonical"]


def shown_of(document: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["shown"]
    return found


def test_checking_one_offline_loads_neither_tables_nor_chain(
    roads: DisclosedDataset, file: Path
) -> None:
    file.write_bytes(roads.present(*roads.proofs()).to_bytes())
    code = (
        "import sys\n"
        "from dataledger.cli.main import main\n"
        "try:\n"
        f"    main(args=['presentation', 'verify', {str(file)!r}, '--as', {str(COURT)!r},\n"
        f"        '--json', *{AT!r}])\n"
        "except SystemExit as end:\n"
        f"    print('heavy:', [n for n in {HEAVY} if n in sys.modules], end.code)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert finished.stdout.splitlines()[-1] == "heavy: [] 0"
