"""Privacy losses and digests on the command line."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from dataledger.cli.parameters import READABLE_PATH

if TYPE_CHECKING:
    from pathlib import Path

    from dataledger.contracts.use_types import Composition, Cost
    from dataledger.hashing import Digest
    from dataledger.ledger.use_policy import UsePolicy

F = TypeVar("F", bound=Callable[..., object])

terms_option = click.option(
    "--terms", type=READABLE_PATH, help="A policy in ODRL (JSON-LD).  [default: a plain one]"
)


def cost_options(function: F) -> F:
    """Add --epsilon, --delta and --rho to a command."""
    for decorate in (
        click.option("--rho", metavar="R", help="Under zCDP, in place of both: as 0.1."),
        click.option("--delta", metavar="D", help="As 1e-9.  [default: 0]"),
        click.option("--epsilon", metavar="E", help="As 0.5."),
    ):
        function = decorate(function)
    return function


def read_cost(
    epsilon: str | None, delta: str | None, rho: str | None, *, prefix: str = ""
) -> "tuple[Composition, Cost] | None":
    """Return what costs count, and the loss; None where the options say nothing.

    Raises:
        click.UsageError: they exclude each other.
        InvalidArgument: an amount cannot be read exactly.
    """
    from dataledger.contracts.use_types import Composition
    from dataledger.ledger.costs import parse_cost

    if rho is not None:
        if epsilon is not None or delta is not None:
            raise click.UsageError(f"--{prefix}rho excludes --{prefix}epsilon and --{prefix}delta.")
        return Composition.ZCDP, parse_cost(rho)
    if epsilon is None:
        if delta is not None:
            raise click.UsageError(f"--{prefix}delta needs --{prefix}epsilon.")
        return None
    return Composition.BASIC, parse_cost(epsilon, delta or "0")


def read_digest(text: str | None) -> "Digest | None":
    """Return the digest that `sha256:…` means. Raises `InvalidDigest` on anything else."""
    from dataledger.hashing import Digest

    return None if text is None else Digest.parse_sha256(text)


def read_terms(file: "Path | None") -> "UsePolicy | None":
    """Return the policy in `file`. Raises as `read_input` and `UsePolicy.read` do."""
    from dataledger.cli.output import read_input
    from dataledger.ledger.use_policy import MAX_POLICY_BYTES, UsePolicy

    if file is None:
        return None
    return UsePolicy.read(read_input(file, noun="policy of use", max_bytes=MAX_POLICY_BYTES))
