"""One compiler, pinned once, serves every tool; the lock files pin, hash and name no host."""

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import check_contract_coverage
import check_locks
import check_package_coverage
import install_solc
import pytest
import solcx
import yaml

ROOT = Path(__file__).resolve().parents[2]
SHIM = ROOT / "scripts" / "toolchain" / "solc.js"
PINNED = install_solc.pinned_version()
INSTALLED = install_solc.INSTALL_DIRECTORY / f"solc-v{PINNED}"
PIPE_BYTES = 65_536


def shim(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [install_solc.node_executable(), SHIM, *arguments],
        check=False,
        capture_output=True,
        input=stdin,
        text=True,
        timeout=60,
    )


def job(source: str, *outputs: str) -> str:
    return json.dumps(
        {
            "language": "Solidity",
            "sources": {"Main.sol": {"content": source}},
            "settings": {"outputSelection": {"*": {"*": list(outputs), "": ["ast"]}}},
        }
    )


def errors_of(finished: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert finished.returncode == 0, finished.stderr
    return [
        error
        for error in json.loads(finished.stdout).get("errors", [])
        if error["severity"] == "error"
    ]


class TestPins:
    def test_py_solc_x_finds_the_pinned_compiler(self) -> None:
        executable = solcx.install.get_executable(
            PINNED, solcx_binary_path=install_solc.INSTALL_DIRECTORY
        )
        assert executable == INSTALLED
        assert str(solcx.wrapper.get_solc_version(executable)) == PINNED

    def test_no_other_compiler_is_installed_beside_it(self) -> None:
        versions = solcx.get_installed_solc_versions(
            solcx_binary_path=install_solc.INSTALL_DIRECTORY
        )
        assert [str(version) for version in versions] == [PINNED]

    def test_forge_uses_the_same_executable(self) -> None:
        foundry = tomllib.loads((ROOT / "foundry.toml").read_text(encoding="utf-8"))
        configured = ROOT / foundry["profile"]["default"]["solc"]
        assert configured.resolve() == INSTALLED.resolve()

    def test_ape_compiles_with_the_same_version_and_settings(self) -> None:
        ape = yaml.safe_load((ROOT / "ape-config.yaml").read_text(encoding="utf-8"))["solidity"]
        foundry = tomllib.loads((ROOT / "foundry.toml").read_text(encoding="utf-8"))
        profile = foundry["profile"]["default"]
        assert ape["version"] == PINNED
        assert ape["optimize"] is profile["optimizer"]
        assert ape["optimization_runs"] == profile["optimizer_runs"]

    def test_ape_asks_for_the_plugins_that_are_installed(self) -> None:
        ape = yaml.safe_load((ROOT / "ape-config.yaml").read_text(encoding="utf-8"))
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        for plugin in ape["plugins"]:
            pin = f"ape-{plugin['name']}=={plugin['version']}"
            assert pin in project["optional-dependencies"]["dev"]

    def test_npm_pins_are_exact(self) -> None:
        package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
        pins = package["devDependencies"] | package["optionalDependencies"]
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pins.values())


class TestSolcShim:
    def test_version_is_read_by_py_solc_x(self, tmp_path: Path) -> None:
        wrapper = tmp_path / "solc"
        install_solc.write_wrapper(wrapper)
        assert str(solcx.wrapper.get_solc_version(wrapper)) == PINNED
        assert re.fullmatch(rf"{PINNED}\+commit\.[0-9a-f]{{8}}", install_solc.full_version(wrapper))

    def test_help_names_every_option(self) -> None:
        text = shim("--help").stdout
        for option in ("--standard-json", "--base-path", "--include-path", "--version"):
            assert option in text

    def test_compiles_standard_json(self) -> None:
        source = "pragma solidity >=0.8.0; contract Main { uint256 public x; }"
        finished = shim("--standard-json", stdin=job(source, "evm.bytecode.object"))
        assert errors_of(finished) == []
        contract = json.loads(finished.stdout)["contracts"]["Main.sol"]["Main"]
        assert len(contract["evm"]["bytecode"]["object"]) > 0

    def test_a_compile_error_is_an_answer_and_not_a_crash(self) -> None:
        (error,) = errors_of(shim("--standard-json", stdin=job("contract {", "abi")))
        assert error["type"] == "ParserError"

    def test_an_answer_larger_than_a_pipe_arrives_whole(self) -> None:
        fields = " ".join(f"uint256 public field{number};" for number in range(200))
        source = f"pragma solidity >=0.8.0; contract Main {{ {fields} }}"
        finished = shim("--standard-json", stdin=job(source, "abi"))
        assert len(finished.stdout) > PIPE_BYTES
        assert len(json.loads(finished.stdout)["contracts"]["Main.sol"]["Main"]["abi"]) == 200

    @pytest.mark.parametrize("option", ["--base-path", "--include-path"])
    def test_imports_are_found_under_the_named_paths(self, tmp_path: Path, option: str) -> None:
        (tmp_path / "Other.sol").write_text("pragma solidity >=0.8.0; contract Other {}")
        source = 'pragma solidity >=0.8.0; import "Other.sol"; contract Main is Other {}'
        finished = shim("--standard-json", option, str(tmp_path), stdin=job(source, "abi"))
        assert errors_of(finished) == []

    @pytest.mark.parametrize("name", ["../Outside.sol", "{folder}/Outside.sol", "Absent.sol"])
    def test_imports_from_elsewhere_are_not_found(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "Outside.sol").write_text("contract Outside {}")
        base = tmp_path / "base"
        base.mkdir()
        source = f'import "{name.format(folder=tmp_path)}";'
        finished = shim("--standard-json", "--base-path", str(base), stdin=job(source, "abi"))
        assert any("not found" in error["message"] for error in errors_of(finished))

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--optimize"], "Error: unrecognised option '--optimize'"),
            (["--base-path"], "Error: the option '--base-path' needs a value"),
            ([], "Error: only --standard-json, --version and --help are supported"),
        ],
    )
    def test_what_it_cannot_do_is_refused(self, arguments: list[str], message: str) -> None:
        finished = shim(*arguments)
        assert finished.returncode == 1
        assert finished.stderr.strip() == message


class TestLocks:
    HASH = f"    --hash=sha256:{'0' * 64}"

    def test_the_lock_files_are_clean(self) -> None:
        for path in (ROOT / "requirements").glob("*.txt"):
            assert check_locks.requirement_problems(path.read_text(encoding="utf-8")) == []
        lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
        assert check_locks.package_lock_problems(lock) == []

    def test_runtime_is_locked_to_what_the_tests_ran_with(self) -> None:
        def pins(name: str) -> set[str]:
            text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
            return {line.split(" ")[0] for line in text.splitlines() if "==" in line}

        assert pins("runtime.txt") <= pins("dev.txt")

    def test_a_pin_with_its_hash_is_accepted(self) -> None:
        text = f"rich==14.3.0 \\\n{self.HASH}\n"
        assert check_locks.requirement_problems(text) == []

    @pytest.mark.parametrize(
        "line",
        [
            "--index-url https://host.example/simple",
            "--find-links /wheels",
            "rich>=14",
            "rich==14.3.0",
            "rich @ https://host.example/rich.whl",
            "# from https://host.example/simple",
        ],
    )
    def test_a_requirement_line_that_is_no_hashed_pin_is_named(self, line: str) -> None:
        text = f"rich==14.3.0 \\\n{self.HASH}\n{line}\n"
        assert check_locks.requirement_problems(text) == [f"line 3: {line}"]

    def test_an_npm_lock_that_names_a_host_is_refused(self) -> None:
        package = {
            "resolved": "https://host.example/a.tgz",
            "integrity": f"sha512-{'A' * 86}==",
        }
        lock = json.dumps({"packages": {"": {}, "node_modules/a": package}})
        assert check_locks.package_lock_problems(lock) == [
            "node_modules/a: names the host https://host.example/a.tgz"
        ]

    def test_an_npm_package_without_its_digest_is_refused(self) -> None:
        lock = json.dumps({"packages": {"node_modules/a": {"version": "1.0.0"}}})
        assert check_locks.package_lock_problems(lock) == ["node_modules/a: has no SHA-512"]


class TestContractCoverage:
    REACHED = (
        "SF:contracts/A.sol\nFN:1,A.f\nFNDA:3,A.f\nBRDA:2,0,0,1\nBRDA:2,0,1,2\nend_of_record\n"
    )

    def test_nothing_is_missed_where_everything_is_reached(self) -> None:
        assert check_contract_coverage.unreached(self.REACHED) == []

    @pytest.mark.parametrize("never", ["0", "-"])
    def test_a_missed_branch_is_named(self, never: str) -> None:
        report = self.REACHED.replace("BRDA:2,0,1,2", f"BRDA:2,0,1,{never}")
        assert check_contract_coverage.unreached(report) == [
            "contracts/A.sol:2: branch 1 of this line"
        ]

    def test_a_missed_function_is_named(self) -> None:
        report = self.REACHED.replace("FNDA:3", "FNDA:0")
        assert check_contract_coverage.unreached(report) == ["contracts/A.sol: the function A.f"]

    def test_a_report_about_no_contract_proves_nothing(self) -> None:
        with pytest.raises(ValueError, match="no file under contracts/"):
            check_contract_coverage.unreached("")


class TestPackageCoverage:
    REPORT = {  # noqa: RUF012 - read only
        "files": {
            "src/dataledger/chain/a.py": {"summary": {"num_branches": 30, "covered_branches": 30}},
            "src/dataledger/chain/b.py": {"summary": {"num_branches": 10, "covered_branches": 8}},
            "src/dataledger/cli/c.py": {"summary": {"num_branches": 10, "covered_branches": 0}},
        }
    }

    def test_branches_count_and_lines_do_not(self) -> None:
        assert check_package_coverage.branch_percent(self.REPORT, "chain") == 95.0

    def test_a_report_about_no_branch_proves_nothing(self) -> None:
        with pytest.raises(ValueError, match="no branch of hashing"):
            check_package_coverage.branch_percent(self.REPORT, "hashing")
