"""`dataledger algorithm`: what it asks a node, and where the answer goes."""

from pathlib import Path
from typing import Any

import pytest
from cli_runner import Run
from fake_uses import RECEIPT

from dataledger.contracts.identifiers import GrantId, RunId
from dataledger.hashing import Digest
from dataledger.node.client import Answered
from dataledger.node.kinds import parse_work
from dataledger.node.sandbox import AlgorithmWork

GRANT = f"0x{'22' * 32}"
CODE = b"open('/output/answer', 'w').write('42')\n"


class FakeClient:
    """A node that answers whatever it is asked, without a chain."""

    asked: "list[tuple[str, Path | None, str, AlgorithmWork, int | None]]"

    def __init__(self, _ledger: object, url: str, *, ca: Path | None = None) -> None:
        self._url, self._ca = url, ca

    def run(self, grant: str, document: bytes, *, version: int | None = None) -> Answered:
        work = parse_work(document)
        assert isinstance(work, AlgorithmWork)
        self.asked.append((self._url, self._ca, grant, work, version))
        return Answered(
            grant=GrantId.parse(GRANT),
            run=RunId.parse(f"0x{'33' * 32}"),
            content=b"42",
            media_type="application/octet-stream",
            receipt=RECEIPT,
            transaction_hash=f"0x{'44' * 32}",
        )


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> type[FakeClient]:
    FakeClient.asked = []
    monkeypatch.setattr("dataledger.node.client.NodeClient", FakeClient)
    return FakeClient


@pytest.fixture
def mean(tmp_path: Path) -> Path:
    path = tmp_path / "mean.py"
    path.write_bytes(CODE)
    return path


def arguments(mean: Path, *more: str) -> list[str]:
    output = str(mean.with_name("answer"))
    asked = ("--node", "https://acme:8460", "--grant", GRANT, "-o", output)
    return ["algorithm", "run", str(mean), *asked, *more]


def test_the_digest_is_that_of_the_file(mean: Path, run: Run) -> None:
    assert run("algorithm", "digest", str(mean)).out == f"{Digest.of(CODE)}\n"
    document = run("algorithm", "digest", str(mean), "--json").document
    assert document == {"code": str(Digest.of(CODE)), "size_bytes": len(CODE)}


def test_the_answer_is_written_as_it_came(node: type[FakeClient], mean: Path, run: Run) -> None:
    outcome = run(*arguments(mean))
    assert outcome.code == 0, outcome.err
    assert mean.with_name("answer").read_bytes() == b"42"
    assert "2 bytes" in outcome.out
    [(url, ca, grant, work, version)] = node.asked
    assert (url, ca, grant, version) == ("https://acme:8460", None, GRANT, None)
    assert (work.document.algorithm, work.document.parameters) == (CODE, None)


def test_parameters_may_be_any_json(node: type[FakeClient], mean: Path, run: Run) -> None:
    told = mean.with_name("told.json")
    told.write_text('{\n  "year": 2026\n}\n')
    more = ("--parameters", str(told), "--version", "3", "--ca", "node.pem", "--json")
    document: dict[str, Any] = run(*arguments(mean, *more)).document
    assert document["answer"]["digest"] == str(Digest.of(b"42"))
    assert document["receipt"]["output"] == str(RECEIPT.output)
    [(_, ca, _, work, version)] = node.asked
    assert (ca, version, work.document.parameters) == (Path("node.pem"), 3, {"year": 2026})


def test_no_file_is_replaced_unless_asked_for(node: type[FakeClient], mean: Path, run: Run) -> None:
    mean.with_name("answer").write_text("of yesterday")
    assert run(*arguments(mean)).code == 2
    assert node.asked == []
    assert run(*arguments(mean, "--force")).code == 0
    assert mean.with_name("answer").read_bytes() == b"42"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "There is no algorithm"),
        ({"a.py": b""}, "0 bytes of code"),
        ({"a.py": b"\xff"}, "not UTF-8"),
        ({"a.py": b"#" * (2**20 + 1)}, "bytes of code"),
        ({"a.py": CODE, "a.json": b"{"}, "not JSON"),
        ({"a.py": CODE, "a.json": b"[" + b"1," * 40_000 + b"1]"}, "at most"),
    ],
)
def test_what_no_node_takes_is_refused_before_one_is_asked(
    node: type[FakeClient], tmp_path: Path, run: Run, files: dict[str, bytes], words: str
) -> None:
    for name, content in ({"a.json": b"null"} | files).items():
        (tmp_path / name).write_bytes(content)
    told = ("--parameters", str(tmp_path / "a.json"))
    outcome = run(*arguments(tmp_path / "a.py", *told))
    assert outcome.code == 2
    assert words in outcome.err
    assert node.asked == []
