"""`dataledger profile`: which chains this machine knows."""

from pathlib import Path

import click

from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.parameters import READABLE_PATH
from dataledger.cli.session import Session


@group("profile", examples=["dataledger profile list", "dataledger profile show devnet"])
def profile() -> None:
    """Show and add profiles.

    A profile pins one chain, its nodes, and the contracts on it.
    """


@subcommand(profile, "list", examples=["dataledger profile list"])
@pass_session
def list_(session: Session) -> None:
    """List the profiles in the home directory."""
    from dataledger.chain.profile import profile_names
    from dataledger.cli.render.machine import ProfileList

    session.show(ProfileList(profile_names(session.home), session.profile_name()))


@subcommand(profile, "show", examples=["dataledger profile show", "dataledger profile show devnet"])
@click.argument("name", required=False)
@pass_session
def show(session: Session, *, name: str | None) -> None:
    """Show a profile. Credentials in its endpoints stay hidden."""
    from dataledger.chain.profile import Profile
    from dataledger.cli.render.machine import ProfileView

    session.show(ProfileView(Profile.load(name or session.profile, session.home)))


@subcommand(profile, "add", examples=["dataledger profile add region.json"])
@click.argument("file", type=READABLE_PATH)
@click.option("--force", is_flag=True, help="Replace a profile of the same name.")
@pass_session
def add(session: Session, *, file: Path, force: bool) -> None:
    """Add a profile that an administrator gave you. Its file must be called NAME.json."""
    from dataledger.cli.profiles import add_profile
    from dataledger.cli.render.machine import ProfileView

    found = add_profile(file, session.home, replace=force)
    session.show(ProfileView(found, f"Added the profile {found.name}."))
