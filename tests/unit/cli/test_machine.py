"""Commands about this machine: accounts, profiles, and the options that stand everywhere."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from fake_ledger import KEY

from dataledger.chain import accounts
from dataledger.chain.identifiers import BlockHash
from dataledger.chain.profile import Endpoint, Profile
from dataledger.cli.main import main
from dataledger.cli.session import Session

PRIVATE_KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"


class Machine:
    """A home directory, and commands that run in this process with a real session."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.session = Session()
        self.passphrase = home.parent / "passphrase.txt"
        self.passphrase.write_text("correct horse\n")

    def run(self, *arguments: str, stdin: str | None = None) -> tuple[int, str, str]:
        """Return exit code, standard output and standard error."""
        self.session = Session()
        runner = CliRunner(mix_stderr=False)
        result = runner.invoke(main, arguments, input=stdin, obj=self.session)
        return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    for variable in ("PROFILE", "ACCOUNT", "PASSPHRASE_FILE", "DEBUG"):
        monkeypatch.delenv(f"DATALEDGER_{variable}", raising=False)
    monkeypatch.setenv("DATALEDGER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(accounts, "SCRYPT_N", accounts.LIGHT_SCRYPT_N)
    return Machine(tmp_path / "home")


def profile(name: str) -> Profile:
    secret = Endpoint("https://node.example:8545/v1/secret-key")
    return Profile(name, 7, BlockHash("0x" + "ab" * 32), (secret,))


# ---------------------------------------------------------------------------------- global options


OPTIONS = ["--profile", "p", "--account", "a", "--home", "h", "--passphrase-file", "f", "--json"]


@pytest.mark.parametrize("place", range(3))
def test_global_options_stand_before_or_after_any_name(place: int, machine: Machine) -> None:
    words = ["org", "list"]
    code, _, _ = machine.run(*words[:place], *OPTIONS, *words[place:])
    assert code == 2  # there is no such profile
    session = machine.session
    assert (session.profile, session.account, session.as_json) == ("p", "a", True)
    assert (session.home, session.passphrase_file) == (Path("h"), Path("f"))


def test_the_last_global_option_wins(machine: Machine) -> None:
    machine.run("--profile", "a", "org", "--profile", "b", "list", "--profile", "c")
    assert machine.session.profile == "c"


def test_no_account_is_named_outside_the_devnet(machine: Machine) -> None:
    profile("region").save(machine.home)
    code, _, err = machine.run("dataset", "register", "x", "--profile", "region")
    assert code == 2
    assert "DATALEDGER_ACCOUNT" in err


def test_the_devnet_has_an_account_by_default(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Session().account_name() == "dev0"
    monkeypatch.setenv("DATALEDGER_ACCOUNT", "carol")
    assert Session().account_name() == "carol"
    assert Session(account="dave").account_name() == "dave"
    assert machine.session.account is None


def test_a_missing_profile_is_noticed_before_a_passphrase_is_asked_for(machine: Machine) -> None:
    code, _, err = machine.run("dataset", "register", "x", "--account", "alice")
    assert code == 2
    assert "There is no profile 'devnet'" in err
    assert "dataledger devnet up" in err


# ---------------------------------------------------------------------------------------- accounts


def test_an_account_is_made_listed_and_shown(machine: Machine) -> None:
    secret = ["--passphrase-file", str(machine.passphrase)]
    code, out, err = machine.run("account", "new", "alice", *secret, "--json")
    assert (code, err) == (0, "")
    made = json.loads(out)
    assert made["name"] == "alice"
    _, out, _ = machine.run("account", "list", "--json")
    assert json.loads(out) == {"accounts": [made], "development_accounts": []}
    _, out, _ = machine.run("account", "show", "alice", "--json")
    assert json.loads(out) == made
    assert machine.run("account", "new", "alice", *secret)[0] == 2


@pytest.mark.parametrize("how", ["stdin", "file"])
def test_a_key_is_imported_and_never_shown(how: str, machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "key.txt"
    file.write_text(PRIVATE_KEY + "\n")
    options = ["--key-file", str(file)] if how == "file" else []
    line = ["account", "import", "bob", *options, "--passphrase-file", str(machine.passphrase)]
    code, out, err = machine.run(*line, stdin=PRIVATE_KEY + "\n" if how == "stdin" else None)
    assert code == 0, err
    assert KEY in out
    assert PRIVATE_KEY[2:] not in out + err


@pytest.mark.parametrize("key", ["", "0x12", "nonsense", PRIVATE_KEY[:-1], "0x" + "f" * 64])
def test_what_is_no_key_is_not_repeated(key: str, machine: Machine) -> None:
    line = ["account", "import", "bob", "--passphrase-file", str(machine.passphrase)]
    code, out, err = machine.run(*line, stdin=key + "\n")
    assert (code, out) == (2, "")
    assert not key or key not in err
    assert machine.run("account", "list", "--json")[1].count("bob") == 0


def test_without_a_terminal_a_passphrase_must_be_in_a_file(machine: Machine) -> None:
    code, _, err = machine.run("account", "new", "alice", stdin="typed\ntyped\n")
    assert code == 2
    assert "--passphrase-file" in err
    assert not (machine.home / "accounts").exists()


def test_the_passphrase_file_may_be_named_by_the_environment(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATALEDGER_PASSPHRASE_FILE", str(machine.passphrase))
    assert machine.run("account", "new", "alice")[0] == 0


def test_no_command_takes_a_key_or_a_passphrase_as_an_argument(machine: Machine) -> None:
    for option in ("--key", "--private-key", "--passphrase", "--password"):
        code, _, err = machine.run("account", "import", "bob", option, "x")
        assert code == 2
        assert "No such option" in err


# ---------------------------------------------------------------------------------------- profiles


def test_a_profile_is_added_listed_and_shown_without_its_secrets(
    machine: Machine, tmp_path: Path
) -> None:
    file = tmp_path / "region.json"
    file.write_bytes(profile("region").to_bytes())
    assert machine.run("profile", "add", str(file))[0] == 0
    _, out, _ = machine.run("profile", "list", "--json")
    assert json.loads(out) == {"profiles": ["region"], "default": "devnet"}
    code, out, _ = machine.run("profile", "show", "region", "--json")
    assert code == 0
    assert json.loads(out)["endpoints"] == ["https://node.example:8545/…"]
    assert "secret-key" not in out + machine.run("profile", "show", "region")[1]


def test_a_profile_is_not_replaced_unless_forced(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "region.json"
    file.write_bytes(profile("region").to_bytes())
    assert machine.run("profile", "add", str(file))[0] == 0
    code, _, err = machine.run("profile", "add", str(file))
    assert code == 2
    assert "--force" in err
    assert machine.run("profile", "add", str(file), "--force")[0] == 0


def test_a_malformed_profile_is_not_added(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "region.json"
    file.write_text("{}")
    assert machine.run("profile", "add", str(file))[0] == 2
    assert not (machine.home / "profiles").exists()


# ------------------------------------------------------------------------------------------ outbox


def test_the_outbox_is_listed_while_no_node_answers(machine: Machine) -> None:
    Profile("region", 7, BlockHash("0x" + "ab" * 32), (Endpoint("http://127.0.0.1:9/"),)).save(
        machine.home
    )
    code, out, err = machine.run("outbox", "list", "--profile", "region", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {"in_flight": [], "reconciled": False}


# ------------------------------------------------------------------------------------------ devnet


def test_there_is_no_devnet_at_first(machine: Machine) -> None:
    code, out, _ = machine.run("devnet", "status", "--json")
    assert code == 0
    assert json.loads(out)["running"] is False
    assert "There is no devnet." in machine.run("devnet", "status")[1]


def test_erasing_asks_first(machine: Machine) -> None:
    code, _, err = machine.run("devnet", "erase", stdin="n\n")
    assert code == 1
    assert "Remove the devnet" in err
    assert machine.run("devnet", "erase", "--yes")[0] == 0


def test_the_default_policy_needs_nothing(machine: Machine) -> None:
    code, out, _ = machine.run("policy", "default")
    assert code == 0
    assert json.loads(out)["format"] == "dataledger/policy/1"
    assert not machine.home.exists()
