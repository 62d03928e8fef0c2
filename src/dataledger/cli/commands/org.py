"""`dataledger org`: the organisations of the consortium."""

import click

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.parameters import CAPABILITY, MOMENT
from dataledger.cli.session import Session

held = click.option(
    "--capability", "-c", "held", multiple=True, type=CAPABILITY, help="What it may do; repeatable."
)
grantable = click.option(
    "--grantable", "-g", multiple=True, type=CAPABILITY, help="What it may give on; repeatable."
)


@group(
    "org",
    examples=[
        "dataledger org admit acme --name 'Acme Ltd' --admin 0x… -c CUSTODIAN",
        "dataledger org list",
    ],
)
def org() -> None:
    """Admit, limit and show organisations.

    They form a tree of delegated administration. An organisation is named by its slug or its
    number; the root authority is number 1.
    """


@subcommand(
    org,
    "admit",
    examples=[
        "dataledger org admit acme --name 'Acme Ltd' --admin alice -c CUSTODIAN",
        "dataledger org admit north --admin 0x… -c REGULATOR -g CUSTODIAN -g AUDITOR",
    ],
)
@click.argument("slug")
@click.option("--name", help="In full.  [default: the slug]")
@click.option("--admin", required=True, metavar="KEY", help="First admin: address or account.")
@held
@grantable
@click.option("--until", type=MOMENT, default="never", show_default=True, help="The admin's end.")
@click.option("--profile-digest", metavar="DIGEST", help="sha256:… of a document about it.")
@pass_session
def admit(
    session: Session,
    *,
    slug: str,
    name: str | None,
    admin: str,
    held: tuple[str, ...],
    grantable: tuple[str, ...],
    until: int,
    profile_digest: str | None,
) -> None:
    """Admit an organisation below the account's."""
    from dataledger.cli.parameters import capabilities
    from dataledger.cli.render.confirmation import Confirmation
    from dataledger.hashing import Digest

    digest = None if profile_digest is None else Digest.parse_sha256(profile_digest)
    key = session.address(admin)
    with session.writing() as ledger:
        confirmed = ledger.organisations.admit(
            slug,
            name or slug,
            admin=key,
            capabilities=capabilities(held),
            grantable=capabilities(grantable),
            admin_valid_until_unix=until,
            profile_digest=digest,
        )
    headline = f"Admitted {slug} as organisation {confirmed.event.org}."
    session.show(Confirmation(confirmed, headline, [("admin", key)]))


@subcommand(org, "show", examples=["dataledger org show acme", "dataledger org show 1"])
@click.argument("organisation")
@pass_session
def show(session: Session, *, organisation: str) -> None:
    """Show an organisation and its members."""
    from dataledger.cli.names import Names, find_organisation
    from dataledger.cli.render.organisations import OrganisationView

    with session.reading() as ledger:
        found = find_organisation(ledger, organisation)
        session.show(OrganisationView(found, ledger.members.list(found.id), Names(ledger)))


@subcommand(org, "list", examples=["dataledger org list"])
@pass_session
def list_(session: Session) -> None:
    """List all organisations."""
    from dataledger.cli.names import Names
    from dataledger.cli.render.organisations import OrganisationList

    with session.reading() as ledger:
        session.show(OrganisationList(ledger.organisations.list(), Names(ledger)))


@subcommand(org, "suspend", examples=["dataledger org suspend acme --reason 'unpaid audit'"])
@click.argument("organisation")
@click.option("--reason", required=True, help="Recorded on the chain, for everybody to read.")
@pass_session
def suspend(session: Session, *, organisation: str, reason: str) -> None:
    """Stop an organisation and every one below it from acting."""
    from dataledger.cli.names import find_organisation
    from dataledger.cli.render.confirmation import Confirmation

    with session.writing() as ledger:
        found = find_organisation(ledger, organisation)
        confirmed = ledger.organisations.suspend(found.id, reason)
    session.show(Confirmation(confirmed, f"Suspended {found.slug}.", [("reason", reason)]))


@subcommand(org, "reinstate", examples=["dataledger org reinstate acme"])
@click.argument("organisation")
@pass_session
def reinstate(session: Session, *, organisation: str) -> None:
    """Lift an organisation's suspension."""
    from dataledger.cli.names import find_organisation
    from dataledger.cli.render.confirmation import Confirmation

    with session.writing() as ledger:
        found = find_organisation(ledger, organisation)
        confirmed = ledger.organisations.reinstate(found.id)
    session.show(Confirmation(confirmed, f"Reinstated {found.slug}."))


@subcommand(
    org,
    "set-capabilities",
    examples=["dataledger org set-capabilities acme -c CUSTODIAN -c PROCESSOR"],
)
@click.argument("organisation")
@held
@grantable
@pass_session
def set_capabilities(
    session: Session, organisation: str, held: tuple[str, ...], grantable: tuple[str, ...]
) -> None:
    """Replace what an organisation holds and may grant. What is not named is taken away."""
    from dataledger.cli.names import find_organisation
    from dataledger.cli.parameters import capabilities
    from dataledger.cli.render.confirmation import Confirmation
    from dataledger.contracts.event_words import capabilities_text

    with session.writing() as ledger:
        found = find_organisation(ledger, organisation)
        confirmed = ledger.organisations.set_capabilities(
            found.id, capabilities=capabilities(held), grantable=capabilities(grantable)
        )
    details = [
        ("holds", capabilities_text(confirmed.event.capabilities)),
        ("may grant", capabilities_text(confirmed.event.grantable)),
    ]
    session.show(Confirmation(confirmed, f"Changed what {found.slug} can do.", details))


@group("handover", examples=["dataledger org handover propose 0x…"])
def handover() -> None:
    """Hand the root authority to another key.

    That takes two steps: one key proposes, the other accepts.
    """


org.add_command(handover)


@subcommand(handover, "propose", examples=["dataledger org handover propose 0x…"])
@click.argument("key")
@pass_session
def propose(session: Session, *, key: str) -> None:
    """Name the key that may take over.

    KEY is an address or an account. An earlier proposal is replaced.
    """
    from dataledger.cli.render.confirmation import Confirmation

    successor = session.address(key)
    with session.writing() as ledger:
        confirmed = ledger.organisations.propose_handover(successor)
    session.show(Confirmation(confirmed, f"{successor} may take over the root authority."))


@subcommand(handover, "accept", examples=["dataledger org handover accept --account successor"])
@pass_session
def accept(session: Session) -> None:
    """Take over the root authority. Every earlier key of it loses its membership."""
    from dataledger.cli.render.confirmation import Confirmation

    with session.writing() as ledger:
        confirmed = ledger.organisations.accept_handover()
    session.show(
        Confirmation(confirmed, f"{confirmed.event.successor} is the root authority's admin.")
    )


@subcommand(handover, "cancel", examples=["dataledger org handover cancel"])
@pass_session
def cancel(session: Session) -> None:
    """Withdraw the proposal."""
    from dataledger.cli.render.confirmation import Confirmation

    with session.writing() as ledger:
        confirmed = ledger.organisations.cancel_handover()
    session.show(Confirmation(confirmed, f"{confirmed.event.successor} can no longer take over."))
