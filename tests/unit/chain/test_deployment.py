"""Deployment against a chain in plain Python: resumed, pinned, and checked."""

from dataclasses import replace
from pathlib import Path

import pytest
from fake_node import CONTRACT, FakeNode, fake_signer
from once_contract import ARTIFACT, RUNTIME_CODE

from dataledger.chain.connection import Connection
from dataledger.chain.deployment import PLANS, RootAuthority, create_contract, deploy, is_code_of
from dataledger.chain.identifiers import code_hash
from dataledger.chain.outbox import Outbox
from dataledger.chain.profile import ContractPin, Profile
from dataledger.contracts.artifacts import LEDGER_CONTRACTS, Artifact, ContractName
from dataledger.contracts.identifiers import Slug
from dataledger.errors import ContractMismatch, InvalidArgument
from dataledger.hashing import Digest

ROOT = RootAuthority(fake_signer(5).address, Slug("authority"), "Data Authority", Digest.of(b"x"))
DEPLOYED = (
    RUNTIME_CODE[:186] + (10).to_bytes(32) + RUNTIME_CODE[218:222] + (10).to_bytes(32)
    + RUNTIME_CODE[254:]
)  # fmt: skip


class NodeWithCode(FakeNode):
    """Shows given code at every address; with several, one after the other."""

    codes: tuple[bytes, ...] = (DEPLOYED,)

    def eth_getCode(self, _address: str, _tag: str) -> str:  # noqa: N802 - the method's name
        code, *rest = self.codes
        self.codes = tuple(rest) or (code,)
        return "0x" + code.hex()


@pytest.fixture
def node() -> NodeWithCode:
    return NodeWithCode()


def test_immutable_variables_may_hold_anything() -> None:
    assert is_code_of(ARTIFACT, DEPLOYED)
    assert is_code_of(ARTIFACT, RUNTIME_CODE)
    assert not is_code_of(ARTIFACT, DEPLOYED[:-1] + b"\x00")
    assert not is_code_of(ARTIFACT, DEPLOYED + b"\x00")
    assert not is_code_of(ARTIFACT, b"")


def test_created_once(node: NodeWithCode, tmp_path: Path) -> None:
    connection = node.connection()
    with Outbox(connection, home=tmp_path) as outbox:
        first = create_contract(connection, outbox, fake_signer(), ARTIFACT, [10])
        assert create_contract(connection, outbox, fake_signer(), ARTIFACT, [10]) == first
        create_contract(connection, outbox, fake_signer(), ARTIFACT, [11])
    assert first.address == CONTRACT
    assert first.code_hash == code_hash(DEPLOYED)
    assert node.blocks[-1].nonces[fake_signer().address] == 2


@pytest.mark.parametrize("arguments", [[], [1, 2], [-1], ["one"]])
def test_other_constructor_arguments(
    node: NodeWithCode, tmp_path: Path, arguments: list[object]
) -> None:
    connection = node.connection()
    with Outbox(connection, home=tmp_path) as outbox, pytest.raises(InvalidArgument):
        create_contract(connection, outbox, fake_signer(), ARTIFACT, arguments)
    assert node.blocks[-1].nonces[fake_signer().address] == 0


def test_other_code_on_the_chain(node: NodeWithCode, tmp_path: Path) -> None:
    connection = node.connection()
    node.codes = (DEPLOYED[:-1] + b"\x00",)
    with (
        Outbox(connection, home=tmp_path) as outbox,
        pytest.raises(ContractMismatch, match="not that of the contract"),
    ):
        create_contract(connection, outbox, fake_signer(), ARTIFACT, [10])


def test_the_profile_is_written_last(node: NodeWithCode, tmp_path: Path) -> None:
    connection = node.connection()
    said: list[str] = []
    artifacts = {name: Artifact.load(name) for name in ContractName}
    with Outbox(connection, home=tmp_path) as outbox:
        # The second contract turns out to be another one.
        node.codes = (artifacts[ContractName.ORGANISATIONS].deployed_bytecode,)
        with pytest.raises(ContractMismatch):
            deploy(connection, outbox, fake_signer(), ROOT, home=tmp_path, announce=said.append)
        assert not (tmp_path / "profiles").exists()
        node.codes = tuple(artifacts[plan.name].deployed_bytecode for plan in PLANS)
        profile = deploy(connection, outbox, fake_signer(), ROOT, home=tmp_path)
    assert said == ["Creating the contract Organisations", "Creating the contract DatasetLedger"]
    assert Profile.load("fake", tmp_path) == profile
    assert list(profile.contracts) == [plan.name for plan in PLANS]
    assert node.blocks[-1].nonces[fake_signer().address] == len(PLANS), (
        "what was there was not repeated"
    )
    assert profile.contract("Organisations").address == CONTRACT


def test_a_profile_without_the_last_contract_is_completed(
    node: NodeWithCode, tmp_path: Path
) -> None:
    connection = node.connection()
    pin = ContractPin(CONTRACT, code_hash(b"of an older release"), 1)
    older = replace(connection.profile, contracts=dict.fromkeys(LEDGER_CONTRACTS, pin))
    node.codes = (Artifact.load(ContractName.DATA_USE).deployed_bytecode,)
    connection = Connection(older, connection.transport)
    with Outbox(connection, home=tmp_path) as outbox:
        profile = deploy(connection, outbox, fake_signer(), ROOT, home=tmp_path)
    assert list(profile.contracts) == [*LEDGER_CONTRACTS, "DataUse"]
    assert [profile.contract(name) for name in LEDGER_CONTRACTS] == [pin, pin]
    assert node.blocks[-1].nonces[fake_signer().address] == 1


def test_a_root_without_a_profile_document() -> None:
    arguments = PLANS[0].arguments(replace(ROOT, profile_digest=None), {})
    assert arguments[1:] == [b"authority".ljust(32, b"\0"), b"Data Authority", bytes(32)]
