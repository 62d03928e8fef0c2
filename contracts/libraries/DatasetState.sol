// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId, PolicyId, RECALLED, SUSPENDED, Stage } from "../Types.sol";
import { IDatasetLedger } from "../interfaces/IDatasetLedger.sol";

/// @title The rules over a dataset's packed state.
library DatasetState {
    uint8 private constant CARRIED_OVER = 0x07;
    uint8 private constant RESUME_SHIFT = 3;

    /// @notice The state in one word, the first field lowest: one read and one write per change.
    function pack(IDatasetLedger.State memory self) internal pure returns (uint256) {
        return uint256(OrgId.unwrap(self.owner)) | uint256(Stage.unwrap(self.stage)) << 32
            | uint256(self.versionCount) << 40 | uint256(PolicyId.unwrap(self.policy)) << 72
            | uint256(self.updatedAt) << 88 | uint256(self.duties) << 128 | uint256(self.revision) << 224
            | uint256(self.flags) << 248;
    }

    function unpack(uint256 word) internal pure returns (IDatasetLedger.State memory self) {
        self.owner = OrgId.wrap(uint32(word));
        self.stage = Stage.wrap(uint8(word >> 32));
        self.versionCount = uint32(word >> 40);
        self.policy = PolicyId.wrap(uint16(word >> 72));
        self.updatedAt = uint40(word >> 88);
        self.duties = uint96(word >> 128);
        self.revision = uint24(word >> 224);
        self.flags = uint8(word >> 248);
    }

    /// @notice The organisation recorded for duty 1, 2 or 3; 0 where none is.
    function dutyOf(IDatasetLedger.State memory self, uint8 duty) internal pure returns (OrgId) {
        return OrgId.wrap(uint32(self.duties >> 32 * (duty - 1)));
    }

    /// @notice Records `org` for the duty, unless another organisation did it for this very version: whoever
    ///         worked on a version stays on its record.
    function recordDuty(IDatasetLedger.State memory self, IDatasetLedger.Step calldata step, uint8 duty, OrgId org)
        internal
        pure
    {
        uint8 carried = uint8(1 << (duty - 1));
        OrgId holder = dutyOf(self, duty);
        bool free = OrgId.unwrap(holder) == 0 || self.flags & carried != 0;
        if (!free && holder != org) revert IDatasetLedger.DutyTaken(step.dataset, duty, holder, org);

        uint256 shift = 32 * (duty - 1);
        uint256 others = self.duties & ~(uint256(type(uint32).max) << shift);
        self.duties = uint96(others | uint256(OrgId.unwrap(org)) << shift);
        self.flags &= ~carried;
    }

    /// @notice Reverts when `org` is one of the parts in `mask`: bit 0 the owner, bit n duty n.
    function checkSeparate(
        IDatasetLedger.State memory self,
        IDatasetLedger.Step calldata step,
        uint8 mask,
        OrgId org
    ) internal pure {
        if (mask & 1 != 0 && org == self.owner) revert IDatasetLedger.DutiesNotSeparate(step.dataset, org, 0);
        for (uint8 duty = 1; duty <= 3; ++duty) {
            if (mask >> duty & 1 != 0 && org == dutyOf(self, duty)) {
                revert IDatasetLedger.DutiesNotSeparate(step.dataset, org, duty);
            }
        }
    }

    /// @notice A new version, at `stage`: every duty counts as done for an earlier one.
    function addVersion(IDatasetLedger.State memory self, Stage stage) internal view {
        ++self.versionCount;
        self.flags |= CARRIED_OVER;
        moveTo(self, stage);
    }

    function suspend(IDatasetLedger.State memory self) internal view {
        self.flags = self.flags & CARRIED_OVER | Stage.unwrap(self.stage) << RESUME_SHIFT;
        moveTo(self, SUSPENDED);
    }

    function resume(IDatasetLedger.State memory self) internal view {
        Stage stage = Stage.wrap(self.flags >> RESUME_SHIFT);
        self.flags &= CARRIED_OVER;
        moveTo(self, stage);
    }

    /// @notice The current version is recalled; a suspended dataset stays so, and resumes as recalled.
    function recall(IDatasetLedger.State memory self) internal view {
        if (self.stage == SUSPENDED) {
            self.flags = self.flags & CARRIED_OVER | Stage.unwrap(RECALLED) << RESUME_SHIFT;
            moveTo(self, SUSPENDED);
        } else {
            moveTo(self, RECALLED);
        }
    }

    function moveTo(IDatasetLedger.State memory self, Stage stage) internal view {
        self.stage = stage;
        self.updatedAt = uint40(block.timestamp);
        ++self.revision;
    }
}
