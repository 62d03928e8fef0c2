"""What a node refuses of an algorithm before anything is run."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from algorithms import holding_of

from dataledger.contracts.use_types import NO_COST, Composition
from dataledger.errors import AnswerWithheld, DependencyMissing, NodeRefused, QueryError
from dataledger.node.rules import SandboxRules
from dataledger.node.sandbox import AlgorithmDocument, AlgorithmWork, bubblewrap, data, runtime
from dataledger.node.work import Holding

ANSWER_ONE = b"open('/output/answer', 'w').write('1')"
WORK = AlgorithmWork(AlgorithmDocument(ANSWER_ONE))
TOLD = AlgorithmWork(AlgorithmDocument(ANSWER_ONE, {"row": 7}))


@pytest.fixture
def holding(tmp_path: Path) -> Holding:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"what {name} says")
    return holding_of(tmp_path)


@pytest.fixture
def _no_bubblewrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    bubblewrap._tried.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    yield
    bubblewrap._tried.cache_clear()


def _reason(work: AlgorithmWork, holding: Holding) -> str:
    with pytest.raises(NodeRefused) as caught:
        work.check(holding)
    return caught.value.reason


@pytest.mark.usefixtures("_no_bubblewrap")
def test_without_a_sandbox_nothing_is_run(holding: Holding) -> None:
    with pytest.raises(NodeRefused, match="bubblewrap is not installed") as caught:
        WORK.check(holding)
    assert caught.value.reason == "no-sandbox"
    assert "install_sandbox.sh" in caught.value.remedy
    with pytest.raises(AnswerWithheld):
        WORK.compute(holding)
    assert WORK.isolation == "none"


def test_on_an_unknown_machine_nothing_is_run(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    bubblewrap._tried.cache_clear()
    monkeypatch.setattr("platform.machine", lambda: "pdp11")
    assert _reason(WORK, holding) == "no-sandbox"


def test_why_a_sandbox_does_not_start_is_told_to_the_owner_alone(
    holding: Holding,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    program = tmp_path.with_name("bwrap")
    program.write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1"
    )
    program.chmod(0o755)
    monkeypatch.setattr(bubblewrap, "_program", lambda: str(program))
    bubblewrap._tried.cache_clear()
    with pytest.raises(NodeRefused) as caught:
        WORK.check(holding)
    assert caught.value.reason == "no-sandbox"
    assert "namespace" not in str(caught.value)
    assert "No permissions to create new namespace" in caplog.text


def test_a_program_that_cannot_be_run_is_no_sandbox(
    holding: Holding, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bubblewrap, "_program", lambda: str(tmp_path))
    bubblewrap._tried.cache_clear()
    assert _reason(WORK, holding) == "no-sandbox"


def test_parameters_are_refused_unless_the_owner_allows_them(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataledger.node.sandbox.work.require_sandbox", lambda: None)
    assert _reason(TOLD, holding) == "parameters-not-allowed"
    WORK.check(holding)
    allowed = replace(holding.rules, sandbox=SandboxRules(parameters=True))
    TOLD.check(replace(holding, rules=allowed))


def test_too_many_files_among_others_are_refused(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "MAX_SEPARATE_FILES", 1)
    assert data.require_showable(holding) == ((str(holding.folder), "/data"),)
    (holding.folder / "c.txt").write_text("of nobody")
    assert _reason(WORK, holding) == "too-many-files"


def test_only_a_grant_for_exact_use_allows_it() -> None:
    assert WORK.cost(Composition.NONE) == NO_COST
    for composition in (Composition.BASIC, Composition.ZCDP):
        with pytest.raises(QueryError, match="exact"):
            WORK.cost(composition)


def test_it_is_no_declared_work_and_serves_any_purpose() -> None:
    assert WORK.code == AlgorithmDocument(ANSWER_ONE).code
    assert not WORK.is_declared
    assert WORK.purposes is None


def test_what_is_mounted_is_software_and_no_folder_of_a_user() -> None:
    mounted = runtime.runtime_mounts()
    places = {Path(place) for place in mounted if place.startswith("/")}
    for folder in (Path.home(), Path(sys.prefix), Path(sys.base_prefix), Path("/etc"), Path("/")):
        assert folder not in places


def test_arguments_name_no_network_and_no_device_but_the_one(tmp_path: Path) -> None:
    arguments = bubblewrap._arguments([], str(tmp_path / "answer"), 9, SandboxRules())
    for needed in ("--unshare-user", "--unshare-all", "--die-with-parent", "--new-session"):
        assert needed in arguments
    for unwanted in ("--share-net", "--dev", "--proc", "--cap-add", "--bind-try"):
        assert unwanted not in arguments
    assert arguments.count("--bind") == 1
    assert arguments[arguments.index("--dev-bind") + 1] == "/dev/null"


def test_a_sandbox_needs_a_filter(monkeypatch: pytest.MonkeyPatch, holding: Holding) -> None:
    def no_filter() -> bytes:
        raise DependencyMissing("There is no filter.", remedy="Use another machine.")

    monkeypatch.setattr(bubblewrap, "filter_program", no_filter)
    with pytest.raises(AnswerWithheld, match="no filter"):
        WORK.compute(holding)
