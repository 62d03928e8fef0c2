"""What an owner, or who works on a dataset, can do to it: sent directly, or signed and relayed.

The EIP-712 types are those that `SignedActions.sol` hashes.
"""

from dataclasses import dataclass
from typing import ClassVar, Self, TypeAlias

from dataledger.contracts import dataset_ledger
from dataledger.contracts.calls import Call
from dataledger.contracts.events import (
    Advanced,
    DatasetDescribed,
    DatasetEvent,
    DatasetRegistered,
    StepApproved,
    VersionAdded,
)
from dataledger.contracts.identifiers import DatasetId, PolicyId, Slug, to_policy_id, to_slug
from dataledger.contracts.types import Authorisation, Step, VersionRecord
from dataledger.hashing import Digest, JsonValue, members, natural, string
from dataledger.ledger.json_forms import (
    dataset_from_json,
    digest_from_json,
    record_from_json,
    record_to_json,
    step_from_json,
    step_to_json,
)

Fields: TypeAlias = tuple[tuple[str, str], ...]

_PARENT: Fields = (("dataset", "bytes32"), ("version", "uint32"), ("relation", "uint8"))
_RECORD: Fields = (
    *(("contentRoot", "bytes32"), ("manifestDigest", "bytes32"), ("sizeBytes", "uint64")),
    *(("fileCount", "uint64"), ("recordCount", "uint64"), ("saltScheme", "uint8")),
    ("parents", "Parent[]"),
)
_STEP: Fields = (
    *(("dataset", "bytes32"), ("version", "uint32"), ("from", "uint8"), ("to", "uint8")),
    ("evidence", "bytes32"),
)
_RECORD_TYPES = {"VersionRecord": _RECORD, "Parent": _PARENT}
_STEP_TYPES = {"Step": _STEP}


@dataclass(frozen=True, slots=True)
class Register:
    """Register a dataset, with `record` as version 1, if there is one."""

    name: ClassVar[str] = "register"
    primary_type: ClassVar[str] = "Register"
    fields: ClassVar[Fields] = (
        *(("slug", "bytes32"), ("policy", "uint16"), ("record", "VersionRecord")),
    )
    struct_types: ClassVar[dict[str, Fields]] = _RECORD_TYPES

    slug: Slug
    policy: PolicyId
    record: VersionRecord | None

    def call(self) -> Call[DatasetId]:
        """Return the call by which a member does it."""
        return dataset_ledger.register(self.slug, self.policy, self.record)

    def call_for(self, authorisation: Authorisation) -> Call[DatasetId]:
        """Return the call by which anyone relays it."""
        return dataset_ledger.register_by_sig(self.slug, self.policy, self.record, authorisation)

    def message(self) -> dict[str, object]:
        """Return what is signed, without nonce and deadline."""
        return {
            "slug": self.slug.encode().ljust(32, b"\0"),
            "policy": self.policy,
            "record": _record_message(self.record),
        }

    def is_recorded_as(self, event: DatasetEvent) -> bool:
        """Whether `event`, of the dataset in question, records exactly this."""
        return isinstance(event, DatasetRegistered) and (
            (event.slug, event.policy, event.record) == (self.slug, self.policy, self.record)
        )

    def to_json(self) -> dict[str, JsonValue]:
        """Return the arguments as a JSON object."""
        return {
            "policy": self.policy,
            "record": None if self.record is None else record_to_json(self.record),
            "slug": self.slug,
        }

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns. Raises `UsageError` on anything else."""
        arguments = members(value, "policy", "record", "slug")
        record = arguments["record"]
        return cls(
            slug=to_slug(string(arguments["slug"])),
            policy=to_policy_id(natural(arguments["policy"])),
            record=None if record is None else record_from_json(record),
        )


@dataclass(frozen=True, slots=True)
class AddVersion:
    """Add version `number`, the next one."""

    name: ClassVar[str] = "add-version"
    primary_type: ClassVar[str] = "AddVersion"
    fields: ClassVar[Fields] = (
        *(("dataset", "bytes32"), ("number", "uint32"), ("record", "VersionRecord")),
    )
    struct_types: ClassVar[dict[str, Fields]] = _RECORD_TYPES

    dataset: DatasetId
    number: int
    record: VersionRecord

    def call(self) -> Call[None]:
        """Return the call by which a member does it."""
        return dataset_ledger.add_version(self.dataset, self.number, self.record)

    def call_for(self, authorisation: Authorisation) -> Call[None]:
        """Return the call by which anyone relays it."""
        return dataset_ledger.add_version_by_sig(
            self.dataset, self.number, self.record, authorisation
        )

    def message(self) -> dict[str, object]:
        """Return what is signed, without nonce and deadline."""
        return {
            "dataset": self.dataset.value,
            "number": self.number,
            "record": _record_message(self.record),
        }

    def is_recorded_as(self, event: DatasetEvent) -> bool:
        """Whether `event`, of the dataset in question, records exactly this."""
        if isinstance(event, DatasetRegistered):
            return self.number == 1 and event.record == self.record
        return isinstance(event, VersionAdded) and (
            (event.version, event.record) == (self.number, self.record)
        )

    def to_json(self) -> dict[str, JsonValue]:
        """Return the arguments as a JSON object."""
        return {
            "dataset": str(self.dataset),
            "number": self.number,
            "record": record_to_json(self.record),
        }

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns. Raises `UsageError` on anything else."""
        arguments = members(value, "dataset", "number", "record")
        return cls(
            dataset=dataset_from_json(arguments["dataset"]),
            number=natural(arguments["number"]),
            record=record_from_json(arguments["record"]),
        )


@dataclass(frozen=True, slots=True)
class _StepAction:
    fields: ClassVar[Fields] = (("step", "Step"),)
    struct_types: ClassVar[dict[str, Fields]] = _STEP_TYPES

    step: Step

    @property
    def dataset(self) -> DatasetId:
        """The dataset that it is about."""
        return self.step.dataset

    def message(self) -> dict[str, object]:
        """Return what is signed, without nonce and deadline."""
        step = self.step
        return {
            "step": {
                "dataset": step.dataset.value,
                "version": step.version,
                "from": step.from_stage,
                "to": step.to_stage,
                "evidence": step.evidence.value,
            }
        }

    def to_json(self) -> dict[str, JsonValue]:
        """Return the arguments as a JSON object."""
        return {"step": step_to_json(self.step)}

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns. Raises `UsageError` on anything else."""
        return cls(step_from_json(members(value, "step")["step"]))


@dataclass(frozen=True, slots=True)
class Advance(_StepAction):
    """Take a step of the policy."""

    name: ClassVar[str] = "advance"
    primary_type: ClassVar[str] = "Advance"

    def call(self) -> Call[None]:
        """Return the call by which a member does it."""
        return dataset_ledger.advance(self.step)

    def call_for(self, authorisation: Authorisation) -> Call[None]:
        """Return the call by which anyone relays it."""
        return dataset_ledger.advance_by_sig(self.step, authorisation)

    def is_recorded_as(self, event: DatasetEvent) -> bool:
        """Whether `event`, of the dataset in question, records exactly this."""
        return isinstance(event, Advanced) and step_of(event) == self.step


@dataclass(frozen=True, slots=True)
class Approve(_StepAction):
    """Approve a step that another organisation may then take."""

    name: ClassVar[str] = "approve"
    primary_type: ClassVar[str] = "Approve"

    def call(self) -> Call[None]:
        """Return the call by which a member does it."""
        return dataset_ledger.approve(self.step)

    def call_for(self, authorisation: Authorisation) -> Call[None]:
        """Return the call by which anyone relays it."""
        return dataset_ledger.approve_by_sig(self.step, authorisation)

    def is_recorded_as(self, event: DatasetEvent) -> bool:
        """Whether `event`, of the dataset in question, records exactly this."""
        return isinstance(event, StepApproved) and step_of(event) == self.step


@dataclass(frozen=True, slots=True)
class Describe:
    """Say what describes a dataset from now on, by the document's digest."""

    name: ClassVar[str] = "describe"
    primary_type: ClassVar[str] = "Describe"
    fields: ClassVar[Fields] = (("dataset", "bytes32"), ("description", "bytes32"))
    struct_types: ClassVar[dict[str, Fields]] = {}

    dataset: DatasetId
    description: Digest

    def call(self) -> Call[None]:
        """Return the call by which a member does it."""
        return dataset_ledger.describe(self.dataset, self.description)

    def call_for(self, authorisation: Authorisation) -> Call[None]:
        """Return the call by which anyone relays it."""
        return dataset_ledger.describe_by_sig(self.dataset, self.description, authorisation)

    def message(self) -> dict[str, object]:
        """Return what is signed, without nonce and deadline."""
        return {"dataset": self.dataset.value, "description": self.description.value}

    def is_recorded_as(self, event: DatasetEvent) -> bool:
        """Whether `event`, of the dataset in question, records exactly this."""
        return isinstance(event, DatasetDescribed) and event.description == self.description

    def to_json(self) -> dict[str, JsonValue]:
        """Return the arguments as a JSON object."""
        return {"dataset": str(self.dataset), "description": str(self.description)}

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns. Raises `UsageError` on anything else."""
        arguments = members(value, "dataset", "description")
        return cls(
            dataset=dataset_from_json(arguments["dataset"]),
            description=digest_from_json(arguments["description"]),
        )


Action: TypeAlias = Register | AddVersion | Advance | Approve | Describe

ACTIONS: dict[str, type[Action]] = {
    action.name: action for action in (Register, AddVersion, Advance, Approve, Describe)
}


def step_of(event: Advanced | StepApproved) -> Step:
    """Return the step that was taken or approved."""
    return Step(event.dataset, event.version, event.from_stage, event.to_stage, event.evidence)


def _record_message(record: VersionRecord | None) -> dict[str, object]:
    if record is None:
        zero = dict.fromkeys(("sizeBytes", "fileCount", "recordCount", "saltScheme"), 0)
        return {"contentRoot": bytes(32), "manifestDigest": bytes(32), **zero, "parents": []}
    return {
        "contentRoot": record.content_root.value,
        "manifestDigest": record.manifest_digest.value,
        "sizeBytes": record.size_bytes,
        "fileCount": record.file_count,
        "recordCount": record.record_count,
        "saltScheme": record.salt_scheme,
        "parents": [
            {"dataset": p.dataset.value, "version": p.version, "relation": int(p.relation)}
            for p in record.parents
        ],
    }
