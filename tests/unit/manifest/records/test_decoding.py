"""Reading canonical rows: each value as people write it, and no byte that is not canonical."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import arrow_tables
import pytest
import slow_records
from hypothesis import given, settings
from hypothesis import strategies as st

from dataledger.errors import RecordError
from dataledger.hashing import canonical_bytes
from dataledger.manifest.records import decoding
from dataledger.manifest.records.decoding import Value, decode_row

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "encodings.json").read_text())


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["name"])
def test_vector_is_read(case: dict[str, Any]) -> None:
    row = bytes.fromhex(case["row"].removeprefix("0x"))
    assert [value.to_json() for value in decode_row(row)] == case["values"]


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["name"])
def test_vector_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match=r"^The bytes are no canonical row: ") as caught:
        decode_row(bytes.fromhex(case["row"].removeprefix("0x")))
    assert case["reason"] in str(caught.value)


@given(arrow_tables.tables())
@settings(max_examples=100)
def test_whatever_is_encoded_can_be_read(table: Any) -> None:
    for row in slow_records.rows(table):
        values = decode_row(row)
        assert len(values) == table.num_columns
        canonical_bytes([value.to_json() for value in values])  # it is JSON


@given(st.binary(max_size=40))
@settings(max_examples=300)
def test_any_bytes_are_read_or_refused(row: bytes) -> None:
    try:
        decode_row(row)
    except RecordError as error:
        assert error.remedy  # noqa: PT017  # whichever it is


@given(st.dates())
def test_days_are_those_of_the_calendar(date: dt.date) -> None:
    day = date.toordinal() - dt.date(1970, 1, 1).toordinal()
    assert decoding._calendar_day(day) == date.isoformat()


@given(st.integers(-(2**255), 2**255 - 1), st.integers(-128, 127))
def test_decimals_keep_their_scale(unscaled: int, scale: int) -> None:
    row = (
        b"\x05" + scale.to_bytes(1, "big", signed=True) + unscaled.to_bytes(32, "big", signed=True)
    )
    [value] = decode_row(row)
    assert Decimal(str(value.value)) == Decimal(unscaled).scaleb(-scale) or abs(unscaled) >= 10**28
    assert "E" not in str(value.value)
    if scale >= 0:
        assert str(value.value).replace(".", "").lstrip("-0") == str(abs(unscaled)).lstrip("0")


def test_a_row_without_columns() -> None:
    assert decode_row(b"") == []


def test_a_value_tells_its_type() -> None:
    assert decode_row(bytes.fromhex("80")) == [Value("null", None)]


def test_deep_nesting_is_refused_before_it_exhausts_the_stack() -> None:
    row = b""
    for _ in range(2_000):
        row = b"\x0d" + len(row).to_bytes(4, "big") + row
    with pytest.raises(RecordError, match="more than 32 levels"):
        decode_row(row)


def test_a_row_longer_than_any_is_refused() -> None:
    with pytest.raises(RecordError, match="longer than"):
        decode_row(bytes(16 * 1024 * 1024 + 1))
