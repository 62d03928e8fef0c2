"""`dataledger outbox`: what is in flight."""

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.session import Session


@group("outbox", examples=["dataledger outbox list", "dataledger outbox reconcile"])
def outbox() -> None:
    """Show and settle what was signed here.

    It is kept on disk until the chain has it. A command that was interrupted, or got no answer in
    time, loses nothing: run it again, or settle all at once with `reconcile`.
    """


@subcommand(outbox, "list", examples=["dataledger outbox list"])
@pass_session
def list_(session: Session) -> None:
    """List what is signed and not settled.

    As far as this machine knows: the chain is not asked.
    """
    from dataledger.cli.render.machine import OutboxView

    with session.outbox() as found:
        session.show(OutboxView(found.unresolved()))


@subcommand(outbox, "reconcile", examples=["dataledger outbox reconcile"])
@pass_session
def reconcile(session: Session) -> None:
    """Settle with the chain what is in flight.

    What the chain does not have is sent again.
    """
    from dataledger.cli.render.machine import OutboxView

    with session.outbox() as found:
        found.reconcile()
        session.show(OutboxView(found.unresolved(), reconciled=True))
