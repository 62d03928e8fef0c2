"""Refusals: every custom error has words and a remedy, and nothing in it reaches a terminal raw."""

import re
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.contracts.abi import AbiItem, abi_items, encode
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import OrgId, Stage
from dataledger.contracts.refusal_words import WORDS
from dataledger.contracts.reverts import decode_refusal, kind_of
from dataledger.contracts.use_refusal_words import USE_WORDS

ERRORS = [item for contract in ContractName for item in abi_items(contract, "error")]
ALL_WORDS = WORDS | USE_WORDS
NOT_IN_AN_ABI = {"Error(message)", "Panic(code)", "NoReason()", "UnknownError(data)"}
SAMPLES = {"uint": 1, "byte": b"some-slug".ljust(32, b"\0"), "addr": "0x" + "ab" * 20, "stri": b"x"}


def _key(item: AbiItem) -> str:
    return f"{item.name}({', '.join(parameter.name for parameter in item.inputs)})"


def _revert(item: AbiItem) -> bytes:
    types = [parameter.type for parameter in item.inputs]
    return item.selector + encode(types, [SAMPLES[kind[:4]] for kind in types])


def test_the_table_has_exactly_the_errors_that_there_are() -> None:
    assert not WORDS.keys() & USE_WORDS.keys()
    assert ALL_WORDS.keys() == {_key(item) for item in ERRORS} | NOT_IN_AN_ABI


@pytest.mark.parametrize("key", ALL_WORDS)
def test_placeholders_are_arguments_and_sentences_are_whole(key: str) -> None:
    arguments = set(re.findall(r"\w+", key.partition("(")[2]))
    for text in (ALL_WORDS[key].message, ALL_WORDS[key].remedy):
        assert {field for _, field, _, _ in Formatter().parse(text) if field} <= arguments
        assert text.endswith(".")
        assert text[0].isupper() or text[0] == "{"


@pytest.mark.parametrize("item", ERRORS, ids=lambda item: f"{item.contract}-{item.name}")
def test_every_error_is_decoded_and_put_into_words(item: AbiItem) -> None:
    for parameter in item.inputs:
        kind_of(parameter)
    refused = decode_refusal(_revert(item), item.contract).in_words()
    assert refused.error_name == item.name
    assert list(refused.arguments) == [parameter.name for parameter in item.inputs]
    assert "{" not in str(refused) + refused.remedy
    assert all(isinstance(value, int | str) for value in refused.arguments.values())


@pytest.mark.parametrize("item", ERRORS, ids=lambda item: f"{item.contract}-{item.name}")
def test_an_error_with_other_arguments_is_unknown(item: AbiItem) -> None:
    refused = decode_refusal(_revert(item) + b"\0", item.contract).in_words()
    assert refused.error_name == "UnknownError"


def _error(contract: ContractName, name: str, *arguments: object) -> bytes:
    (item,) = (item for item in abi_items(contract, "error") if item.name == name)
    return item.selector + encode([p.type for p in item.inputs], arguments)


def test_things_are_told_by_name_where_names_are_known() -> None:
    data = _error(ContractName.DATASET_LEDGER, "MissingCapability", 4, 0b1001, 2)
    refusal = decode_refusal(data, ContractName.DATASET_LEDGER)
    assert refusal.of_kind(OrgId) == {4}
    refused = refusal.in_words(organisations={OrgId(4): "acme"})
    assert str(refused) == (
        "Organisation 4 (acme) lacks a capability: this needs CUSTODIAN and AUDITOR, and it has "
        "PROCESSOR."
    )
    assert refused.arguments == {"org": 4, "required": 9, "held": 2}


def test_stages_are_told_by_name_and_the_regulators_always() -> None:
    data = _error(ContractName.DATASET_LEDGER, "StageMismatch", bytes(32), 30, 3)
    refusal = decode_refusal(data, ContractName.DATASET_LEDGER)
    assert "in the stage SUSPENDED; the step was meant to start from stage 3" in str(
        refusal.in_words()
    )
    assert "start from CLEANED" in str(refusal.in_words(stages={Stage(3): "CLEANED"}))


@pytest.mark.parametrize(("part", "words"), [(0, "is the owner"), (2, "is the holder of duty 2")])
def test_parts_are_told_in_words(part: int, words: str) -> None:
    data = _error(ContractName.DATASET_LEDGER, "DutiesNotSeparate", bytes(32), 4, part)
    assert words in str(decode_refusal(data, ContractName.DATASET_LEDGER).in_words())


def test_times_are_told_in_utc() -> None:
    data = _error(ContractName.DATASET_LEDGER, "TooEarly", bytes(32), 1_800_000_000)
    refused = decode_refusal(data, ContractName.DATASET_LEDGER).in_words()
    assert "2027-01-15T08:00:00Z" in str(refused)
    assert refused.arguments["allowedFrom"] == 1_800_000_000
    beyond = _error(ContractName.DATASET_LEDGER, "AuthorisationExpired", 2**256 - 1)
    assert "until the end of time" in str(
        decode_refusal(beyond, ContractName.DATASET_LEDGER).in_words()
    )


@pytest.mark.parametrize("unix", [253_402_300_800, 2**40 - 2])
def test_times_that_no_calendar_here_has_are_told(unix: int) -> None:
    data = _error(ContractName.DATASET_LEDGER, "TooEarly", bytes(32), unix)
    refused = decode_refusal(data, ContractName.DATASET_LEDGER).in_words()
    assert f"a time after the year 9999 ({unix})" in str(refused)


def test_the_ledger_passes_on_what_organisations_refuses() -> None:
    data = _error(ContractName.ORGANISATIONS, "OrganisationIsSuspended", 5, 1)
    refusal = decode_refusal(data, ContractName.DATASET_LEDGER)
    assert refusal.error_name == "OrganisationIsSuspended"


def test_solidity_errors_are_told() -> None:
    text = bytes.fromhex("08c379a0") + encode(["string"], [b"no \x1b[31mway\xff"])
    refused = decode_refusal(text, ContractName.ORGANISATIONS).in_words()
    assert refused.arguments == {"message": "no \x1b[31mway\udcff"}
    assert "\x1b" not in str(refused)
    assert "\\x1b[31mway" in str(refused)
    panic = bytes.fromhex("4e487b71") + encode(["uint256"], [0x11])
    assert "panic code 17" in str(decode_refusal(panic, ContractName.ORGANISATIONS).in_words())


def test_a_slug_that_is_none_is_told_safely() -> None:
    data = _error(ContractName.ORGANISATIONS, "InvalidSlug", b"A\x1b[31m\xff".ljust(32, b"\0"))
    refused = decode_refusal(data, ContractName.ORGANISATIONS).in_words()
    assert refused.arguments == {"slug": "A\x1b[31m\udcff"}
    assert str(refused).isprintable()


def test_an_empty_revert_is_told() -> None:
    refused = decode_refusal(b"", ContractName.ORGANISATIONS).in_words()
    assert (refused.error_name, refused.arguments) == ("NoReason", {})


@given(st.binary(max_size=200))
def test_any_bytes_are_some_refusal(data: bytes) -> None:
    refused = decode_refusal(data, ContractName.DATASET_LEDGER).in_words()
    assert str(refused).isprintable()
    assert refused.remedy


@given(st.text())
def test_untrusted_names_are_neutralised(name: str) -> None:
    data = _error(ContractName.DATASET_LEDGER, "MissingCapability", 4, 1, 0)
    refusal = decode_refusal(data, ContractName.DATASET_LEDGER)
    assert str(refusal.in_words(organisations={OrgId(4): name})).isprintable()
