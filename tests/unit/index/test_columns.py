"""Columns give values back as they were."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, create_engine, insert, select

from dataledger.contracts.identifiers import DatasetId, Head, address_of
from dataledger.contracts.types import Capability, Role
from dataledger.hashing import Digest, Hash32
from dataledger.index.columns import (
    AddressColumn,
    ChainText,
    DatasetIdColumn,
    DigestColumn,
    HeadColumn,
    HexColumn,
    JsonColumn,
    Number,
    Unsigned64,
    escape,
    unescape,
)

# As they come from Solidity: bytes that are not UTF-8 are surrogate escapes.
chain_texts = st.binary(max_size=40).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
any_texts = st.text(st.characters(exclude_categories=()), max_size=40)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("columns")
    engine = create_engine(f"sqlite:///{folder}/x.sqlite3")
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (DatasetIdColumn, DatasetId(Hash32(b"\xff" * 32))),
        (DigestColumn, Digest.of(b"x")),
        (HeadColumn, Head(Hash32(bytes(32)))),
        (AddressColumn, address_of(b"\xab" * 20)),
        (HexColumn, "0x" + "0f" * 32),
        (Number(Capability), Capability.AUDITOR | Capability(1 << 15)),
        (Number(Role), Role.ADMIN),
        (Unsigned64, 2**63 - 1),
        (Unsigned64, 2**63),
        (Unsigned64, 2**64 - 1),
        (ChainText, "'; DROP TABLE events; -- \x1b[31m \x00 \udcff \U0010ffff \u202e"),
        (JsonColumn, {"a\x00": ["\udcff", 2**70, None, True]}),
    ],
)
def test_values_come_back_as_they_were_and_nothing_as_nothing(
    engine: Any, column: Any, value: Any
) -> None:
    metadata = MetaData()
    table = Table("t", metadata, Column("value", column))
    metadata.drop_all(engine)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(table), [{"value": value}, {"value": None}])
        assert list(connection.scalars(select(table.c.value))) == [value, None]
        found = connection.scalars(select(table.c.value)).first()
    assert type(found) is type(value)


@given(st.one_of(chain_texts, any_texts))
def test_escaped_text_can_be_stored_anywhere_and_is_not_lost(text: str) -> None:
    kept = escape(text)
    kept.encode()
    assert "\0" not in kept
    assert unescape(kept) == text


@given(any_texts)
def test_text_without_oddities_is_stored_as_it_is(text: str) -> None:
    odd = any(c in "\0\U0010ffff" or "\ud800" <= c <= "\udfff" for c in text)
    assert (escape(text) == text) == (not odd)
