"""Items that are made from data: columns with their values, and fields of records."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from disclosed_dataset import KEYS, DisclosedDataset, check
from record_files import write_records

from dataledger.errors import InvalidArgument, NotFound, ProofInvalid, SourceChanged
from dataledger.evidence.presenting import (
    column_blocks,
    column_item,
    disclosing,
    fields_item,
)
from dataledger.manifest.proving import prove_record
from dataledger.manifest.records.decoding import decode_row
from dataledger.manifest.records.source import BLOCK_RECORDS

ROWS = BLOCK_RECORDS + 10


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> DisclosedDataset:
    """A dataset whose table has two blocks, the second one of ten records."""
    return DisclosedDataset.write(tmp_path_factory.mktemp("long"), records=ROWS)


def test_a_block_of_a_column_is_proven_without_the_salts_of_the_others(
    long: DisclosedDataset,
) -> None:
    proof = long.column()
    (item,) = column_blocks(proof, long.path("table.csv"), [1])
    assert (item.begin, item.end) == (BLOCK_RECORDS, ROWS)
    values = [value.value for value in decode_row(item.values.row())]
    assert values == [f"né{number % 7}" for number in range(BLOCK_RECORDS, ROWS)]
    presentation = long.present(item)
    check(presentation)
    assert base64.b64encode(proof.salts[0]) not in presentation.to_bytes()
    forgeries = [
        replace(item, block=0),
        replace(item, block=2),
        replace(item, salt=proof.salts[0]),
        replace(item, column_index=0),
        replace(item, column=replace(item.column, name="id")),
        replace(item, values=replace(item.values, bodies=b"")),
        replace(item, path=()),
    ]
    for forged in forgeries:
        with pytest.raises(ProofInvalid):
            check(long.present(forged))


def test_a_whole_column_of_several_blocks_holds(long: DisclosedDataset) -> None:
    item = column_item(long.column("id"), long.path("table.csv"))
    assert len(item.values) == 2
    check(long.present(item))
    assert len(column_blocks(long.column("id"), long.path("table.csv"), [0, 1])) == 2


def test_a_block_that_is_not_there_is_named(roads: DisclosedDataset) -> None:
    with pytest.raises(NotFound, match="has no block 1"):
        column_blocks(roads.column(), roads.path("table.csv"), [1])


def test_other_values_than_the_proofs_are_not_presented(
    roads: DisclosedDataset, tmp_path: Path
) -> None:
    table = roads.path("table.csv").read_text().replace("né4", "né5")
    (tmp_path / "table.csv").write_text(table)
    for make in (
        lambda: column_item(roads.column(), tmp_path / "table.csv"),
        lambda: column_blocks(roads.column(), tmp_path / "table.csv", [0]),
    ):
        with pytest.raises(ProofInvalid, match="not those of the column 'name'"):
            make()


def test_a_column_that_no_presentation_could_hold_is_not_collected(
    roads: DisclosedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disclosing, "_MAX_VALUE_BYTES", 1_000)
    with pytest.raises(InvalidArgument, match="too many for a presentation") as refused:
        column_item(roads.column(), roads.path("table.csv"))
    assert "--block" in refused.value.remedy


def test_a_table_that_was_changed_names_no_fields(roads: DisclosedDataset, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("id,name,more\n1,2,3\n")
    with pytest.raises(SourceChanged, match="it has 3 columns"):
        fields_item(roads.record(3, "table.csv"), tmp_path / "table.csv", ["id"])


def test_a_field_that_is_not_there_is_named(roads: DisclosedDataset) -> None:
    with pytest.raises(NotFound, match="no field 'speed'"):
        fields_item(roads.record(3), roads.path("lines.jsonl"), ["speed"])
    with pytest.raises(NotFound, match="no field 'speed'"):
        fields_item(roads.record(3, "table.csv"), roads.path("table.csv"), ["id", "speed"])


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (b'{"id":1,"id":2}', "cannot be shown by fields"),
        (b'{"id":9007199254740993}', "cannot be shown by fields"),
        (b"[1,2]", "no JSON object"),
        (b"no JSON", "cannot be shown by fields"),
    ],
)
def test_a_line_without_plain_fields_is_shown_whole_or_not_at_all(
    record: bytes, words: str, tmp_path: Path
) -> None:
    written = write_records(tmp_path / "odd.jsonl", [record])
    proof = prove_record(written.data, 0)
    with pytest.raises(InvalidArgument, match=words):
        fields_item(proof, written.path, ["id"])
    assert written.keys == KEYS
