// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, PolicyId, Stage } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { OrganisationsModel } from "./OrganisationsModel.sol";

/// @dev What `DatasetLedger` promises, said a second time and simply; as `OrganisationsModel`.
abstract contract LedgerModel is OrganisationsModel {
    struct Duty {
        uint32 org;
        /// The version it was last done for.
        uint32 version;
    }

    struct Dataset {
        uint32 owner;
        uint16 policy;
        uint8 stage;
        /// The stage to go back to; 0 while the dataset is not suspended.
        uint8 resume;
        uint32 versions;
        uint32 revision;
        uint40 updatedAt;
        uint32 suspendedBy;
        bytes32 head;
        Duty[4] duties;
    }

    struct RecallNote {
        uint32 by;
        uint8 severity;
        uint40 recordedAt;
    }

    uint8 internal constant STAGE_SUSPENDED = 30;
    uint8 internal constant STAGE_RECALLED = 31;

    mapping(bytes32 dataset => Dataset) internal datasets;
    bytes32[] internal datasetIds;
    mapping(bytes32 dataset => mapping(uint32 version => bytes32)) internal commitments;
    mapping(bytes32 dataset => mapping(uint32 version => RecallNote)) internal recalls;
    mapping(bytes32 stepAndRevision => mapping(uint32 org => bool)) internal approved;
    mapping(bytes32 stepAndRevision => uint256) internal approvalCount;

    mapping(uint16 policy => IDatasetLedger.Policy) private _policies;
    mapping(uint16 policy => mapping(uint8 from => mapping(uint8 to => IDatasetLedger.Edge))) internal edges;
    uint16 internal policies;

    // ------------------------------------------------------------------------------------------- policies

    function notePolicy(IDatasetLedger.Policy memory policy) internal {
        ++policies;
        _policies[policies].entry = policy.entry;
        _policies[policies].afterVersion = policy.afterVersion;
        for (uint256 i = 0; i < policy.edges.length; ++i) {
            edges[policies][Stage.unwrap(policy.edges[i].from)][Stage.unwrap(policy.edges[i].to)] = policy.edges[i];
        }
    }

    function afterVersion(uint16 policy, uint8 stage) internal view returns (uint8) {
        return uint8(_policies[policy].afterVersion[stage]);
    }

    // -------------------------------------------------------------------------------------------- datasets

    function refuseCapability(address by, uint16 required) internal view returns (bytes4 refusal) {
        refusal = refuseActor(by);
        if (refusal == 0 && capabilitiesOf(keys[by].org) & required != required) {
            return IDatasetLedger.MissingCapability.selector;
        }
    }

    /// @dev A version of the dataset itself is a parent like any other: one that is there already.
    function refuseRecord(IDatasetLedger.VersionRecord memory record) internal view returns (bytes4) {
        if (record.contentRoot == 0 || record.manifestDigest == 0 || record.fileCount == 0) {
            return IDatasetLedger.IncompleteVersion.selector;
        }
        for (uint256 i = 0; i < record.parents.length; ++i) {
            bytes32 parent = DatasetId.unwrap(record.parents[i].dataset);
            uint32 version = record.parents[i].version;
            if (version == 0 || version > datasets[parent].versions) return IDatasetLedger.UnknownVersion.selector;
        }
        return 0;
    }

    /// @param empty Whether the record says that there is no version yet.
    function refuseRegister(
        address by,
        bytes32 dataset,
        uint16 policy,
        IDatasetLedger.VersionRecord memory record,
        bool empty
    ) internal view returns (bytes4 refusal) {
        refusal = refuseCapability(by, Capabilities.CUSTODIAN);
        if (refusal != 0) return refusal;
        if (datasets[dataset].owner != 0) return IDatasetLedger.DatasetExists.selector;
        if (policy == 0 || policy > policies) return IDatasetLedger.UnknownPolicy.selector;
        return empty ? bytes4(0) : refuseRecord(record);
    }

    function noteRegister(address by, bytes32 dataset, uint16 policy, bytes32 commitment, bool empty) internal {
        Dataset storage created = datasets[dataset];
        datasetIds.push(dataset);
        created.owner = keys[by].org;
        created.policy = policy;
        if (!empty) noteVersion(dataset, commitment);
        noteMove(dataset, Stage.unwrap(_policies[policy].entry));
    }

    function refuseAddVersion(address by, bytes32 dataset, uint32 number, IDatasetLedger.VersionRecord memory record)
        internal
        view
        returns (bytes4 refusal)
    {
        Dataset storage current = datasets[dataset];
        if (current.owner == 0) return IDatasetLedger.UnknownDataset.selector;
        refusal = refuseCapability(by, Capabilities.CUSTODIAN);
        if (refusal != 0) return refusal;
        if (keys[by].org != current.owner) return IDatasetLedger.NotOwner.selector;
        if (number != current.versions + 1) return IDatasetLedger.VersionConflict.selector;
        if (afterVersion(current.policy, current.stage) == 0) return IDatasetLedger.VersionNotAllowed.selector;
        return refuseRecord(record);
    }

    /// @dev There is nothing to note of a success: only the head moves.
    function refuseDescribe(address by, bytes32 dataset, bytes32 description) internal view returns (bytes4 refusal) {
        if (datasets[dataset].owner == 0) return IDatasetLedger.UnknownDataset.selector;
        refusal = refuseCapability(by, Capabilities.CUSTODIAN);
        if (refusal != 0) return refusal;
        if (keys[by].org != datasets[dataset].owner) return IDatasetLedger.NotOwner.selector;
        if (description == 0) return IDatasetLedger.DescriptionMissing.selector;
    }

    function noteVersion(bytes32 dataset, bytes32 commitment) internal {
        commitments[dataset][++datasets[dataset].versions] = commitment;
    }

    function noteMove(bytes32 dataset, uint8 stage) internal {
        datasets[dataset].stage = stage;
        datasets[dataset].updatedAt = uint40(block.timestamp);
        ++datasets[dataset].revision;
    }

    // ----------------------------------------------------------------------------------------------- steps

    function edgeOf(IDatasetLedger.Step memory step) internal view returns (IDatasetLedger.Edge memory) {
        return edges[datasets[DatasetId.unwrap(step.dataset)].policy][Stage.unwrap(step.from)][Stage.unwrap(step.to)];
    }

    function refuseStep(IDatasetLedger.Step memory step) internal view returns (bytes4) {
        Dataset storage current = datasets[DatasetId.unwrap(step.dataset)];
        if (current.owner == 0) return IDatasetLedger.UnknownDataset.selector;
        if (current.versions == 0) return IDatasetLedger.NoVersion.selector;
        if (step.version != current.versions) return IDatasetLedger.StaleVersion.selector;
        if (Stage.unwrap(step.from) != current.stage) return IDatasetLedger.StageMismatch.selector;
        if (step.evidence == 0) return IDatasetLedger.EvidenceMissing.selector;
        if (edgeOf(step).capability == 0) return IDatasetLedger.NoSuchStep.selector;
        return 0;
    }

    function holdsPart(Dataset storage current, uint8 mask, uint32 org) private view returns (bool) {
        if (mask & 1 != 0 && current.owner == org) return true;
        for (uint8 duty = 1; duty <= 3; ++duty) {
            if (mask & uint8(1 << duty) != 0 && current.duties[duty].org == org) return true;
        }
        return false;
    }

    function approvalKey(IDatasetLedger.Step memory step) internal view returns (bytes32) {
        return keccak256(abi.encode(step, datasets[DatasetId.unwrap(step.dataset)].revision, "model"));
    }

    function refuseAdvance(address by, IDatasetLedger.Step memory step) internal view returns (bytes4 refusal) {
        refusal = refuseStep(step);
        if (refusal != 0) return refusal;
        IDatasetLedger.Edge memory rule = edgeOf(step);
        refusal = refuseCapability(by, rule.capability);
        if (refusal != 0) return refusal;
        Dataset storage current = datasets[DatasetId.unwrap(step.dataset)];
        uint32 org = keys[by].org;
        if (rule.ownerOnly && org != current.owner) return IDatasetLedger.NotOwner.selector;
        if (holdsPart(current, rule.mustDiffer, org)) return IDatasetLedger.DutiesNotSeparate.selector;
        if (block.timestamp < uint256(current.updatedAt) + rule.minSeconds) return IDatasetLedger.TooEarly.selector;
        if (rule.approvals != 0) {
            if (approved[approvalKey(step)][org]) return IDatasetLedger.ApproverCannotAct.selector;
            if (approvalCount[approvalKey(step)] < rule.approvals) return IDatasetLedger.ApprovalsMissing.selector;
        }
        Duty memory duty = current.duties[rule.duty];
        if (rule.duty != 0 && duty.org != 0 && duty.version == current.versions && duty.org != org) {
            return IDatasetLedger.DutyTaken.selector;
        }
    }

    function noteAdvance(address by, IDatasetLedger.Step memory step) internal {
        bytes32 dataset = DatasetId.unwrap(step.dataset);
        uint8 duty = edgeOf(step).duty;
        if (duty != 0) datasets[dataset].duties[duty] = Duty(keys[by].org, datasets[dataset].versions);
        noteMove(dataset, Stage.unwrap(step.to));
    }

    function refuseApprove(address by, IDatasetLedger.Step memory step) internal view returns (bytes4 refusal) {
        refusal = refuseStep(step);
        if (refusal != 0) return refusal;
        if (edgeOf(step).approvals == 0) return IDatasetLedger.ApprovalNotNeeded.selector;
        refusal = refuseCapability(by, edgeOf(step).approverCapability);
        if (refusal != 0) return refusal;
        Dataset storage current = datasets[DatasetId.unwrap(step.dataset)];
        if (holdsPart(current, 0x0F, keys[by].org)) return IDatasetLedger.DutiesNotSeparate.selector;
        if (approved[approvalKey(step)][keys[by].org]) return IDatasetLedger.AlreadyApproved.selector;
    }

    function noteApprove(address by, IDatasetLedger.Step memory step) internal {
        approved[approvalKey(step)][keys[by].org] = true;
        ++approvalCount[approvalKey(step)];
    }

    // ------------------------------------------------------------------------------------------- regulator

    function refuseRegulate(address by, bytes32 dataset) internal view returns (bytes4 refusal) {
        if (datasets[dataset].owner == 0) return IDatasetLedger.UnknownDataset.selector;
        refusal = refuseCapability(by, Capabilities.REGULATOR);
        if (refusal != 0) return refusal;
        if (!inJurisdiction(keys[by].org, datasets[dataset].owner)) return IDatasetLedger.OutsideJurisdiction.selector;
    }

    function refuseSuspendDataset(address by, bytes32 dataset) internal view returns (bytes4 refusal) {
        refusal = refuseRegulate(by, dataset);
        if (refusal == 0 && datasets[dataset].resume != 0) return IDatasetLedger.AlreadySuspended.selector;
    }

    function noteSuspendDataset(address by, bytes32 dataset) internal {
        datasets[dataset].resume = datasets[dataset].stage;
        datasets[dataset].suspendedBy = keys[by].org;
        noteMove(dataset, STAGE_SUSPENDED);
    }

    function refuseReinstateDataset(address by, bytes32 dataset) internal view returns (bytes4 refusal) {
        refusal = refuseRegulate(by, dataset);
        if (refusal != 0) return refusal;
        if (datasets[dataset].resume == 0) return IDatasetLedger.NotSuspended.selector;
        if (!inJurisdiction(keys[by].org, datasets[dataset].suspendedBy)) {
            return IDatasetLedger.OutsideJurisdiction.selector;
        }
    }

    function noteReinstateDataset(bytes32 dataset) internal {
        noteMove(dataset, datasets[dataset].resume);
        datasets[dataset].resume = 0;
        datasets[dataset].suspendedBy = 0;
    }

    function refuseRecall(address by, bytes32 dataset, uint32 version) internal view returns (bytes4 refusal) {
        refusal = refuseRegulate(by, dataset);
        if (refusal != 0) return refusal;
        if (version == 0 || version > datasets[dataset].versions) return IDatasetLedger.UnknownVersion.selector;
        if (recalls[dataset][version].recordedAt != 0) return IDatasetLedger.AlreadyRecalled.selector;
    }

    function noteRecall(address by, bytes32 dataset, uint32 version, uint8 severity) internal {
        recalls[dataset][version] = RecallNote(keys[by].org, severity, uint40(block.timestamp));
        if (version != datasets[dataset].versions) return;
        if (datasets[dataset].resume == 0) {
            noteMove(dataset, STAGE_RECALLED);
        } else {
            datasets[dataset].resume = STAGE_RECALLED;
            noteMove(dataset, STAGE_SUSPENDED);
        }
    }

    // ---------------------------------------------------------------------------------------------- packed

    /// @dev The state that the contract must show.
    function stateOf(bytes32 dataset) internal view returns (IDatasetLedger.State memory state) {
        Dataset storage current = datasets[dataset];
        state.owner = OrgId.wrap(current.owner);
        state.stage = Stage.wrap(current.stage);
        state.versionCount = current.versions;
        state.policy = PolicyId.wrap(current.policy);
        state.updatedAt = current.updatedAt;
        state.revision = uint24(current.revision);
        state.flags = current.resume << 3;
        for (uint8 duty = 1; duty <= 3; ++duty) {
            state.duties |= uint96(current.duties[duty].org) << (32 * (duty - 1));
            if (current.duties[duty].version != current.versions) state.flags |= uint8(1 << (duty - 1));
        }
    }
}
