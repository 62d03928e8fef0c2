"""What the commands about a node show, however it went."""

import json
from pathlib import Path

import pytest
from cli_runner import Run

from dataledger.cli.render.node import CheckView, LogView, Serving
from dataledger.cli.render.screen import Screen
from dataledger.contracts.identifiers import (
    Commitment,
    DatasetId,
    GrantId,
    OrgId,
    RunId,
    to_address,
)
from dataledger.contracts.use_types import Cost
from dataledger.errors import ConnectionFailed
from dataledger.hashing import Digest, Hash32, JsonValue
from dataledger.node.audit_log import LogHead
from dataledger.node.checking import Finding, NodeCheck
from dataledger.node.holdings import HeldDataset
from dataledger.node.recovery import LeftOpen, Recovered
from dataledger.node.states import KeptRun, RunKey, State

KEY = to_address("0x" + "5b" * 20)
RUN = RunKey(GrantId(Hash32(bytes(32))), RunId(Hash32(bytes([7]) * 32)))
DATASET = DatasetId(Hash32(bytes(32)))
ENDED = KeptRun(
    key=RUN,
    kind="query",
    by=KEY,
    consumer=OrgId(3),
    dataset=DATASET,
    version=1,
    commitment=Commitment(Hash32(bytes(32))),
    code=Digest.of(b"code"),
    environment=Digest.of(b"environment"),
    cost=Cost(1),
    received_at_unix=1_790_000_000,
    state=State.FAILED,
)
LEFT = LeftOpen(RUN, State.SETTLING, ConnectionFailed("No \x1b[31mnode.", remedy="Wait."))
CHECK = NodeCheck(
    listen="127.0.0.1:8460",
    uses_tls=False,
    operator=KEY,
    owner="acme",
    held=(HeldDataset(DATASET, "acme/roads", (1, 2)),),
    kinds=("dataledger/query/1",),
    missing=(("dataledger/training/1", ("mpyc", "opendp")),),
    findings=(Finding("dataset acme/\x1b[31m", "It is not there.", "Look."),),
)


def test_init_writes_a_configuration_and_leaves_one_that_is_there(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    arguments = ("node", "init", "--config", str(path), "--dataset", "acme/roads", str(tmp_path))
    assert run(*arguments, "--json").document == {"config": str(path)}
    kept = path.read_text()
    assert f'folder = "{tmp_path}"' in kept
    again = run(*arguments, "--json")
    assert (again.code, again.error["code"]) == (2, "output-exists")
    path.write_text("")
    done = run(*arguments, "--force")
    assert "dataledger node check" in done.out
    assert path.read_text() == kept


@pytest.mark.parametrize("command", ["check", "serve", "log"])
def test_without_a_configuration_every_command_says_how_to_get_one(
    run: Run, tmp_path: Path, command: str
) -> None:
    ended = run("node", command, "--config", str(tmp_path / "absent.toml"), "--json")
    assert (ended.code, ended.error["code"]) == (2, "node-config-error")
    assert "node init" in ended.error["remedy"]


def test_a_person_reads_what_was_left_open_and_where_it_listens(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = Serving(as_json=False)
    shown.recovered(Recovered())
    shown.recovered(Recovered((ENDED,), (LEFT,)))
    shown.ready("http://127.0.0.1:8460")
    told = capsys.readouterr()
    assert told.out.splitlines() == [f"Brought to its end: {RUN}: failed.", "http://127.0.0.1:8460"]
    assert told.err == f"Still open: {RUN}: No \\x1b[31mnode.\n"


def test_a_program_reads_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Serving(as_json=True)
    shown.recovered(Recovered((ENDED,), (LEFT,)))
    shown.ready("http://127.0.0.1:8460")
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"event": "recovered", "ended": 1, "left_open": 1},
        {"event": "listening", "url": "http://127.0.0.1:8460"},
    ]


def test_a_check_says_what_is_wrong_and_what_is_not_taken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = CheckView(CHECK)
    document = view.to_json()
    assert (document["well"], document["kinds"]) == (False, ["dataledger/query/1"])
    view.draw(Screen())
    out = capsys.readouterr().out
    assert "dataledger/training/1: mpyc, opendp" in out
    assert "acme/\\x1b[31m: It is not there." in out
    assert "All is well" not in out
    assert "\x1b" not in out


def test_lines_of_a_log_are_shown_without_what_chains_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line: dict[str, JsonValue] = {
        "sequence": 7,
        "at_unix": 0,
        "event": "asked",
        "previous": "sha256:00",
        "by": "\x1b",
    }
    other: dict[str, JsonValue] = {"event": "unreadable", "size_bytes": 3}
    head = LogHead(8, Digest.of(b"line"), torn=1)
    LogView(Path("audit.log"), [line, other], head).draw(Screen())
    out = capsys.readouterr().out
    assert "by \\x1b" in out
    assert "sha256:00" not in out
    assert "size_bytes 3" in out
    assert "torn by crashes" in out
    assert "All 8 lines" in out
