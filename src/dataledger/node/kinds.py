"""Which kinds of work a node takes, by the format that their documents name; each loaded when used.

A document is canonical JSON (RFC 8785) with a member `format`. Whoever asks sends it, and the node
makes the work of it; the same code makes it on both sides, so both know its digest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from dataledger.errors import DataLedgerError, QueryError, UsageError, listed, shown
from dataledger.hashing import parse_strict
from dataledger.node.rules import MEBIBYTE
from dataledger.node.work import SharedWork, Work

MAX_WORK_BYTES = 64 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work: where its parser stands, and whether several nodes do it together."""

    parser: str
    """`module:function`; the function makes a `Work` of a document's bytes."""
    packages: tuple[str, ...] = ()
    """What it imports, besides what every node has."""
    probe: str | None = None
    """`module:function`; the function raises where this machine cannot do it."""
    is_shared: bool = False

    def missing(self) -> tuple[str, ...]:
        """Return what keeps this machine from such work: absent packages, or the probe's words."""
        missing = tuple(name for name in self.packages if find_spec(name) is None)
        if self.probe is None or missing:
            return missing
        try:
            _loaded(self.probe)()
        except DataLedgerError as error:
            return (str(error),)
        return ()


KINDS: dict[str, Kind] = {
    "dataledger/query/1": Kind(
        "dataledger.node.queries:parse_query", packages=("opendp", "pyarrow")
    ),
    "dataledger/matching/1": Kind(
        "dataledger.node.matching:parse_matching", packages=("private_set_intersection", "pyarrow")
    ),
    "dataledger/algorithm/1": Kind(
        "dataledger.node.sandbox:parse_algorithm",
        probe="dataledger.node.sandbox.bubblewrap:require_sandbox",
    ),
    "dataledger/federated-query/1": Kind(
        "dataledger.node.federated:parse_federated_query",
        packages=("cryptography", "mpyc", "opendp", "pyarrow"),
        is_shared=True,
    ),
    "dataledger/training/1": Kind(
        "dataledger.node.training:parse_training",
        packages=("cryptography", "mpyc", "opendp", "pyarrow"),
        is_shared=True,
    ),
}


def parse_work(document: bytes) -> Work:
    """Return the work that a document describes, which one node does alone.

    Raises:
        QueryError: the document is malformed, of an unknown format, or work for several nodes.
        DependencyMissing: a package that this kind of work needs is not installed.
    """
    name, kind = _kind_of(document)
    if kind.is_shared:
        raise QueryError(
            f"Work of the format {name} is done by several nodes together.",
            remedy="Join at each node, and start at each, as `ask_together` does.",
        )
    return cast("Work", _parse(kind, document))


def parse_shared_work(document: bytes) -> SharedWork:
    """Return the work that a document describes, which several nodes do together.

    Raises as `parse_work` does.
    """
    name, kind = _kind_of(document)
    if not kind.is_shared:
        raise QueryError(
            f"Work of the format {name} is done by one node.", remedy="Run it, without joining."
        )
    return cast("SharedWork", _parse(kind, document))


def parse_any_work(document: bytes) -> Work:
    """Return the work that a document describes, whoever does it. Raises as `parse_work` does."""
    _, kind = _kind_of(document)
    return cast("Work", _parse(kind, document))


def _kind_of(document: bytes) -> tuple[str, Kind]:
    try:
        value = parse_strict(document, max_bytes=MAX_WORK_BYTES)
    except UsageError as error:
        raise QueryError(str(error), remedy=error.remedy) from error
    name = value.get("format") if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in KINDS:
        raise QueryError(
            f"{shown(name)} is no format of work.",
            remedy=f"This release takes {listed(tuple(KINDS))}.",
        )
    return name, KINDS[name]


def _parse(kind: Kind, document: bytes) -> object:
    return _loaded(kind.parser)(document)


def _loaded(place: str) -> Callable[..., object]:
    module, function = place.split(":")
    return cast("Callable[..., object]", getattr(import_module(module), function))
