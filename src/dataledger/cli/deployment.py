"""A deployment as one act: contracts, profile, default policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataledger.cli.session import Session

if TYPE_CHECKING:
    from dataledger.chain.profile import Profile
    from dataledger.contracts.events import PolicyPublished
    from dataledger.ledger.results import Confirmed


@dataclass(frozen=True, slots=True)
class Deployment:
    """What stands on the chain now."""

    profile: "Profile"
    policy: "Confirmed[PolicyPublished] | None"


def deploy_contracts(
    session: Session,
    *,
    rpc: Sequence[str],
    confirmations: int,
    slug: str,
    name: str,
    admin: str | None,
    publish_policy: bool,
) -> Deployment:
    """Deploy to the profile's chain, or to the one that the nodes `rpc` serve.

    Afterwards the profile pins the contracts, and the default policy is published if it was asked
    for. What was there already stays as it is.

    Raises:
        ProfileError: `rpc` is given, and a profile of that name is of another chain, or pins
            contracts already.
    """
    from dataledger.chain.connection import connect
    from dataledger.chain.deployment import RootAuthority, deploy
    from dataledger.chain.outbox import Outbox
    from dataledger.chain.profile import Profile
    from dataledger.chain.signers import open_signer
    from dataledger.cli.profiles import new_profile
    from dataledger.contracts.identifiers import to_slug
    from dataledger.ledger import Ledger
    from dataledger.ledger.policy_document import PolicyDocument

    root_slug = to_slug(slug)
    if rpc:
        profile = new_profile(
            session.profile_name(), rpc, session.home, confirmations=confirmations
        )
    else:
        profile = Profile.load(session.profile, session.home)
    account = session.account_name()
    signer = open_signer(account, lambda: session.passphrase(account), home=session.home)
    root = RootAuthority(session.address(admin) if admin else signer.address, root_slug, name)
    with session.waiting():
        connection = connect(profile)
        with Outbox(connection, home=session.home) as outbox:
            outbox.reconcile(signer)
            profile = deploy(
                connection, outbox, signer, root, home=session.home, announce=session.announce
            )
        if not publish_policy or root.admin != signer.address:
            return Deployment(profile, None)
        session.announce("Publishing the default lifecycle policy")
        with Ledger.connect(profile, signer=signer, home=session.home) as ledger:
            return Deployment(profile, ledger.policies.publish(PolicyDocument.default()))
