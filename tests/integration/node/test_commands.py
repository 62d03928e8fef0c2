"""The commands `dataledger node init`, `check` and `log`, on a real chain."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine, Ended
from consortium import Consortium
from nodes import Site
from tiny_work import tiny
from tls_files import write_tls
from uses import Parties

from dataledger.errors import NodeRefused
from dataledger.hashing import Digest

FILES = {"people.csv": "name\nann\n"}


class Commands:
    """Runs `dataledger node …` where a node stands."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._run = CommandLine(site.home)

    def __call__(self, *words: object) -> Ended:
        passphrase = self.site.config.parent / "passphrase"
        config = () if "--config" in words else ("--config", self.site.config)
        return self._run("node", *words, *config, "--passphrase-file", passphrase)

    def ok(self, *words: object) -> dict[str, Any]:
        ended = self(*words, "--json")
        assert ended.code == 0, ended.err
        return ended.document


@pytest.fixture(scope="module")
def site(consortium: Consortium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site.build(consortium, tmp_path_factory.mktemp("commands") / "acme", FILES)
    kept = site.config.read_text()
    yield site
    site.config.write_text(kept)


@pytest.fixture
def node(site: Site) -> Iterator[Commands]:
    kept = site.config.read_text()
    yield Commands(site)
    site.config.write_text(kept)


def test_a_configuration_is_written_once_and_is_well(node: Commands, tmp_path: Path) -> None:
    path, name = tmp_path / "node.toml", str(node.site.dataset)
    # As by the owner's own machine, which has registered the dataset and keeps its manifest.
    manifest = node.site.config.parent / "manifest.json"
    words = ("--config", path, "--account", "node", "--profile", node.site.consortium.profile.name)
    assert node.ok("init", *words, "--dataset", name, node.site.data) == {"config": str(path)}
    again = node("init", *words, "--json")
    assert (again.code, again.error["code"]) == (2, "output-exists")
    text = path.read_text()
    path.write_text(text.replace('# manifest = "manifest.json"', f'manifest = "{manifest}"'))
    found = node.ok("check", "--config", path)
    assert found["well"] is True
    [held] = found["held"]
    assert (held["dataset"], held["versions"]) == (name, [1])
    assert found["operator"] == node.site.operator.address
    drawn = node("check", "--config", path)
    assert "All is well" in drawn.out
    assert "replaced" not in node("init", *words, "--force").err


def test_all_that_is_wrong_is_named_at_once(node: Commands, parties: Parties) -> None:
    elsewhere = parties.dataset()
    tls = write_tls(node.site.config.parent, passphrase=b"locked")
    node.site.config.write_text(
        node.site.config.read_text()
        + f'[[datasets]]\ndataset = "{elsewhere}"\nfolder = "data"\n'
        + '[[datasets]]\ndataset = "acme/absent"\nfolder = "data"\n'
        + f'[tls]\ncertificate = "{tls.certificate}"\nkey = "{tls.key}"\n'
    )
    ended = node("check", "--json")
    assert ended.code == 1
    found = json.loads(ended.out)
    assert found["well"] is False
    assert [finding["about"].partition(" ")[0] for finding in found["findings"]] == [
        *("dataset", "dataset", "tls"),
    ]
    assert len(found["held"]) == 1
    assert all(finding["remedy"] for finding in found["findings"])
    drawn = node("check")
    assert drawn.code == 1
    assert "acme/absent" in drawn.out


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('account = "node"', "", "account"),
        ('listen = "127.0.0.1:0"', 'listen = "0.0.0.0:8460"', "plain_http"),
        ("burst = ", "bursts = ", "bursts"),
        ('state = "state"', "state = [", "TOML"),
    ],
)
@pytest.mark.parametrize("command", ["check", "serve", "log"])
def test_a_malformed_configuration_ends_every_command(
    node: Commands, command: str, old: str, new: str, word: str
) -> None:
    config = node.site.config
    config.write_text(config.read_text().replace(old, new))
    ended = node(command, "--json")
    assert (ended.code, ended.error["code"]) == (2, "node-config-error")
    assert word in ended.error["message"]


def test_the_log_tells_who_asked_and_that_no_line_was_changed(
    node: Commands, parties: Parties
) -> None:
    assert node("log", "--json").code == 2
    site = node.site
    grant = site.grant(parties.consumer, site.project(parties.consumer, parties.regulator))
    document = tiny()
    with site.serving(tiny=True) as serving:
        client = serving.client(parties.consumer)
        client.run(grant, document, code=Digest.of(document))
        with pytest.raises(NodeRefused):
            client.fetch(grant, "0x" + "00" * 32)
        busy = site.run("serve", "--json")
        assert (busy.returncode, busy.stdout) == (2, "")
        assert json.loads(busy.stderr)["error"]["code"] == "node-config-error"
        port = serving.url.rpartition(":")[2]
        site.configure("", listen=f"127.0.0.1:{port}")
        taken = json.loads(site.run("serve", "--json").stderr)["error"]
        assert taken["code"] == "node-config-error"
        assert "in use" in taken["message"]
    shown = node.ok("log", "--last", 3)
    assert [line["event"] for line in shown["lines"]] == ["released", "asked", "refused"]
    assert shown["check"] is None
    checked = node.ok("log", "--check")
    assert checked["check"]["lines"] == 4
    assert "unknown-run" in node("log").out
    assert "follow from one another" in node("log", "--check").out
    log = site.state / "audit.log"
    os.truncate(log, log.stat().st_size - 1)
    log.write_text(log.read_text().replace("unknown-run", "known-run!!", 1))
    with log.open("a") as file:
        file.write("\nnonsense\x1b\n")
    ended = node("log", "--check", "--json")
    assert (ended.code, ended.error["code"]) == (1, "history-broken")
    drawn = node("log")
    assert "unreadable" in drawn.out
    assert "\x1b" not in drawn.out
