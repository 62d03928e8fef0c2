"""Profiles: strict in, whole out, and no credential shown."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dataledger.chain.identifiers import to_block_hash, to_code_hash
from dataledger.chain.profile import (
    ContractPin,
    Endpoint,
    Profile,
    default_profile_name,
    profile_names,
)
from dataledger.contracts.identifiers import address_of
from dataledger.errors import ProfileError

HASH = "0x" + "ab" * 32
PIN = ContractPin(address_of(b"\x01" * 20), to_code_hash(HASH), 12)
PROFILE = Profile(
    name="besu",
    chain_id=2024,
    genesis_hash=to_block_hash(HASH),
    endpoints=(Endpoint("https://user:secret@node.example:8545/key?token=1"),),
    contracts={"DatasetLedger": PIN},
    poa=True,
    confirmations=2,
)


def altered(**fields: Any) -> bytes:
    document = json.loads(PROFILE.to_bytes())
    for key, value in fields.items():
        if value is ...:
            del document[key]
        else:
            document[key] = value
    return json.dumps(document).encode()


def test_written_and_read_back(tmp_path: Path) -> None:
    path = PROFILE.save(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Profile.load("besu", tmp_path) == PROFILE
    assert profile_names(tmp_path) == ["besu"]


def test_contracts_by_name() -> None:
    assert PROFILE.contract("DatasetLedger") is PIN
    with pytest.raises(ProfileError, match="names no contract 'Organisations'"):
        PROFILE.contract("Organisations")
    with pytest.raises(TypeError):
        PROFILE.contracts["x"] = PIN  # type: ignore[index]  # that is what is tested


def test_the_default_is_the_devnet_or_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATALEDGER_PROFILE", raising=False)
    assert default_profile_name() == "devnet"
    monkeypatch.setenv("DATALEDGER_PROFILE", "besu")
    assert default_profile_name() == "besu"


def test_an_absent_profile_names_those_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATALEDGER_PROFILE", "clique")
    with pytest.raises(ProfileError, match=r"no profile 'clique' .*\(there: none\)"):
        Profile.load(home=tmp_path)
    PROFILE.save(tmp_path)
    (tmp_path / "profiles" / "Not A Name.json").touch()
    with pytest.raises(ProfileError, match=r"\(there: besu\)"):
        Profile.load(home=tmp_path)


def test_an_unreadable_profile_says_why(tmp_path: Path) -> None:
    (tmp_path / "profiles" / "besu.json").mkdir(parents=True)
    with pytest.raises(ProfileError, match="cannot be read"):
        Profile.load("besu", tmp_path)


@pytest.mark.parametrize("name", ["", "UPPER", "../other", "a/b", "-a", "a" * 65, "a\n"])
def test_names_are_slugs(name: str, tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="Not a profile name"):
        Profile.load(name, tmp_path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "JSON"),
        (b"[]", "not a JSON object"),
        (b'{"a":1,"a":2}', "twice|repeat|duplicate"),
        (b"\xff", "UTF-8"),
        (altered(format="dataledger/profile/2"), "its format is 'dataledger/profile/2'"),
        (altered(name="other"), "it calls itself 'other'"),
        (altered(extra=1), "unknown field 'extra'"),
        (altered(poa=...), "no field 'poa'"),
        (altered(poa=1), "poa is neither true nor false"),
        (altered(chain_id="1"), "chain_id is not an integer"),
        (altered(chain_id=True), "chain_id is not an integer"),
        (altered(chain_id=0), "chain_id is 0"),
        (altered(confirmations=0), "confirmations is 0"),
        (altered(confirmations=10**5), "confirmations is 100000"),
        (altered(genesis_hash="0x12"), "Not a block hash"),
        (altered(genesis_hash=None), "genesis_hash is not a text"),
        (altered(endpoints=[]), "no endpoint"),
        (altered(endpoints=[1]), "endpoints is not a list of texts"),
        (altered(endpoints="http://a"), "endpoints is not a list of texts"),
        (altered(contracts=[]), "contracts is not a JSON object"),
        (altered(contracts={"lower": {}}), "a contract named 'lower'"),
        (altered(contracts={"Ledger": {"address": "0x"}}), "no field 'code_hash'"),
        (altered(contracts={"Ledger": 5}), "not a JSON object"),
        (
            altered(contracts={"A": {"address": "0x1", "code_hash": HASH, "deployed_at_block": 1}}),
            "is not an address",
        ),
        (
            altered(
                contracts={
                    "A": {"address": PIN.address, "code_hash": HASH, "deployed_at_block": -1}
                }
            ),
            "deployed_at_block is -1",
        ),
        (b"[" * 10_000 + b"]" * 10_000, "64|levels|deep"),
    ],
)
def test_malformed_profiles(data: bytes, reason: str) -> None:
    with pytest.raises(ProfileError, match=reason):
        Profile.parse(data, name="besu")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "node:8545",
        "ws://node",
        "http://",
        "http://a b/",
        "http://a:0/",
        "http://a:99999/",
        "http://[::1/",
        "http://ä/",
        "http://a/\x1b[31m",
    ],
)
def test_endpoints_are_http(url: str) -> None:
    with pytest.raises(ProfileError, match="not an http or https URL") as refused:
        Endpoint(url)
    assert not url or url not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:8545/", "http://127.0.0.1:8545"),
        ("https://user:secret@node.example/", "https://node.example"),
        ("https://node.example/v3/secret", "https://node.example/…"),
        ("https://node.example/?key=secret", "https://node.example/…"),
        ("http://[::1]:8545", "http://[::1]:8545"),
    ],
)
def test_endpoints_show_no_credentials(url: str, shown: str) -> None:
    endpoint = Endpoint(url)
    assert str(endpoint) == shown
    assert repr(endpoint) == f"Endpoint({shown!r})"
    assert "secret" not in repr(replace(PROFILE, endpoints=(endpoint,)))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost/", True),
        ("http://127.0.0.2:1/", True),
        ("http://[::1]/", True),
        ("http://node.example/", False),
        ("http://127.example/", False),
    ],
)
def test_loopback(url: str, *, expected: bool) -> None:
    assert Endpoint(url).is_loopback is expected
