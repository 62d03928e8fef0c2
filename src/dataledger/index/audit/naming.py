"""Names in the index: what they mean, which were perhaps meant instead, and what ids are called."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeAlias

from sqlalchemy import Connection, select

from dataledger.contracts.identifiers import (
    RECALLED,
    Address,
    DatasetId,
    OrgId,
    PolicyId,
    Stage,
    to_address,
    to_org_id,
    to_policy_id,
    to_slug,
    to_version,
)
from dataledger.errors import InvalidSlug, NotFound, UsageError, shown
from dataledger.index.schema import datasets, events, organisations, policies, stages
from dataledger.ledger.results import DatasetRef, OrgRef

WhoRef: TypeAlias = OrgRef | Address
"""An organisation; or a key, as text of `0x` and 40 hexadecimal digits."""

COMPARED_AT_MOST = 1_000
LISTED_AT_MOST = 5
ALIKE = 0.6


class Naming:
    """Reads names from one state of the index, each once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._organisations: dict[int, str] = {}
        self._datasets: dict[DatasetId, str] = {}
        self._stages: dict[int, dict[Stage, str]] = {}

    # ------------------------------------------------------------------------------------- meanings

    def organisation(self, org: OrgRef) -> OrgId:
        """Return the organisation that a slug or a number means.

        Raises:
            NotFound: there is none; the remedy names the nearest.
            InvalidIdentifier: it is a number out of range.
        """
        found = None
        if isinstance(org, int) or org.isdecimal():
            wanted = organisations.c.org == to_org_id(org)
            found = self._connection.scalar(select(organisations.c.org).where(wanted))
        elif _is_slug(org):
            wanted = organisations.c.slug == org
            found = self._connection.scalar(select(organisations.c.org).where(wanted))
        if found is None:
            near = _near(str(org), self._slugs())
            raise NotFound(
                f"There is no organisation {shown(org)}.",
                remedy=f"{near}Name it by its slug or its number.",
            )
        return OrgId(found)

    def who(self, who: WhoRef) -> OrgId | Address:
        """Return the organisation or the key that is meant.

        Raises:
            NotFound: there is no such organisation, or the key appears nowhere.
            InvalidAddress, InvalidIdentifier: it can be neither.
        """
        if isinstance(who, int) or not who.startswith("0x"):
            return self.organisation(who)
        key = to_address(who)
        seen = [
            select(events.c.event).where(column == key).limit(1)
            for column in (events.c.by, events.c.subject_key)
        ]
        if all(self._connection.scalar(query) is None for query in seen):
            raise NotFound(
                f"The key {key} appears in no event.",
                remedy="Check the address; or name an organisation, by its slug.",
            )
        return key

    def dataset(self, dataset: DatasetRef) -> DatasetId:
        """Return the dataset that `OWNER/SLUG` or `0x…` means.

        Raises:
            NotFound: there is none; the remedy names the nearest.
            InvalidIdentifier: the text is an id that is malformed.
        """
        if isinstance(dataset, DatasetId) or dataset.startswith("0x"):
            id_ = dataset if isinstance(dataset, DatasetId) else DatasetId.parse(dataset)
            known = select(datasets.c.dataset).where(datasets.c.dataset == id_)
            if self._connection.scalar(known) is None:
                raise _no_dataset(str(id_), "")
            return id_
        owner, _, slug = dataset.partition("/")
        try:
            org = self.organisation(owner)
        except UsageError:
            org = None
        query = select(datasets.c.dataset).where(datasets.c.owner == org, datasets.c.slug == slug)
        found: DatasetId | None = None
        if org is not None and _is_slug(slug):
            found = self._connection.scalar(query)
        if found is None:
            raise _no_dataset(dataset, _near(dataset, self._datasets_like(org, owner, slug)))
        return found

    def version(self, name: DatasetRef) -> tuple[DatasetId, int | None]:
        """Return what `DATASET` or `DATASET@VERSION` means. Raises as `dataset` does."""
        if isinstance(name, str) and "@" in name:
            dataset, _, version = name.rpartition("@")
            return self.dataset(dataset), to_version(version)
        return self.dataset(name), None

    def policy(self, policy: PolicyId | int | str) -> PolicyId:
        """Return a published policy. Raises `NotFound`, and `InvalidIdentifier`."""
        id_ = to_policy_id(policy)
        known = select(policies.c.policy).where(policies.c.policy == id_)
        if self._connection.scalar(known) is None:
            raise NotFound(f"There is no policy {id_}.", remedy="Name one that is published.")
        return id_

    def stages_called(self, name: Stage | str) -> tuple[Stage, ...]:
        """Return the stages that any policy gives this name, or the stage of this number.

        Raises:
            NotFound: no policy has such a stage; the remedy names those there are.
        """
        if isinstance(name, int):
            if not 0 < name <= RECALLED:
                raise NotFound(
                    f"No policy has a stage {name}.",
                    remedy=f"Give the number of a stage, from 1 to {RECALLED}, or its name.",
                )
            return (Stage(name),)
        query = select(stages.c.stage).distinct().where(stages.c.name.in_({name, name.upper()}))
        found = tuple(Stage(stage) for stage in self._connection.scalars(query))
        if not found:
            names = select(stages.c.name).distinct().order_by(stages.c.name).limit(20)
            known = ", ".join(shown(known)[1:-1] for known in self._connection.scalars(names))
            raise NotFound(
                f"No policy has a stage {shown(name)}.", remedy=f"There are the stages {known}."
            )
        return found

    # ---------------------------------------------------------------------------------------- names

    def organisation_names(self, orgs: Iterable[int | None]) -> Mapping[int, str]:
        """Return the slugs of organisations."""
        wanted = {org for org in orgs if org is not None} - self._organisations.keys()
        if wanted:
            query = select(organisations.c.org, organisations.c.slug)
            rows = self._connection.execute(query.where(organisations.c.org.in_(wanted)))
            self._organisations |= {row.org: row.slug for row in rows}
        return self._organisations

    def organisation_name(self, org: int) -> str:
        """Return an organisation's slug."""
        return self.organisation_names([org]).get(org, f"organisation {org}")

    def dataset_names(self, wanted: Iterable[DatasetId | None]) -> Mapping[DatasetId, str]:
        """Return datasets as `OWNER/SLUG`."""
        missing = {id_ for id_ in wanted if id_ is not None} - self._datasets.keys()
        if missing:
            query = select(datasets.c.dataset, datasets.c.slug, organisations.c.slug.label("owner"))
            joined = query.join(organisations, organisations.c.org == datasets.c.owner)
            rows = self._connection.execute(joined.where(datasets.c.dataset.in_(missing)))
            self._datasets |= {row.dataset: f"{row.owner}/{row.slug}" for row in rows}
        return self._datasets

    def dataset_name(self, dataset: DatasetId) -> str:
        """Return a dataset as `OWNER/SLUG`."""
        return self.dataset_names([dataset]).get(dataset, str(dataset))

    def stage_names(self, policy: int) -> Mapping[Stage, str]:
        """Return the stages of a policy by name."""
        if policy not in self._stages:
            query = select(stages.c.stage, stages.c.name).where(stages.c.policy == policy)
            rows = self._connection.execute(query)
            self._stages[policy] = {Stage(row.stage): row.name for row in rows}
        return self._stages[policy]

    def stage_name(self, policy: int, stage: int) -> str:
        """Return the name of a stage under a policy."""
        return self.stage_names(policy).get(Stage(stage), f"stage {stage}")

    # ---------------------------------------------------------------------------------- near misses

    def _slugs(self) -> Sequence[str]:
        query = select(organisations.c.slug).order_by(organisations.c.org)
        return self._connection.scalars(query.limit(COMPARED_AT_MOST)).all()

    def _datasets_like(self, org: OrgId | None, owner: str, slug: str) -> Sequence[str]:
        """Return names to compare with one that means nothing: a bounded number of them."""
        query = select(datasets.c.slug, organisations.c.slug.label("owner"))
        query = query.join(organisations, organisations.c.org == datasets.c.owner)
        # Where the owner is misspelt, or left out, the slug may still be right.
        text = slug or owner
        if org is None and not _is_slug(text):
            return []
        near = datasets.c.slug == text if org is None else datasets.c.owner == org
        rows = self._connection.execute(
            query.where(near).order_by(datasets.c.registered_event).limit(COMPARED_AT_MOST)
        )
        return [f"{row.owner}/{row.slug}" for row in rows]


def _is_slug(text: str) -> bool:
    """Return whether a database may be asked for the slug: there is text that it refuses."""
    try:
        to_slug(text)
    except InvalidSlug:
        return False
    return True


def _near(text: str, names: Sequence[str]) -> str:
    parts = {name.partition("/")[2]: name for name in names if "/" in name}
    near = get_close_matches(text, names, LISTED_AT_MOST, ALIKE)
    near += [parts[part] for part in get_close_matches(text, parts, LISTED_AT_MOST)]
    return f"Did you mean {' or '.join(dict.fromkeys(near))}? " if near else ""


def _no_dataset(name: str, near: str) -> NotFound:
    return NotFound(
        f"There is no dataset {shown(name)} in the index.",
        remedy=f"{near}Name it OWNER/SLUG, or by its 0x… id.",
    )
