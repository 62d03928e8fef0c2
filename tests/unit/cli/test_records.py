"""Records as they are shown."""

from dataledger.cli.render.records import SHOWN_ROW_BYTES, record_document, record_text
from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records.tags import NULL_FLAG, Tag


def test_a_line_is_shown_as_it_is() -> None:
    assert record_text(b'{"a":1}', RecordFormat.JSONL) == '{"a":1}'
    assert record_document(b'{"a":1}', RecordFormat.JSONL) == '{"a":1}'


def test_bytes_that_are_no_row_are_shown_as_such() -> None:
    assert record_text(b"\xff", RecordFormat.CSV) == "no canonical row: /w=="
    assert record_document(b"\xff", RecordFormat.CSV) == {"canonical": "/w==", "values": None}


def test_a_row_that_would_cost_much_to_decode_is_not() -> None:
    row = bytes([Tag.NULL | NULL_FLAG]) * (SHOWN_ROW_BYTES + 1)
    assert record_text(row, RecordFormat.PARQUET) == "a row of 65,537 bytes, too long to show"
    document = record_document(row, RecordFormat.PARQUET)
    assert isinstance(document, dict)
    assert document["values"] is None
