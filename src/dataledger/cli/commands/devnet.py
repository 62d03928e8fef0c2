"""`dataledger devnet`: the development chain on this machine."""

import click

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.session import Session


@group("devnet", examples=["dataledger devnet up", "dataledger devnet status --json"])
def devnet() -> None:
    """Run a development chain on this machine.

    It runs in the background, and its state is kept on disk. It stands in for a permissioned chain:
    gas is free, and blocks are made as transactions arrive. The accounts dev0 to dev9 sign on it;
    everybody knows their keys.
    """


@subcommand(devnet, "up", examples=["dataledger devnet up", "dataledger devnet up --port 8545"])
@click.option("--port", type=click.IntRange(1, 65535), help="Where it listens.  [default: any]")
@pass_session
def up(session: Session, *, port: int | None) -> None:
    """Start the devnet, unless it runs, and write its profile.

    Where anvil is not installed, it is installed from npm into the user's cache.
    """
    from dataledger.chain.devnet import Devnet
    from dataledger.cli.render.machine import DevnetView

    session.show(DevnetView(Devnet(session.home, announce=session.announce).up(port)))


@subcommand(devnet, "down", examples=["dataledger devnet down"])
@pass_session
def down(session: Session) -> None:
    """Stop the devnet. Its state is kept for the next time."""
    from dataledger.chain.devnet import Devnet
    from dataledger.cli.render.machine import DevnetView

    session.show(DevnetView(Devnet(session.home).down()))


@subcommand(devnet, "status", examples=["dataledger devnet status"])
@pass_session
def status(session: Session) -> None:
    """Show whether the devnet runs, and where."""
    from dataledger.chain.devnet import Devnet
    from dataledger.cli.render.machine import DevnetView

    session.show(DevnetView(Devnet(session.home).status()))


@subcommand(devnet, "erase", examples=["dataledger devnet erase --yes"])
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def erase(session: Session, *, yes: bool) -> None:
    """Remove the devnet for good.

    It is stopped first; its chain, its profile and its outbox are removed.
    """
    from dataledger.chain.devnet import Devnet
    from dataledger.cli.render.machine import DevnetView

    question = "Remove the devnet and all that is recorded on it?"
    if not yes and not click.confirm(question, err=True):
        click.get_current_context().exit(1)
    devnet = Devnet(session.home)
    devnet.erase()
    session.show(DevnetView(devnet.status()))
