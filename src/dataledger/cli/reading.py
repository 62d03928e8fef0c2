"""How data is to be read: the options of every command that fingerprints."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataledger.cli.parameters import ALGORITHM, COUNT, ENGINE
from dataledger.errors import InvalidArgument, shown

if TYPE_CHECKING:
    from dataledger.hashing import Algorithm
    from dataledger.manifest import Manifest
    from dataledger.manifest.cache import ManifestCache
    from dataledger.manifest.engines import Engine
    from dataledger.manifest.records.engine import RecordOptions

Command = Callable[..., object]

DEFAULT_DIGESTS = ("sha256",)
DEFAULT_SECRET = "default"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Reading:
    """How data is to be read; by default every file anew, and no records."""

    digests: tuple[str, ...] = DEFAULT_DIGESTS
    records: bool = False
    labels: bool = False
    secret: str = DEFAULT_SECRET
    cached: bool = False
    workers: int | None = None
    engine: str = "local"
    scheduler: str | None = None

    @classmethod
    def like(cls, manifest: "Manifest", workers: int | None) -> "Reading":
        """Return how to read data that is to be compared with `manifest`: by its digests."""
        found: dict[str, None] = {}
        for entry in manifest.entries:
            found |= dict.fromkeys(digest.algorithm for digest in entry.digests)
        return cls(digests=tuple(found), workers=workers)

    def algorithms(self) -> "tuple[Algorithm, ...]":
        """Return the digests to make, the first one first."""
        from dataledger.hashing import Algorithm

        return tuple(Algorithm(name) for name in dict.fromkeys(self.digests))

    def record_options(self, home: Path | None) -> "RecordOptions | None":
        """Return how to hash records, if at all.

        Raises:
            SecretError: there is no such secret, or it cannot be read.
            OutputUnwritable: trees cannot be kept in the home directory.
        """
        if not self.records and not self.labels:
            return None
        from dataledger.chain.home import home_directory
        from dataledger.ledger.secrets import Secrets
        from dataledger.ledger.trees import Trees
        from dataledger.manifest.records.engine import RecordOptions

        keys = Secrets(home).open(self.secret).keys()
        trees = Trees(home or home_directory())
        return RecordOptions(keys, labels=self.labels, keep_in=trees.make_folder())

    def cache(self, home: Path | None) -> "ManifestCache | None":
        """Return where unchanged files are remembered, if they may be."""
        if not self.cached or self.engine != "local":
            return None
        from dataledger.chain.home import home_directory
        from dataledger.manifest.cache import ManifestCache

        return ManifestCache((home or home_directory()) / "cache" / "manifests")

    def cluster(self) -> "AbstractContextManager[Engine | None]":
        """Return what offers the cluster that does the work, or None where this machine does.

        Raises:
            InvalidArgument: engine and scheduler contradict each other.
            ClusterError: the cluster cannot be joined.
        """
        if self.engine == "local":
            if self.scheduler is not None:
                raise InvalidArgument(
                    f"The scheduler {shown(self.scheduler)} is named, and the work is to be done "
                    "here.",
                    remedy="Add --engine dask, or leave out --scheduler.",
                )
            return nullcontext()
        from dataledger.manifest.engines import DaskEngine

        return DaskEngine(self.scheduler)


FOR_EVIDENCE = Reading()

_OPTIONS = (
    click.option(
        "--digest",
        "digests",
        multiple=True,
        type=ALGORITHM,
        metavar="NAME",
        help="sha256, sha256-tree, sm3 or blake3; repeatable: all in one read, the first one "
        "leads.  [default: sha256]",
    ),
    click.option(
        "--records",
        is_flag=True,
        help="Hash each record of CSV, JSON Lines, Parquet and Arrow files, too.",
    ),
    click.option(
        "--labels", is_flag=True, help="Label records, to prove that one is absent; as --records."
    ),
    click.option(
        "--secret",
        metavar="NAME|FILE",
        default=DEFAULT_SECRET,
        show_default=True,
        help="What salts records; see `dataledger secret`.",
    ),
    click.option(
        "--cache/--no-cache",
        "cached",
        default=True,
        show_default=True,
        help="Whether files that look unchanged are taken from the last run.",
    ),
    click.option(
        "--workers",
        type=COUNT,
        metavar="N",
        help="Files hashed side by side.  [default: processors]",
    ),
)

_CLUSTER_OPTIONS = (
    click.option(
        "--engine",
        type=ENGINE,
        metavar="NAME",
        default="local",
        show_default=True,
        help="Who hashes: local or dask.",
    ),
    click.option("--scheduler", metavar="ADDRESS", help="The Dask scheduler of a running cluster."),
)

workers_option = _OPTIONS[-1]


def reading_options(function: Command) -> Command:
    """Add the options to a command, which gets them together as `reading`."""
    return _gather(function, _OPTIONS)


def cluster_reading_options(function: Command) -> Command:
    """Add the options to a command that can also work on a cluster."""
    return _gather(function, (*_OPTIONS, *_CLUSTER_OPTIONS))


def _gather(function: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    names = ("digests", "records", "labels", "secret", "cached", "workers", "engine", "scheduler")

    @wraps(function)
    def gathered(*args: Any, **given: Any) -> object:
        chosen = {name: given.pop(name) for name in names if name in given}
        chosen["digests"] = chosen["digests"] or DEFAULT_DIGESTS
        return function(*args, reading=Reading(**chosen), **given)

    command: Command = gathered
    for option in reversed(options):
        command = option(command)
    return command
