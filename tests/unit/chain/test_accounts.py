"""Key files and signers: keys come out to sign, and in no other way."""

import copy
import json
import pickle
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from once_contract import perform

from dataledger.chain.accounts import (
    AccountEntry,
    Accounts,
    passphrase_from_environment,
    passphrase_from_file,
)
from dataledger.chain.development_keys import COUNT, development_signer, is_development_name
from dataledger.chain.fees import Fees
from dataledger.chain.identifiers import BlockHash, ChainIdentity
from dataledger.chain.signer import Signer, UnsignedTransaction
from dataledger.chain.signers import open_signer
from dataledger.chain.typed_data import Domain, TypedData
from dataledger.contracts.identifiers import address_of
from dataledger.errors import (
    DevnetError,
    InvalidArgument,
    KeystoreError,
    OutputExists,
    WrongChain,
    WrongPassphrase,
)

KEY = "0x" + "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
ADDRESS = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
IDENTITY = ChainIdentity(1145848903, BlockHash("0x" + "ab" * 32))
TRANSACTION = UnsignedTransaction(
    chain_id=5, nonce=3, to=address_of(b"\x01" * 20), data=perform(1), gas=50_000, fees=Fees(0)
)


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path)


def key_file(accounts: Accounts, name: str = "alice") -> Path:
    return accounts._directory / f"{name}.json"


@pytest.fixture
def alice(accounts: Accounts) -> AccountEntry:
    return accounts.import_key("alice", KEY, "correct horse", light=True)


class TestKeyFiles:
    def test_created_listed_and_opened(self, accounts: Accounts) -> None:
        made = accounts.create("bob", lambda: "pass", light=True)
        assert accounts.list() == [made]
        assert accounts.unlock("bob", lambda: "pass").address == made.address
        assert accounts.create("carol", "pass", light=True).address != made.address

    def test_imported(self, accounts: Accounts, alice: AccountEntry) -> None:
        assert alice == AccountEntry("alice", address_of(bytes.fromhex(ADDRESS[2:])))
        assert accounts.unlock("alice", "correct horse").address == ADDRESS

    def test_private_and_without_the_key(self, accounts: Accounts, alice: AccountEntry) -> None:
        path = key_file(accounts, alice.name)
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert KEY[2:] not in path.read_text()

    def test_the_standard_cost_is_geths(self, accounts: Accounts) -> None:
        accounts.create("slow", "pass")
        parameters = json.loads(key_file(accounts, "slow").read_text())["crypto"]["kdfparams"]
        assert (parameters["n"], parameters["r"], parameters["p"]) == (262_144, 8, 1)

    @pytest.mark.usefixtures("alice")
    def test_the_wrong_passphrase(self, accounts: Accounts) -> None:
        with pytest.raises(WrongPassphrase, match="does not open the account 'alice'") as refused:
            accounts.unlock("alice", "battery staple")
        assert "Try again" in refused.value.remedy

    @pytest.mark.usefixtures("alice")
    def test_names_are_taken_once(self, accounts: Accounts) -> None:
        before = key_file(accounts).read_bytes()
        with pytest.raises(OutputExists):
            accounts.create("alice", "other", light=True)
        with pytest.raises(OutputExists):
            accounts._keep("alice", b"\x01" * 32, "other", light=True)
        assert key_file(accounts).read_bytes() == before

    @pytest.mark.parametrize("name", ["", "Alice", "../x", "a/b", "a" * 65, "a\x1b"])
    def test_names_are_slugs(self, accounts: Accounts, name: str) -> None:
        with pytest.raises(KeystoreError, match="Not an account name"):
            accounts.create(name, "p")
        with pytest.raises(KeystoreError, match="Not an account name"):
            accounts.entry(name)

    def test_development_names_are_kept(self, accounts: Accounts) -> None:
        with pytest.raises(KeystoreError, match="well-known keys"):
            accounts.create("dev0", "pass", light=True)

    def test_an_empty_passphrase_is_refused(self, accounts: Accounts) -> None:
        with pytest.raises(KeystoreError, match="empty"):
            accounts.create("bob", "", light=True)
        assert accounts.list() == []

    def test_an_absent_account(self, accounts: Accounts) -> None:
        with pytest.raises(KeystoreError, match="no account 'bob'"):
            accounts.unlock("bob", "pass")

    @pytest.mark.parametrize("key", ["", "0x", "0x12", "zz" * 32, KEY + "00", "0x" + " " * 64])
    def test_malformed_keys_are_not_repeated(self, accounts: Accounts, key: str) -> None:
        with pytest.raises(InvalidArgument, match="Not a private key") as refused:
            accounts.import_key("bob", key, "pass")
        assert len(key) < 5 or key not in str(refused.value)

    def test_a_key_outside_the_curve_is_not_repeated(self, accounts: Accounts) -> None:
        with pytest.raises(KeystoreError) as refused:
            accounts.import_key("bob", "f" * 64, "pass", light=True)
        assert "ffff" not in "".join(traceback.format_exception(refused.value)).replace(
            '"f" * 64', ""
        )

    @pytest.mark.usefixtures("alice")
    def test_a_key_file_that_others_can_read(self, accounts: Accounts) -> None:
        key_file(accounts).chmod(0o640)
        with pytest.raises(KeystoreError, match=r"by others \(mode 0640\)"):
            accounts.unlock("alice", "correct horse")

    @pytest.mark.usefixtures("alice")
    @pytest.mark.parametrize(
        ("path", "value", "reason"),
        [
            (["version"], 4, "not of version 3"),
            (["address"], "12", "names no address"),
            (["address"], None, "names no address"),
            (["address"], "00" * 20, "holds the key of"),
            (["crypto"], [], "no encrypted key"),
            (["crypto", "kdf"], "pbkdf2", "not encrypted by scrypt"),
            (["crypto", "kdfparams"], None, "no encrypted key"),
            (["crypto", "kdfparams", "n"], 1 << 30, "scrypt parameter n is 1073741824"),
            (["crypto", "kdfparams", "p"], "1", "scrypt parameter p is '1'"),
            (["crypto", "kdfparams", "n"], 1000, "cannot be decrypted"),
            (["crypto", "mac"], 5, "cannot be decrypted"),
            (["crypto", "cipher"], "rot13", "not encrypted by scrypt and aes-128-ctr"),
        ],
    )
    def test_malformed_key_files(
        self, accounts: Accounts, path: list[str], value: object, reason: str
    ) -> None:
        document = json.loads(key_file(accounts).read_text())
        place: dict[str, Any] = document
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value
        key_file(accounts).write_text(json.dumps(document))
        with pytest.raises(KeystoreError, match=reason):
            accounts.unlock("alice", "correct horse")

    @pytest.mark.usefixtures("alice")
    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b" " * 100_000])
    def test_key_files_that_are_none(self, accounts: Accounts, content: bytes) -> None:
        key_file(accounts).write_bytes(content)
        with pytest.raises(KeystoreError, match="malformed"):
            accounts.list()

    def test_an_unreadable_key_file(self, accounts: Accounts) -> None:
        key_file(accounts).mkdir(parents=True)
        with pytest.raises(KeystoreError, match="cannot be read"):
            accounts.entry("alice")


class TestPassphrases:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [(b"a b", "a b"), (b"a\n", "a"), (b"a\r\n", "a"), (b"a\n\n", "a\n")],
    )
    def test_from_a_file(self, tmp_path: Path, content: bytes, expected: str) -> None:
        path = tmp_path / "passphrase"
        path.write_bytes(content)
        assert passphrase_from_file(path) == expected

    @pytest.mark.parametrize(
        ("content", "reason"), [(b"\xff", "not UTF-8"), (b"a" * 5000, "over 4096 bytes")]
    )
    def test_not_from_any_file(self, tmp_path: Path, content: bytes, reason: str) -> None:
        path = tmp_path / "passphrase"
        path.write_bytes(content)
        with pytest.raises(KeystoreError, match=reason):
            passphrase_from_file(path)

    def test_from_the_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DATALEDGER_PASSPHRASE_FILE", raising=False)
        assert passphrase_from_environment() is None
        path = tmp_path / "passphrase"
        monkeypatch.setenv("DATALEDGER_PASSPHRASE_FILE", str(path))
        with pytest.raises(KeystoreError, match="cannot be read"):
            passphrase_from_environment()
        path.write_text("secret\n")
        assert passphrase_from_environment() == "secret"


class TestSigners:
    def test_show_their_address_only(self) -> None:
        signer = Signer(bytes.fromhex(KEY[2:]))
        assert repr(signer) == f"Signer({ADDRESS})"
        assert not hasattr(signer, "__dict__")

    def test_cannot_be_copied_pickled_or_changed(self) -> None:
        signer = Signer(bytes.fromhex(KEY[2:]))
        for action in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="holds a private key"):
                action(signer)
        with pytest.raises(AttributeError, match="does not change"):
            signer.address = address_of(b"\x01" * 20)

    @pytest.mark.parametrize("fees", [Fees(gas_price=0), Fees(None, 0, 0)])
    @pytest.mark.parametrize("to", [TRANSACTION.to, None])
    def test_transactions_recover_to_their_address(self, fees: Fees, to: Any) -> None:
        from eth_account import Account

        signer = Signer(bytes.fromhex(KEY[2:]))
        signed = signer.sign_transaction(replace(TRANSACTION, fees=fees, to=to))
        assert Account.recover_transaction(signed.raw) == ADDRESS
        assert signed == signer.sign_transaction(replace(TRANSACTION, fees=fees, to=to))
        assert len(signed.hash) == 66

    def test_development_keys_are_the_well_known_ones(self) -> None:
        first = development_signer("dev0", IDENTITY)
        assert first.address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
        addresses = {development_signer(f"dev{n}", IDENTITY).address for n in range(COUNT)}
        assert len(addresses) == COUNT

    @pytest.mark.parametrize("name", ["dev10", "dev00", "dev", "alice", "dev-1"])
    def test_there_are_no_other_development_keys(self, name: str) -> None:
        with pytest.raises(KeystoreError, match="no development account"):
            development_signer(name, IDENTITY)

    def test_development_keys_sign_for_their_chain_only(self) -> None:
        signer = development_signer("dev0", IDENTITY)
        signer.sign_transaction(replace(TRANSACTION, chain_id=IDENTITY.chain_id))
        with pytest.raises(WrongChain, match="not for chain 5: everybody knows it"):
            signer.sign_transaction(TRANSACTION)
        with pytest.raises(WrongChain):
            signer.sign_typed_data(
                TypedData(
                    Domain("a", "1", 5, address_of(b"\x01" * 20)),
                    "T",
                    {"T": [("x", "bool")]},
                    {"x": True},
                )
            )

    def test_one_door_for_every_name(self, accounts: Accounts, tmp_path: Path) -> None:
        made = accounts.create("alice", "pass", light=True)
        assert open_signer("alice", "pass", home=tmp_path).address == made.address
        assert is_development_name("dev0")
        with pytest.raises(DevnetError, match="There is no devnet"):
            open_signer("dev0", "never asked for", home=tmp_path)
