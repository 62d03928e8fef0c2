"""What is known of a version of a dataset, each fact with what stands behind it. Pure values.

A fact is *proven* where the chain recorded it under the contracts' rules: who said it, when, and by
which digest. That is never to say that it is true. It is *asserted* where an organisation says it
in a document whose digest the chain holds, and *missing* where nobody said it, or the document is
not at hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dataledger.contracts.identifiers import Address, DatasetId
from dataledger.hashing import Digest, JsonValue
from dataledger.ledger.activity import Activity
from dataledger.ledger.json_forms import count_to_json
from dataledger.manifest import FileEntry
from dataledger.manifest.description import Description
from dataledger.manifest.records.source import Column

FORMAT = "dataledger/facts/1"
MEANING: dict[str, JsonValue] = {
    "proven": "The chain recorded it under the contracts' rules: who, when, and which digest. "
    "Not that it is true.",
    "asserted": "An organisation says so, in a document whose digest the chain holds.",
    "missing": "Nobody said it on this ledger, or the document that says it is not at hand.",
}


class Status(StrEnum):
    """What stands behind a fact."""

    PROVEN = "proven"
    ASSERTED = "asserted"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who said it: an organisation, by the key of one of its members."""

    organisation: str
    key: Address | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """Return the organisation's slug, and the key if it is known."""
        document: dict[str, JsonValue] = {"organisation": self.organisation}
        return document | ({"key": self.key} if self.key else {})


@dataclass(frozen=True, slots=True)
class EventRef:
    """Where the chain has it: one log."""

    kind: str
    """The event's name, such as `VersionAdded`."""
    transaction_hash: str
    block_number: int
    log_index: int
    """Position in the block, over all its transactions."""
    recorded_at_unix: int

    def to_json(self) -> dict[str, JsonValue]:
        """Return the members of the same names."""
        return {
            "kind": self.kind,
            "transaction_hash": self.transaction_hash,
            "block_number": self.block_number,
            "log_index": self.log_index,
            "recorded_at_unix": self.recorded_at_unix,
        }


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known, or known to be missing."""

    value: JsonValue
    status: Status
    by: Actor | None = None
    event: EventRef | None = None
    document: Digest | None = None
    """The document that says it; its digest is in the event."""

    def to_json(self, *, with_value: bool = True) -> dict[str, JsonValue]:
        """Return the members that there are."""
        document: dict[str, JsonValue] = {"status": self.status.value}
        if with_value and self.value is not None:
            document["value"] = _exact(self.value)
        if self.by is not None:
            document["by"] = self.by.to_json()
        if self.event is not None:
            document["event"] = self.event.to_json()
        if self.document is not None:
            document["document"] = str(self.document)
        return document


def _exact(value: JsonValue) -> JsonValue:
    """Return a value that every parser of JSON reads exactly: large integers as text."""
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return count_to_json(value)


NOTHING = Fact(None, Status.MISSING)


@dataclass(frozen=True, slots=True)
class ChainRef:
    """The chain and the contract that recorded it."""

    chain_id: int
    genesis_hash: str
    contract: Address

    def to_json(self) -> dict[str, JsonValue]:
        """Return the members of the same names."""
        return {
            "chain_id": self.chain_id,
            "genesis_hash": self.genesis_hash,
            "contract": self.contract,
        }


@dataclass(frozen=True, slots=True)
class Step:
    """A step through the lifecycle that led a version on; its activity record if it is at hand."""

    event: EventRef
    by: Actor
    version: int
    from_stage: str
    to_stage: str
    evidence: Digest
    activity: Activity | None

    @property
    def told(self) -> Fact:
        """What the activity record says, which is the organisation's word."""
        if self.activity is None:
            return Fact(None, Status.MISSING, self.by, self.event, self.evidence)
        return Fact(self.activity.type, Status.ASSERTED, self.by, self.event, self.evidence)


@dataclass(frozen=True, slots=True)
class Origin:
    """A version that this one came from."""

    dataset: DatasetId
    name: str
    """As `owner/slug`."""
    version: int
    relation: str


@dataclass(frozen=True, slots=True)
class Ban:
    """Why the version must not be used: it, or one that it came from, was recalled."""

    name: str
    """The recalled version, as `owner/slug@version`."""
    severity: str
    organisation: str
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """All that exporters and coverage tables go by."""

    chain: ChainRef
    as_of_block: int
    dataset: DatasetId
    owner: str
    slug: str
    version: int
    named: Mapping[str, Fact]
    """Facts by name; `docs/standards.md` lists the names. One that is not there is missing."""
    steps: tuple[Step, ...] = ()
    origins: tuple[Origin, ...] = ()
    bans: tuple[Ban, ...] = ()
    files: tuple[FileEntry, ...] = ()
    """Empty where the manifest is not at hand."""
    tables: Mapping[str, Sequence[Column]] = field(default_factory=dict)
    """The columns of the files whose kept trees are at hand, by path."""
    description: Description | None = None
    names: Mapping[DatasetId, str] = field(default_factory=dict)
    """Other datasets that are spoken of, as `owner/slug`."""

    @property
    def name(self) -> str:
        """The dataset as `owner/slug`."""
        return f"{self.owner}/{self.slug}"

    def fact(self, name: str) -> Fact:
        """Return the fact of this name; `NOTHING`, if there is none."""
        return self.named.get(name, NOTHING)

    def value(self, name: str) -> JsonValue:
        """Return the value of the fact of this name; None, if there is none."""
        return self.fact(name).value

    def text(self, name: str) -> str:
        """Return a fact's value as text; empty, if there is none."""
        value = self.value(name)
        return "" if value is None else str(value)

    def texts(self, name: str) -> list[str]:
        """Return a fact's list of texts; empty, if there is none."""
        value = self.value(name)
        return [str(item) for item in value] if isinstance(value, list | tuple) else []

    def to_json(self) -> dict[str, JsonValue]:
        """Return all named facts, and what they mean: a document of format `FORMAT`."""
        return {
            **self.heading(),
            "facts": [
                {"fact": name, **fact.to_json()} for name, fact in sorted(self.named.items())
            ],
        }

    def heading(self) -> dict[str, JsonValue]:
        """Return what every document of facts begins with."""
        heading: dict[str, JsonValue] = {
            "format": FORMAT,
            "meaning": MEANING,
            "chain": self.chain.to_json(),
            "dataset": str(self.dataset),
            "name": self.name,
            "version": self.version,
            "as_of_block": self.as_of_block,
        }
        if self.bans:  # in every export: what was recalled must not be used
            heading["recalled"] = self.value("bans")
        return heading


def said(description: Description, by: Actor, event: EventRef) -> dict[str, Fact]:
    """Return what a description says, as facts by their names; all of it is asserted."""
    values: dict[str, JsonValue] = dict(description.to_json())
    values["version_label"] = values.pop("version", None)
    for elsewhere in ("format", "source", "statements"):
        values.pop(elsewhere, None)
    for topic, texts in description.statements.items():
        values[f"statements.{topic}"] = list(texts)
    for measure in description.measures:
        values[f"measures.{measure.name.casefold()}"] = measure.value
    return {
        name: Fact(value, Status.ASSERTED, by, event, description.digest)
        for name, value in values.items()
        if value is not None
    }
