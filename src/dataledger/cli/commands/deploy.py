"""`dataledger deploy`: putting the contracts on a chain."""

import click

from dataledger.cli.command import command, pass_session
from dataledger.cli.session import Session


@command(
    "deploy",
    examples=[
        "dataledger deploy",
        "dataledger deploy --rpc https://node.example:8545/ --profile region --account alice",
    ],
)
@click.option("--rpc", multiple=True, metavar="URL", help="A node of the chain; repeatable.")
@click.option("--confirmations", type=int, default=1, show_default=True, help="Final after these.")
@click.option("--slug", default="authority", show_default=True, help="Of the root authority.")
@click.option("--name", default="Root authority", show_default=True, help="Of the root authority.")
@click.option("--admin", metavar="KEY", help="Its first admin.  [default: the account]")
@click.option("--no-policy", is_flag=True, help="Do not publish the default lifecycle policy.")
@pass_session
def deploy(
    session: Session,
    *,
    rpc: tuple[str, ...],
    confirmations: int,
    slug: str,
    name: str,
    admin: str | None,
    no_policy: bool,
) -> None:
    """Deploy the contracts, and write the profile.

    The default lifecycle policy is published as well.

    Without --rpc, to the chain of the profile: the devnet, unless another one is named. With --rpc,
    to the chain that those nodes serve, which the new profile then pins. A deployment that broke
    off is continued by running it again.
    """
    from dataledger.cli.deployment import deploy_contracts
    from dataledger.cli.render.machine import DeploymentView

    deployment = deploy_contracts(
        session,
        rpc=rpc,
        confirmations=confirmations,
        slug=slug,
        name=name,
        admin=admin,
        publish_policy=not no_policy,
    )
    session.show(DeploymentView(deployment))
