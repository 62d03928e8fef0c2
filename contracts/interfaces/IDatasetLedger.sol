// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, PolicyId, Slug, Stage } from "../Types.sol";
import { IOrganisations } from "./IOrganisations.sol";

/// @title The provenance ledger: datasets, their versions, lineage and lifecycle.
/// @notice Each dataset follows a published lifecycle policy; the ledger, not the client, decides who may take
///         which step. Organisations are compared, never addresses.
///
///         Every event of a dataset extends its head:
///         `head' = keccak256(topic0 ‖ topic1 ‖ topic2 ‖ topic3 ‖ keccak256(data))`, where `data` is the event's
///         data with its first word, `head`, still the previous head (at first 0); the event carries head'. Whoever
///         holds the logs can therefore rebuild the history and check it against one word of storage.
///
///         Every function but `describe` refuses its own repetition, so that a write sent twice acts once; a
///         description said twice says the same.
interface IDatasetLedger {
    // ------------------------------------------------------------------------------------------------ types

    enum Relation {
        DERIVED,
        MERGED,
        SAMPLED,
        SYNTHESISED,
        LABELED_FROM,
        TRAINED_ON
    }

    enum Severity {
        ADVISORY,
        SERIOUS,
        CRITICAL
    }

    /// A version that another one came from.
    struct Parent {
        DatasetId dataset;
        uint32 version;
        Relation relation;
    }

    /// What is recorded of a version. The event carries it; storage keeps its commitment, the keccak256 of
    /// `abi.encode` of its fields in this order.
    struct VersionRecord {
        /// RFC 9162 root over the manifest's canonical entries.
        bytes32 contentRoot;
        /// SHA-256 of the manifest's canonical bytes.
        bytes32 manifestDigest;
        uint64 sizeBytes;
        /// Leaves under the content root.
        uint64 fileCount;
        uint64 recordCount;
        /// How record leaves are salted; 0 where there are none.
        uint8 saltScheme;
        Parent[] parents;
    }

    /// A dataset's state, one storage slot.
    struct State {
        OrgId owner;
        Stage stage;
        /// Also the number of the current version.
        uint32 versionCount;
        PolicyId policy;
        /// When stage or version last changed.
        uint40 updatedAt;
        /// Three organisations of 32 bits, duty 1 lowest: who last did the duty. See `dutyOf`.
        uint96 duties;
        /// Counts changes of stage or version.
        uint24 revision;
        /// Bits 0-2: duties done for an earlier version. Bits 3-7: the stage to resume after suspension.
        uint8 flags;
    }

    /// One allowed step of a policy.
    struct Edge {
        Stage from;
        Stage to;
        /// Capability bits that the acting organisation needs, all of them; never 0.
        uint16 capability;
        /// Duty (1 to 3) that the acting organisation is recorded for; 0 for none.
        uint8 duty;
        /// Whom the acting organisation must differ from: bit 0 the owner, bit n duty n.
        uint8 mustDiffer;
        /// Only the owner organisation may take the step.
        bool ownerOnly;
        /// The policy's gate must agree.
        bool gated;
        /// How many other organisations must approve first.
        uint8 approvals;
        /// Capability bits that an approving organisation needs.
        uint16 approverCapability;
        /// Least time since stage or version last changed.
        uint32 minSeconds;
    }

    struct Policy {
        string name;
        /// `stageNames[i]` names stage i + 1.
        string[] stageNames;
        /// Where a dataset begins.
        Stage entry;
        /// Byte i (from the left): the stage that a new version leads to from stage i; 0 where none may be added.
        bytes32 afterVersion;
        /// Contract asked on gated edges, an `IStepGate`; 0 where there are none.
        address gate;
        Edge[] edges;
    }

    /// A step through the lifecycle, said in full so that it acts on nothing but what its author saw.
    struct Step {
        DatasetId dataset;
        /// The current version.
        uint32 version;
        /// The current stage.
        Stage from;
        Stage to;
        /// SHA-256 of the canonical activity record.
        bytes32 evidence;
    }

    struct Recall {
        OrgId by;
        Severity severity;
        /// 0 where the version is not recalled.
        uint40 recordedAt;
    }

    /// One version on a path of lineage.
    struct Ancestor {
        DatasetId dataset;
        uint32 version;
        VersionRecord record;
    }

    /// The manifest entry of a file that consists of records, as its canonical bytes
    /// `head ‖ ,"record_count":N ‖ ,"record_root":"sha256:H" ‖ tail`, with N in decimal and H in lowercase
    /// hexadecimal.
    ///
    /// The two members stand there only once, and so no other split of an entry gives another root. They are
    /// neighbours because canonical JSON sorts members by name. The characters `,"record_count":` cannot be part of
    /// a string, such as the file's path: there, JSON has a backslash in front of each quote, and here a comma
    /// stands in front. Outside of strings, they are a member of that name, and an entry has one.
    struct RecordEntry {
        bytes head;
        bytes tail;
        uint64 recordCount;
        bytes32 recordRoot;
    }

    /// Where a leaf stands in its tree: the path holds the sibling hashes, lowest first (RFC 9162, 2.1.3).
    struct Place {
        uint64 index;
        bytes32[] path;
    }

    /// A member's word, given offline (EIP-712, or ERC-1271 for contract wallets) and relayed by anyone.
    struct Authorisation {
        address signer;
        /// A keyed nonce: 192 bits of the signer's choice, then a 64-bit count within that key.
        uint256 nonce;
        /// Last second of validity.
        uint256 deadline;
        bytes signature;
    }

    // ------------------------------------------------------------------------------------------------ events

    event PolicyPublished(
        PolicyId indexed policy,
        OrgId indexed org,
        address indexed by,
        bytes32 digest,
        Policy content,
        uint40 recordedAt
    );
    /// `record` is version 1; all zero where the dataset was registered without one.
    event DatasetRegistered(
        DatasetId indexed dataset,
        OrgId indexed org,
        address indexed by,
        bytes32 head,
        PolicyId policy,
        Slug slug,
        VersionRecord record,
        uint40 recordedAt
    );
    event VersionAdded(
        DatasetId indexed dataset,
        OrgId indexed org,
        address indexed by,
        bytes32 head,
        uint32 version,
        Stage stage,
        VersionRecord record,
        uint40 recordedAt
    );
    event StepApproved(
        DatasetId indexed dataset,
        OrgId indexed org,
        address indexed by,
        bytes32 head,
        uint32 version,
        Stage from,
        Stage to,
        bytes32 evidence,
        uint40 recordedAt
    );
    event Advanced(
        DatasetId indexed dataset,
        OrgId indexed org,
        address indexed by,
        bytes32 head,
        uint32 version,
        Stage from,
        Stage to,
        bytes32 evidence,
        uint40 recordedAt
    );
    /// `description` is the SHA-256 of what the owner says of the dataset from now on.
    event DatasetDescribed(
        DatasetId indexed dataset,
        OrgId indexed org,
        address indexed by,
        bytes32 head,
        bytes32 description,
        uint40 recordedAt
    );
    event DatasetSuspended(
        DatasetId indexed dataset,
        OrgId indexed org,
        address indexed by,
        bytes32 head,
        Stage from,
        string reason,
        uint40 recordedAt
    );
    event DatasetReinstated(
        DatasetId indexed dataset,
        OrgId indexed org,
        address indexed by,
        bytes32 head,
        Stage to,
        string reason,
        uint40 recordedAt
    );
    event VersionRecalled(
        DatasetId indexed dataset,
        OrgId indexed org,
        address indexed by,
        bytes32 head,
        uint32 version,
        Severity severity,
        Stage stage,
        string reason,
        uint40 recordedAt
    );

    // ------------------------------------------------------------------------------------------------ errors

    error MissingCapability(OrgId org, uint16 required, uint16 held);
    error NotAdmin(address key, OrgId org);

    error PolicyExists(PolicyId policy);
    error UnknownPolicy(PolicyId policy);
    error InvalidEdge(uint256 index);
    error InvalidAfterVersion(Stage stage, Stage next);
    error InvalidEntry(Stage entry);
    error InvalidGate(address gate);
    error InvalidStageCount(uint256 count);

    error DatasetExists(DatasetId dataset);
    error UnknownDataset(DatasetId dataset);
    error NotOwner(DatasetId dataset, OrgId owner, OrgId org);
    error VersionConflict(DatasetId dataset, uint32 expected, uint32 given);
    error VersionNotAllowed(DatasetId dataset, Stage stage);
    error IncompleteVersion();
    error UnknownVersion(DatasetId dataset, uint32 version);
    error DescriptionMissing();

    error NoVersion(DatasetId dataset);
    error StaleVersion(DatasetId dataset, uint32 current, uint32 given);
    error StageMismatch(DatasetId dataset, Stage current, Stage given);
    error NoSuchStep(PolicyId policy, Stage from, Stage to);
    error EvidenceMissing();
    /// The acting organisation holds one of the parts it must differ from: `part` 0 is the owner, n is duty n.
    error DutiesNotSeparate(DatasetId dataset, OrgId org, uint8 part);
    /// Another organisation did this duty for this version already.
    error DutyTaken(DatasetId dataset, uint8 duty, OrgId holder, OrgId org);
    error TooEarly(DatasetId dataset, uint256 allowedFrom);
    error ApprovalsMissing(DatasetId dataset, uint8 required, uint256 given);
    error ApprovalNotNeeded(DatasetId dataset, Stage from, Stage to);
    error AlreadyApproved(DatasetId dataset, OrgId org);
    /// An organisation that approved a step may not take it too.
    error ApproverCannotAct(DatasetId dataset, OrgId org);

    error OutsideJurisdiction(OrgId regulator, OrgId org);
    error AlreadySuspended(DatasetId dataset);
    error NotSuspended(DatasetId dataset);
    error AlreadyRecalled(DatasetId dataset, uint32 version);

    error AuthorisationExpired(uint256 deadline);
    error InvalidSignature(address signer);

    // ------------------------------------------------------------------------------------- policies: writes

    /// @notice Publishes a lifecycle policy, for ever unchanged.
    /// @dev Caller: an ADMIN of an organisation with REGULATOR.
    function publishPolicy(Policy calldata policy) external returns (PolicyId);

    // ------------------------------------------------------------------------------------- datasets: writes

    /// @notice Registers a dataset at its policy's entry stage, with `record` as version 1; or, where the record's
    ///         content root is 0 (and so all else in it), as yet without a version.
    /// @dev Caller: a member of an organisation with CUSTODIAN, which becomes the owner.
    function register(Slug slug, PolicyId policy, VersionRecord calldata record) external returns (DatasetId);

    /// @notice Adds version `number`, which must be the next one. The policy says where it may be added, and to
    ///         which stage that leads. Duties done so far count until another organisation does them anew.
    /// @dev Caller: a member of the owner organisation, with CUSTODIAN.
    function addVersion(DatasetId dataset, uint32 number, VersionRecord calldata record) external;

    /// @notice Takes a step of the policy.
    /// @dev Caller: a member of an organisation that the policy's edge admits.
    function advance(Step calldata step) external;

    /// @notice Approves a step that another organisation may then take. An approval is void as soon as stage or
    ///         version change.
    /// @dev Caller: a member of an organisation with the edge's approver capability, which is neither the owner nor
    ///      holds a duty.
    function approve(Step calldata step) external;

    /// @notice Says what describes the dataset from now on. This extends the head and changes nothing else, and so is
    ///         allowed in every stage.
    /// @param description SHA-256 of the canonical description document; not 0.
    /// @dev Caller: a member of the owner organisation, with CUSTODIAN.
    function describe(DatasetId dataset, bytes32 description) external;

    /// @dev EIP-712: Register(bytes32 slug,uint16 policy,VersionRecord record,uint256 nonce,uint256 deadline)
    function registerBySig(
        Slug slug,
        PolicyId policy,
        VersionRecord calldata record,
        Authorisation calldata authorisation
    ) external returns (DatasetId);

    /// @dev EIP-712: AddVersion(bytes32 dataset,uint32 number,VersionRecord record,uint256 nonce,uint256 deadline)
    function addVersionBySig(
        DatasetId dataset,
        uint32 number,
        VersionRecord calldata record,
        Authorisation calldata authorisation
    ) external;

    /// @dev EIP-712: Advance(Step step,uint256 nonce,uint256 deadline)
    function advanceBySig(Step calldata step, Authorisation calldata authorisation) external;

    /// @dev EIP-712: Approve(Step step,uint256 nonce,uint256 deadline)
    function approveBySig(Step calldata step, Authorisation calldata authorisation) external;

    /// @dev EIP-712: Describe(bytes32 dataset,bytes32 description,uint256 nonce,uint256 deadline). It names nothing
    ///      that a later description changes, so until its deadline it can be relayed after one, and replace it.
    function describeBySig(DatasetId dataset, bytes32 description, Authorisation calldata authorisation) external;

    // ------------------------------------------------------------------------------------ regulator: writes

    /// @notice Freezes a dataset: no step, no version.
    /// @dev Caller: a member of an organisation with REGULATOR whose jurisdiction holds the owner.
    function suspend(DatasetId dataset, string calldata reason) external;

    /// @notice Returns a dataset to the stage it was frozen in.
    /// @dev Caller: as for `suspend`; the jurisdiction must hold the organisation that suspended it, too.
    function reinstate(DatasetId dataset, string calldata reason) external;

    /// @notice Recalls a version, for good. What came from it is tainted; a dataset whose current version is
    ///         recalled goes to the stage RECALLED.
    /// @dev Caller: as for `suspend`.
    function recall(DatasetId dataset, uint32 version, Severity severity, string calldata reason) external;

    // ------------------------------------------------------------------------------------------------ proofs

    /// @notice Whether `record` is what was recorded of this version.
    function verifyVersion(DatasetId dataset, uint32 version, VersionRecord calldata record)
        external
        view
        returns (bool);

    /// @notice Whether `entry`, a canonical manifest entry, stands at `index` of this version.
    function verifyEntry(
        DatasetId dataset,
        uint32 version,
        VersionRecord calldata record,
        bytes calldata entry,
        uint64 index,
        bytes32[] calldata path
    ) external view returns (bool);

    /// @notice Whether `leaf`, a record behind its salt, stands at its place among the records of a file of this
    ///         version.
    /// @param version The version's number; `recorded` is what was recorded of it.
    /// @param entry The file's manifest entry, taken apart, and its place in the manifest.
    /// @param leaf salt ‖ record, and its place under `entry.recordRoot`.
    function verifyRecord(
        DatasetId dataset,
        uint32 version,
        VersionRecord calldata recorded,
        RecordEntry calldata entry,
        Place calldata entryPlace,
        bytes calldata leaf,
        Place calldata leafPlace
    ) external view returns (bool);

    /// @notice Whether `path` leads from a recalled version, first, to one that came from it, last.
    function verifyTaint(Ancestor[] calldata path) external view returns (bool);

    /// @notice RFC 9162, section 2.1.3.2.
    function verifyInclusion(bytes32 leaf, uint64 index, uint64 size, bytes32[] calldata path, bytes32 root)
        external
        view
        returns (bool);

    /// @notice RFC 9162, section 2.1.4.2.
    function verifyConsistency(
        uint64 oldSize,
        uint64 newSize,
        bytes32 oldRoot,
        bytes32 newRoot,
        bytes32[] calldata path
    ) external view returns (bool);

    // ------------------------------------------------------------------------------------------------ views

    function organisations() external view returns (IOrganisations);
    function datasetId(OrgId owner, Slug slug) external view returns (DatasetId);
    /// @dev All zero where there is no such dataset.
    function state(DatasetId dataset) external view returns (State memory);
    function head(DatasetId dataset) external view returns (bytes32);
    function commitment(DatasetId dataset, uint32 version) external view returns (bytes32);
    function recallOf(DatasetId dataset, uint32 version) external view returns (Recall memory);
    /// @notice Who suspended the dataset; 0 while it is not suspended.
    function suspendedBy(DatasetId dataset) external view returns (OrgId);
    function policyCount() external view returns (uint16);
    /// @dev 0 where no policy has this digest, keccak256(abi.encode(policy)).
    function policyByDigest(bytes32 digest) external view returns (PolicyId);
    /// @dev Its capability is 0 where the policy has no such edge.
    function edge(PolicyId policy, Stage from, Stage to) external view returns (Edge memory);
    /// @notice How many organisations approved the step as the dataset stands now.
    function approvals(Step calldata step) external view returns (uint256);
    function approvedBy(Step calldata step, OrgId org) external view returns (bool);
}
