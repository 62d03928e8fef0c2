// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { NO_STAGE, RECALLED, Stage } from "../Types.sol";
import { IDatasetLedger } from "../interfaces/IDatasetLedger.sol";

/// @dev An edge in one word, without its ends, which are its key. 0 is "no such edge": a capability is never 0.
type PackedEdge is uint256;

using Policies for PackedEdge global;

/// @title Lifecycle policies: what makes one well formed, and how its edges are kept.
library Policies {
    /// @dev Stages 1 to 29 are the policy's own; 30 and 31 are SUSPENDED and RECALLED.
    uint256 internal constant MAX_STAGES = 29;
    uint8 private constant OWNER_BIT = 1;
    uint8 private constant PARTS = 0x0F;

    function check(IDatasetLedger.Policy calldata policy) internal view {
        uint256 stages = policy.stageNames.length;
        if (stages == 0 || stages > MAX_STAGES) revert IDatasetLedger.InvalidStageCount(stages);
        if (!_isOwn(policy.entry, stages)) revert IDatasetLedger.InvalidEntry(policy.entry);
        // A first version must not move the dataset: registering with it or adding it later come to the same.
        if (afterVersion(policy.afterVersion, policy.entry) != policy.entry) {
            revert IDatasetLedger.InvalidEntry(policy.entry);
        }
        for (uint8 i = 0; i < 32; ++i) {
            Stage stage = Stage.wrap(i);
            Stage next = afterVersion(policy.afterVersion, stage);
            bool addable = _isOwn(stage, stages) || stage == RECALLED;
            if (next != NO_STAGE && !(addable && _isOwn(next, stages))) {
                revert IDatasetLedger.InvalidAfterVersion(stage, next);
            }
        }

        bool anyGated = false;
        for (uint256 i = 0; i < policy.edges.length; ++i) {
            IDatasetLedger.Edge calldata edge = policy.edges[i];
            if (!_isValid(edge, stages)) revert IDatasetLedger.InvalidEdge(i);
            anyGated = anyGated || edge.gated;
        }
        if (anyGated ? policy.gate.code.length == 0 : policy.gate != address(0)) {
            revert IDatasetLedger.InvalidGate(policy.gate);
        }
    }

    /// @notice The stage that a new version leads to from `stage`; 0 where none may be added.
    function afterVersion(bytes32 table, Stage stage) internal pure returns (Stage) {
        return Stage.wrap(uint8(table[Stage.unwrap(stage)]));
    }

    /// @notice Where a policy's edge is kept.
    function edgeKey(Stage from, Stage to) internal pure returns (uint16) {
        return uint16(Stage.unwrap(from)) << 8 | Stage.unwrap(to);
    }

    function pack(IDatasetLedger.Edge calldata edge) internal pure returns (PackedEdge) {
        return PackedEdge.wrap(
            uint256(edge.capability) | uint256(edge.duty) << 16 | uint256(edge.mustDiffer) << 24
                | (edge.ownerOnly ? 1 << 32 : 0) | (edge.gated ? 1 << 40 : 0) | uint256(edge.approvals) << 48
                | uint256(edge.approverCapability) << 56 | uint256(edge.minSeconds) << 72
        );
    }

    function unpack(PackedEdge self, Stage from, Stage to) internal pure returns (IDatasetLedger.Edge memory) {
        return IDatasetLedger.Edge({
            from: from,
            to: to,
            capability: self.capability(),
            duty: self.duty(),
            mustDiffer: self.mustDiffer(),
            ownerOnly: self.ownerOnly(),
            gated: self.gated(),
            approvals: self.approvals(),
            approverCapability: self.approverCapability(),
            minSeconds: self.minSeconds()
        });
    }

    function capability(PackedEdge self) internal pure returns (uint16) {
        return uint16(PackedEdge.unwrap(self));
    }

    function duty(PackedEdge self) internal pure returns (uint8) {
        return uint8(PackedEdge.unwrap(self) >> 16);
    }

    function mustDiffer(PackedEdge self) internal pure returns (uint8) {
        return uint8(PackedEdge.unwrap(self) >> 24);
    }

    function ownerOnly(PackedEdge self) internal pure returns (bool) {
        return PackedEdge.unwrap(self) >> 32 & 1 == 1;
    }

    function gated(PackedEdge self) internal pure returns (bool) {
        return PackedEdge.unwrap(self) >> 40 & 1 == 1;
    }

    function approvals(PackedEdge self) internal pure returns (uint8) {
        return uint8(PackedEdge.unwrap(self) >> 48);
    }

    function approverCapability(PackedEdge self) internal pure returns (uint16) {
        return uint16(PackedEdge.unwrap(self) >> 56);
    }

    function minSeconds(PackedEdge self) internal pure returns (uint32) {
        return uint32(PackedEdge.unwrap(self) >> 72);
    }

    function _isValid(IDatasetLedger.Edge calldata edge, uint256 stages) private pure returns (bool) {
        return (_isOwn(edge.from, stages) || edge.from == RECALLED) && _isOwn(edge.to, stages) && edge.from != edge.to
            && edge.capability != 0 && edge.duty <= 3 && edge.mustDiffer <= PARTS
            && !(edge.ownerOnly && edge.mustDiffer & OWNER_BIT != 0)
            && (edge.approvals == 0) == (edge.approverCapability == 0);
    }

    function _isOwn(Stage stage, uint256 stages) private pure returns (bool) {
        return stage != NO_STAGE && Stage.unwrap(stage) <= stages;
    }
}
