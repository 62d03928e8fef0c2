"""`dataledger audit`: questions to the index of the chain's events."""

from dataledger.cli.command import group

_HERE = "dataledger.cli.commands"


@group(
    "audit",
    lazy={
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
    as of which block it holds.
    """
