// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, GrantId, OrgId, ProjectId, RunId, Stage } from "../Types.sol";
import { IDatasetLedger } from "./IDatasetLedger.sol";
import { IOrganisations } from "./IOrganisations.sol";

/// @title The use of data that stays with its owner: projects, grants, privacy budgets, and a receipt for every run.
/// @notice A consumer proposes a project, which a regulator approves; under it, the consumer asks for the use of a
///         dataset, and the owner grants or refuses. The owner's node then runs what was granted beside the data:
///         before a run it reserves what the run may cost of the dataset's privacy budget, and afterwards it settles,
///         with a receipt that the grant's executors sign.
///
///         A grant is good for as long as everything that it rests on is: nothing here has to be told of a
///         suspension or a recall. `checkUsable` says what it rests on.
///
///         Costs are counted when they are reserved. Of a dataset, of each consumer of it, and of each grant, what is
///         counted is at any moment what open runs reserved plus what settled runs spent, and never above the limit.
///         Only `settle` lowers it, by what its run reserved and did not spend: whoever lets a run lie pays in full.
///
///         What this contract cannot know: whether a run did what its receipt says. The owner says so, and as many
///         executors as the grant demands.
///
///         Errors of `IDatasetLedger` that fit are used here, too. Organisations are compared, never addresses. Every
///         function refuses its own repetition, so that a write sent twice acts once.
interface IDataUse {
    // ------------------------------------------------------------------------------------------------ types

    /// What costs count, and so how they add up.
    enum Composition {
        /// Nothing: not differentially private, exact.
        NONE,
        /// (ε, δ): both add up.
        BASIC,
        /// ρ of zero-concentrated differential privacy, which adds up; there is no δ.
        ZCDP
    }

    enum GrantState {
        NONE,
        REQUESTED,
        GRANTED,
        REFUSED,
        REVOKED
    }

    enum RunState {
        NONE,
        RESERVED,
        SETTLED
    }

    enum Outcome {
        /// An answer left the owner.
        RELEASED,
        /// None did.
        FAILED
    }

    /// A privacy loss.
    struct Cost {
        /// Millionths of ε; under ZCDP, of ρ.
        uint64 micro;
        /// δ in units of 10^-12; 0 under ZCDP.
        uint64 deltaPico;
    }

    struct Project {
        OrgId applicant;
        /// Whose approval holds; 0 while there is none.
        OrgId approvedBy;
        /// First second after the approval.
        uint40 validUntil;
        bool ended;
        /// Bit n: purpose n, by a vocabulary outside of the contract.
        uint256 purposes;
    }

    struct Request {
        ProjectId project;
        DatasetId dataset;
        /// 0: every version.
        uint32 version;
        uint8 purpose;
        /// SHA-256 of the ODRL policy that is asked for.
        bytes32 terms;
        /// SHA-256 of the algorithm to be run; 0: declared queries only.
        bytes32 code;
        /// Tells apart requests that are otherwise the same.
        uint64 number;
    }

    /// Who must sign receipts: `threshold` of the executors. Both none, where the owner's word suffices.
    struct Quorum {
        uint8 threshold;
        /// Keys, or ERC-1271 wallets, in ascending order.
        address[] executors;
    }

    struct Terms {
        /// SHA-256 of the ODRL policy that is granted.
        bytes32 terms;
        /// First second after the grant.
        uint40 validUntil;
        /// Bit n: usable while the dataset is at stage n of its policy, 1 to 29.
        uint32 stages;
        /// SHA-256 of the one algorithm that may be run; 0: declared queries only.
        bytes32 code;
        /// What the limit counts, which must be what the dataset's budget counts; NONE for an exact use.
        Composition composition;
        /// What all runs together may cost; zero exactly where the use is exact.
        Cost limit;
        Quorum quorum;
    }

    struct Grant {
        GrantState state;
        OrgId owner;
        OrgId applicant;
        uint32 version;
        uint8 purpose;
        uint32 stages;
        uint40 validUntil;
        Composition composition;
        /// Whose co-signature holds; 0 while there is none.
        OrgId cosignedBy;
        /// How sensitive the dataset was when its use was granted.
        uint8 level;
        DatasetId dataset;
        ProjectId project;
        Cost limit;
        Cost counted;
        bytes32 code;
        /// keccak256(abi.encode(quorum)); 0 where no executor must sign.
        bytes32 quorum;
        /// keccak256(abi.encode(terms)); 0 before the grant.
        bytes32 terms;
    }

    struct Budget {
        Composition composition;
        Cost total;
        /// What each organisation may cost the dataset, with all its grants together.
        Cost perConsumer;
        Cost counted;
    }

    /// What a run is going to do, said before it touches the data.
    struct Reservation {
        GrantId grant;
        /// Unused among the grant's runs.
        RunId run;
        /// The version that is going to be read.
        uint32 version;
        /// SHA-256 of the algorithm or of the declared query.
        bytes32 code;
        /// The most that it can cost.
        Cost cost;
    }

    struct Run {
        RunState state;
        /// What was reserved; once it is settled, what was spent.
        Cost cost;
    }

    /// A version that a run read.
    struct Input {
        DatasetId dataset;
        uint32 version;
        /// The ledger's commitment to it.
        bytes32 commitment;
    }

    struct Receipt {
        GrantId grant;
        RunId run;
        /// As reserved.
        bytes32 code;
        /// SHA-256 of what describes the software, and the machine, that the code ran on.
        bytes32 environment;
        /// First the granted dataset in the version reserved, then versions of other datasets.
        Input[] inputs;
        /// SHA-256 of what was released; 0 where nothing was.
        bytes32 output;
        Cost spent;
        Outcome outcome;
    }

    // ------------------------------------------------------------------------------------------------ events

    event ProjectProposed(
        ProjectId indexed project,
        OrgId indexed org,
        address indexed by,
        bytes32 document,
        uint256 purposes,
        uint40 recordedAt
    );
    event ProjectApproved(
        ProjectId indexed project, OrgId indexed org, address indexed by, uint40 validUntil, uint40 recordedAt
    );
    event ProjectEnded(
        ProjectId indexed project, OrgId indexed org, address indexed by, string reason, uint40 recordedAt
    );
    event DatasetClassified(
        DatasetId indexed dataset, OrgId indexed org, address indexed by, uint8 level, uint40 recordedAt
    );
    event BudgetSet(
        DatasetId indexed dataset,
        OrgId indexed org,
        address indexed by,
        Composition composition,
        Cost total,
        Cost perConsumer,
        uint40 recordedAt
    );
    event UseRequested(
        GrantId indexed grant, OrgId indexed org, address indexed by, Request request, uint40 recordedAt
    );
    event UseGranted(GrantId indexed grant, OrgId indexed org, address indexed by, Terms terms, uint40 recordedAt);
    event UseRefused(GrantId indexed grant, OrgId indexed org, address indexed by, string reason, uint40 recordedAt);
    event UseRevoked(GrantId indexed grant, OrgId indexed org, address indexed by, string reason, uint40 recordedAt);
    event UseCosigned(GrantId indexed grant, OrgId indexed org, address indexed by, uint40 recordedAt);
    event RunReserved(
        GrantId indexed grant,
        OrgId indexed org,
        address indexed by,
        RunId run,
        uint32 version,
        bytes32 code,
        Cost cost,
        uint40 recordedAt
    );
    /// `signers` are the executors whose signatures came with the receipt.
    event RunSettled(
        GrantId indexed grant,
        OrgId indexed org,
        address indexed by,
        Receipt receipt,
        address[] signers,
        uint40 recordedAt
    );

    // ------------------------------------------------------------------------------------------------ errors

    /// `org` stands below `other`, or is the same, and so cannot vouch for it.
    error NotIndependent(OrgId org, OrgId other);
    /// Whatever is to last must end in the future.
    error AlreadyOver(uint40 validUntil);

    error DocumentMissing();
    error PurposeMissing();
    error ProjectExists(ProjectId project);
    error UnknownProject(ProjectId project);
    error ApprovalUnchanged(ProjectId project, OrgId org, uint40 validUntil);
    error ProjectNotApproved(ProjectId project);
    error ProjectExpired(ProjectId project, uint40 validUntil);
    error ProjectIsEnded(ProjectId project);
    error NotApplicant(ProjectId project, OrgId applicant, OrgId org);
    error PurposeNotApproved(ProjectId project, uint8 purpose);

    error LevelUnchanged(DatasetId dataset, uint8 level);

    error TermsMissing();
    error RequestExists(GrantId grant);
    error UnknownGrant(GrantId grant);
    error NotRequested(GrantId grant, GrantState state);
    error NotGranted(GrantId grant, GrantState state);
    error GrantExpired(GrantId grant, uint40 validUntil);
    error InvalidStages(uint32 stages);
    /// A cost of this composition cannot be this.
    error InvalidCost(Composition composition, uint64 micro, uint64 deltaPico);
    error InvalidThreshold(uint8 threshold, uint256 executors);
    error ExecutorsNotAscending(uint256 index);
    error OtherTerms(GrantId grant);
    error AlreadyCosigned(GrantId grant, OrgId org);
    error CosignatureMissing(GrantId grant, uint8 level);
    error StageNotAllowed(GrantId grant, Stage stage);
    error VersionNotGranted(GrantId grant, uint32 granted, uint32 given);
    error VersionIsRecalled(DatasetId dataset, uint32 version);

    error CompositionMissing();
    error CompositionFixed(DatasetId dataset, Composition composition);
    error BudgetUnchanged(DatasetId dataset);
    /// A budget cannot be less than what is counted already.
    error BudgetTooLow(DatasetId dataset, uint64 countedMicro, uint64 countedDeltaPico);
    error OtherComposition(DatasetId dataset, Composition ofBudget, Composition ofGrant);
    error DatasetBudgetExceeded(
        DatasetId dataset, uint64 leftMicro, uint64 leftDeltaPico, uint64 micro, uint64 deltaPico
    );
    error ConsumerBudgetExceeded(
        DatasetId dataset, OrgId consumer, uint64 leftMicro, uint64 leftDeltaPico, uint64 micro, uint64 deltaPico
    );
    error GrantLimitExceeded(GrantId grant, uint64 leftMicro, uint64 leftDeltaPico, uint64 micro, uint64 deltaPico);

    error CodeMissing();
    error OtherCode(GrantId grant, bytes32 granted, bytes32 given);
    error RunExists(GrantId grant, RunId run);
    error UnknownRun(GrantId grant, RunId run);
    error AlreadySettled(GrantId grant, RunId run);
    /// The receipt is of another version or another code than was reserved for.
    error NotAsReserved(GrantId grant, RunId run);
    error InputMissing(DatasetId dataset);
    /// Only one version of the granted dataset was reserved for.
    error InputRepeated(DatasetId dataset, uint32 version);
    error OtherCommitment(DatasetId dataset, uint32 version, bytes32 recorded, bytes32 given);
    error EnvironmentMissing();
    /// An output is named exactly where one was released.
    error OutputMismatch(Outcome outcome, bytes32 output);
    error SpentMoreThanReserved(
        GrantId grant, RunId run, uint64 reservedMicro, uint64 reservedDeltaPico, uint64 micro, uint64 deltaPico
    );
    /// A private answer was released, and so something was spent.
    error NothingSpent(GrantId grant, RunId run);
    error OtherQuorum(GrantId grant);
    error SignatureCount(uint256 executors, uint256 signatures);
    error InvalidExecutorSignature(address executor);
    error SignaturesMissing(GrantId grant, uint8 threshold, uint256 given);

    // ------------------------------------------------------------------------------------- projects: writes

    /// @notice Proposes a project, which an approval may then turn into one.
    /// @param document SHA-256 of what describes it; not 0.
    /// @param purposes Bit n: purpose n; not 0.
    /// @dev Caller: a member of an organisation with CONSUMER, the applicant.
    function proposeProject(bytes32 document, uint256 purposes) external returns (ProjectId);

    /// @notice Approves a project until `validUntil`, in place of an earlier approval. It covers the datasets of
    ///         owners within the approving organisation's jurisdiction.
    /// @dev Caller: a member of an organisation with REGULATOR whose jurisdiction holds the applicant, and which does
    ///      not stand below it: whom the applicant admitted has jurisdiction over it, but acts as it pleases.
    function approveProject(ProjectId project, uint40 validUntil) external;

    /// @notice Ends a project, and so every grant under it, for good.
    /// @dev Caller: a member of the applicant, or of an organisation with REGULATOR whose jurisdiction holds it.
    function endProject(ProjectId project, string calldata reason) external;

    // ------------------------------------------------------------------------------------- datasets: writes

    /// @notice Says how sensitive a dataset is. From level 2 on, its grants need a co-signature.
    /// @dev Caller: a member of the owner, with CUSTODIAN, to raise the level; or of an organisation with REGULATOR
    ///      whose jurisdiction holds the owner. To lower the level, that must not stand below the owner, and its
    ///      jurisdiction must hold the organisation that set the level, too.
    function classify(DatasetId dataset, uint8 level) external;

    /// @notice Sets what may be spent on a dataset. Neither limit may come to lie below what is counted under it; as
    ///         what each consumer has is not looked through, `perConsumer` can be lowered to what is counted of
    ///         the whole dataset.
    /// @param composition Not NONE; fixed while anything is counted.
    /// @dev Caller: a member of the owner, with CUSTODIAN.
    function setBudget(DatasetId dataset, Composition composition, Cost calldata total, Cost calldata perConsumer)
        external;

    // --------------------------------------------------------------------------------------- grants: writes

    /// @notice Asks for the use of a dataset.
    /// @dev Caller: a member of the project's applicant, with CONSUMER. The project must be approved, cover the
    ///      dataset, and have the purpose.
    function requestUse(Request calldata request) external returns (GrantId);

    /// @notice Grants a request, on terms that stay.
    /// @dev Caller: a member of the dataset's owner, with CUSTODIAN.
    function grantUse(GrantId grant, Terms calldata terms) external;

    /// @notice Co-signs a grant on these terms, which must be those granted; in place of an earlier co-signature.
    /// @dev Caller: a member of an organisation with REGULATOR whose jurisdiction holds the dataset's owner, and which
    ///      stands below neither the owner nor the applicant.
    function cosign(GrantId grant, Terms calldata terms) external;

    /// @notice Refuses a request, for good.
    /// @dev Caller: a member of the dataset's owner, or of an organisation with REGULATOR whose jurisdiction holds it.
    function refuseUse(GrantId grant, string calldata reason) external;

    /// @notice Revokes a grant, for good. Open runs can still be settled.
    /// @dev Caller: as for `refuseUse`.
    function revokeUse(GrantId grant, string calldata reason) external;

    // ----------------------------------------------------------------------------------------- runs: writes

    /// @notice Reserves what a run may cost, counting it in full until it is settled.
    /// @dev Caller: a member of the dataset's owner, with CUSTODIAN. The grant must be usable for this version. An
    ///      exact use costs nothing, any other more than nothing.
    function reserve(Reservation calldata reservation) external;

    /// @notice Settles a run, once: what it reserved and did not spend is no longer counted. What became of the
    ///         grant meanwhile does not matter, since a run that began must be accounted for.
    /// @param quorum As granted.
    /// @param signatures One for each executor of the quorum, over `receiptDigest(receipt)`; empty where it has not
    ///        signed. Every other one must be valid.
    /// @dev Caller: a member of the dataset's owner. EIP-712: Receipt(bytes32 grant,bytes32 run,bytes32 code,bytes32
    ///      environment,Input[] inputs,bytes32 output,Cost spent,uint8 outcome)
    function settle(Receipt calldata receipt, Quorum calldata quorum, bytes[] calldata signatures) external;

    // ------------------------------------------------------------------------------------------------ views

    function ledger() external view returns (IDatasetLedger);
    function organisations() external view returns (IOrganisations);
    function projectId(OrgId applicant, bytes32 document, uint256 purposes) external view returns (ProjectId);
    function grantId(Request calldata request) external view returns (GrantId);
    /// @notice What executors sign.
    function receiptDigest(Receipt calldata receipt) external view returns (bytes32);

    /// @notice Returns when a run could be reserved now, if the budget has room for it; reverts with the reason when
    ///         it could not. The grant is neither revoked nor expired. The project is approved, by an organisation that is still a REGULATOR
    ///         and has jurisdiction over the owner, and neither ended nor expired. The applicant is still a CONSUMER,
    ///         the owner a CUSTODIAN, and none of them suspended. The dataset is at one of the grant's stages, and so
    ///         neither suspended nor recalled; its version, or the current one where every version is granted, is not
    ///         recalled. Where its level now, or at the time of the grant, demands it, the grant is co-signed, by an
    ///         organisation that is still a REGULATOR.
    function checkUsable(GrantId grant) external view;
    function isUsable(GrantId grant) external view returns (bool);

    /// @dev Its applicant is 0 where there is no such project.
    function projectOf(ProjectId project) external view returns (Project memory);
    /// @dev All zero where there is no such request.
    function grantOf(GrantId grant) external view returns (Grant memory);
    function runOf(GrantId grant, RunId run) external view returns (Run memory);
    function budgetOf(DatasetId dataset) external view returns (Budget memory);
    /// @notice What is counted of the dataset's budget for this organisation.
    function countedFor(DatasetId dataset, OrgId consumer) external view returns (Cost memory);
    /// @notice How sensitive the dataset is; 0 where nobody said.
    function levelOf(DatasetId dataset) external view returns (uint8);
    /// @notice Over whom a regulator needs authority to lower the level; 0 where nobody set one.
    function levelBy(DatasetId dataset) external view returns (OrgId);
}
