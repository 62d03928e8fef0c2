"""The administrators' scripts, each from its command line to the chain."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ape.contracts import ContractInstance
from ape.managers.accounts import TestAccountManager
from ape.managers.networks import NetworkManager
from click.testing import Result

from dataledger.chain.connection import connect
from dataledger.chain.profile import Profile
from dataledger.contracts.artifacts import LEDGER_CONTRACTS, Artifact, ContractName
from dataledger.errors import ContractMismatch
from dataledger.ledger import Ledger

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "examples" / "organisations.yaml"
DEFAULT_POLICY = ROOT / "src" / "dataledger" / "ledger" / "policies" / "default.json"
NOTHING = "0x" + "00" * 20

Run = Callable[..., Result]


@pytest.fixture
def reader(deployment: Any) -> Iterator[Ledger]:
    with Ledger.connect(deployment.profile, home=deployment.home) as ledger:
        yield ledger


def test_ape_lists_every_script() -> None:
    finished = subprocess.run(
        ["ape", "run", "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    for name in ("admit", "deploy", "handover", "policy", "rotate"):
        assert f"\n  {name} " in finished.stdout


def test_a_profile_of_another_chain_is_refused(run: Run, deployment: Any) -> None:
    path = deployment.home / "profiles" / "consortium.json"
    right = path.read_bytes()
    replace(deployment.profile, chain_id=5).save(deployment.home)
    try:
        result = run("policy")
    finally:
        path.write_bytes(right)
    assert result.exit_code == 3
    assert "the profile 'consortium' is of chain 5" in result.output


def test_an_account_without_ether_can_administer(
    run: Run, accounts: TestAccountManager, networks: NetworkManager
) -> None:
    networks.provider.set_balance(accounts[0].address, 0)
    result = run("policy")
    assert result.exit_code == 0, result.output
    assert accounts[0].balance == 0


# ------------------------------------------------------------------------------------------ deploy


def test_deploy_writes_a_profile_that_the_sdk_connects_by(
    deployment: Any, reader: Ledger, accounts: TestAccountManager
) -> None:
    assert set(deployment.profile.contracts) == set(ContractName)
    connect(deployment.profile)
    (root,) = reader.organisations.list()
    assert (root.id, root.slug, root.name) == (1, "authority", "Data Authority")
    (member,) = reader.members.list()
    assert member.key == accounts[0].address


def test_deploying_again_changes_nothing(
    invoke: Run, deployment: Any, accounts: TestAccountManager
) -> None:
    path, nonce = deployment.home / "profiles" / "consortium.json", accounts[0].nonce
    before = path.read_bytes()
    result = invoke(
        *("deploy", "--account", "TEST::0", "--profile", "consortium"),
        *("--home", str(deployment.home), "--slug", "authority", "--name", "Data Authority"),
    )
    assert result.exit_code == 0
    assert "Nothing to do" in result.output
    assert path.read_bytes() == before
    assert accounts[0].nonce == nonce


def test_deploy_adds_the_contract_that_an_older_profile_lacks(
    invoke: Run, deployment: Any, accounts: TestAccountManager, tmp_path: Path
) -> None:
    older = {name: deployment.profile.contract(name) for name in LEDGER_CONTRACTS}
    replace(deployment.profile, contracts=older).save(tmp_path)
    nonce = accounts[0].nonce
    result = invoke(
        *("deploy", "--account", "TEST::0", "--profile", "consortium", "--home", str(tmp_path)),
        *("--slug", "authority", "--name", "Data Authority"),
    )
    assert result.exit_code == 0, result.output
    profile = Profile.load("consortium", tmp_path)
    assert set(profile.contracts) == set(ContractName)
    assert {name: profile.contract(name) for name in LEDGER_CONTRACTS} == older
    assert accounts[0].nonce == nonce + 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--slug", "Data Authority", "--name", "x"), "'Data Authority' is not a slug"),
        (("--slug", "a", "--name", ""), "name has 0 bytes"),
        (("--slug", "a", "--name", "x", "--admin", "0x12"), "'0x12' is not an address"),
        (("--slug", "a", "--name", "x", "--profile-digest", "12"), "'12' is not a digest"),
        (("--slug", "a", "--name", "x", "--endpoint", "ftp://x"), "not an http or https URL"),
    ],
)
def test_deploy_refuses_bad_input_before_it_sends(
    invoke: Run,
    accounts: TestAccountManager,
    tmp_path: Path,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    nonce = accounts[0].nonce
    common = ("--account", "TEST::0", "--profile", "other", "--home", str(tmp_path))
    result = invoke("deploy", *common, *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert accounts[0].nonce == nonce
    assert not (tmp_path / "profiles").exists()


def test_deploy_keeps_the_profile_of_another_chain(
    invoke: Run, deployment: Any, tmp_path: Path
) -> None:
    before = replace(deployment.profile, chain_id=5).save(tmp_path).read_bytes()
    result = invoke(
        *("deploy", "--account", "TEST::0", "--profile", "consortium", "--home", str(tmp_path)),
        *("--slug", "a", "--name", "x"),
    )
    assert result.exit_code == 2
    assert "is of chain 5" in result.output
    assert (tmp_path / "profiles" / "consortium.json").read_bytes() == before


def test_deploy_refuses_to_deploy_other_bytecode(
    deploy_script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compile_otherwise(*_: object, **__: object) -> list[SimpleNamespace]:
        changed = Artifact.load(ContractName.ORGANISATIONS).bytecode[:-1] + b"\0"
        code = {ContractName.ORGANISATIONS: changed, ContractName.DATASET_LEDGER: b""}
        return [
            SimpleNamespace(name=name, get_deployment_bytecode=lambda name=name: code[name])
            for name in ContractName
        ]

    monkeypatch.setattr(deploy_script, "compilers", SimpleNamespace(compile=compile_otherwise))
    monkeypatch.setattr(
        deploy_script, "ContractContainer", lambda kind: SimpleNamespace(contract_type=kind)
    )
    with pytest.raises(ContractMismatch, match="Organisations to other bytecode"):
        deploy_script.compile_contracts()


# ------------------------------------------------------------------------------------------- admit


def test_admit_admits_once(run: Run, reader: Ledger) -> None:
    first = run("admit", str(SAMPLE))
    assert first.exit_code == 0, first.output
    assert "3 admitted, 0 there already." in first.output
    _, city, processor, auditor = reader.organisations.list()
    assert (city.slug, city.name) == ("city-data-office", "City Data Office of Mirrenport")
    assert city.capabilities.names == ("CUSTODIAN",)
    assert processor.capabilities.names == ("PROCESSOR",)
    assert auditor.grantable.names == ("AUDITOR",)
    key = reader.members.list(auditor.id)[0]
    assert key.valid_until_unix == 4_102_358_400

    again = run("admit", str(SAMPLE))
    assert again.exit_code == 0, again.output
    assert "0 admitted, 3 there already." in again.output
    assert len(reader.organisations.list()) == 4


def test_admit_goes_on_where_a_run_broke_off(run: Run, tmp_path: Path, reader: Ledger) -> None:
    head = SAMPLE.read_text("utf-8").partition("- slug: north-audit")[0]
    (tmp_path / "head.yaml").write_text(head, "utf-8")
    assert "2 admitted" in run("admit", str(tmp_path / "head.yaml")).output
    assert "1 admitted, 2 there already." in run("admit", str(SAMPLE)).output
    assert len(reader.organisations.list()) == 4


def test_admit_refuses_the_whole_file_for_a_bad_row(
    run: Run, tmp_path: Path, organisations: ContractInstance
) -> None:
    spoilt = SAMPLE.read_text("utf-8").replace("[AUDITOR]", "[INSPECTOR]", 1)
    (tmp_path / "bad.yaml").write_text(spoilt, "utf-8")
    result = run("admit", str(tmp_path / "bad.yaml"))
    assert result.exit_code == 2
    assert "row 3: 'INSPECTOR' is no capability" in result.output
    assert organisations.organisationCount() == 1


def test_admit_refuses_the_whole_file_for_what_the_contract_would_refuse(
    run: Run, tmp_path: Path, accounts: TestAccountManager, organisations: ContractInstance
) -> None:
    # Row 2 names the root authority's own key.
    spoilt = SAMPLE.read_text("utf-8").replace(
        "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", accounts[0].address
    )
    (tmp_path / "bad.yaml").write_text(spoilt, "utf-8")
    result = run("admit", str(tmp_path / "bad.yaml"))
    assert result.exit_code == 2
    assert f"row 2: The key {accounts[0].address} is bound to organisation 1" in result.output
    assert organisations.organisationCount() == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Clearwater Data Services", "Murkywater", "row 2: clearwater is there, and its name is"),
        ("[PROCESSOR]", "[PROCESSOR, AUDITOR]", "row 2: clearwater is there, and it holds"),
        ("grantable: [AUDITOR]", "grantable: []", "row 3: north-audit is there, and it may grant"),
        ("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", "0x" + "ab" * 20, "none of its keys"),
    ],
)
def test_admit_names_what_differs_from_what_is_there(
    run: Run, tmp_path: Path, old: str, new: str, message: str
) -> None:
    run("admit", str(SAMPLE))
    text = SAMPLE.read_text("utf-8")
    assert old in text
    (tmp_path / "other.yaml").write_text(text.replace(old, new), "utf-8")
    result = run("admit", str(tmp_path / "other.yaml"))
    assert result.exit_code == 2
    assert message in result.output


def test_admit_needs_an_administrator(run: Run, organisations: ContractInstance) -> None:
    result = run("admit", str(SAMPLE), account="TEST::7")
    assert result.exit_code == 2
    assert result.output.count("is a member of no organisation") == 3
    assert organisations.organisationCount() == 1


# ------------------------------------------------------------------------------------------ policy


def test_policy_publishes_once(run: Run, reader: Ledger) -> None:
    first = run("policy")
    assert "Published as policy 1" in first.output, first.output
    assert reader.policies.default() == 1
    for arguments in ((), (str(DEFAULT_POLICY),)):
        again = run("policy", *arguments)
        assert (again.exit_code, "as policy 1. Nothing to do" in again.output) == (0, True)


def test_policy_publishes_a_file(run: Run, tmp_path: Path, reader: Ledger) -> None:
    policy = json.loads(DEFAULT_POLICY.read_bytes()) | {"name": "short"}
    policy["stages"] += ["ARCHIVED"]
    (tmp_path / "short.json").write_text(json.dumps(policy), "utf-8")
    result = run("policy", str(tmp_path / "short.json"))
    assert result.exit_code == 0, result.output
    assert "Warning: The stage ARCHIVED cannot be reached" in result.output
    assert reader.policies.get(reader.policies.list()[0].id).policy.name == "short"


@pytest.mark.parametrize(
    ("data", "exit_code"), [(b"{}", 2), (b"not JSON", 2), (b"[" * 10_000, 2), (None, 2)]
)
def test_policy_refuses_a_bad_file(
    run: Run, tmp_path: Path, ledger: ContractInstance, data: bytes | None, exit_code: int
) -> None:
    path = tmp_path / "bad.json"
    if data is not None:
        path.write_bytes(data)
    result = run("policy", str(path))
    assert result.exit_code == exit_code
    assert result.output.startswith("Error: ")
    assert ledger.policyCount() == 0


def test_policy_needs_a_regulator(run: Run) -> None:
    run("admit", str(SAMPLE))
    result = run("policy", account="TEST::1")
    assert result.exit_code == 1
    assert "Organisation 2 lacks a capability: this needs REGULATOR" in result.output


# ------------------------------------------------------------------------------------------ rotate


def test_rotate_hands_over_a_role_once(
    run: Run, accounts: TestAccountManager, reader: Ledger
) -> None:
    old, new = accounts[0], accounts[8]
    first = run("rotate", new.address)
    assert f"{new.address} took over from {old.address}" in first.output, first.output
    members = {member.key: member for member in reader.members.list()}
    assert members[new.address].is_active
    assert not members[old.address].is_active
    again = run("rotate", new.address)
    assert (again.exit_code, "Nothing to do" in again.output) == (0, True)
    # The new key administers now, and the old one no more.
    assert run("policy").exit_code == 1
    assert run("policy", account="TEST::8").exit_code == 0


@pytest.mark.parametrize(
    ("new_key", "account", "exit_code", "message"),
    [
        ("0x12", "TEST::0", 2, "'0x12' is not an address"),
        ("nobody", "TEST::0", 2, "neither an address nor the alias"),
        (NOTHING, "TEST::0", 1, "cannot be a member"),
        ("0x" + "ab" * 20, "TEST::7", 1, "is a member of no organisation"),
    ],
)
def test_rotate_refuses_in_words(
    run: Run, new_key: str, account: str, exit_code: int, message: str
) -> None:
    result = run("rotate", new_key, account=account)
    assert (result.exit_code, message in result.output) == (exit_code, True), result.output


# ---------------------------------------------------------------------------------------- handover


def test_handover_takes_a_proposal_and_an_acceptance(
    run: Run, accounts: TestAccountManager, reader: Ledger
) -> None:
    successor = accounts[6]
    proposed = run("handover", "propose", successor.address)
    assert f"Proposed {successor.address}" in proposed.output, proposed.output
    assert "Nothing to do" in run("handover", "propose", successor.address).output

    stranger = run("handover", "accept", account="TEST::7")
    assert stranger.exit_code == 1
    assert f"the proposed successor is {successor.address}" in stranger.output

    accepted = run("handover", "accept", account="TEST::6")
    assert f"{successor.address} holds the root authority" in accepted.output, accepted.output
    assert "Nothing to do" in run("handover", "accept", account="TEST::6").output
    void = run("policy")
    assert void.exit_code == 1
    assert "lost its membership in organisation 1" in void.output
    assert run("policy", account="TEST::6").exit_code == 0
    assert [member.key for member in reader.members.list() if member.is_active] == [
        successor.address
    ]


def test_handover_is_proposed_by_the_root_authority_alone(run: Run) -> None:
    run("admit", str(SAMPLE))
    result = run("handover", "propose", "0x" + "ab" * 20, account="TEST::1")
    assert result.exit_code == 1
    assert "has no authority over organisation 1" in result.output
