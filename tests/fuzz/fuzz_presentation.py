"""Presentations: only what the owner signed holds, and what is proven of the known files is so."""

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

from disclosed_dataset import OWNER, DisclosedDataset
from disclosed_dataset import check as verified
from fuzzing import accepted, mutate_json
from record_files import KEYS, line

from dataledger.evidence.presentation import (
    AbsenceItem,
    ColumnBlockItem,
    ColumnItem,
    FieldsItem,
    Item,
    Presentation,
    ProvenItem,
    StatisticItem,
)
from dataledger.evidence.presenting import (
    absence_item,
    column_blocks,
    column_item,
    fields_item,
)
from dataledger.evidence.presenting.make import sign
from dataledger.manifest.proofs import RangeProof, RecordProof
from dataledger.manifest.records.decoding import decode_row
from dataledger.manifest.records.secret import record_label

MAX_BYTES = 16_384
RECORDS = 300
ABSENT = b'{"id":-1}'

_folder = tempfile.TemporaryDirectory(prefix="dataledger-fuzz-")


def check(data: bytes) -> None:
    presentation = accepted(Presentation.parse, data)
    found = accepted(verified, data)
    if presentation is None:
        assert found is None
        return
    assert presentation.to_bytes() == data
    if found is None:
        return
    assert found.presentation == presentation
    if presentation.content.anchor == world().anchor:
        for shown in found.shown:
            _check_truth(shown.item)


def _check_truth(item: Item) -> None:
    match item:
        case ProvenItem(proof=RecordProof() as proof):
            assert proof.record == line(proof.leaf_index)
        case ProvenItem(proof=RangeProof() as proof):
            assert len(proof.records) == proof.end - proof.begin
            assert proof.end <= RECORDS
        case ColumnItem():
            (values,) = item.values
            _check_values(item.proof.column.name, values.row())
        case ColumnBlockItem():
            assert (item.begin, item.end) == (0, RECORDS)
            _check_values(item.column.name, item.values.row())
        case AbsenceItem():
            labels = {record_label(KEYS, line(number)) for number in range(RECORDS)}
            assert item.proof.label not in labels
        case FieldsItem():
            assert item.record < RECORDS
        case _:
            pass


def _check_values(column: str, row: bytes) -> None:
    told = [value.value for value in decode_row(row)]
    assert told == [str(n) if column == "id" else f"né{n % 7}" for n in range(RECORDS)]


def seeds() -> Iterator[bytes]:
    for item in items():
        yield world().present(item).to_bytes()
    yield world().present(*items()[:3], challenge=None).to_bytes()


def mutate(data: bytes, random: Random) -> bytes:
    mutated = mutate_json(data, random)
    presentation = accepted(Presentation.parse, mutated)
    # Signed anew, so that what is behind the signature is tried, too.
    if presentation is None or presentation.content.signer != OWNER.address:
        return mutated
    return sign(presentation.content, OWNER).to_bytes()


@cache
def items() -> list[Item]:
    """Return an item of each kind."""
    known = world()
    table = known.path("table.csv")
    return [
        StatisticItem("rows", "300"),
        fields_item(known.record(4, "table.csv"), table, ["name"]),
        *known.proofs(),
        column_item(known.column(), table),
        *column_blocks(known.column("id"), table, [0]),
        absence_item(known.absence(ABSENT)),
    ]


@cache
def world() -> DisclosedDataset:
    """Return the known files; their folder stays for as long as the process."""
    return DisclosedDataset.write(Path(_folder.name), RECORDS)
