"""`dataledger secret`: the value is never shown, and destroying asks first."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from dataledger.cli.main import main
from dataledger.ledger.secrets import Secrets


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATALEDGER_HOME", str(tmp_path))
    return tmp_path


def run(*arguments: str, stdin: str | None = None) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error."""
    result = CliRunner(mix_stderr=False).invoke(main, ["secret", *arguments], input=stdin)
    return result.exit_code, result.stdout, result.stderr


def test_a_secret_is_made_listed_and_shown_without_its_value(home: Path) -> None:
    code, out, err = run("new", "roads", "--json")
    assert (code, err) == (0, "")
    made = json.loads(out)
    entry = Secrets(home).entry("roads")
    assert made == {"name": "roads", "secret_id": entry.id, "path": str(entry.path)}
    assert json.loads(run("list", "--json")[1]) == {"secrets": [made]}
    assert json.loads(run("show", "roads", "--json")[1]) == made
    value = Secrets(home).open("roads").reveal()
    for words in (["list"], ["show", "roads"], ["new", "roads"], ["destroy", "roads", "--yes"]):
        _, out, err = run(*words)
        assert value not in out + err


def test_making_one_says_to_keep_a_copy(home: Path) -> None:
    _, out, _ = run("new", "roads")
    assert "Made the secret roads" in out
    assert "Keep a copy" in out
    assert str(Secrets(home).entry("roads").path) in out.replace("\n", "")


@pytest.mark.usefixtures("home")
def test_an_empty_list_says_how_to_make_one() -> None:
    assert "dataledger secret new" in run("list")[1]


def test_destroying_asks_first(home: Path) -> None:
    run("new", "roads")
    code, _, err = run("destroy", "roads", stdin="n\n")
    assert code == 1
    assert "No record can be proven" in err
    assert [entry.name for entry in Secrets(home).list()] == ["roads"]
    code, out, _ = run("destroy", "roads", stdin="y\n")
    assert code == 0
    assert "Copies are not" in out
    assert Secrets(home).list() == []


@pytest.mark.usefixtures("home")
def test_nothing_is_asked_about_a_secret_that_is_not_there() -> None:
    code, _, err = run("destroy", "roads", stdin="y\n")
    assert code == 2
    assert "There is no secret 'roads'" in err
    assert "Destroy the secret" not in err


def test_a_label_key_is_written_for_its_reader_alone(home: Path, tmp_path: Path) -> None:
    run("new", "roads")
    file = tmp_path / "label.key"
    code, out, err = run("label-key", "roads", "-o", str(file))
    assert (code, err) == (0, "")
    key = Secrets(home).open("roads").keys().record_label.hex()
    assert file.read_text() == f"{key}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert key not in out
    assert run("label-key", "roads", "-o", str(file))[0] == 2
