"""Algorithms that run in the sandbox, on data of a test's own; and what is told of them."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from dataledger.contracts.identifiers import DatasetId, OrgId
from dataledger.errors import AnswerWithheld, NodeRefused
from dataledger.hashing import Digest, JsonValue
from dataledger.manifest import fingerprint
from dataledger.node.rules import NodeRules, SandboxRules
from dataledger.node.sandbox import AlgorithmDocument, AlgorithmWork
from dataledger.node.sandbox.bubblewrap import require_sandbox
from dataledger.node.work import Holding

QUICK = SandboxRules(seconds=20, memory_bytes=256 * 2**20, scratch_bytes=8 * 2**20)
"""Wide enough for what ends by itself, and soon at their end for what does not."""

STATIONS = "".join(
    f"{number},Measuring station no. {number:04} at the harbour,{number * 37 % 101}\n"
    for number in range(120)
)
CSV = f"id,name,value\n{STATIONS}"

_TRYING = """
try:
    said = str(attempt())
except BaseException as error:
    said = type(error).__name__
with open("/output/answer", "w") as answer:
    answer.write(said)
"""


def require_bubblewrap() -> None:
    """Skip the test, saying why, where no sandbox can be had."""
    try:
        require_sandbox()
    except NodeRefused as error:
        pytest.skip(f"{error} {error.remedy}")


def holding_of(folder: Path, rules: SandboxRules = QUICK) -> Holding:
    """Return the data in a folder, as a version of a dataset."""
    return Holding(
        dataset=DatasetId(Digest.of(b"a dataset").value),
        version=1,
        folder=folder,
        manifest=fingerprint(folder, workers=1),
        rules=NodeRules(sandbox=rules),
        consumer=OrgId(7),
    )


def stations(folder: Path, rules: SandboxRules = QUICK) -> Holding:
    """Return a dataset of one file, `stations.csv`, written to a new folder in this one."""
    data = folder / "data"
    data.mkdir()
    (data / "stations.csv").write_text(CSV)
    return holding_of(data, rules)


def run(code: str, holding: Holding, parameters: JsonValue = None) -> bytes:
    """Return the answer of an algorithm, given as indented lines of Python."""
    document = AlgorithmDocument(textwrap.dedent(code).encode(), parameters)
    return AlgorithmWork(document).compute(holding).content


def tried(attempt: str, holding: Holding) -> str:
    """Return what an attempt within the sandbox says: what it returns, or the error's name."""
    body = textwrap.indent(textwrap.dedent(attempt), "    ")
    return run(f"def attempt():\n{body}\n{_TRYING}", holding).decode()


def withheld(compute: Callable[[], object]) -> str:
    """Return the reason why an answer is withheld, as the asker reads it."""
    with pytest.raises(AnswerWithheld) as caught:
        compute()
    return str(caught.value)
