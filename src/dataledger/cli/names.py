"""Names on the command line: what they mean, and which were perhaps meant instead."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

from dataledger.cli.parameters import ParentName, VersionName
from dataledger.contracts.identifiers import DatasetId, OrgId, PolicyId, Stage, to_policy_id
from dataledger.contracts.types import Parent, Relation
from dataledger.errors import InvalidIdentifier, InvalidSlug, NotFound, UsageError, shown

if TYPE_CHECKING:
    from dataledger.ledger import Ledger
    from dataledger.ledger.results import (
        Dataset,
        Organisation,
        PublishedPolicy,
        Version,
        VersionRef,
    )

LISTED_AT_MOST = 5
ALIKE = 0.6
ALIKE_WITH_OWNER = 0.75
"""Datasets of one owner share that part of their names."""
_FORMS = {
    "organisation": "Name it by its slug or its number; `dataledger org list` shows both.",
    "dataset": "Name it OWNER/SLUG, or by its 0x… id; `dataledger dataset list` names all.",
}


def find_organisation(ledger: "Ledger", text: str) -> "Organisation":
    """Return the organisation with that slug or number. Raises `NotFound` with the nearest."""
    try:
        return ledger.organisations.get(text)
    except UsageError as error:
        known = (str(organisation.slug) for organisation in ledger.organisations.list())
        raise _nearest(error, "organisation", text, known) from None


def find_dataset(ledger: "Ledger", text: str) -> "Dataset":
    """Return the dataset `OWNER/SLUG` or `0x…`. Raises `NotFound` with the nearest."""
    try:
        return ledger.datasets.get(text)
    except UsageError as error:
        known = (f"{dataset.owner_slug}/{dataset.slug}" for dataset in ledger.datasets.list())
        raise _nearest(error, "dataset", text, known) from None


def find_version(ledger: "Ledger", name: VersionName) -> "Version":
    """Return a version of a dataset, by default the current one. Raises `NotFound`."""
    return ledger.datasets.version(find_dataset(ledger, name.dataset).id, name.version)


def find_parent(ledger: "Ledger", name: ParentName) -> Parent:
    """Return the parent that `DATASET[@VERSION][:RELATION]` means. Raises `NotFound`."""
    version = find_version(ledger, name.version)
    return Parent(version.dataset, version.number, Relation[name.relation])


def find_policy(ledger: "Ledger", text: str) -> "PublishedPolicy":
    """Return the policy with that number, or the default one for `default`. Raises `NotFound`."""
    number: PolicyId = ledger.policies.default() if text == "default" else to_policy_id(text)
    return ledger.policies.get(number)


def find_stage(ledger: "Ledger", dataset: "Dataset", text: str) -> Stage:
    """Return the stage of the dataset's policy, in any letter case. Raises `NotFound`."""
    stages = ledger.policies.get(dataset.policy).policy.stages
    for fold in (str, str.casefold):
        for stage, name in stages.items():
            if fold(name) == fold(text):
                return stage
    error = NotFound(
        f"The policy of {dataset.owner_slug}/{dataset.slug} has no stage {shown(text)}.",
        remedy=f"Its stages are {', '.join(shown(name) for name in stages.values())}.",
    )
    raise error


class Names:
    """Readable names for the ids in results."""

    def __init__(self, ledger: "Ledger") -> None:
        self._ledger = ledger

    def organisation(self, org: OrgId | None) -> str:
        """Return an organisation's slug."""
        return "" if org is None else self._organisations.get(org, f"organisation {org}")

    def dataset(self, dataset: DatasetId) -> str:
        """Return a dataset as `OWNER/SLUG`."""
        return self._datasets.get(dataset, str(dataset))

    def version(self, version: "VersionRef") -> str:
        """Return a version as `OWNER/SLUG@VERSION`."""
        return f"{self.dataset(version.dataset)}@{version.version}"

    @cached_property
    def _organisations(self) -> dict[OrgId, str]:
        return {found.id: str(found.slug) for found in self._ledger.organisations.list()}

    @cached_property
    def _datasets(self) -> dict[DatasetId, str]:
        listed = self._ledger.datasets.list()
        return {found.id: f"{found.owner_slug}/{found.slug}" for found in listed}


def _nearest(error: UsageError, noun: str, text: str, known: Iterable[str]) -> UsageError:
    """Return what to raise for `error`: with the name as it was given, and the nearest to it."""
    if not isinstance(error, NotFound | InvalidIdentifier | InvalidSlug):
        return error
    names = list(known)
    # A dataset's slug without its owner is near, too.
    parts = {name.partition("/")[2]: name for name in names}
    cutoff = ALIKE_WITH_OWNER if "/" in text else ALIKE
    near = get_close_matches(text, names, LISTED_AT_MOST, cutoff)
    near += [parts[part] for part in get_close_matches(text, parts, LISTED_AT_MOST)]
    hint = ""
    if near:
        hint = f"Did you mean {' or '.join(dict.fromkeys(near))}? "
    elif names:
        more = ", …" if len(names) > LISTED_AT_MOST else ""
        hint = f"There is {', '.join(names[:LISTED_AT_MOST])}{more}. "
    return NotFound(f"There is no {noun} {shown(text)}.", remedy=hint + _FORMS[noun])
