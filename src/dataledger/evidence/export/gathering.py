"""Gathers once, from the ledger and the documents at hand, what is known of a version."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from operator import attrgetter

from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.events import (
    Advanced,
    DatasetDescribed,
    DatasetEvent,
    DatasetRegistered,
    DatasetReinstated,
    DatasetSuspended,
    StepApproved,
    VersionAdded,
    VersionRecalled,
)
from dataledger.contracts.identifiers import DatasetId, OrgId
from dataledger.errors import CommitmentMismatch, NotFound, SourceChanged, shown
from dataledger.evidence.export.at_hand import AtHand
from dataledger.evidence.export.facts import (
    Actor,
    Ban,
    ChainRef,
    DatasetFacts,
    EventRef,
    Fact,
    Origin,
    Status,
    Step,
    said,
)
from dataledger.evidence.export.words import iso_time
from dataledger.hashing import Digest, JsonValue
from dataledger.ledger import Ledger
from dataledger.ledger.results import Dataset, DatasetRef, Recorded, Version
from dataledger.manifest import Manifest
from dataledger.manifest.description import Description

_ATTEMPTS = 5

_STAGE_CHANGES = (
    DatasetRegistered,
    VersionAdded,
    Advanced,
    DatasetSuspended,
    DatasetReinstated,
    VersionRecalled,
)


def gather(ledger: Ledger, dataset: DatasetRef, version: int | None = None) -> DatasetFacts:
    """Return what is known of a version of a dataset, by default the current one.

    The history is checked against the contract's head, and each document against its digest.

    Raises:
        NotFound: there is no such dataset, or no such version.
        HistoryBroken, CommitmentMismatch: the node's logs, or a document at hand, are not what the
            chain commits to.
        SourceChanged: the dataset changes again and again while it is read.
    """
    for _ in range(_ATTEMPTS):
        gathering = _Gathering(ledger, dataset, version)
        if gathering.is_of_one_moment:
            return gathering.facts()
    raise SourceChanged(
        f"The dataset {shown(str(dataset))[1:-1]} changed {_ATTEMPTS} times while it was read.",
        remedy="Try again when it is at rest.",
    )


class _Gathering:
    def __init__(self, ledger: Ledger, dataset: DatasetRef, version: int | None) -> None:
        self._ledger = ledger
        self.history = ledger.datasets.history(dataset)
        self.version: Version = ledger.datasets.version(self.history.dataset, version)
        self.taints = ledger.lineage.recalled_ancestors(self.history.dataset, self.version.number)
        # Last of all, to see whether anything happened since the history was read.
        self.dataset: Dataset = ledger.datasets.get(self.history.dataset)
        self.policy = ledger.policies.get(self.dataset.policy).policy
        self._slugs: dict[OrgId, str] = {}
        self._names = {self.dataset.id: f"{self.dataset.owner_slug}/{self.dataset.slug}"}

    @property
    def is_of_one_moment(self) -> bool:
        """Whether the dataset's history was the same from the first read to the last."""
        return self.dataset.head == self.history.head

    def facts(self) -> DatasetFacts:
        profile = self._ledger.profile
        documents = AtHand(self._ledger)
        steps = tuple(self._steps(documents))
        manifest = documents.manifest(self._name_of(self.dataset.id), self.version)
        described = self._last(DatasetDescribed)
        description = None if described is None else documents.description(described.event)
        bans = tuple(self._bans())
        tables = documents.tables(manifest)
        named = self._identity() | self._recorded(manifest) | self._lived(steps)
        named |= self._banned(bans) | self._said(description)
        if tables:
            columns = sum(map(len, tables.values()))
            named["tables"] = replace(named["files"], value=f"{columns} columns")
        names = {
            found: self._name_of(found)
            for found in {
                *(parent.dataset for parent in self.version.record.parents),
                *(
                    content.dataset
                    for step in steps
                    if step.activity is not None
                    for content in (*step.activity.inputs, *step.activity.outputs)
                    if content.dataset is not None
                ),
            }
        }
        return DatasetFacts(
            chain=ChainRef(
                profile.chain_id,
                profile.genesis_hash,
                profile.contract(ContractName.DATASET_LEDGER).address,
            ),
            as_of_block=self.history.as_of_block,
            dataset=self.dataset.id,
            owner=str(self.dataset.owner_slug),
            slug=str(self.dataset.slug),
            version=self.version.number,
            named=named,
            steps=steps,
            origins=tuple(
                Origin(p.dataset, names[p.dataset], p.version, p.relation.name)
                for p in self.version.record.parents
            ),
            bans=bans,
            files=manifest.entries if manifest is not None else (),
            tables=tables,
            description=description,
            names=names,
        )

    # --------------------------------------------------------------------------------- on the chain

    def _identity(self) -> dict[str, Fact]:
        registered = self._last(DatasetRegistered)
        named = {
            "id": self._proven(str(self.dataset.id), registered),
            "owner": self._proven(str(self.dataset.owner_slug), registered),
            "slug": self._proven(str(self.dataset.slug), registered),
            "policy": self._proven(self.policy.name, registered),
            "registered": self._proven(iso_time(self.dataset.registered_at_unix), registered),
            "head": self._proven(f"0x{self.history.head.hex()}", self.history.events[-1]),
        }
        if self.version.number == self.dataset.version_count:
            changed = self._last(*_STAGE_CHANGES)
            named["stage"] = self._proven(self.dataset.stage_name, changed)
        return named

    def _recorded(self, manifest: Manifest | None) -> dict[str, Fact]:
        event = self._introduction(self.version.number)
        record = self.version.record
        values: dict[str, JsonValue] = {
            "version": self.version.number,
            "recorded": iso_time(self.version.recorded_at_unix),
            "content_root": str(record.content_root),
            "manifest_digest": str(record.manifest_digest),
            "size_bytes": record.size_bytes,
            "file_count": record.file_count,
            "record_count": record.record_count if record.salt_scheme else None,
            "parents": [
                f"{self._name_of(p.dataset)}@{p.version} ({p.relation.name})"
                for p in record.parents
            ]
            or None,
        }
        named = {
            name: self._proven(value, event) for name, value in values.items() if value is not None
        }
        if manifest is not None:
            named["files"] = self._proven(manifest.file_count, event, record.manifest_digest)
        else:
            named["files"] = self._told(None, event, record.manifest_digest)
        if self.version.number > 1:
            before = self._introduction(self.version.number - 1)
            named["previous"] = self._proven(iso_time(_time(before)), before)
        return named

    def _lived(self, steps: tuple[Step, ...]) -> dict[str, Fact]:
        named: dict[str, Fact] = {}
        if steps:
            last = steps[-1]
            taken = [f"{s.from_stage} → {s.to_stage}: {s.by.organisation}" for s in steps]
            named["steps"] = Fact(taken, Status.PROVEN, last.by, last.event)
            parts = sorted({step.by.organisation for step in steps} | {self.dataset.owner_slug})
            named["parts"] = Fact(parts, Status.PROVEN, last.by, last.event)
            told = [step for step in steps if step.activity is not None]
            named["activities"] = (
                replace(told[-1].told, value=_activities(told)) if told else last.told
            )
        approved = [
            recorded
            for recorded in self.history.events
            if isinstance(recorded.event, StepApproved)
            and recorded.event.version == self.version.number
        ]
        if approved:
            named["approvals"] = self._proven(len(approved), approved[-1])
        suspended = self._last(DatasetSuspended)
        if suspended is not None and self.dataset.suspended_by is not None:
            named["suspension"] = self._proven(attrgetter("event.reason")(suspended), suspended)
        return named

    def _banned(self, bans: tuple[Ban, ...]) -> dict[str, Fact]:
        """Return the recalls of the version and of what it came from, and the own one's reason."""
        named: dict[str, Fact] = {}
        if bans:
            names = [f"{ban.name}: {ban.severity}" for ban in bans]
            named["bans"] = Fact(names, Status.PROVEN, Actor(bans[0].organisation))
        for recorded in self.history.events:
            event = recorded.event
            if isinstance(event, VersionRecalled) and event.version == self.version.number:
                named["recall"] = self._proven(f"{event.severity.name}: {event.reason}", recorded)
                if bans:
                    named["bans"] = replace(named["bans"], event=_ref(recorded))
        return named

    def _steps(self, documents: AtHand) -> Iterable[Step]:
        stages = self.policy.stages
        for recorded in self.history.events:
            event = recorded.event
            if isinstance(event, Advanced) and event.version == self.version.number:
                yield Step(
                    event=_ref(recorded),
                    by=self._actor(event),
                    version=event.version,
                    from_stage=stages.get(event.from_stage, str(event.from_stage)),
                    to_stage=stages.get(event.to_stage, str(event.to_stage)),
                    evidence=event.evidence,
                    activity=documents.activity(event.evidence),
                )

    def _bans(self) -> Iterable[Ban]:
        recall = self.version.recall
        own = (
            []
            if recall is None
            else [(f"{self._name_of(self.dataset.id)}@{self.version.number}", recall)]
        )
        tainted = [
            (f"{self._name_of(t.recalled.dataset)}@{t.recalled.version}", t.recall)
            for t in self.taints
        ]
        for name, found in (*own, *tainted):
            by = "" if found.by is None else self._slug_of(found.by)
            yield Ban(name, found.severity.name, by, found.recorded_at_unix)

    # ---------------------------------------------------------------------------- in the documents

    def _said(self, description: Description | None) -> dict[str, Fact]:
        described = self._last(DatasetDescribed)
        if described is None:
            return {}
        digest: Digest = attrgetter("event.description")(described)
        if description is None:
            return {"title": self._told(None, described, digest)}
        return said(description, self._actor(described.event), _ref(described))

    # --------------------------------------------------------------------------------------- events

    # Each is asked for by its id: a ledger may have a hundred thousand others.

    def _name_of(self, dataset: DatasetId) -> str:
        if dataset not in self._names:
            self._names[dataset] = str(dataset)
            with suppress(NotFound):
                found = self._ledger.datasets.get(dataset)
                self._names[dataset] = f"{found.owner_slug}/{found.slug}"
        return self._names[dataset]

    def _slug_of(self, org: OrgId) -> str:
        if org not in self._slugs:
            self._slugs[org] = str(self._ledger.organisations.get(org).slug)
        return self._slugs[org]

    def _last(self, *kinds: type[DatasetEvent]) -> Recorded[DatasetEvent] | None:
        found = [recorded for recorded in self.history.events if isinstance(recorded.event, kinds)]
        return found[-1] if found else None

    def _introduction(self, number: int) -> Recorded[DatasetEvent]:
        """Return the event that brought the version, which the history was seen to hold."""
        for recorded in self.history.events:
            event = recorded.event
            if isinstance(event, VersionAdded) and event.version == number:
                return recorded
        return self.history.events[0]

    def _actor(self, event: DatasetEvent) -> Actor:
        return Actor(self._slug_of(event.org), event.by)

    def _proven(
        self,
        value: JsonValue,
        recorded: Recorded[DatasetEvent] | None,
        document: Digest | None = None,
    ) -> Fact:
        if recorded is None:
            raise CommitmentMismatch(
                f"The dataset {self.dataset.id} has no log of what its state says.",
                remedy="The node gives false logs: ask another one.",
            )
        by = self._actor(recorded.event)
        return Fact(value, Status.PROVEN, by, _ref(recorded), document)

    def _told(self, value: JsonValue, recorded: Recorded[DatasetEvent], document: Digest) -> Fact:
        status = Status.MISSING if value is None else Status.ASSERTED
        return Fact(value, status, self._actor(recorded.event), _ref(recorded), document)


def _activities(steps: Iterable[Step]) -> list[JsonValue]:
    return [
        f"{step.activity.type} with {step.activity.tool.name} {step.activity.tool.version}: "
        f"{step.by.organisation}"
        for step in steps
        if step.activity is not None
    ]


def _ref(recorded: Recorded[DatasetEvent]) -> EventRef:
    return EventRef(
        kind=type(recorded.event).__name__,
        transaction_hash=recorded.log.transaction_hash,
        block_number=recorded.log.block_number,
        log_index=recorded.log.log_index,
        recorded_at_unix=_time(recorded),
    )


def _time(recorded: Recorded[DatasetEvent]) -> int:
    unix: int = attrgetter("recorded_at_unix")(recorded.event)
    return unix
