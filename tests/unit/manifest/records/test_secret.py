"""A dataset's secret: derived from as specified, and never told by accident."""

import copy
import json
import pickle
import runpy
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dataledger.errors import InvalidArgument, ProofInvalid
from dataledger.hashing import Hash32, verify_inclusion
from dataledger.manifest.records.secret import (
    SALT_BYTES,
    DatasetSecret,
    hkdf_sha256,
    record_label,
    record_leaf,
    record_salt,
)

VECTORS = Path(__file__).resolve().parents[3] / "vectors"
RECORDS: dict[str, Any] = json.loads((VECTORS / "records.json").read_text())


def unprefixed(text: str) -> bytes:
    assert text.startswith("0x")
    return bytes.fromhex(text[2:])


SECRET = DatasetSecret(unprefixed(RECORDS["secret"]))
KEYS = SECRET.keys()


# ------------------------------------------------------------------------------------- derivation


@pytest.mark.parametrize(
    ("key", "salt", "info", "expected"),
    [
        (  # RFC 5869, A.1
            "0b" * 22,
            bytes(range(13)).hex(),
            bytes(range(0xF0, 0xFA)).hex(),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (  # A.2
            bytes(range(80)).hex(),
            bytes(range(0x60, 0xB0)).hex(),
            bytes(range(0xB0, 0x100)).hex(),
            (
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
                "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
                "cc30c58179ec3e87c14c01d5c1f3434f1d87"
            ),
        ),
        (  # A.3
            "0b" * 22,
            "",
            "",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ],
)
def test_keys_are_derived_as_rfc_5869_says(key: str, salt: str, info: str, expected: str) -> None:
    derived = hkdf_sha256(
        bytes.fromhex(key),
        salt=bytes.fromhex(salt),
        info=bytes.fromhex(info),
        size_bytes=len(expected) // 2,
    )
    assert derived.hex() == expected


def test_the_vectors_are_what_their_script_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(VECTORS)
    script = SimpleNamespace(**runpy.run_path(str(VECTORS / "generate_records.py")))
    assert (VECTORS / "records.json").read_text() == script.written(script.records())
    assert len(RECORDS["openings"]) == RECORDS["openings_count"]
    assert len({case["name"] for case in RECORDS["openings"]}) == RECORDS["openings_count"]


def test_the_keys_are_those_of_the_vectors() -> None:
    assert KEYS.secret_id == SECRET.id == RECORDS["secret_id"]
    assert KEYS.record_salt == unprefixed(RECORDS["record_salt_key"])
    assert KEYS.record_label == unprefixed(RECORDS["record_label_key"])
    assert KEYS.column_salt == unprefixed(RECORDS["column_salt_key"])


@pytest.mark.parametrize("case", RECORDS["records"], ids=lambda case: case["record"][:40])
def test_salts_leaves_and_labels_are_those_of_the_vectors(case: dict[str, Any]) -> None:
    record = unprefixed(case["record"])
    salt = record_salt(KEYS, case["index"], record)
    assert salt == unprefixed(case["salt"])
    assert record_leaf(salt, record) == unprefixed(case["leaf_hash"])
    assert record_label(KEYS, record) == unprefixed(case["label"])


@pytest.mark.parametrize("case", RECORDS["openings"], ids=lambda case: case["name"])
def test_a_record_is_shown_by_its_salt_and_a_path(case: dict[str, Any]) -> None:
    salt, record = unprefixed(case["salt"]), unprefixed(case["record"])
    path = [Hash32(unprefixed(sibling)) for sibling in case["path"]]
    root = Hash32(unprefixed(case["root"]))

    def verify() -> None:
        leaf = record_leaf(salt, record)
        verify_inclusion(leaf, case["index"], case["tree_size"], path, root)

    if case["valid"]:
        verify()
    else:
        with pytest.raises((InvalidArgument, ProofInvalid)):
            verify()


@pytest.mark.parametrize("size_bytes", [0, 15, 17, 32])
def test_a_salt_of_another_length_makes_no_leaf(size_bytes: int) -> None:
    with pytest.raises(InvalidArgument, match=f"{SALT_BYTES} bytes"):
        record_leaf(bytes(size_bytes), b"record")


def test_a_changed_record_and_a_moved_one_get_new_salts() -> None:
    salts = {record_salt(KEYS, index, record) for index in range(3) for record in (b"a", b"b", b"")}
    assert len(salts) == 9


def test_other_secrets_give_other_keys() -> None:
    one, two = DatasetSecret.generate(), DatasetSecret.generate()
    assert one != two
    assert one.id != two.id
    assert one.keys() != two.keys()


# ---------------------------------------------------------------------------------------- secrecy

SECRETS = [
    SECRET.reveal(),
    *(key.hex() for key in (KEYS.record_salt, KEYS.record_label, KEYS.column_salt)),
]


def told(text: str) -> bool:
    """Whether a text holds a part of what must stay secret, as characters or as escapes."""
    plain = text.replace("\\x", "").lower()
    return any(secret[:8] in plain for secret in SECRETS)


def test_no_text_of_a_secret_or_of_its_keys_tells_them() -> None:
    assert SECRET.id in repr(SECRET)
    for value in (SECRET, KEYS, [SECRET], {"keys": KEYS}):
        assert not told(repr(value) + str(value) + f"{value}")


def test_a_secret_leaves_its_process_by_no_accident() -> None:
    with pytest.raises(TypeError, match="does not leave"):
        pickle.dumps(SECRET)
    with pytest.raises(TypeError, match="does not leave"):
        copy.deepcopy(SECRET)
    assert not hasattr(SECRET, "__dict__")


def test_workers_can_be_sent_the_keys() -> None:
    assert pickle.loads(pickle.dumps(KEYS)) == KEYS  # noqa: S301 - written just here


@pytest.mark.parametrize("value", [b"", SECRET.reveal().encode()[:31], bytes(range(33))])
def test_a_secret_of_another_length_is_refused_without_being_told(value: bytes) -> None:
    with pytest.raises(InvalidArgument, match="32 bytes") as caught:
        DatasetSecret(value)
    assert not told("".join(traceback.format_exception(caught.value)))


def test_a_secret_is_read_back_from_what_it_reveals() -> None:
    assert DatasetSecret.parse(SECRET.reveal()) == SECRET
    assert hash(DatasetSecret.parse(SECRET.reveal())) == hash(SECRET)
    assert SECRET.reveal() != SECRET


@pytest.mark.parametrize(
    "text", [SECRET.reveal()[:-1], SECRET.reveal().upper(), f"0x{SECRET.reveal()}", "\u0660" * 64]
)
def test_any_other_text_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(InvalidArgument, match="no dataset's secret") as caught:
        DatasetSecret.parse(text)
    assert not told("".join(traceback.format_exception(caught.value)))
