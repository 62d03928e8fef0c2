"""Datasets as they stand at the end of a block."""

from collections.abc import Sequence

from dataledger.contracts import dataset_ledger
from dataledger.contracts.events import DatasetRegistered
from dataledger.contracts.identifiers import DatasetId, Head, OrgId, Slug
from dataledger.contracts.types import DUTIES, DatasetState
from dataledger.ledger.onchain import OnChain
from dataledger.ledger.results import Dataset


def read_datasets(
    onchain: OnChain, datasets: Sequence[DatasetId], *, block: int
) -> tuple[Dataset, ...]:
    """Return those of some datasets that there are, in the given order."""
    read_all = onchain.read_all
    states = read_all((dataset_ledger.state(id_) for id_ in datasets), block=block)
    heads = read_all((dataset_ledger.head(id_) for id_ in datasets), block=block)
    suspended = read_all((dataset_ledger.suspended_by(id_) for id_ in datasets), block=block)
    registered = onchain.names.registrations(datasets)
    owners = {recorded.event.org for recorded in registered.values()}
    slugs = {org: event.slug for org, event in onchain.names.admissions(owners).items()}
    return tuple(
        _dataset(
            registered[id_].event,
            state,
            owner_slug=slugs[registered[id_].event.org],
            stage_name=onchain.names.stage_name(state.policy, state.stage),
            suspended_by=suspended_by,
            head=head,
            block=block,
        )
        for id_, state, head, suspended_by in zip(datasets, states, heads, suspended, strict=True)
        if state.owner is not None
    )


def _dataset(
    registered: DatasetRegistered,
    state: DatasetState,
    *,
    owner_slug: Slug,
    stage_name: str,
    suspended_by: OrgId | None,
    head: Head,
    block: int,
) -> Dataset:
    first, second, third = (state.duty_holder(duty) for duty in DUTIES)
    carried = tuple(state.is_carried_over(duty) for duty in DUTIES)
    return Dataset(
        id=registered.dataset,
        slug=registered.slug,
        owner=registered.org,
        owner_slug=owner_slug,
        policy=state.policy,
        stage=state.stage,
        stage_name=stage_name,
        version_count=state.version_count,
        duties=(first, second, third),
        carried_over=(carried[0], carried[1], carried[2]),
        suspended_by=suspended_by,
        resume_stage=state.resume_stage,
        head=head,
        registered_at_unix=registered.recorded_at_unix,
        updated_at_unix=state.updated_at_unix,
        as_of_block=block,
    )
