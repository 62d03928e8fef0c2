"""The configuration of an owner's node: `node.toml`.

    listen = "127.0.0.1:8460"
    account = "owner"
    executors = ["second"]           # accounts that sign receipts besides; may be left out
    state = "state"                  # a folder of the node's own, beside this file
    profile = "devnet"
    answer_days = 7
    plain_http = false               # whether others may reach it without [tls]

    [limits]                         # all in `rules.py`; each may be left out
    requests_per_minute = 60
    [privacy]
    units = ["person"]
    [matching]
    columns = ["email"]
    [sandbox]
    seconds = 60
    [federated]
    seconds = 120

    [tls]
    certificate = "node.pem"
    key = "node.key"

    [[datasets]]
    dataset = "acme/roads"
    folder = "/data/roads"
    manifest = "roads.manifest.json" # else it is looked for in `ledger.documents`
    version = 2                      # else the manifest's, or the current one
    secret = "roads"                 # of its salts: a name, or a path

Paths are relative to the file. What is not known is refused: a misspelt limit is none.
"""

import dataclasses
import ssl
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self, TypeVar

from dataledger.errors import NodeConfigError, shown
from dataledger.node.rules import (
    FederatedRules,
    Limits,
    MatchingRules,
    NodeRules,
    PrivacyRules,
    SandboxRules,
)

MAX_CONFIG_BYTES = 1024 * 1024
MAX_AGE_SECONDS = 3600
"""The most that `limits.age_seconds` may be: for so long, nonces are remembered."""
DEFAULT_ANSWER_DAYS = 7
MAX_PORT = 65_535

_ACCOUNTS = 64
_LARGEST = 2**53

T = TypeVar("T")
Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The node's certificate and its key, as files in PEM."""

    certificate: Path
    key: Path

    def check(self) -> None:
        """Return only if a server can use them.

        Raises:
            NodeConfigError: one is missing or no PEM, they do not belong together, or others may
                read the key.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

        def refuse() -> str:
            raise ssl.SSLError(0, "the key has a passphrase")

        try:
            if self.key.stat().st_mode & 0o077:
                raise PermissionError(0, f"{self.key} may be read by others")
            context.load_cert_chain(self.certificate, self.key, refuse)
        except OSError as error:  # ssl.SSLError is one
            raise NodeConfigError(
                f"tls: {self.certificate} and {self.key} cannot be used: "
                f"{error.strerror or error}.",
                remedy="Give a certificate and its key, in PEM, of which others may not read the "
                "key.",
            ) from error


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """A dataset that the configuration says lies here."""

    dataset: str
    """`OWNER/SLUG`, or `0x…`."""
    folder: Path
    manifest: Path | None = None
    version: int | None = None
    secret: str | None = None
    """A name, or a path, as `ledger.secrets.Secrets.open` takes it."""


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """All that an owner's node is told by its configuration."""

    path: Path
    host: str
    port: int
    account: str
    state: Path
    """The folder of its journal and its log."""
    profile: str | None
    """None: the one that the command line would take."""
    executors: tuple[str, ...]
    """Accounts that sign receipts, besides `account`."""
    answer_days: int
    """How long answers can be fetched again."""
    rules: NodeRules
    tls: TlsFiles | None
    datasets: tuple[DatasetEntry, ...]
    plain_http: bool = False
    """Whether others may reach it without `tls`: what protects the way is elsewhere."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a configuration file.

        Raises:
            NodeConfigError: it cannot be read, is no TOML, or says what cannot be: the message
                names the file and the key.
        """
        return cls._of(_Section(path, "", _read(path)))

    @classmethod
    def _of(cls, top: "_Section") -> Self:
        host, port = top.take("listen", _listen, ("127.0.0.1", 8460))
        tls = top.section("tls")
        config = cls(
            path=top.file,
            host=host,
            port=port,
            account=top.take("account", _text),
            state=top.take("state", top.path_of),
            profile=top.take("profile", _text, None),
            executors=top.take("executors", _texts, ()),
            answer_days=top.take("answer_days", _from_to(1, 3650), DEFAULT_ANSWER_DAYS),
            rules=_rules(top),
            tls=None if tls is None else _tls(tls),
            datasets=tuple(_dataset(section) for section in top.sections("datasets")),
            plain_http=top.take("plain_http", _boolean, None) is True,
        )
        top.finish()
        if tls is None and not config.plain_http and not _is_loopback(host):
            raise top.wrong(
                "listen",
                f"is {host}, which others can reach, and there is no [tls]: who listens on the way "
                "would read all answers (`plain_http = true` if nobody can)",
            )
        return config


class _Section:
    """A table of the file, of which every key must be asked for."""

    def __init__(self, file: Path, name: str, table: Table) -> None:
        self.file = file
        self._name = name
        self._rest = dict(table)

    def take(self, key: str, read: Callable[[Any], T], *default: T) -> T:
        """Return what a key says; the default, where there is one and the key is absent."""
        if key not in self._rest:
            if default:
                return default[0]
            raise self.wrong(key, "is missing")
        try:
            return read(self._rest.pop(key))
        except ValueError as error:
            raise self.wrong(key, str(error)) from None

    def section(self, key: str) -> "_Section | None":
        """Return the table of this name, if there is one."""
        found = self._rest.pop(key, None)
        if found is None:
            return None
        if not isinstance(found, dict):
            raise self.wrong(key, "is no table")
        return _Section(self.file, f"{key}.", found)

    def sections(self, key: str) -> "list[_Section]":
        """Return the tables of an array of this name."""
        found = self._rest.pop(key, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise self.wrong(key, "is no array of tables")
        return [
            _Section(self.file, f"{key}[{number}].", table) for number, table in enumerate(found, 1)
        ]

    def path_of(self, value: object) -> Path:
        """Return the path that a text means, from where the file lies."""
        return self.file.parent.absolute() / Path(_text(value)).expanduser()

    def finish(self) -> None:
        """Return only if no key is left over."""
        for key in self._rest:
            raise self.wrong(key, "is not known")

    def wrong(self, key: str, reason: str) -> NodeConfigError:
        """Return the error about a key."""
        return NodeConfigError(
            f"{self.file}: {self._name}{shown(key)[1:-1]} {reason}.",
            remedy="Mend the file; `docs/node.md` lists the keys.",
        )


def _read(path: Path) -> Table:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        raise NodeConfigError(
            f"{path}: it cannot be read: {error.strerror}.",
            remedy="`dataledger node init` writes a configuration.",
        ) from error
    if len(data) > MAX_CONFIG_BYTES:
        raise NodeConfigError(
            f"{path}: it is larger than {MAX_CONFIG_BYTES} bytes.", remedy="Give a shorter file."
        )
    try:
        return tomllib.loads(data.decode())
    except ValueError as error:
        # Of TOML that is malformed, and of text that is not UTF-8, too.
        raise NodeConfigError(
            f"{path}: it is no TOML: {shown(str(error))[1:-1]}.", remedy="Mend the file."
        ) from None


def _rules(top: _Section) -> NodeRules:
    limits = _fields(top.section("limits"), Limits())
    federated = _fields(top.section("federated"), FederatedRules())
    if limits.age_seconds > MAX_AGE_SECONDS:
        raise top.wrong("limits.age_seconds", f"is more than {MAX_AGE_SECONDS}")
    if not federated.first_port <= federated.last_port <= MAX_PORT:
        raise top.wrong("federated.last_port", "is before first_port, or no port")
    return NodeRules(
        limits=limits,
        privacy=_fields(top.section("privacy"), PrivacyRules()),
        matching=_fields(top.section("matching"), MatchingRules()),
        sandbox=_fields(top.section("sandbox"), SandboxRules()),
        federated=federated,
    )


_MAY_BE_ZERO = frozenset({"first_port", "last_port", "items_per_day", "runs_per_day"})


def _fields(section: _Section | None, defaults: T) -> T:
    """Return `defaults`, a dataclass of rules, with what the section says in their place."""
    if section is None:
        return defaults
    given: dict[str, Any] = {}
    for field in dataclasses.fields(defaults):  # type: ignore[arg-type]  # T is one of the rules
        default = getattr(defaults, field.name)
        given[field.name] = section.take(field.name, _reader_like(field.name, default), default)
    section.finish()
    return dataclasses.replace(defaults, **given)  # type: ignore[type-var]


def _reader_like(name: str, default: object) -> Callable[[Any], Any]:
    if isinstance(default, bool):
        return _boolean
    if isinstance(default, int):
        return _from_to(0 if name in _MAY_BE_ZERO else 1, _LARGEST)
    return _texts if isinstance(default, tuple) else _text


def _tls(section: _Section) -> TlsFiles:
    files = TlsFiles(
        certificate=section.take("certificate", section.path_of),
        key=section.take("key", section.path_of),
    )
    section.finish()
    return files


def _dataset(section: _Section) -> DatasetEntry:
    def secret(value: object) -> str:
        # What has a slash is a path; a name is looked up in the home directory.
        text = _text(value)
        return str(section.path_of(text)) if "/" in text else text

    entry = DatasetEntry(
        dataset=section.take("dataset", _text),
        folder=section.take("folder", section.path_of),
        manifest=section.take("manifest", section.path_of, None),
        version=section.take("version", _from_to(1, 2**32 - 1), None),
        secret=section.take("secret", secret, None),
    )
    section.finish()
    return entry


# ------------------------------------------------------------------------------------------- values


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError(f"is {shown(value)}, and must be a text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _ACCOUNTS:
        raise ValueError(f"is {shown(value)}, and must be a list of at most {_ACCOUNTS} texts")
    return tuple(_text(item) for item in value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"is {shown(value)}, and must be true or false")  # noqa: TRY004
    return value


def _from_to(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if type(value) is not int or not least <= value <= most:
            raise ValueError(f"is {shown(value)}, and must be a number from {least} to {most}")
        return value

    return read


def _listen(value: object) -> tuple[str, int]:
    text = _text(value)
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= MAX_PORT):
        raise ValueError(f"is {shown(text)}, and must be HOST:PORT")
    return host, int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
