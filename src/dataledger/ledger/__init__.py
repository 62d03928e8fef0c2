"""The SDK: `Ledger.connect(...)`, the nouns behind it, and the values that they take and return."""

from dataledger.contracts.identifiers import (
    WITHOUT_END,
    Address,
    DatasetId,
    GrantId,
    Head,
    OrgId,
    PolicyId,
    ProjectId,
    RunId,
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
from dataledger.contracts.use_types import (
    Composition,
    Cost,
    GrantState,
    Input,
    Outcome,
    Quorum,
    Receipt,
    Request,
    RunState,
    Terms,
)
from dataledger.ledger.activity import Activity, Agent, Content, Tool
from dataledger.ledger.costs import cost_at_least, parse_cost
from dataledger.ledger.environment import Environment
from dataledger.ledger.ledger import Ledger
from dataledger.ledger.policy_document import PolicyDocument
from dataledger.ledger.project_document import ProjectDocument
from dataledger.ledger.proofs import Anchor, verify_offline
from dataledger.ledger.purposes import Purpose, purpose
from dataledger.ledger.receipts import ReceiptSignature, UnsignedReceipt
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
from dataledger.ledger.runs import new_run_id
from dataledger.ledger.signed import SignedAction
from dataledger.ledger.use_policy import UsePolicy
from dataledger.ledger.use_results import (
    ConsumerBudget,
    ProjectState,
    UseBudget,
    UseGrant,
    UseProject,
    UseRun,
)
from dataledger.manifest.description import Description

__all__ = [
    "WITHOUT_END",
    "Activity",
    "Address",
    "Agent",
    "Anchor",
    "Capability",
    "Composition",
    "Confirmed",
    "ConsumerBudget",
    "Content",
    "Cost",
    "Dataset",
    "DatasetId",
    "Description",
    "Environment",
    "GrantId",
    "GrantState",
    "Head",
    "History",
    "Input",
    "Ledger",
    "Lineage",
    "LineageEdge",
    "Member",
    "NextStep",
    "OrgId",
    "Organisation",
    "Outcome",
    "Parent",
    "Policy",
    "PolicyDocument",
    "PolicyId",
    "ProjectDocument",
    "ProjectId",
    "ProjectState",
    "PublishedPolicy",
    "Purpose",
    "Quorum",
    "Receipt",
    "ReceiptSignature",
    "Recorded",
    "Relation",
    "Request",
    "Role",
    "RunId",
    "RunState",
    "Severity",
    "SignedAction",
    "Slug",
    "Stage",
    "Taint",
    "TaintedVersion",
    "Terms",
    "Tool",
    "UnsignedReceipt",
    "UseBudget",
    "UseGrant",
    "UsePolicy",
    "UseProject",
    "UseRun",
    "Version",
    "VersionRecord",
    "VersionRef",
    "cost_at_least",
    "new_run_id",
    "parse_cost",
    "purpose",
    "verify_offline",
]
