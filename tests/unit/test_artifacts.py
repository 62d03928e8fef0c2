"""The artifacts that ship are what the contracts compile to, and hold what a client relies on."""

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import build_contracts
import pytest
from eth_utils.crypto import keccak

ROOT = Path(__file__).resolve().parents[2]
CODE_SIZE_LIMIT = 24_576  # EIP-170
DEPLOYABLE = {"DataUse", "DatasetLedger", "Organisations"}
ARTIFACTS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(build_contracts.ARTIFACTS.glob("*.json"))
}

each_artifact = pytest.mark.parametrize("artifact", ARTIFACTS.values(), ids=ARTIFACTS.keys())


def canonical_type(parameter: dict[str, Any]) -> str:
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(canonical_type(component) for component in parameter["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def test_committed_artifacts_are_what_the_contracts_compile_to() -> None:
    assert build_contracts.stale(build_contracts.build()) == []


def test_every_deployable_contract_has_an_artifact() -> None:
    assert {name for name, artifact in ARTIFACTS.items() if artifact["bytecode"] != "0x"} == (
        DEPLOYABLE
    )


@each_artifact
def test_compiler_and_settings_are_the_pinned_ones(artifact: dict[str, Any]) -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    pinned = package["devDependencies"]["solc"]
    profile = tomllib.loads((ROOT / "foundry.toml").read_text(encoding="utf-8"))["profile"]
    settings = artifact["compiler"]["settings"]
    assert artifact["compiler"]["version"].startswith(f"{pinned}+commit.")
    assert settings["evmVersion"] == profile["default"]["evm_version"] == "paris"
    assert settings["viaIR"] is True
    assert settings["optimizer"] == {
        "enabled": True,
        "runs": profile["default"]["optimizer_runs"],
    }


@each_artifact
def test_sources_are_the_files_in_the_repository(artifact: dict[str, Any]) -> None:
    assert artifact["source"] in artifact["sources"]
    for path, digest in artifact["sources"].items():
        data = (ROOT / path).read_bytes()
        assert digest == f"sha256:{hashlib.sha256(data).hexdigest()}", path


@each_artifact
def test_method_identifiers_are_the_selectors_of_the_abi(artifact: dict[str, Any]) -> None:
    signatures = {
        f"{entry['name']}({','.join(map(canonical_type, entry['inputs']))})"
        for entry in artifact["abi"]
        if entry["type"] == "function"
    }
    assert artifact["method_identifiers"] == {
        signature: keccak(text=signature)[:4].hex() for signature in signatures
    }


@each_artifact
def test_deployed_code_fits_the_limit_of_every_chain(artifact: dict[str, Any]) -> None:
    assert len(bytes.fromhex(artifact["deployed_bytecode"][2:])) < CODE_SIZE_LIMIT


@each_artifact
def test_immutable_references_are_gaps_left_for_the_constructor(artifact: dict[str, Any]) -> None:
    code = bytes.fromhex(artifact["deployed_bytecode"][2:])
    references = artifact["immutable_references"]
    assert references == sorted(references, key=lambda reference: int(reference["start"]))
    for reference in references:
        start, length = reference["start"], reference["length"]
        assert code[start : start + length] == bytes(length)


@each_artifact
def test_artifact_names_no_place_on_the_machine_that_built_it(artifact: dict[str, Any]) -> None:
    assert str(ROOT) not in json.dumps(artifact)
    assert not any(path.startswith("/") for path in artifact["sources"])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(build_contracts, "ARTIFACTS", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_written_artifacts_are_current() -> None:
    files = {"A.json": b"a", "B.json": b"b"}
    assert build_contracts.stale(files) == ["A.json", "B.json"]
    build_contracts.write(files)
    assert build_contracts.stale(files) == []


def test_one_changed_byte_makes_an_artifact_stale(folder: Path) -> None:
    build_contracts.write({"A.json": b"a"})
    (folder / "A.json").write_bytes(b"b")
    assert build_contracts.stale({"A.json": b"a"}) == ["A.json"]


def test_an_artifact_without_a_contract_is_stale_and_removed(folder: Path) -> None:
    build_contracts.write({"A.json": b"a", "Gone.json": b"g"})
    assert build_contracts.stale({"A.json": b"a"}) == ["Gone.json"]
    build_contracts.write({"A.json": b"a"})
    assert [path.name for path in folder.iterdir()] == ["A.json"]
