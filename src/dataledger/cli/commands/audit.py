"""`dataledger audit`: questions to the index of the chain's events."""

import click

from dataledger.cli.auditing import (
    Asking,
    Part,
    asks,
    at_option,
    lists,
    period,
    refuse_both_forms,
)
from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.parameters import COUNT, SEVERITY
from dataledger.cli.session import Session

_HERE = "dataledger.cli.commands"

kind_option = click.option(
    "--kind", "kinds", multiple=True, help="Only such events, as Advanced; repeatable."
)
key_option = click.option(
    "--key", "is_key", is_flag=True, help="WHO is a key: an address, or an account by name."
)


@group(
    "audit",
    lazy={
        "datasets": f"{_HERE}.audit_datasets:datasets",
        "search": f"{_HERE}.audit_datasets:search",
        "lineage": f"{_HERE}.audit_lineage:lineage",
        "impact": f"{_HERE}.audit_lineage:impact",
    },
    examples=[
        "dataledger audit timeline acme/roads",
        "dataledger audit datasets --stage PUBLISHED --sector transport",
    ],
)
def audit() -> None:
    """Ask what happened, who did it, and what stood when.

    Answers come from the index of the chain's events, which is brought up to date first. Each says
    as of which block it holds. Times are `2027-01-31`, `2027-01-31T12:00:00Z` or `block:1234`.
    """


@subcommand(
    audit,
    "timeline",
    examples=[
        "dataledger audit timeline acme/roads",
        "dataledger audit timeline acme/roads@2 --kind Advanced --csv",
    ],
)
@click.argument("name", metavar="DATASET")
@kind_option
@period
@click.option("--by", "who", metavar="WHO", help="Only what this organisation or key did.")
@lists
@asks
@pass_session
def timeline(
    session: Session,
    *,
    name: str,
    kinds: tuple[str, ...],
    since: str | None,
    until: str | None,
    who: str | None,
    part: Part,
    asking: Asking,
) -> None:
    """List what happened to a dataset, oldest first.

    With @VERSION, only while that version was the current one, and its recall.
    """
    from dataledger.cli.render.audit import TIMELINE
    from dataledger.cli.render.rows import PageView

    refuse_both_forms(session, part)
    with asking.audit(session) as index:
        page = index.timeline(name, kinds=kinds, since=since, until=until, who=who, **part.page)
    session.show(PageView("events", page, TIMELINE, "Nothing happened.", part.as_csv))


@subcommand(
    audit,
    "activity",
    examples=[
        "dataledger audit activity acme --since 2027-01-01",
        "dataledger audit activity alice --key --dataset acme/roads",
    ],
)
@click.argument("who")
@key_option
@kind_option
@period
@click.option("--dataset", metavar="DATASET", help="Only what it did to this dataset.")
@lists
@asks
@pass_session
def activity(
    session: Session,
    *,
    who: str,
    is_key: bool,
    kinds: tuple[str, ...],
    since: str | None,
    until: str | None,
    dataset: str | None,
    part: Part,
    asking: Asking,
) -> None:
    """List what an organisation or key did, and was done to it."""
    from dataledger.cli.render.audit import ACTIVITY
    from dataledger.cli.render.rows import PageView

    refuse_both_forms(session, part)
    actor = session.address(who) if is_key else who
    with asking.audit(session) as index:
        page = index.activity(
            actor, kinds=kinds, since=since, until=until, dataset=dataset, **part.page
        )
    session.show(PageView("events", page, ACTIVITY, "It did nothing.", part.as_csv))


@subcommand(
    audit,
    "roles",
    examples=[
        "dataledger audit roles acme --at 2027-01-31",
        "dataledger audit roles alice --key --at block:1234",
    ],
)
@click.argument("who")
@key_option
@at_option
@lists
@asks
@pass_session
def roles(
    session: Session, *, who: str, is_key: bool, at: str | None, part: Part, asking: Asking
) -> None:
    """List who held which role when, and what for.

    Without --at, all memberships that ever were recorded.
    """
    from dataledger.cli.render.audit import TENURES
    from dataledger.cli.render.rows import PageView

    refuse_both_forms(session, part)
    actor = session.address(who) if is_key else who
    with asking.audit(session) as index:
        page = index.roles(actor, at=at, **part.page)
    session.show(PageView("roles", page, TENURES, "Nobody held a role.", part.as_csv))


@subcommand(
    audit,
    "state",
    examples=[
        "dataledger audit state acme/roads --at block:1234",
        "dataledger audit state acme --at 2027-01-31T12:00:00Z",
    ],
)
@click.argument("name", metavar="DATASET|ORGANISATION")
@at_option
@asks
@pass_session
def state(session: Session, *, name: str, at: str | None, asking: Asking) -> None:
    """Show a dataset or an organisation as it stood then."""
    from dataledger.cli.render.audit import DatasetThenView, OrganisationThenView

    with asking.audit(session) as index:
        if "/" in name or name.startswith("0x"):
            session.show(DatasetThenView(index.dataset_state(name, at=at)))
        else:
            session.show(OrganisationThenView(index.organisation_state(name, at=at)))


@subcommand(audit, "versions", examples=["dataledger audit versions acme/roads --csv"])
@click.argument("name", metavar="DATASET")
@lists
@asks
@pass_session
def versions(session: Session, *, name: str, part: Part, asking: Asking) -> None:
    """List the versions of a dataset."""
    from dataledger.cli.render.audit import VERSIONS
    from dataledger.cli.render.rows import PageView

    refuse_both_forms(session, part)
    with asking.audit(session) as index:
        page = index.versions(name, **part.page)
    session.show(PageView("versions", page, VERSIONS, "There is no version yet.", part.as_csv))


@subcommand(
    audit,
    "recalls",
    examples=[
        "dataledger audit recalls",
        "dataledger audit recalls --owner acme --severity CRITICAL",
    ],
)
@click.option("--owner", metavar="ORGANISATION", help="Only of its datasets.")
@click.option("--severity", type=SEVERITY, help="Only these.")
@lists
@asks
@pass_session
def recalls(
    session: Session, *, owner: str | None, severity: str | None, part: Part, asking: Asking
) -> None:
    """List the versions that were recalled, the newest recall first."""
    from dataledger.cli.render.audit import VERSIONS
    from dataledger.cli.render.rows import PageView

    refuse_both_forms(session, part)
    with asking.audit(session) as index:
        page = index.recalls(owner=owner, severity=severity, **part.page)
    session.show(PageView("recalls", page, VERSIONS, "Nothing was recalled.", part.as_csv))


@subcommand(audit, "summary", examples=["dataledger audit summary"])
@asks
@pass_session
def summary(session: Session, *, asking: Asking) -> None:
    """Count datasets by stage, and all else there is."""
    from dataledger.cli.render.audit import SummaryView

    with asking.audit(session) as index:
        session.show(SummaryView(index.summary()))


@subcommand(
    audit,
    "anomalies",
    examples=[
        "dataledger audit anomalies",
        "dataledger audit anomalies stalled --stalled-days 90",
    ],
)
@click.argument("kinds", nargs=-1, metavar="[KIND]...")
@click.option("--stalled-days", type=COUNT, metavar="N", help="What counts as stalled.")
@lists
@asks
@pass_session
def anomalies(
    session: Session,
    *,
    kinds: tuple[str, ...],
    stalled_days: int | None,
    part: Part,
    asking: Asking,
) -> None:
    """List what is worth a look.

    KIND is slow-step, fast-step, stalled, key-outside-membership, recalled-parent or
    suspended-owner; by default all.
    """
    from dataledger.cli.render.audit import ANOMALIES
    from dataledger.cli.render.rows import PageView

    refuse_both_forms(session, part)
    with asking.audit(session) as index:
        page = index.anomalies(kinds or None, stalled_days=stalled_days, **part.page)
    session.show(PageView("anomalies", page, ANOMALIES, "Nothing is unusual.", part.as_csv))
