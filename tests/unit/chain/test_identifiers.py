"""Typed names refuse every other form."""

import pytest

from dataledger.chain.identifiers import (
    code_hash,
    to_block_hash,
    to_code_hash,
    to_operation_id,
    to_transaction_hash,
)
from dataledger.errors import InvalidArgument, InvalidIdentifier

HASH = "0x" + "0123456789abcdef" * 4


@pytest.mark.parametrize("parse", [to_block_hash, to_code_hash, to_transaction_hash])
class TestHashes:
    def test_the_form_of_json_rpc(self, parse: type) -> None:
        assert parse(HASH) == HASH

    @pytest.mark.parametrize(
        "text", ["", HASH[2:], HASH.upper(), HASH[:-1], HASH + "0", HASH[:-1] + "g", HASH + "\n"]
    )
    def test_no_other_form(self, parse: type, text: str) -> None:
        with pytest.raises(InvalidArgument, match="Not a "):
            parse(text)


def test_code_hash_is_keccak256() -> None:
    # keccak256(""), as every account without code has it (EIP-1052).
    assert code_hash(b"") == "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


@pytest.mark.parametrize("text", ["a", "register:0x12/v1", "9" * 200])
def test_operation_ids(text: str) -> None:
    assert to_operation_id(text) == text


@pytest.mark.parametrize("text", ["", "9" * 201, ":a", "~a", "a b", "a\n", "ä", "a\x1b[31m"])
def test_no_other_operation_ids(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        to_operation_id(text)
