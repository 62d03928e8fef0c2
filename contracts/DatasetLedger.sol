// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { NoncesKeyed } from "@openzeppelin/contracts/utils/NoncesKeyed.sol";

import { DatasetId, NO_ORG, NO_STAGE, OrgId, PolicyId, SUSPENDED, Slug, Stage } from "./Types.sol";
import { IDatasetLedger } from "./interfaces/IDatasetLedger.sol";
import { IOrganisations } from "./interfaces/IOrganisations.sol";
import { IStepGate } from "./interfaces/IStepGate.sol";
import { Capabilities } from "./libraries/Capabilities.sol";
import { DatasetState, PackedState } from "./libraries/DatasetState.sol";
import { Heads } from "./libraries/Heads.sol";
import { PackedEdge, Policies } from "./libraries/Policies.sol";
import { RFC9162 } from "./libraries/RFC9162.sol";
import { RecordEntries } from "./libraries/RecordEntries.sol";
import { SignedActions } from "./libraries/SignedActions.sol";
import { Slugs } from "./libraries/Slugs.sol";

/// @title DatasetLedger
/// @notice The consortium's record of datasets, and the rules that hold for them; see `IDatasetLedger`.
contract DatasetLedger is IDatasetLedger, EIP712, NoncesKeyed {
    /// @dev Who may approve a step: neither the owner nor the holder of any duty.
    uint8 private constant INDEPENDENT = 0x0F;

    /// @dev The commitment of the record that is all zero.
    bytes32 private constant NO_VERSION = keccak256(
        abi.encode(bytes32(0), bytes32(0), uint64(0), uint64(0), uint64(0), uint8(0), uint256(0xe0), uint256(0))
    );

    /// @dev What a published policy keeps of itself, besides its edges.
    struct PolicyTerms {
        Stage entry;
        address gate;
        bytes32 afterVersion;
    }

    /// @inheritdoc IDatasetLedger
    IOrganisations public immutable organisations;

    /// @inheritdoc IDatasetLedger
    uint16 public policyCount;
    /// @inheritdoc IDatasetLedger
    mapping(bytes32 digest => PolicyId) public policyByDigest;
    /// @inheritdoc IDatasetLedger
    mapping(DatasetId => bytes32) public head;
    /// @inheritdoc IDatasetLedger
    mapping(DatasetId => mapping(uint32 version => bytes32)) public commitment;
    /// @inheritdoc IDatasetLedger
    mapping(DatasetId => OrgId) public suspendedBy;

    mapping(DatasetId => PackedState) private _states;
    mapping(DatasetId => mapping(uint32 version => Recall)) private _recalls;
    mapping(PolicyId => PolicyTerms) private _policies;
    mapping(PolicyId => mapping(uint16 edgeKey => PackedEdge)) private _edges;
    mapping(bytes32 approvalKey => uint256) private _approvals;
    mapping(bytes32 approvalKey => mapping(OrgId => bool)) private _approvedBy;

    constructor(IOrganisations organisations_) EIP712("DataLedger", "1") {
        organisations = organisations_;
    }

    // --------------------------------------------------------------------------------------------- policies

    /// @inheritdoc IDatasetLedger
    function publishPolicy(Policy calldata policy) external returns (PolicyId id) {
        (OrgId org, IOrganisations.Role role, uint16 held) = organisations.actor(msg.sender);
        if (role != IOrganisations.Role.ADMIN) revert NotAdmin(msg.sender, org);
        _checkCapability(org, Capabilities.REGULATOR, held);

        bytes32 digest = keccak256(abi.encode(policy));
        id = policyByDigest[digest];
        if (PolicyId.unwrap(id) != 0) revert PolicyExists(id);
        Policies.check(policy);

        id = PolicyId.wrap(++policyCount);
        policyByDigest[digest] = id;
        _policies[id] = PolicyTerms(policy.entry, policy.gate, policy.afterVersion);
        for (uint256 i = 0; i < policy.edges.length; ++i) {
            Edge calldata added = policy.edges[i];
            uint16 key = Policies.edgeKey(added.from, added.to);
            if (_edges[id][key].capability() != 0) revert InvalidEdge(i);
            _edges[id][key] = Policies.pack(added);
        }
        emit PolicyPublished(id, org, msg.sender, digest, policy, _now());
    }

    // ------------------------------------------------------------------------------------- datasets: direct

    /// @inheritdoc IDatasetLedger
    function register(Slug slug, PolicyId policy, VersionRecord calldata record) external returns (DatasetId) {
        return _register(msg.sender, slug, policy, record);
    }

    /// @inheritdoc IDatasetLedger
    function addVersion(DatasetId dataset, uint32 number, VersionRecord calldata record) external {
        _addVersion(msg.sender, dataset, number, record);
    }

    /// @inheritdoc IDatasetLedger
    function advance(Step calldata step) external {
        _advance(msg.sender, step);
    }

    /// @inheritdoc IDatasetLedger
    function approve(Step calldata step) external {
        _approve(msg.sender, step);
    }

    /// @inheritdoc IDatasetLedger
    function describe(DatasetId dataset, bytes32 description) external {
        _describe(msg.sender, dataset, description);
    }

    // ------------------------------------------------------------------------------------- datasets: signed

    /// @inheritdoc IDatasetLedger
    function registerBySig(
        Slug slug,
        PolicyId policy,
        VersionRecord calldata record,
        Authorisation calldata authorisation
    ) external returns (DatasetId) {
        _checkAuthorisation(authorisation, SignedActions.register(slug, policy, record, authorisation));
        return _register(authorisation.signer, slug, policy, record);
    }

    /// @inheritdoc IDatasetLedger
    function addVersionBySig(
        DatasetId dataset,
        uint32 number,
        VersionRecord calldata record,
        Authorisation calldata authorisation
    ) external {
        _checkAuthorisation(authorisation, SignedActions.addVersion(dataset, number, record, authorisation));
        _addVersion(authorisation.signer, dataset, number, record);
    }

    /// @inheritdoc IDatasetLedger
    function advanceBySig(Step calldata step, Authorisation calldata authorisation) external {
        _checkAuthorisation(authorisation, SignedActions.advance(step, authorisation));
        _advance(authorisation.signer, step);
    }

    /// @inheritdoc IDatasetLedger
    function approveBySig(Step calldata step, Authorisation calldata authorisation) external {
        _checkAuthorisation(authorisation, SignedActions.approve(step, authorisation));
        _approve(authorisation.signer, step);
    }

    /// @inheritdoc IDatasetLedger
    function describeBySig(DatasetId dataset, bytes32 description, Authorisation calldata authorisation) external {
        _checkAuthorisation(authorisation, SignedActions.describe(dataset, description, authorisation));
        _describe(authorisation.signer, dataset, description);
    }

    // -------------------------------------------------------------------------------------------- regulator

    /// @inheritdoc IDatasetLedger
    function suspend(DatasetId dataset, string calldata reason) external {
        (PackedState current, OrgId org) = _regulate(dataset);
        Stage from = current.stage();
        if (from == SUSPENDED) revert AlreadySuspended(dataset);
        _states[dataset] = current.suspend();
        suspendedBy[dataset] = org;
        _record(DatasetSuspended.selector, dataset, org, msg.sender, abi.encode(head[dataset], from, reason, _now()));
    }

    /// @inheritdoc IDatasetLedger
    function reinstate(DatasetId dataset, string calldata reason) external {
        (PackedState current, OrgId org) = _regulate(dataset);
        if (current.stage() != SUSPENDED) revert NotSuspended(dataset);
        _checkJurisdiction(org, suspendedBy[dataset]);
        current = current.resume();
        Stage to = current.stage();
        _states[dataset] = current;
        suspendedBy[dataset] = NO_ORG;
        _record(DatasetReinstated.selector, dataset, org, msg.sender, abi.encode(head[dataset], to, reason, _now()));
    }

    /// @inheritdoc IDatasetLedger
    function recall(DatasetId dataset, uint32 version, Severity severity, string calldata reason) external {
        (PackedState current, OrgId org) = _regulate(dataset);
        if (version == 0 || version > current.versionCount()) revert UnknownVersion(dataset, version);
        if (_recalls[dataset][version].recordedAt != 0) revert AlreadyRecalled(dataset, version);
        _recalls[dataset][version] = Recall(org, severity, _now());
        if (version == current.versionCount()) {
            current = current.recall();
            _states[dataset] = current;
        }
        _record(
            VersionRecalled.selector,
            dataset,
            org,
            msg.sender,
            abi.encode(head[dataset], version, severity, current.stage(), reason, _now())
        );
    }

    // ----------------------------------------------------------------------------------------------- proofs

    /// @inheritdoc IDatasetLedger
    function verifyVersion(DatasetId dataset, uint32 version, VersionRecord calldata record)
        public
        view
        returns (bool)
    {
        return commitment[dataset][version]
            == keccak256(
            abi.encode(
            record.contentRoot,
            record.manifestDigest,
            record.sizeBytes,
            record.fileCount,
            record.recordCount,
            record.saltScheme,
            record.parents
        )
        );
    }

    /// @inheritdoc IDatasetLedger
    function verifyEntry(
        DatasetId dataset,
        uint32 version,
        VersionRecord calldata record,
        bytes calldata entry,
        uint64 index,
        bytes32[] calldata path
    ) external view returns (bool) {
        return verifyVersion(dataset, version, record)
            && RFC9162.verifyInclusion(RFC9162.leafHash(entry), index, record.fileCount, path, record.contentRoot);
    }

    /// @inheritdoc IDatasetLedger
    function verifyRecord(
        DatasetId dataset,
        uint32 version,
        VersionRecord calldata recorded,
        RecordEntry calldata entry,
        Place calldata entryPlace,
        bytes calldata leaf,
        Place calldata leafPlace
    ) external view returns (bool) {
        return verifyVersion(dataset, version, recorded)
            && RFC9162.verifyInclusion(
            RecordEntries.leafHash(entry), entryPlace.index, recorded.fileCount, entryPlace.path, recorded.contentRoot
        )
            && RFC9162.verifyInclusion(
            RFC9162.leafHash(leaf), leafPlace.index, entry.recordCount, leafPlace.path, entry.recordRoot
        );
    }

    /// @inheritdoc IDatasetLedger
    function verifyTaint(Ancestor[] calldata path) external view returns (bool) {
        if (path.length == 0 || _recalls[path[0].dataset][path[0].version].recordedAt == 0) return false;
        for (uint256 i = 1; i < path.length; ++i) {
            if (!verifyVersion(path[i].dataset, path[i].version, path[i].record)) return false;
            if (!_isParent(path[i - 1], path[i].record.parents)) return false;
        }
        return true;
    }

    /// @inheritdoc IDatasetLedger
    function verifyInclusion(bytes32 leaf, uint64 index, uint64 size, bytes32[] calldata path, bytes32 root)
        external
        view
        returns (bool)
    {
        return RFC9162.verifyInclusion(leaf, index, size, path, root);
    }

    /// @inheritdoc IDatasetLedger
    function verifyConsistency(
        uint64 oldSize,
        uint64 newSize,
        bytes32 oldRoot,
        bytes32 newRoot,
        bytes32[] calldata path
    ) external view returns (bool) {
        return RFC9162.verifyConsistency(oldSize, newSize, oldRoot, newRoot, path);
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IDatasetLedger
    function datasetId(OrgId owner, Slug slug) public view returns (DatasetId) {
        return DatasetId.wrap(keccak256(abi.encode(block.chainid, address(this), owner, slug)));
    }

    /// @inheritdoc IDatasetLedger
    function state(DatasetId dataset) external view returns (State memory) {
        return _states[dataset].unpack();
    }

    /// @inheritdoc IDatasetLedger
    function recallOf(DatasetId dataset, uint32 version) external view returns (Recall memory) {
        return _recalls[dataset][version];
    }

    /// @inheritdoc IDatasetLedger
    function edge(PolicyId policy, Stage from, Stage to) external view returns (Edge memory) {
        PackedEdge found = _edges[policy][Policies.edgeKey(from, to)];
        return found.unpack(from, to);
    }

    /// @inheritdoc IDatasetLedger
    function approvals(Step calldata step) external view returns (uint256) {
        return _approvals[_approvalKey(step, _states[step.dataset].revision())];
    }

    /// @inheritdoc IDatasetLedger
    function approvedBy(Step calldata step, OrgId org) external view returns (bool) {
        return _approvedBy[_approvalKey(step, _states[step.dataset].revision())][org];
    }

    // ------------------------------------------------------------------------------------ datasets: changes

    function _register(address by, Slug slug, PolicyId policy, VersionRecord calldata record)
        private
        returns (DatasetId dataset)
    {
        OrgId org = _authorise(by, Capabilities.CUSTODIAN);
        Slugs.check(slug);
        dataset = datasetId(org, slug);
        if (_states[dataset].exists()) revert DatasetExists(dataset);
        Stage entry = _policies[policy].entry;
        if (entry == NO_STAGE) revert UnknownPolicy(policy);

        PackedState created = DatasetState.create(org, policy);
        bytes memory data = abi.encode(bytes32(0), policy, slug, record, _now());
        if (record.contentRoot == 0) {
            if (_commit(data) != NO_VERSION) revert IncompleteVersion();
            created = created.moveTo(entry);
        } else {
            _checkVersion(dataset, record, 0);
            created = created.addVersion(entry);
            commitment[dataset][1] = _commit(data);
        }
        _states[dataset] = created;
        _record(DatasetRegistered.selector, dataset, org, by, data);
    }

    function _addVersion(address by, DatasetId dataset, uint32 number, VersionRecord calldata record) private {
        (PackedState current, OrgId org) = _owned(by, dataset);
        uint32 count = current.versionCount();
        if (number != count + 1) revert VersionConflict(dataset, count + 1, number);
        Stage stage = Policies.afterVersion(_policies[current.policy()].afterVersion, current.stage());
        if (stage == NO_STAGE) revert VersionNotAllowed(dataset, current.stage());
        _checkVersion(dataset, record, count);

        _states[dataset] = current.addVersion(stage);
        bytes memory data = abi.encode(head[dataset], number, stage, record, _now());
        commitment[dataset][number] = _commit(data);
        _record(VersionAdded.selector, dataset, org, by, data);
    }

    /// @dev Complete, and with parents that exist; `own` is how many versions `dataset` has so far.
    function _checkVersion(DatasetId dataset, VersionRecord calldata record, uint32 own) private view {
        if (record.contentRoot == 0 || record.manifestDigest == 0 || record.fileCount == 0) {
            revert IncompleteVersion();
        }
        for (uint256 i = 0; i < record.parents.length; ++i) {
            Parent calldata parent = record.parents[i];
            uint32 known = parent.dataset == dataset ? own : _states[parent.dataset].versionCount();
            if (parent.version == 0 || parent.version > known) {
                revert UnknownVersion(parent.dataset, parent.version);
            }
        }
    }

    /// @dev The commitment of the record whose fields end `data`, behind five words.
    function _commit(bytes memory data) private pure returns (bytes32 result) {
        // Hashed where it lies: encoding the record once more would cost as much again.
        assembly ("memory-safe") {
            result := keccak256(add(data, 0xc0), sub(mload(data), 0xa0))
        }
    }

    function _advance(address by, Step memory step) private {
        (PackedState current, PackedEdge rule) = _stepAsSeen(step);
        OrgId org = _authorise(by, rule.capability());
        if (rule.ownerOnly() && org != current.owner()) revert NotOwner(step.dataset, current.owner(), org);
        current.checkSeparate(step.dataset, rule.mustDiffer(), org);
        uint256 allowedFrom = uint256(current.updatedAt()) + rule.minSeconds();
        if (block.timestamp < allowedFrom) revert TooEarly(step.dataset, allowedFrom);
        if (rule.approvals() != 0) _checkApprovals(step, current.revision(), rule.approvals(), org);
        if (rule.gated()) {
            IStepGate(_policies[current.policy()].gate)
                .check(step.dataset, step.version, step.from, step.to, org, step.evidence);
        }

        if (rule.duty() != 0) current = current.recordDuty(step.dataset, rule.duty(), org);
        _states[step.dataset] = current.moveTo(step.to);
        _recordStep(Advanced.selector, org, by, step);
    }

    function _approve(address by, Step memory step) private {
        (PackedState current, PackedEdge rule) = _stepAsSeen(step);
        if (rule.approvals() == 0) revert ApprovalNotNeeded(step.dataset, step.from, step.to);
        OrgId org = _authorise(by, rule.approverCapability());
        current.checkSeparate(step.dataset, INDEPENDENT, org);
        bytes32 key = _approvalKey(step, current.revision());
        if (_approvedBy[key][org]) revert AlreadyApproved(step.dataset, org);

        _approvedBy[key][org] = true;
        ++_approvals[key];
        _recordStep(StepApproved.selector, org, by, step);
    }

    function _describe(address by, DatasetId dataset, bytes32 description) private {
        (, OrgId org) = _owned(by, dataset);
        if (description == 0) revert DescriptionMissing();
        _record(DatasetDescribed.selector, dataset, org, by, abi.encode(head[dataset], description, _now()));
    }

    function _recordStep(bytes32 topic0, OrgId org, address by, Step memory step) private {
        _record(
            topic0,
            step.dataset,
            org,
            by,
            abi.encode(head[step.dataset], step.version, step.from, step.to, step.evidence, _now())
        );
    }

    /// @param data The event's data, with the previous head as its first word.
    function _record(bytes32 topic0, DatasetId dataset, OrgId org, address by, bytes memory data) private {
        head[dataset] = Heads.extend(topic0, dataset, org, by, data);
    }

    // ------------------------------------------------------------------------------------------------ rules

    function _existing(DatasetId dataset) private view returns (PackedState current) {
        current = _states[dataset];
        if (!current.exists()) revert UnknownDataset(dataset);
    }

    /// @dev The dataset, and the organisation that `key` acts for: its owner, with CUSTODIAN.
    function _owned(address key, DatasetId dataset) private view returns (PackedState current, OrgId org) {
        current = _existing(dataset);
        org = _authorise(key, Capabilities.CUSTODIAN);
        if (org != current.owner()) revert NotOwner(dataset, current.owner(), org);
    }

    /// @dev The dataset and the edge, when the step speaks of what is there now.
    function _stepAsSeen(Step memory step) private view returns (PackedState current, PackedEdge rule) {
        current = _existing(step.dataset);
        uint32 version = current.versionCount();
        if (version == 0) revert NoVersion(step.dataset);
        if (step.version != version) revert StaleVersion(step.dataset, version, step.version);
        if (step.from != current.stage()) revert StageMismatch(step.dataset, current.stage(), step.from);
        if (step.evidence == 0) revert EvidenceMissing();
        rule = _edges[current.policy()][Policies.edgeKey(step.from, step.to)];
        if (rule.capability() == 0) revert NoSuchStep(current.policy(), step.from, step.to);
    }

    /// @dev The organisation that `key` acts for, which has all of `required`.
    function _authorise(address key, uint16 required) private view returns (OrgId org) {
        uint16 held;
        (org,, held) = organisations.actor(key);
        _checkCapability(org, required, held);
    }

    function _checkCapability(OrgId org, uint16 required, uint16 held) private pure {
        if (held & required != required) revert MissingCapability(org, required, held);
    }

    /// @dev The dataset, and the caller's organisation, a regulator over its owner.
    function _regulate(DatasetId dataset) private view returns (PackedState current, OrgId org) {
        current = _existing(dataset);
        org = _authorise(msg.sender, Capabilities.REGULATOR);
        _checkJurisdiction(org, current.owner());
    }

    function _checkJurisdiction(OrgId regulator, OrgId org) private view {
        if (!organisations.inJurisdiction(regulator, org)) revert OutsideJurisdiction(regulator, org);
    }

    function _checkApprovals(Step memory step, uint24 revision, uint8 required, OrgId org) private view {
        bytes32 key = _approvalKey(step, revision);
        if (_approvedBy[key][org]) revert ApproverCannotAct(step.dataset, org);
        if (_approvals[key] < required) revert ApprovalsMissing(step.dataset, required, _approvals[key]);
    }

    /// @dev The revision makes approvals void when stage or version change.
    function _approvalKey(Step memory step, uint24 revision) private pure returns (bytes32) {
        return keccak256(abi.encode(step, revision));
    }

    function _checkAuthorisation(Authorisation calldata authorisation, bytes32 structHash) private {
        if (block.timestamp > authorisation.deadline) revert AuthorisationExpired(authorisation.deadline);
        if (!SignatureChecker.isValidSignatureNow(
                authorisation.signer, _hashTypedDataV4(structHash), authorisation.signature
            )) revert InvalidSignature(authorisation.signer);
        _useCheckedNonce(authorisation.signer, authorisation.nonce);
    }

    function _isParent(Ancestor calldata ancestor, Parent[] calldata parents) private pure returns (bool) {
        for (uint256 i = 0; i < parents.length; ++i) {
            if (parents[i].dataset == ancestor.dataset && parents[i].version == ancestor.version) return true;
        }
        return false;
    }

    function _now() private view returns (uint40) {
        return uint40(block.timestamp);
    }
}
