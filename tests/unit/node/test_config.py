"""The configuration of an owner's node."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import NodeConfigError
from dataledger.node.config import DatasetEntry, NodeConfig, TlsFiles
from dataledger.node.rules import (
    FederatedRules,
    Limits,
    MatchingRules,
    NodeRules,
    PrivacyRules,
    SandboxRules,
)

LEAST = 'account = "owner"\nstate = "state"\n'
FULL = """
listen = "[::1]:9000"
account = "owner"
executors = ["second", "third"]
state = "/var/lib/node"
profile = "besu"
answer_days = 3

[limits]
requests_per_minute = 10
burst = 5
body_bytes = 1000
concurrent_runs = 1
age_seconds = 60
open_runs = 7

[privacy]
units = ["person"]

[matching]
columns = ["email", "phone"]
least_items = 10
items_per_day = 0
runs_per_day = 1
reveal_ids = true

[sandbox]
seconds = 5

[federated]
host = "0.0.0.0"
advertise = "node.example"
first_port = 7000
last_port = 7010
seconds = 30
peers = ["other.example"]

[tls]
certificate = "node.pem"
key = "keys/node.key"

[[datasets]]
dataset = "acme/roads"
folder = "roads"
manifest = "roads.json"
version = 2
secret = "roads"

[[datasets]]
dataset = "acme/rails"
folder = "/data/rails"
secret = "./rails.secret"
"""


def load(folder: Path, text: str) -> NodeConfig:
    path = folder / "node.toml"
    path.write_text(text)
    return NodeConfig.load(path)


def refused(folder: Path, text: str) -> str:
    """Return in which words a configuration is refused, which name the file."""
    with pytest.raises(NodeConfigError) as caught:
        load(folder, text)
    assert str(folder / "node.toml") in str(caught.value)
    assert caught.value.remedy
    return str(caught.value).removeprefix(f"{folder / 'node.toml'}: ")


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    config = load(tmp_path, LEAST)
    assert (config.host, config.port, config.account) == ("127.0.0.1", 8460, "owner")
    assert config.state == tmp_path / "state"
    assert (config.profile, config.tls, config.datasets) == (None, None, ())
    assert (config.executors, config.answer_days) == ((), 7)
    assert config.rules == NodeRules()


def test_everything_can_be_said(tmp_path: Path) -> None:
    config = load(tmp_path, FULL)
    assert (config.host, config.port) == ("::1", 9000)
    assert config.executors == ("second", "third")
    assert (config.state, config.profile, config.answer_days) == (Path("/var/lib/node"), "besu", 3)
    assert config.rules == NodeRules(
        limits=Limits(10, 5, 1000, 1, 60, 7),
        privacy=PrivacyRules(("person",)),
        matching=MatchingRules(("email", "phone"), 10, 0, 1, reveal_ids=True),
        sandbox=SandboxRules(seconds=5),
        federated=FederatedRules("0.0.0.0", "node.example", 7000, 7010, 30, ("other.example",)),  # noqa: S104
    )
    assert config.tls == TlsFiles(tmp_path / "node.pem", tmp_path / "keys" / "node.key")
    assert config.datasets == (
        DatasetEntry("acme/roads", tmp_path / "roads", tmp_path / "roads.json", 2, "roads"),
        DatasetEntry("acme/rails", Path("/data/rails"), None, None, str(tmp_path / "rails.secret")),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "account is missing"),
        ('account = "a"', "state is missing"),
        ("account = 7", "account is 7, and must be a text"),
        (LEAST + "colour = 1", "colour is not known"),
        (LEAST + "[limits]\nbursts = 1", "limits.bursts is not known"),
        (LEAST + "[limits]\nburst = 0", "limits.burst is 0, and must be a number from 1"),
        (LEAST + "[limits]\nburst = true", "limits.burst is True, and must be a number"),
        (LEAST + "[limits]\nburst = 1.5", "limits.burst is 1.5, and must be a number"),
        (LEAST + "[limits]\nage_seconds = 4000", "limits.age_seconds is more than 3600"),
        (LEAST + "limits = 1", "limits is no table"),
        (LEAST + "[matching]\ncolumns = [1]", "matching.columns is 1, and must be a text"),
        (LEAST + '[matching]\ncolumns = "a"', "matching.columns is 'a', and must be a list"),
        (LEAST + "[matching]\nreveal_ids = 1", "matching.reveal_ids is 1, and must be true or"),
        (LEAST + "[federated]\nfirst_port = 9", "federated.last_port is before first_port"),
        (LEAST + "[federated]\nlast_port = 70000", "federated.last_port is before first_port, or"),
        (LEAST + '[tls]\ncertificate = "a"', "tls.key is missing"),
        (LEAST + "[datasets]", "datasets is no array of tables"),
        (LEAST + '[[datasets]]\ndataset = "a/b"', "datasets[1].folder is missing"),
        (
            LEAST + '[[datasets]]\ndataset = "a/b"\nfolder = "f"\n[[datasets]]\nfolder = "f"',
            "datasets[2].dataset is missing",
        ),
        (LEAST + 'listen = "8460"', "listen is '8460', and must be HOST:PORT"),
        (LEAST + 'listen = "localhost:99999"', "listen is 'localhost:99999', and must be"),
        (LEAST + 'answer_days = "7"', "answer_days is '7', and must be a number"),
        (LEAST + '"\\u001b[2J" = 1', "\\x1b[2J is not known"),
        ("account = ", "it is no TOML: "),
    ],
)
def test_what_cannot_be_is_refused_by_its_key(tmp_path: Path, text: str, words: str) -> None:
    assert refused(tmp_path, text).startswith(words)


def test_others_reach_the_node_by_tls_alone(tmp_path: Path) -> None:
    words = refused(tmp_path, LEAST + 'listen = "0.0.0.0:8460"')
    assert words.startswith("listen is 0.0.0.0, which others can reach, and there is no [tls]: ")
    assert load(tmp_path, LEAST + 'listen = "0.0.0.0:8460"\nplain_http = true').tls is None
    with_tls = 'listen = "0.0.0.0:8460"\n[tls]\ncertificate = "c"\nkey = "k"'
    assert load(tmp_path, LEAST + with_tls).host == "0.0.0.0"  # noqa: S104
    assert load(tmp_path, LEAST + 'listen = "localhost:0"').port == 0


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NodeConfigError, match="cannot be read: No such file"):
        NodeConfig.load(tmp_path / "absent.toml")
    (tmp_path / "node.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(NodeConfigError, match="it is no TOML"):
        NodeConfig.load(tmp_path / "node.toml")
    (tmp_path / "node.toml").write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(NodeConfigError, match="it is larger than 1048576 bytes"):
        NodeConfig.load(tmp_path / "node.toml")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes((LEAST + text).encode("utf-8", "surrogatepass"))
    refusal = None
    try:
        NodeConfig.load(path)
    except NodeConfigError as error:
        refusal = str(error)
    assert refusal is None or (str(path) in refusal and refusal.isprintable())
