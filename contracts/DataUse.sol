// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import { DatasetId, GrantId, NO_ORG, OrgId, ProjectId, RunId, Stage } from "./Types.sol";
import { IDataUse } from "./interfaces/IDataUse.sol";
import { IDatasetLedger } from "./interfaces/IDatasetLedger.sol";
import { IOrganisations } from "./interfaces/IOrganisations.sol";
import { Account, Budgets, PackedCost } from "./libraries/Budgets.sol";
import { Capabilities } from "./libraries/Capabilities.sol";
import { Quorums } from "./libraries/Quorums.sol";
import { SignedReceipts } from "./libraries/SignedReceipts.sol";

/// @title DataUse
/// @notice The use of data that stays with its owner; see `IDataUse`.
contract DataUse is IDataUse, EIP712 {
    /// @notice The level of a dataset from which on its grants need a co-signature.
    uint8 public constant COSIGNED_FROM = 2;

    /// @dev The stages of a policy's own, 1 to 29, as bits.
    uint32 private constant OWN_STAGES = 0x3FFFFFFE;

    /// @dev A grant; what every run reads comes first, in four slots.
    struct GrantRecord {
        GrantState state;
        OrgId owner;
        OrgId applicant;
        uint32 version;
        uint8 purpose;
        uint32 stages;
        uint40 validUntil;
        Composition composition;
        OrgId cosignedBy;
        uint8 level;
        DatasetId dataset;
        ProjectId project;
        Account account;
        bytes32 code;
        bytes32 quorum;
        bytes32 terms;
    }

    /// @dev What holds for a dataset, besides the account of its budget.
    struct DatasetRules {
        Composition composition;
        uint8 level;
        OrgId levelBy;
        PackedCost perConsumer;
    }

    /// @dev One slot. `reservedFor` is the beginning of a digest of version and code.
    struct RunRecord {
        RunState state;
        PackedCost cost;
        bytes15 reservedFor;
    }

    /// @inheritdoc IDataUse
    IDatasetLedger public immutable ledger;
    /// @inheritdoc IDataUse
    IOrganisations public immutable organisations;

    mapping(ProjectId => Project) private _projects;
    mapping(DatasetId => DatasetRules) private _rules;
    mapping(DatasetId => Account) private _budgets;
    mapping(DatasetId => mapping(OrgId consumer => PackedCost)) private _counted;
    mapping(GrantId => GrantRecord) private _grants;
    mapping(GrantId => mapping(RunId => RunRecord)) private _runs;

    constructor(IDatasetLedger ledger_) EIP712("DataLedger", "1") {
        ledger = ledger_;
        organisations = ledger_.organisations();
    }

    // --------------------------------------------------------------------------------------------- projects

    /// @inheritdoc IDataUse
    function proposeProject(bytes32 document, uint256 purposes) external returns (ProjectId project) {
        OrgId org = _authorise(Capabilities.CONSUMER);
        if (document == 0) revert DocumentMissing();
        if (purposes == 0) revert PurposeMissing();
        project = projectId(org, document, purposes);
        Project storage proposed = _projects[project];
        if (proposed.applicant != NO_ORG) revert ProjectExists(project);
        proposed.applicant = org;
        proposed.purposes = purposes;
        emit ProjectProposed(project, org, msg.sender, document, purposes, _now());
    }

    /// @inheritdoc IDataUse
    function approveProject(ProjectId project, uint40 validUntil) external {
        Project storage approved = _lasting(project);
        OrgId org = _regulate(approved.applicant);
        _checkIndependent(org, approved.applicant);
        if (validUntil <= block.timestamp) revert AlreadyOver(validUntil);
        if (approved.approvedBy == org && approved.validUntil == validUntil) {
            revert ApprovalUnchanged(project, org, validUntil);
        }
        approved.approvedBy = org;
        approved.validUntil = validUntil;
        emit ProjectApproved(project, org, msg.sender, validUntil, _now());
    }

    /// @inheritdoc IDataUse
    function endProject(ProjectId project, string calldata reason) external {
        Project storage ended = _lasting(project);
        OrgId org = _partyOrRegulator(ended.applicant);
        ended.ended = true;
        emit ProjectEnded(project, org, msg.sender, reason, _now());
    }

    // --------------------------------------------------------------------------------------------- datasets

    /// @inheritdoc IDataUse
    function classify(DatasetId dataset, uint8 level) external {
        OrgId owner = _existing(dataset).owner;
        DatasetRules storage rules = _rules[dataset];
        if (level == rules.level) revert LevelUnchanged(dataset, level);
        (OrgId org,, uint16 held) = organisations.actor(msg.sender);
        if (org == owner && level > rules.level) {
            _checkCapability(org, Capabilities.CUSTODIAN, held);
        } else {
            _checkCapability(org, Capabilities.REGULATOR, held);
            _checkJurisdiction(org, owner);
            if (level < rules.level) {
                _checkIndependent(org, owner);
                _checkJurisdiction(org, rules.levelBy);
            }
        }
        // Who has no authority over those that set the level so far does not take their place by raising it.
        OrgId before = rules.levelBy;
        if (before == NO_ORG || organisations.inJurisdiction(org, before)) rules.levelBy = org;
        rules.level = level;
        emit DatasetClassified(dataset, org, msg.sender, level, _now());
    }

    /// @inheritdoc IDataUse
    function setBudget(DatasetId dataset, Composition composition, Cost calldata total, Cost calldata perConsumer)
        external
    {
        OrgId org = _authorise(Capabilities.CUSTODIAN);
        _checkOwner(dataset, _existing(dataset).owner, org);
        if (composition == Composition.NONE) revert CompositionMissing();
        Budgets.checkDelta(composition, total);
        Budgets.checkDelta(composition, perConsumer);

        DatasetRules storage rules = _rules[dataset];
        Account memory account = _budgets[dataset];
        (PackedCost limit, PackedCost each) = (Budgets.pack(total), Budgets.pack(perConsumer));
        if (composition != rules.composition) {
            if (!account.counted.isZero()) revert CompositionFixed(dataset, rules.composition);
        } else if (limit.equals(account.limit) && each.equals(rules.perConsumer)) {
            revert BudgetUnchanged(dataset);
        }
        // What is counted for a consumer is within its limit so far, and within what is counted of the whole.
        if (!account.counted.isWithin(limit) || !account.counted.lesserOf(rules.perConsumer).isWithin(each)) {
            revert BudgetTooLow(dataset, account.counted.micro(), account.counted.deltaPico());
        }

        rules.composition = composition;
        rules.perConsumer = each;
        _budgets[dataset].limit = limit;
        emit BudgetSet(dataset, org, msg.sender, composition, total, perConsumer, _now());
    }

    // ----------------------------------------------------------------------------------------------- grants

    /// @inheritdoc IDataUse
    function requestUse(Request calldata request) external returns (GrantId grant) {
        Project storage project = _approved(request.project);
        OrgId org = _authorise(Capabilities.CONSUMER);
        if (org != project.applicant) revert NotApplicant(request.project, project.applicant, org);
        if (project.purposes >> request.purpose & 1 == 0) {
            revert PurposeNotApproved(request.project, request.purpose);
        }
        if (request.terms == 0) revert TermsMissing();
        IDatasetLedger.State memory dataset = _existing(request.dataset);
        if (request.version > dataset.versionCount) {
            revert IDatasetLedger.UnknownVersion(request.dataset, request.version);
        }
        _checkJurisdiction(project.approvedBy, dataset.owner);

        grant = grantId(request);
        GrantRecord storage requested = _grants[grant];
        if (requested.state != GrantState.NONE) revert RequestExists(grant);
        requested.state = GrantState.REQUESTED;
        requested.owner = dataset.owner;
        requested.applicant = org;
        requested.version = request.version;
        requested.purpose = request.purpose;
        requested.dataset = request.dataset;
        requested.project = request.project;
        emit UseRequested(grant, org, msg.sender, request, _now());
    }

    /// @inheritdoc IDataUse
    function grantUse(GrantId grant, Terms calldata terms) external {
        GrantRecord storage granted = _requested(grant);
        OrgId org = _authorise(Capabilities.CUSTODIAN);
        _checkOwner(granted.dataset, granted.owner, org);
        if (terms.terms == 0) revert TermsMissing();
        if (terms.validUntil <= block.timestamp) revert AlreadyOver(terms.validUntil);
        if (terms.stages == 0 || terms.stages & ~OWN_STAGES != 0) revert InvalidStages(terms.stages);
        Budgets.check(terms.composition, terms.limit);
        Quorums.check(terms.quorum);

        granted.state = GrantState.GRANTED;
        granted.stages = terms.stages;
        granted.validUntil = terms.validUntil;
        granted.composition = terms.composition;
        granted.level = _rules[granted.dataset].level;
        granted.account.limit = Budgets.pack(terms.limit);
        granted.code = terms.code;
        granted.quorum = Quorums.digest(terms.quorum);
        granted.terms = keccak256(abi.encode(terms));
        emit UseGranted(grant, org, msg.sender, terms, _now());
    }

    /// @inheritdoc IDataUse
    function cosign(GrantId grant, Terms calldata terms) external {
        GrantRecord storage cosigned = _granted(grant);
        OrgId org = _regulate(cosigned.owner);
        _checkIndependent(org, cosigned.owner);
        _checkIndependent(org, cosigned.applicant);
        if (keccak256(abi.encode(terms)) != cosigned.terms) revert OtherTerms(grant);
        if (cosigned.cosignedBy == org) revert AlreadyCosigned(grant, org);
        cosigned.cosignedBy = org;
        emit UseCosigned(grant, org, msg.sender, _now());
    }

    /// @inheritdoc IDataUse
    function refuseUse(GrantId grant, string calldata reason) external {
        GrantRecord storage refused = _requested(grant);
        OrgId org = _partyOrRegulator(refused.owner);
        refused.state = GrantState.REFUSED;
        emit UseRefused(grant, org, msg.sender, reason, _now());
    }

    /// @inheritdoc IDataUse
    function revokeUse(GrantId grant, string calldata reason) external {
        GrantRecord storage revoked = _granted(grant);
        OrgId org = _partyOrRegulator(revoked.owner);
        revoked.state = GrantState.REVOKED;
        emit UseRevoked(grant, org, msg.sender, reason, _now());
    }

    // ------------------------------------------------------------------------------------------------- runs

    /// @inheritdoc IDataUse
    function reserve(Reservation calldata reservation) external {
        GrantRecord storage granted = _granted(reservation.grant);
        OrgId org = _authorise(Capabilities.CUSTODIAN);
        _checkOwner(granted.dataset, granted.owner, org);
        _checkGrant(reservation.grant, granted, reservation.version);
        if (reservation.code == 0) revert CodeMissing();
        bytes32 code = granted.code;
        if (code != 0 && reservation.code != code) revert OtherCode(reservation.grant, code, reservation.code);
        RunRecord storage opened = _runs[reservation.grant][reservation.run];
        if (opened.state != RunState.NONE) revert RunExists(reservation.grant, reservation.run);

        Composition composition = granted.composition;
        Budgets.check(composition, reservation.cost);
        PackedCost cost = Budgets.pack(reservation.cost);
        if (composition != Composition.NONE) _count(reservation.grant, granted, composition, cost);
        _runs[reservation.grant][reservation.run] =
            RunRecord(RunState.RESERVED, cost, _reservedFor(reservation.version, reservation.code));
        emit RunReserved(
            reservation.grant,
            org,
            msg.sender,
            reservation.run,
            reservation.version,
            reservation.code,
            reservation.cost,
            _now()
        );
    }

    /// @inheritdoc IDataUse
    function settle(Receipt calldata receipt, Quorum calldata quorum, bytes[] calldata signatures) external {
        GrantRecord storage granted = _grants[receipt.grant];
        RunRecord memory open = _runs[receipt.grant][receipt.run];
        if (open.state == RunState.NONE) revert UnknownRun(receipt.grant, receipt.run);
        if (open.state == RunState.SETTLED) revert AlreadySettled(receipt.grant, receipt.run);
        (OrgId org,,) = organisations.actor(msg.sender);
        DatasetId dataset = granted.dataset;
        _checkOwner(dataset, granted.owner, org);
        _checkInputs(dataset, receipt, open.reservedFor);
        PackedCost spent = _checkOutcome(receipt, open.cost);
        if (Quorums.digest(quorum) != granted.quorum) revert OtherQuorum(receipt.grant);
        address[] memory signers = Quorums.signers(quorum, receiptDigest(receipt), signatures);
        if (signers.length < quorum.threshold) {
            revert SignaturesMissing(receipt.grant, quorum.threshold, signers.length);
        }

        PackedCost unspent = open.cost.minus(spent);
        if (!unspent.isZero()) _uncount(granted, dataset, unspent);
        RunRecord storage settled = _runs[receipt.grant][receipt.run];
        settled.state = RunState.SETTLED;
        settled.cost = spent;
        emit RunSettled(receipt.grant, org, msg.sender, receipt, signers, _now());
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IDataUse
    function projectId(OrgId applicant, bytes32 document, uint256 purposes) public view returns (ProjectId) {
        return ProjectId.wrap(keccak256(abi.encode(block.chainid, address(this), applicant, document, purposes)));
    }

    /// @inheritdoc IDataUse
    function grantId(Request calldata request) public view returns (GrantId) {
        return GrantId.wrap(keccak256(abi.encode(block.chainid, address(this), request)));
    }

    /// @inheritdoc IDataUse
    function receiptDigest(Receipt calldata receipt) public view returns (bytes32) {
        return _hashTypedDataV4(SignedReceipts.hash(receipt));
    }

    /// @inheritdoc IDataUse
    function checkUsable(GrantId grant) external view {
        GrantRecord storage granted = _granted(grant);
        (uint16 held,) = organisations.standing(granted.owner);
        _checkCapability(granted.owner, Capabilities.CUSTODIAN, held);
        uint32 version = granted.version;
        _checkGrant(grant, granted, version == 0 ? ledger.state(granted.dataset).versionCount : version);
    }

    /// @inheritdoc IDataUse
    function isUsable(GrantId grant) external view returns (bool) {
        try this.checkUsable(grant) {
            return true;
        } catch {
            return false;
        }
    }

    /// @inheritdoc IDataUse
    function projectOf(ProjectId project) external view returns (Project memory) {
        return _projects[project];
    }

    /// @inheritdoc IDataUse
    function grantOf(GrantId grant) external view returns (Grant memory) {
        GrantRecord storage found = _grants[grant];
        return Grant({
            state: found.state,
            owner: found.owner,
            applicant: found.applicant,
            version: found.version,
            purpose: found.purpose,
            stages: found.stages,
            validUntil: found.validUntil,
            composition: found.composition,
            cosignedBy: found.cosignedBy,
            level: found.level,
            dataset: found.dataset,
            project: found.project,
            limit: found.account.limit.unpack(),
            counted: found.account.counted.unpack(),
            code: found.code,
            quorum: found.quorum,
            terms: found.terms
        });
    }

    /// @inheritdoc IDataUse
    function runOf(GrantId grant, RunId run) external view returns (Run memory) {
        RunRecord storage found = _runs[grant][run];
        return Run(found.state, found.cost.unpack());
    }

    /// @inheritdoc IDataUse
    function budgetOf(DatasetId dataset) external view returns (Budget memory) {
        DatasetRules storage rules = _rules[dataset];
        Account storage account = _budgets[dataset];
        return Budget({
            composition: rules.composition,
            total: account.limit.unpack(),
            perConsumer: rules.perConsumer.unpack(),
            counted: account.counted.unpack()
        });
    }

    /// @inheritdoc IDataUse
    function countedFor(DatasetId dataset, OrgId consumer) external view returns (Cost memory) {
        return _counted[dataset][consumer].unpack();
    }

    /// @inheritdoc IDataUse
    function levelOf(DatasetId dataset) external view returns (uint8) {
        return _rules[dataset].level;
    }

    /// @inheritdoc IDataUse
    function levelBy(DatasetId dataset) external view returns (OrgId) {
        return _rules[dataset].levelBy;
    }

    // ------------------------------------------------------------------------------------------- accounting

    /// @dev Counts `cost` three times, each within its limit.
    function _count(GrantId grant, GrantRecord storage granted, Composition composition, PackedCost cost) private {
        DatasetId dataset = granted.dataset;
        OrgId consumer = granted.applicant;
        DatasetRules memory rules = _rules[dataset];
        if (rules.composition != composition) revert OtherComposition(dataset, rules.composition, composition);

        Account memory ofGrant = granted.account;
        if (!ofGrant.hasRoomFor(cost)) {
            PackedCost left = ofGrant.left();
            revert GrantLimitExceeded(grant, left.micro(), left.deltaPico(), cost.micro(), cost.deltaPico());
        }
        Account memory ofConsumer = Account(rules.perConsumer, _counted[dataset][consumer]);
        if (!ofConsumer.hasRoomFor(cost)) {
            PackedCost left = ofConsumer.left();
            revert ConsumerBudgetExceeded(
                dataset, consumer, left.micro(), left.deltaPico(), cost.micro(), cost.deltaPico()
            );
        }
        Account memory ofDataset = _budgets[dataset];
        if (!ofDataset.hasRoomFor(cost)) {
            PackedCost left = ofDataset.left();
            revert DatasetBudgetExceeded(dataset, left.micro(), left.deltaPico(), cost.micro(), cost.deltaPico());
        }
        granted.account.counted = ofGrant.counted.plus(cost);
        _counted[dataset][consumer] = ofConsumer.counted.plus(cost);
        _budgets[dataset].counted = ofDataset.counted.plus(cost);
    }

    function _uncount(GrantRecord storage granted, DatasetId dataset, PackedCost unspent) private {
        OrgId consumer = granted.applicant;
        granted.account.counted = granted.account.counted.minus(unspent);
        _counted[dataset][consumer] = _counted[dataset][consumer].minus(unspent);
        _budgets[dataset].counted = _budgets[dataset].counted.minus(unspent);
    }

    /// @dev What a run remembers of version and code, in what its slot has left.
    function _reservedFor(uint32 version, bytes32 code) private pure returns (bytes15) {
        return bytes15(keccak256(abi.encode(version, code)));
    }

    /// @dev The granted dataset first, in the version reserved, with the code reserved; other datasets behind it.
    function _checkInputs(DatasetId dataset, Receipt calldata receipt, bytes15 reservedFor) private view {
        if (receipt.inputs.length == 0 || !(receipt.inputs[0].dataset == dataset)) revert InputMissing(dataset);
        if (_reservedFor(receipt.inputs[0].version, receipt.code) != reservedFor) {
            revert NotAsReserved(receipt.grant, receipt.run);
        }
        for (uint256 i = 0; i < receipt.inputs.length; ++i) {
            Input calldata input = receipt.inputs[i];
            if (i != 0 && input.dataset == dataset) revert InputRepeated(dataset, input.version);
            bytes32 recorded = ledger.commitment(input.dataset, input.version);
            if (recorded == 0) revert IDatasetLedger.UnknownVersion(input.dataset, input.version);
            if (recorded != input.commitment) {
                revert OtherCommitment(input.dataset, input.version, recorded, input.commitment);
            }
        }
    }

    /// @dev What was spent, when that and the output go with the outcome.
    function _checkOutcome(Receipt calldata receipt, PackedCost reserved) private pure returns (PackedCost spent) {
        if (receipt.environment == 0) revert EnvironmentMissing();
        bool released = receipt.outcome == Outcome.RELEASED;
        if (released != (receipt.output != 0)) revert OutputMismatch(receipt.outcome, receipt.output);
        spent = Budgets.pack(receipt.spent);
        if (!spent.isWithin(reserved)) {
            revert SpentMoreThanReserved(
                receipt.grant,
                receipt.run,
                reserved.micro(),
                reserved.deltaPico(),
                receipt.spent.micro,
                receipt.spent.deltaPico
            );
        }
        if (released && receipt.spent.micro == 0 && reserved.micro() != 0) {
            revert NothingSpent(receipt.grant, receipt.run);
        }
    }

    // ------------------------------------------------------------------------------------------------ rules

    /// @dev All that `checkUsable` checks, for one version, but that the owner is a CUSTODIAN, which whoever asks
    ///      has found out.
    function _checkGrant(GrantId grant, GrantRecord storage granted, uint32 version) private view {
        if (block.timestamp >= granted.validUntil) revert GrantExpired(grant, granted.validUntil);
        Project storage project = _approved(granted.project);
        _checkJurisdiction(project.approvedBy, granted.owner);
        _checkStanding(granted.applicant, Capabilities.CONSUMER);

        DatasetId dataset = granted.dataset;
        IDatasetLedger.State memory state = ledger.state(dataset);
        if (granted.stages >> Stage.unwrap(state.stage) & 1 == 0) revert StageNotAllowed(grant, state.stage);
        if (granted.version != 0 && version != granted.version) {
            revert VersionNotGranted(grant, granted.version, version);
        }
        if (version == 0 || version > state.versionCount) revert IDatasetLedger.UnknownVersion(dataset, version);
        if (ledger.recallOf(dataset, version).recordedAt != 0) revert VersionIsRecalled(dataset, version);

        uint8 level = _rules[dataset].level;
        // A grant that needed a co-signature when it was given goes on needing it, whoever lowers the level since.
        if (granted.level > level) level = granted.level;
        if (level >= COSIGNED_FROM) {
            if (granted.cosignedBy == NO_ORG) revert CosignatureMissing(grant, level);
            _checkStanding(granted.cosignedBy, Capabilities.REGULATOR);
        }
    }

    /// @dev The project, which was not ended.
    function _lasting(ProjectId project) private view returns (Project storage found) {
        found = _projects[project];
        if (found.applicant == NO_ORG) revert UnknownProject(project);
        if (found.ended) revert ProjectIsEnded(project);
    }

    /// @dev The project, whose approval holds now.
    function _approved(ProjectId project) private view returns (Project storage found) {
        found = _lasting(project);
        if (found.approvedBy == NO_ORG) revert ProjectNotApproved(project);
        if (block.timestamp >= found.validUntil) revert ProjectExpired(project, found.validUntil);
        _checkStanding(found.approvedBy, Capabilities.REGULATOR);
    }

    function _requested(GrantId grant) private view returns (GrantRecord storage found) {
        found = _known(grant);
        if (found.state != GrantState.REQUESTED) revert NotRequested(grant, found.state);
    }

    function _granted(GrantId grant) private view returns (GrantRecord storage found) {
        found = _known(grant);
        if (found.state != GrantState.GRANTED) revert NotGranted(grant, found.state);
    }

    function _known(GrantId grant) private view returns (GrantRecord storage found) {
        found = _grants[grant];
        if (found.state == GrantState.NONE) revert UnknownGrant(grant);
    }

    function _existing(DatasetId dataset) private view returns (IDatasetLedger.State memory state) {
        state = ledger.state(dataset);
        if (state.owner == NO_ORG) revert IDatasetLedger.UnknownDataset(dataset);
    }

    /// @dev The caller's organisation, which has all of `required`.
    function _authorise(uint16 required) private view returns (OrgId org) {
        uint16 held;
        (org,, held) = organisations.actor(msg.sender);
        _checkCapability(org, required, held);
    }

    /// @dev The caller's organisation, a regulator over `org`.
    function _regulate(OrgId org) private view returns (OrgId regulator) {
        regulator = _authorise(Capabilities.REGULATOR);
        _checkJurisdiction(regulator, org);
    }

    /// @dev The caller's organisation, which is `party` or a regulator over it: enough to stop what is its own.
    function _partyOrRegulator(OrgId party) private view returns (OrgId org) {
        uint16 held;
        (org,, held) = organisations.actor(msg.sender);
        if (org != party) {
            _checkCapability(org, Capabilities.REGULATOR, held);
            _checkJurisdiction(org, party);
        }
    }

    /// @dev `org` is not suspended, and has all of `required`.
    function _checkStanding(OrgId org, uint16 required) private view {
        (uint16 held,) = organisations.standing(org);
        _checkCapability(org, required, held);
    }

    function _checkCapability(OrgId org, uint16 required, uint16 held) private pure {
        if (held & required != required) revert IDatasetLedger.MissingCapability(org, required, held);
    }

    function _checkJurisdiction(OrgId regulator, OrgId org) private view {
        if (!organisations.inJurisdiction(regulator, org)) revert IDatasetLedger.OutsideJurisdiction(regulator, org);
    }

    /// @dev An organisation holds the keys of all below it, who may yet have jurisdiction over it.
    function _checkIndependent(OrgId org, OrgId other) private view {
        if (organisations.isWithin(org, other)) revert NotIndependent(org, other);
    }

    function _checkOwner(DatasetId dataset, OrgId owner, OrgId org) private pure {
        if (org != owner) revert IDatasetLedger.NotOwner(dataset, owner, org);
    }

    function _now() private view returns (uint40) {
        return uint40(block.timestamp);
    }
}
