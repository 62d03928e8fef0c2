"""What the README shows is what happens: its commands, its program, and the demo it quotes."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from plain_node import plain_node

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text()
PLAIN_NODE = "http://127.0.0.1:8545"
TIMEOUT_SECONDS = 60

# What differs from run to run, and from machine to machine.
VARYING = [
    (re.compile(r"\b0x[0-9a-fA-F]{8,}|\b0x[0-9a-fA-F]+…[0-9a-fA-F]*"), "0x…"),
    (re.compile(r"sha256:[0-9a-f…]+"), "sha256:…"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"), "TIME"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "http://127.0.0.1:PORT"),
    (re.compile(r"\b\d{2,3},\d{3}\b(?= gas)|(?<=gas )\d{2,3},\d{3}\b"), "GAS"),
    (re.compile(r"(?<=process )\d+"), "PID"),
    (re.compile(r"(?<=^id )[0-9a-f]{16}$"), "ID"),
    (re.compile(r"(?<=chain id )\d+"), "CHAIN"),
    (re.compile(r"\d+\.\d+ s\b"), "SECONDS"),
    # What a private answer says, and how it is broken into lines, is partly chance.
    (re.compile(r"(?<=answers )-?\d+(\.\d+)?(?=:)"), "NUMBER"),
    # A bundle's size: proofs are shorter or longer by where the hashes fall.
    (re.compile(r"(?<=\()\d+\.\d KiB(?=, )"), "SIZE"),
    (re.compile(r"(?<=[ ])/\S+/"), "FOLDER/"),
]


class Shown(NamedTuple):
    """A command that the README shows, with the output it shows."""

    command: str
    output: str


def blocks(language: str) -> list[str]:
    """Return the README's fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> list[Shown]:
    """Return what stands behind each `$`, with the lines up to the next."""
    shown = []
    for part in "".join(blocks("console")).removeprefix("$ ").split("\n$ "):
        command, _, output = part.partition("\n")
        shown.append(Shown(command, output))
    return shown


def settled(text: str) -> list[str]:
    """Return the lines that say something, without what varies."""
    lines = []
    for raw in text.splitlines():
        line = " ".join(raw.split())
        for pattern, name in VARYING:
            line = pattern.sub(name, line)
        if line.strip("─ "):
            lines.append(line)
    return lines


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder with what the README speaks of; what was started in it is stopped."""
    examples = PROJECT / "examples"
    shutil.copytree(examples / "harbour-air", tmp_path / "harbour-air")
    shutil.copy(examples / "harbour-air.croissant.json", tmp_path)
    (tmp_path / "passphrase.txt").write_text("correct horse battery staple\n")
    (tmp_path / "passphrase.txt").chmod(0o600)
    yield tmp_path
    run("dataledger devnet down", tmp_path)


def run(command: str, place: Path) -> str:
    """Run a shell command as a reader would, and return all it prints."""
    programs = Path(sys.executable).parent
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("DATALEDGER_")},
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "DATALEDGER_HOME": str(place / "home"),
        "COLUMNS": "80",
    }
    ended = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=place,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    return ended.stdout


def test_commands_print_what_is_shown_and_the_program_runs(place: Path) -> None:
    (program,) = blocks("python")
    (place / "program.py").write_text(program)
    with plain_node(place / "node.log") as endpoint:
        for shown in commands():
            command = shown.command.replace(PLAIN_NODE, endpoint)
            assert settled(run(command, place)) == settled(shown.output), command
    printed = run("python program.py; dataledger devnet down", place).splitlines()
    assert re.fullmatch(r"version 2, \d{2},\d{3} gas", printed[0])
    assert printed[1] == "4 events lead to the contract's head"


def test_demo_prints_what_is_quoted(place: Path) -> None:
    story = settled(run("dataledger demo", place))
    for quoted in blocks("text"):
        printed = iter(story)
        assert [line for line in settled(quoted) if line not in printed] == []


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z-]+)", "".join(blocks("sh")), re.MULTILINE))
    assert named >= {"demo", "test", "check"}
    assert named <= targets


def test_gas_is_what_the_benchmark_measures() -> None:
    shown = {
        cells[0]: [float(cell.replace(",", "")) for cell in cells[1:]]
        for cells in re.findall(
            r"^\| (\S.*?) \| ([\d,]+) \| ([\d,]+) \| ([\d.]+) \|$", README, re.MULTILINE
        )
    }
    assert len(shown) == 4
    measured = subprocess.run(
        [sys.executable, "benchmarks/gas.py", "--json"],
        cwd=PROJECT,
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=True,
    )
    rows = {row["operation"]: row for row in json.loads(measured.stdout)["gas"]}
    for operation, (gas, peer_gas, ratio) in shown.items():
        row = rows[operation]
        # A digest with a zero byte costs twelve gas less than one without.
        assert [row["gas"], row["peer_gas"]] == pytest.approx([gas, peer_gas], rel=0.002)
        assert ratio == pytest.approx(gas / peer_gas, abs=0.005)


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https:)([^)]+)\)", README))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (PROJECT / link).is_file()
