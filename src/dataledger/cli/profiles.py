"""Adding profiles to the home directory without losing the ones that are there."""

from collections.abc import Sequence
from pathlib import Path

from dataledger.chain.discovery import discover
from dataledger.chain.profile import MAX_PROFILE_BYTES, Endpoint, Profile, profile_names
from dataledger.cli.output import read_input
from dataledger.errors import OutputExists, ProfileError


def add_profile(file: Path, home: Path | None, *, replace: bool) -> Profile:
    """Save the profile in `file`, which is named after it, and return it.

    Raises:
        OutputExists: there is a profile of that name, and `replace` is false.
        ProfileError: the file holds no profile of that name.
    """
    data = read_input(file, noun="profile file", max_bytes=MAX_PROFILE_BYTES)
    profile = Profile.parse(data, name=file.stem)
    if not replace and profile.name in profile_names(home):
        raise OutputExists(
            f"There is a profile {profile.name!r} already.",
            remedy="Pass --force to replace it, or rename the new one.",
        )
    profile.save(home)
    return profile


def new_profile(
    name: str, urls: Sequence[str], home: Path | None, *, confirmations: int
) -> Profile:
    """Return a profile of the chain that these nodes serve, without saving it.

    Raises:
        ProfileError: there is one of that name, of another chain, or with contracts.
    """
    found = discover(name, [Endpoint(url) for url in urls], confirmations=confirmations)
    if name in profile_names(home):
        known = Profile.load(name, home)
        if known.identity != found.identity or known.contracts:
            raise ProfileError(
                f"There is a profile {name!r} already, of {known.identity}"
                + (" with its contracts." if known.contracts else "."),
                remedy="Name another one with --profile, or leave out --rpc to complete this one.",
            )
    return found
