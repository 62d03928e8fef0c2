"""When a node may be reached by others: with a certificate that can be used, or when told so."""

from pathlib import Path

import pytest
from tls_files import write_tls

from dataledger.errors import NodeConfigError
from dataledger.node.config import NodeConfig


def config(folder: Path, *lines: str) -> NodeConfig:
    path = folder / "node.toml"
    path.write_text("\n".join(['account = "owner"', 'state = "state"', *lines]))
    return NodeConfig.load(path)


def test_a_certificate_and_its_key_can_be_used(tmp_path: Path) -> None:
    write_tls(tmp_path).check()


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    files = write_tls(tmp_path)
    files.key.chmod(0o640)
    with pytest.raises(NodeConfigError, match="may be read by others"):
        files.check()


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked_for_it(tmp_path: Path) -> None:
    files = write_tls(tmp_path, passphrase=b"secret")
    with pytest.raises(NodeConfigError, match="passphrase"):
        files.check()


def test_files_that_are_absent_other_or_no_pem_are_refused(tmp_path: Path) -> None:
    files, other = write_tls(tmp_path), tmp_path / "other"
    other.mkdir()
    write_tls(other).key.replace(files.key)
    with pytest.raises(NodeConfigError, match="cannot be used"):
        files.check()
    files.certificate.write_text("no certificate")
    with pytest.raises(NodeConfigError, match="cannot be used"):
        files.check()
    files.certificate.unlink()
    with pytest.raises(NodeConfigError, match="cannot be used"):
        files.check()


def test_without_tls_a_node_listens_on_this_machine_alone(tmp_path: Path) -> None:
    for host in ("127.0.0.1", "127.9.9.9", "[::1]", "localhost"):
        assert config(tmp_path, f'listen = "{host}:1"').port == 1
    for host in ("[::]", "192.0.2.7", "node.example"):
        with pytest.raises(NodeConfigError, match="would read all answers"):
            config(tmp_path, f'listen = "{host}:1"')
        assert config(tmp_path, f'listen = "{host}:1"', "plain_http = true").plain_http
        tls = '[tls]\ncertificate = "node.pem"\nkey = "node.key"'
        assert config(tmp_path, f'listen = "{host}:1"', tls).tls is not None
