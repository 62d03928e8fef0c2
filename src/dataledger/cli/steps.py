"""A step as the command line names it: dataset, stage and evidence."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataledger.cli.evidence import evidence_of
from dataledger.cli.names import find_dataset, find_stage
from dataledger.cli.parameters import VersionName
from dataledger.cli.session import Session

if TYPE_CHECKING:
    from dataledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class NamedStep:
    """What `ledger.lifecycle` is called with, and how people call it."""

    dataset_name: str
    stage_name: str
    arguments: dict[str, Any]


def find_step(
    session: Session,
    ledger: "Ledger",
    name: str,
    stage: str,
    *,
    version: int | None,
    from_stage: str | None,
    activity: Path | None,
    evidence: str | None,
    **described: Any,
) -> NamedStep:
    """Return the step with its evidence, which the values of `evidence_options` give.

    Raises:
        NotFound: a name is unknown; the remedy holds the nearest.
        click.UsageError: there is not exactly one kind of evidence.
    """
    dataset = find_dataset(ledger, name)
    to = find_stage(ledger, dataset, stage)
    stages = ledger.policies.get(dataset.policy).policy.stages
    proof = evidence_of(
        session,
        ledger,
        activity=activity,
        evidence=evidence,
        default_type=f"{dataset.stage_name} → {stages[to]}",
        default_input=VersionName(str(dataset.id), version or dataset.version_count or None),
        described=described,
    )
    return NamedStep(
        dataset_name=f"{dataset.owner_slug}/{dataset.slug}",
        stage_name=stages[to],
        arguments={
            "dataset": dataset.id,
            "to": to,
            "evidence": proof,
            "version": version,
            "from_stage": None if from_stage is None else find_stage(ledger, dataset, from_stage),
        },
    )
