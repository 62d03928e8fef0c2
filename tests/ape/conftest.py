"""The contracts, deployed once by the script that administrators run, and run in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from ape import Contract, networks
from ape.contracts import ContractInstance
from click.testing import CliRunner, Result
from ethpm_types import ContractType

from dataledger.chain.profile import Profile
from dataledger.contracts.artifacts import Artifact, ContractName

ROOT = Path(__file__).resolve().parents[2]
ROOT_ACCOUNT = "TEST::0"

Invoke = Callable[..., Result]


@dataclass(frozen=True)
class Deployment:
    """What `ape run deploy` left."""

    home: Path
    profile: Profile

    def contract(self, name: ContractName) -> ContractInstance:
        """Return a contract as Ape speaks to it."""
        abi = [dict(item) for item in Artifact.load(name).abi]
        kind = ContractType.model_validate({"contractName": name, "abi": abi})
        return Contract(self.profile.contract(name).address, contract_type=kind)


def script(name: str) -> ModuleType:
    """Return a module of `scripts/`, found as `ape run` finds it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        return import_module(f"scripts.{name}")


@pytest.fixture(scope="session")
def invoke() -> Invoke:
    """Run a script in this process, on this process's chain, as `ape run` does."""

    def invoke_script(name: str, *arguments: str) -> Result:
        # The chain by its address: by its name, each script would start one of its own.
        network = ("--network", networks.provider.http_uri)
        command = script(name).cli
        return CliRunner().invoke(command, [*arguments, *network], catch_exceptions=False)

    return invoke_script


@pytest.fixture(scope="session")
def deployment(invoke: Invoke, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    home = tmp_path_factory.mktemp("home")
    result = invoke(
        *("deploy", "--account", ROOT_ACCOUNT, "--profile", "consortium", "--home", str(home)),
        *("--slug", "authority", "--name", "Data Authority"),
    )
    assert result.exit_code == 0, result.output
    return Deployment(home, Profile.load("consortium", home))


@pytest.fixture(scope="session")
def run(invoke: Invoke, deployment: Deployment) -> Invoke:
    """Run a script on the deployed contracts: `run("admit", FILE, account="TEST::0")`."""

    def run_script(name: str, *arguments: str, account: str = ROOT_ACCOUNT) -> Result:
        common = ("--account", account, "--profile", "consortium", "--home", str(deployment.home))
        return invoke(name, *arguments, *common)

    return run_script


@pytest.fixture(scope="session")
def admissions() -> ModuleType:
    return script("_admissions")


@pytest.fixture(scope="session")
def deploy_script() -> ModuleType:
    return script("deploy")


@pytest.fixture(scope="session")
def organisations(deployment: Deployment) -> ContractInstance:
    return deployment.contract(ContractName.ORGANISATIONS)


@pytest.fixture(scope="session")
def ledger(deployment: Deployment) -> ContractInstance:
    return deployment.contract(ContractName.DATASET_LEDGER)
