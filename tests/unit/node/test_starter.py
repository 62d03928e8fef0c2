"""The configuration to begin with: it can be read, and shows every key with its default."""

import re
import tomllib
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from dataledger.node.config import NodeConfig
from dataledger.node.rules import NodeRules
from dataledger.node.starter import starter

NAMES = 'a "quoted" \\ näme'


def written(folder: Path, text: str) -> NodeConfig:
    path = folder / "node.toml"
    path.write_text(text)
    return NodeConfig.load(path)


def uncommented(text: str) -> str:
    return re.sub(r"^# (?=[a-z_]+ = |\[)", "", text, flags=re.MULTILINE)


def test_it_says_what_it_was_told(tmp_path: Path) -> None:
    text = starter(
        account="owner",
        listen="[::1]:9000",
        profile="region",
        datasets=[("acme/roads", NAMES), ("acme/tunnels", "/data")],
    )
    config = written(tmp_path, text)
    assert (config.account, config.host, config.port) == ("owner", "::1", 9000)
    assert config.profile == "region"
    assert [entry.dataset for entry in config.datasets] == ["acme/roads", "acme/tunnels"]
    assert config.datasets[0].folder == tmp_path / NAMES
    assert config.rules == NodeRules()


@pytest.mark.parametrize("datasets", [[], [("acme/roads", "/data/roads")]])
def test_what_it_shows_in_comments_is_what_holds_without_it(
    tmp_path: Path, datasets: list[tuple[str, str]]
) -> None:
    text = starter(account="owner", listen="127.0.0.1:8460", profile=None, datasets=datasets)
    plain, shown = written(tmp_path, text), written(tmp_path, uncommented(text))
    assert plain.profile is None
    assert plain.tls is None
    told = replace(shown.rules.federated, advertise=None)
    assert plain.rules == replace(shown.rules, federated=told)
    kept = {"answer_days", "plain_http", "executors", "state", "listen"}
    assert {key for key in kept if getattr(plain, key, 0) != getattr(shown, key, 0)} == set()


def test_it_shows_every_key() -> None:
    text = starter(account="owner", listen="127.0.0.1:8460", profile=None, datasets=[])
    document = tomllib.loads(uncommented(text))
    for name, rules in asdict(NodeRules()).items():
        assert set(document[name]) == set(rules)
    assert set(document) == {
        *("account", "answer_days", "datasets", "executors", "listen", "plain_http", "profile"),
        *("state", "tls", *asdict(NodeRules())),
    }
    assert set(document["datasets"][0]) == {"dataset", "folder", "manifest", "secret", "version"}
    assert set(document["tls"]) == {"certificate", "key"}
