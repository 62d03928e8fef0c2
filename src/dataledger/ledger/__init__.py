"""The SDK: `Ledger.connect(...)`, the nouns behind it, and the values that they take and return."""

from dataledger.contracts.identifiers import (
    WITHOUT_END,
    Address,
    DatasetId,
    Head,
    OrgId,
    PolicyId,
    Slug,
    Stage,
)
from dataledger.contracts.types import (
    Capability,
    Parent,
    Policy,
    Relation,
    Role,
    Severity,
    VersionRecord,
)
from dataledger.ledger.activity import Activity, Agent, Content, Tool
from dataledger.ledger.ledger import Ledger
from dataledger.ledger.policy_document import PolicyDocument
from dataledger.ledger.proofs import Anchor, verify_offline
from dataledger.ledger.results import (
    Confirmed,
    Dataset,
    History,
    Lineage,
    LineageEdge,
    Member,
    NextStep,
    Organisation,
    PublishedPolicy,
    Recorded,
    Taint,
    TaintedVersion,
    Version,
    VersionRef,
)
from dataledger.ledger.signed import SignedAction
from dataledger.manifest.description import Description

__all__ = [
    "WITHOUT_END",
    "Activity",
    "Address",
    "Agent",
    "Anchor",
    "Capability",
    "Confirmed",
    "Content",
    "Dataset",
    "DatasetId",
    "Description",
    "Head",
    "History",
    "Ledger",
    "Lineage",
    "LineageEdge",
    "Member",
    "NextStep",
    "OrgId",
    "Organisation",
    "Parent",
    "Policy",
    "PolicyDocument",
    "PolicyId",
    "PublishedPolicy",
    "Recorded",
    "Relation",
    "Role",
    "Severity",
    "SignedAction",
    "Slug",
    "Stage",
    "Taint",
    "TaintedVersion",
    "Tool",
    "Version",
    "VersionRecord",
    "VersionRef",
    "verify_offline",
]
