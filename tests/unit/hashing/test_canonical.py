"""RFC 8785: published vectors, what one side writes and the other reads, and what is refused."""

import json
import math
import struct
import time
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import CanonicalisationError
from dataledger.hashing import (
    JsonValue,
    canonical_bytes,
    members,
    natural,
    parse_canonical,
    parse_strict,
    string,
)
from dataledger.hashing.canonical import MAX_DEPTH, MAX_DOCUMENT_BYTES

VECTORS = Path(__file__).parents[2] / "vectors" / "canonical"
PUBLISHED = json.loads((VECTORS / "published.json").read_text())
REFUSED = {
    name: bytes.fromhex(document)
    for name, document in json.loads((VECTORS / "refused.json").read_text()).items()
}

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = (
    st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-(2.0**53), 2.0**53, exclude_min=True, exclude_max=True)
    | st.floats(min_value=1e21, allow_infinity=False)
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda children: st.lists(children) | st.dictionaries(texts, children),
    max_leaves=20,
)


# --------------------------------------------------------------------------- published vectors


@pytest.mark.parametrize("sample", PUBLISHED["documents"], ids=lambda sample: str(sample["name"]))
def test_published_document(sample: dict[str, str]) -> None:
    value = parse_strict(sample["input"].encode())
    assert canonical_bytes(value) == sample["canonical"].encode()
    assert parse_canonical(sample["canonical"].encode()) == value


@pytest.mark.parametrize("sample", PUBLISHED["numbers"], ids=lambda sample: str(sample["ieee754"]))
def test_published_number(sample: dict[str, str | None]) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(str(sample["ieee754"])))
    if sample["canonical"] is None:
        with pytest.raises(CanonicalisationError, match="no canonical JSON form"):
            canonical_bytes(number)
    elif 2**53 <= abs(number) < 1e21:
        # The RFC writes these as bare integers. Here, integers from 2^53 on are strings.
        assert rfc8785.dumps(number).decode() == sample["canonical"]
        with pytest.raises(CanonicalisationError, match="integer of 2"):
            canonical_bytes(number)
    else:
        assert canonical_bytes(number).decode() == sample["canonical"]


def test_most_published_numbers_are_written_as_published() -> None:
    refused = [sample["ieee754"] for sample in PUBLISHED["numbers"] if is_restricted(sample)]
    assert refused == [
        "4340000000000000",
        "c340000000000000",
        "4430000000000000",
        "444b1ae4d6e2ef4e",
        "444b1ae4d6e2ef4f",
    ]


def is_restricted(sample: dict[str, Any]) -> bool:
    digits = str(sample["canonical"]).lstrip("-")
    return digits.isdigit() and int(digits) >= 2**53


# ----------------------------------------------------------------------- writing and reading


@given(values)
def test_what_is_written_reads_back_equal(value: JsonValue) -> None:
    written = canonical_bytes(value)
    assert parse_canonical(written) == value
    assert canonical_bytes(parse_strict(written)) == written


@given(values)
def test_spelling_makes_no_difference(value: JsonValue) -> None:
    for spelling in (json.dumps(value), json.dumps(value, indent=2, ensure_ascii=False)):
        assert canonical_bytes(parse_strict(spelling.encode())) == canonical_bytes(value)


def test_keys_are_sorted_as_utf_16() -> None:
    # U+FB33 comes after U+1F600 in UTF-16, and before it in UTF-8.
    written = canonical_bytes({"\ufb33": 1, "\U0001f600": 2, "a": 3})
    assert list(json.loads(written)) == ["a", "\U0001f600", "\ufb33"]


def test_tuples_are_arrays() -> None:
    assert canonical_bytes((1, ("a",))) == b'[1,["a"]]'


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        2**53,
        -(2**53),
        "\ud800",
        {"\udc00": 1},
        {1: "a"},
        b"bytes",
        {1, 2},
        object(),
        [1e20],
        {"deep": [{"er": float(2**53)}]},
    ],
    ids=repr,
)
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(CanonicalisationError):
        canonical_bytes(value)


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(CanonicalisationError, match="nests deeper than 64"):
        canonical_bytes(loop)


def test_64_levels_are_written_and_read_and_65_are_not() -> None:
    value: JsonValue = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert parse_canonical(canonical_bytes(value)) == value
    with pytest.raises(CanonicalisationError, match="nests deeper than 64"):
        canonical_bytes({"a": value})
    with pytest.raises(CanonicalisationError, match="nests deeper than 64"):
        parse_strict(b'{"a":' + canonical_bytes(value) + b"}")


# -------------------------------------------------------------------------------- refusing


@pytest.mark.parametrize("name", REFUSED)
def test_refused_document(name: str) -> None:
    with pytest.raises(CanonicalisationError) as caught:
        parse_strict(REFUSED[name])
    assert len(str(caught.value)) < 500
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"[" * 10_000 + b"]" * 10_000, "nests deeper than 64"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nests deeper than 64"),
        (b"[" * 1_000_000, "nests deeper than 64"),
        (b"[" * 10_000_000, "more than 2097152 items"),
        (b"[" + b"9" * 100_000 + b"]", "2\\^53"),
        (b'["' + b'\\"' * 1_000_000, "not JSON"),
        (b'{"a' + b'":"' * 1_000_000, "not JSON"),
        (b"{" + b",".join(b'"%d":1' % n for n in [*range(100_000), 5]) + b"}", "'5' twice"),
    ],
    ids=[
        "arrays",
        "objects",
        "unclosed",
        "unclosed, very many",
        "digits",
        "escaped quotes",
        "quotes",
        "keys",
    ],
)
def test_hostile_documents_end_quickly(document: bytes, reason: str) -> None:
    started_at = time.process_time()
    with pytest.raises(CanonicalisationError, match=reason):
        parse_strict(document)
    assert time.process_time() - started_at < 5


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("byte order mark", "byte order mark"),
        ("Latin-1", "not UTF-8 at byte 6"),
        ("surrogate in UTF-8", "not UTF-8"),
        ("lone high surrogate", "surrogate pair"),
        ("lone surrogate in a key", "surrogate pair"),
        ("duplicate key, escaped", "key 'a' twice"),
        ("duplicate key, nested", "key 'a' twice"),
        ("NaN", "NaN is no JSON number"),
        ("number beyond a double", "'1e400' is too large"),
        ("2^53", "2\\^53 or more"),
        ("2^53 as a fraction", "2\\^53 or more"),
        ("trailing comma", "line 1, column"),
    ],
)
def test_the_message_names_the_reason(name: str, reason: str) -> None:
    with pytest.raises(CanonicalisationError, match=reason):
        parse_strict(REFUSED[name])


def test_brackets_inside_strings_do_not_nest() -> None:
    document = json.dumps(["[" * 1000, '"' + "{" * 1000, "\\" * 7 + "["]).encode()
    assert canonical_bytes(parse_strict(document)) == document.replace(b", ", b",")


def test_the_largest_exact_integers_are_read() -> None:
    assert parse_strict(b"[9007199254740991,-9007199254740991]") == [2**53 - 1, 1 - 2**53]


def test_a_surrogate_pair_is_one_character() -> None:
    assert parse_strict(b'["\\ud83d\\ude02"]') == ["\U0001f602"]


def test_the_size_limit_is_in_bytes() -> None:
    assert parse_strict(b"[1]", max_bytes=3) == [1]
    with pytest.raises(CanonicalisationError, match="has 3 bytes, and at most 2 are read"):
        parse_strict(b"[1]", max_bytes=2)
    with pytest.raises(CanonicalisationError, match="at most"):
        parse_strict(b" " * (MAX_DOCUMENT_BYTES + 1))


def test_items_are_counted_outside_of_strings() -> None:
    assert parse_strict(b'[[],{"a":","},1,"[,{\\""]', max_items=6) == [[], {"a": ","}, 1, '[,{"']
    with pytest.raises(CanonicalisationError, match="it has more than 5 items"):
        parse_strict(b'[[],{"a":","},1,"[,{\\""]', max_items=5)


def test_a_small_document_of_very_many_lists_takes_no_gigabytes() -> None:
    document = b"[" + b"[]," * 1_000_000 + b"[]]"
    for parse in (parse_strict, parse_canonical):
        with pytest.raises(CanonicalisationError, match="it has more than 1000000 items"):
            parse(document, max_bytes=len(document))
    larger = parse_strict(document, max_bytes=8 * 2_100_000)
    assert isinstance(larger, list)
    assert len(larger) == 1_000_001


@given(st.binary(max_size=60) | st.text(alphabet='[]{}",:\\u0d8 1e-.', max_size=60).map(str.encode))
def test_arbitrary_bytes_are_json_or_a_clean_error(data: bytes) -> None:
    try:
        value = parse_strict(data)
    except CanonicalisationError:
        return
    assert parse_canonical(canonical_bytes(value)) == value


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (b'{"b":1,"a":2}', "byte 2"),
        (b'{"a": 1}', "byte 5"),
        (b'{"a":1}\n', "byte 7"),
        (b' {"a":1}', "byte 0"),
        (b'{"a":1.0}', "byte 6"),
        (b"[-0]", "byte 1"),
        (b"[1E2]", "byte 2"),
        (b'["\\u0041"]', "byte 2"),
        (b'["\\/"]', "byte 2"),
        (b'["\\u000A"]', "byte 3"),
    ],
)
def test_json_in_another_spelling_is_not_canonical(document: bytes, place: str) -> None:
    parse_strict(document)
    with pytest.raises(CanonicalisationError, match=f"not in canonical form: from {place} on"):
        parse_canonical(document)


# -------------------------------------------------------------------------- reading members


def test_members_are_all_there_and_no_others() -> None:
    value = {"a": 1, "b": 2}
    assert members(value, "a", "b") == value
    assert members(value, "a", optional=("b", "c")) == value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": 1}, "lacks the member 'b'"),
        ({"a": 1, "b": 2, "d\x1b": 3}, r"unknown member 'd\\x1b'"),
        ([], r"\[\] stands where an object belongs"),
        (None, "None stands where an object belongs"),
    ],
)
def test_other_members_are_refused(value: JsonValue, reason: str) -> None:
    with pytest.raises(CanonicalisationError, match=reason):
        members(value, "a", "b", optional=("c",))


@pytest.mark.parametrize("value", [None, 1, True, ["a"], {}])
def test_only_a_string_is_a_string(value: JsonValue) -> None:
    assert string("a") == "a"
    with pytest.raises(CanonicalisationError, match="where a string belongs"):
        string(value)


@pytest.mark.parametrize("value", [None, -1, True, False, 1.0, "1", []])
def test_only_a_natural_number_is_one(value: JsonValue) -> None:
    assert natural(0) == 0
    with pytest.raises(CanonicalisationError, match="where a number 0, 1, 2, … belongs"):
        natural(value)
