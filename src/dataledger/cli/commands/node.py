"""`dataledger node`: computing beside the data, for others."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.parameters import READABLE_PATH
from dataledger.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataledger.chain.signer import Signer
    from dataledger.ledger import Ledger
    from dataledger.node.config import NodeConfig

config_option = click.option(
    "--config",
    "path",
    type=READABLE_PATH,
    default=Path("node.toml"),
    show_default=True,
    help="The node's configuration.",
)


@group("node", examples=["dataledger node init", "dataledger node check", "dataledger node serve"])
def node() -> None:
    """Serve questions about data that stays where it is.

    An owner's node stands beside the data. It takes signed requests under grants, reserves what
    they cost on the chain, computes, settles with a receipt, and answers.
    """


@subcommand(
    node,
    "init",
    examples=[
        "dataledger node init --account owner",
        "dataledger node init --account owner --dataset acme/roads /data/roads",
    ],
)
@config_option
@click.option("--listen", metavar="HOST:PORT", default="127.0.0.1:8460", show_default=True)
@click.option(
    "--dataset",
    "datasets",
    metavar="DATASET FOLDER",
    type=(str, str),
    multiple=True,
    help="What it holds, and where. Repeatable.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@pass_session
def init(
    session: Session, *, path: Path, listen: str, datasets: tuple[tuple[str, str], ...], force: bool
) -> None:
    """Write a configuration with every key, to be edited."""
    from dataledger.cli.output import write_output
    from dataledger.cli.render.node import StarterView
    from dataledger.node.starter import starter

    text = starter(
        account=session.account_name(),
        listen=listen,
        profile=session.profile,
        datasets=[(name, str(Path(folder).absolute())) for name, folder in datasets],
    )
    write_output(path, text.encode(), replace=force)
    session.show(StarterView(path))


@subcommand(
    node, "check", examples=["dataledger node check", "dataledger node check --config node.toml"]
)
@config_option
@click.pass_context
def check(ctx: click.Context, *, path: Path) -> None:
    """Say what would be served, and all that is wrong.

    Every manifest is held against the chain; the data is not read. Ends with exit code 1 when
    something is wrong.
    """
    from dataledger.cli.render.node import CheckView
    from dataledger.node.checking import check_node
    from dataledger.node.config import NodeConfig

    session = ctx.ensure_object(Session)
    config = NodeConfig.load(path)
    with _opened(session, config) as (ledger, _executors):
        found = check_node(ledger, config)
        session.show(CheckView(found))
    if not found.is_well:
        ctx.exit(1)


@subcommand(
    node, "serve", examples=["dataledger node serve", "dataledger node serve --config node.toml"]
)
@config_option
@pass_session
def serve(session: Session, *, path: Path) -> None:
    """Serve until interrupted, or stopped by SIGTERM.

    First it settles what an earlier process left open. A line tells when it listens, and where;
    with --json, an object. What it has begun is brought to its end before it stops.
    """
    import logging
    import signal
    import sys

    from dataledger.cli.render.node import Serving
    from dataledger.node.config import NodeConfig
    from dataledger.node.server import serve as serve_node

    config = NodeConfig.load(path)
    # While it serves, uvicorn handles it, and hands it on once all has come to its end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    shown = Serving(as_json=session.as_json)
    with _opened(session, config) as (ledger, executors):
        session.waiting().stop()
        serve_node(
            ledger,
            config,
            executors=executors,
            home=session.home,
            on_recovered=shown.recovered,
            on_ready=shown.ready,
        )


@subcommand(
    node,
    "log",
    examples=[
        "dataledger node log",
        "dataledger node log --last 100",
        "dataledger node log --check",
    ],
)
@config_option
@click.option("--last", type=click.IntRange(1), default=20, show_default=True, help="Lines shown.")
@click.option("--check", is_flag=True, help="Check that no line was altered or removed.")
@pass_session
def log(session: Session, *, path: Path, last: int, check: bool) -> None:
    """Show who asked for what, and what became of it.

    Each line of the log names the one before by its digest. With --check, all of it is held to
    that; note the digest of the last line elsewhere, to see later if lines are missing at the end.
    """
    from dataledger.cli.render.node import LogView
    from dataledger.node.audit_log import verify
    from dataledger.node.config import NodeConfig
    from dataledger.node.engine import LOG_FILE
    from dataledger.node.log_lines import last_lines

    file = NodeConfig.load(path).state / LOG_FILE
    head = verify(file) if check else None
    session.show(LogView(file, last_lines(file, last), head))


@contextmanager
def _opened(
    session: Session, config: "NodeConfig"
) -> "Iterator[tuple[Ledger, tuple[Signer, ...]]]":
    """Connect as the configuration says, with the keys of its accounts."""
    from dataledger.chain.signers import open_signer

    session.profile = session.profile or config.profile
    session.account = config.account
    with session.writing() as ledger:

        def executor(name: str) -> "Signer":
            return open_signer(name, lambda: session.passphrase(name), home=session.home)

        yield ledger, tuple(executor(name) for name in config.executors)
