"""Compiles contracts/ with py-solc-x into the artifacts that ship in the package.

An artifact is one JSON file per deployable contract, and per interface that none of them
implements, with everything a client needs and nothing that depends on the machine: the same
sources, settings and compiler give the same bytes. `--check` compiles again and compares instead of
writing.
"""

import argparse
import hashlib
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import solcx
from install_solc import INSTALL_DIRECTORY, ROOT, pinned_version

ARTIFACTS = ROOT / "src" / "dataledger" / "contracts" / "artifacts"
FORMAT = "dataledger/contract/1"
OUTPUTS = [
    "abi",
    "metadata",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
    "evm.methodIdentifiers",
]


def compiler_settings() -> dict[str, Any]:
    """The settings of foundry.toml's default profile, named as in the compiler's standard JSON."""
    with (ROOT / "foundry.toml").open("rb") as file:
        profile = tomllib.load(file)["profile"]["default"]
    return {
        "evmVersion": profile["evm_version"],
        "metadata": {"bytecodeHash": profile["bytecode_hash"]},
        "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
        "remappings": sorted(profile["remappings"]),
        "viaIR": profile["via_ir"],
    }


def compile_contracts() -> dict[str, dict[str, Any]]:
    """Compiles every source under contracts/; gives the compiler's output for each source file.

    Raises:
        solcx.exceptions.SolcError: A source does not compile; the message is the compiler's.
        solcx.exceptions.SolcNotInstalled: `install_solc.py` has not run.
    """
    paths = [
        path
        for path in sorted((ROOT / "contracts").rglob("*.sol"))
        if ".cache" not in path.parts  # where Ape may lay a copy of OpenZeppelin
    ]
    job = {
        "language": "Solidity",
        "settings": {**compiler_settings(), "outputSelection": {"*": {"*": OUTPUTS}}},
        "sources": {
            path.relative_to(ROOT).as_posix(): {"content": path.read_text(encoding="utf-8")}
            for path in paths
        },
    }
    compiler = solcx.install.get_executable(pinned_version(), solcx_binary_path=INSTALL_DIRECTORY)
    output: dict[str, Any] = solcx.compile_standard(job, base_path=ROOT, solc_binary=compiler)
    contracts: dict[str, dict[str, Any]] = output["contracts"]
    return contracts


def artifact(source: str, name: str, compiled: dict[str, Any]) -> dict[str, Any]:
    """What a client needs of one compiled contract.

    Bytecode is 0x-prefixed hexadecimal, empty for an interface. Immutable references are the byte
    ranges of the deployed bytecode that the constructor fills in, in order.
    """
    metadata = json.loads(compiled["metadata"])
    evm = compiled["evm"]
    references = evm["deployedBytecode"].get("immutableReferences", {})
    return {
        "abi": compiled["abi"],
        "bytecode": f"0x{evm['bytecode']['object']}",
        "compiler": {
            "settings": compiler_settings(),
            "version": metadata["compiler"]["version"],
        },
        "deployed_bytecode": f"0x{evm['deployedBytecode']['object']}",
        "format": FORMAT,
        "immutable_references": sorted(
            (reference for of_one in references.values() for reference in of_one),
            key=lambda reference: int(reference["start"]),
        ),
        "method_identifiers": evm["methodIdentifiers"],
        "name": name,
        "source": source,
        "sources": {
            path: f"sha256:{hashlib.sha256((ROOT / path).read_bytes()).hexdigest()}"
            for path in metadata["sources"]
        },
    }


def build() -> dict[str, bytes]:
    """Compiles; gives the bytes of every artifact file by its name."""
    output = compile_contracts()
    deployable = {
        name: (source, compiled)
        for source, contracts in output.items()
        if Path(source).parent == Path("contracts")
        for name, compiled in contracts.items()
        if compiled["evm"]["bytecode"]["object"]
    }
    interfaces = {
        name: (source, compiled)
        for source, contracts in output.items()
        if Path(source).parent == Path("contracts/interfaces")
        for name, compiled in contracts.items()
        if name.removeprefix("I") not in deployable
    }
    files = {}
    for name, (source, compiled) in (deployable | interfaces).items():
        text = json.dumps(artifact(source, name, compiled), indent=1, sort_keys=True)
        files[f"{name}.json"] = f"{text}\n".encode()
    return files


def stale(files: dict[str, bytes]) -> list[str]:
    """The names of committed artifacts that are absent, differ from `files`, or have no source."""
    committed = {path.name: path.read_bytes() for path in ARTIFACTS.glob("*.json")}
    return sorted(name for name in {*files, *committed} if files.get(name) != committed.get(name))


def write(files: dict[str, bytes]) -> None:
    """Leaves exactly `files` in the artifact folder; each file is replaced whole."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        temporary = ARTIFACTS / f".{name}.tmp"
        temporary.write_bytes(data)
        temporary.replace(ARTIFACTS / name)
    for path in ARTIFACTS.glob("*.json"):
        if path.name not in files:
            path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description="Compile contracts/ into the package's artifacts.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check: bool = parser.parse_args().check
    files = build()
    changed = stale(files)
    if check and changed:
        sys.exit(f"Artifacts differ from contracts/: {', '.join(changed)}. Run `make build`.")
    if changed:
        write(files)
    sys.stdout.write(f"{len(files)} artifacts are current ({len(changed)} were written).\n")


if __name__ == "__main__":
    main()
