// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, NO_ORG, OrgId, PolicyId, RECALLED, SUSPENDED, Stage } from "../Types.sol";
import { IDatasetLedger } from "../interfaces/IDatasetLedger.sol";

/// @dev A dataset's state in one word, the fields of `IDatasetLedger.State` from the lowest bit up. Kept on the stack:
///      a struct in memory costs a tenth of a step.
type PackedState is uint256;

using DatasetState for PackedState global;

/// @title The rules over a dataset's state.
/// @dev Functions that change the state return the new word.
library DatasetState {
    uint256 private constant STAGE = 32;
    uint256 private constant VERSION_COUNT = 40;
    uint256 private constant POLICY = 72;
    uint256 private constant UPDATED_AT = 88;
    uint256 private constant DUTIES = 128;
    uint256 private constant REVISION = 224;
    uint256 private constant FLAGS = 248;

    /// @dev The lowest flags, one per duty: done for an earlier version.
    uint256 private constant CARRIED_OVER = 0x07 << FLAGS;
    uint256 private constant RESUME = FLAGS + 3;

    /// @dev The stage, the time and the revision.
    uint256 private constant EVERY_STEP_CHANGES = 0xff << STAGE | 0xffffffffff << UPDATED_AT | 0xffffff << REVISION;

    // ------------------------------------------------------------------------------------------------- reads

    // A cast takes one field and drops those above it.
    // forge-lint: disable-start(unsafe-typecast)

    function exists(PackedState self) internal pure returns (bool) {
        return PackedState.unwrap(self) != 0;
    }

    function owner(PackedState self) internal pure returns (OrgId) {
        return OrgId.wrap(uint32(PackedState.unwrap(self)));
    }

    function stage(PackedState self) internal pure returns (Stage) {
        return Stage.wrap(uint8(PackedState.unwrap(self) >> STAGE));
    }

    function versionCount(PackedState self) internal pure returns (uint32) {
        return uint32(PackedState.unwrap(self) >> VERSION_COUNT);
    }

    function policy(PackedState self) internal pure returns (PolicyId) {
        return PolicyId.wrap(uint16(PackedState.unwrap(self) >> POLICY));
    }

    function updatedAt(PackedState self) internal pure returns (uint40) {
        return uint40(PackedState.unwrap(self) >> UPDATED_AT);
    }

    /// @notice The organisation recorded for duty 1, 2 or 3; 0 where none is.
    function dutyOf(PackedState self, uint8 duty) internal pure returns (OrgId) {
        return OrgId.wrap(uint32(PackedState.unwrap(self) >> _dutyShift(duty)));
    }

    function revision(PackedState self) internal pure returns (uint24) {
        return uint24(PackedState.unwrap(self) >> REVISION);
    }

    function unpack(PackedState self) internal pure returns (IDatasetLedger.State memory) {
        return IDatasetLedger.State({
            owner: self.owner(),
            stage: self.stage(),
            versionCount: self.versionCount(),
            policy: self.policy(),
            updatedAt: self.updatedAt(),
            duties: uint96(PackedState.unwrap(self) >> DUTIES),
            revision: self.revision(),
            flags: uint8(PackedState.unwrap(self) >> FLAGS)
        });
    }

    /// @notice Reverts when `org` is one of the parts in `mask`: bit 0 the owner, bit n duty n.
    function checkSeparate(PackedState self, DatasetId dataset, uint8 mask, OrgId org) internal pure {
        if (mask & 1 != 0 && org == self.owner()) revert IDatasetLedger.DutiesNotSeparate(dataset, org, 0);
        for (uint8 duty = 1; mask >> duty != 0; ++duty) {
            if (mask >> duty & 1 != 0 && org == self.dutyOf(duty)) {
                revert IDatasetLedger.DutiesNotSeparate(dataset, org, duty);
            }
        }
    }

    // forge-lint: disable-end(unsafe-typecast)

    // ----------------------------------------------------------------------------------------------- changes

    /// @notice A dataset that is not yet at any stage.
    function create(OrgId owner_, PolicyId policy_) internal pure returns (PackedState) {
        return PackedState.wrap(OrgId.unwrap(owner_) | uint256(PolicyId.unwrap(policy_)) << POLICY);
    }

    function moveTo(PackedState self, Stage to) internal view returns (PackedState) {
        // Counted in checked arithmetic: a dataset stops, rather than start its revisions anew.
        uint256 next = uint256(self.revision() + 1);
        uint256 kept = PackedState.unwrap(self) & ~EVERY_STEP_CHANGES;
        uint256 changed =
            uint256(Stage.unwrap(to)) << STAGE | uint256(uint40(block.timestamp)) << UPDATED_AT | next << REVISION;
        return PackedState.wrap(kept | changed);
    }

    /// @notice A new version, at `to`: every duty now counts as done for an earlier one.
    function addVersion(PackedState self, Stage to) internal view returns (PackedState) {
        uint256 number = uint256(self.versionCount() + 1);
        uint256 kept = PackedState.unwrap(self) & ~(uint256(type(uint32).max) << VERSION_COUNT);
        return PackedState.wrap(kept | number << VERSION_COUNT | CARRIED_OVER).moveTo(to);
    }

    /// @notice Records `org` for the duty, unless another organisation did it for this very version: whoever worked
    ///         on a version stays on its record.
    function recordDuty(PackedState self, DatasetId dataset, uint8 duty, OrgId org)
        internal
        pure
        returns (PackedState)
    {
        uint256 carried = 1 << (FLAGS + duty - 1);
        OrgId holder = self.dutyOf(duty);
        bool free = holder == NO_ORG || PackedState.unwrap(self) & carried != 0;
        if (!free && holder != org) revert IDatasetLedger.DutyTaken(dataset, duty, holder, org);

        uint256 shift = _dutyShift(duty);
        uint256 kept = PackedState.unwrap(self) & ~(uint256(type(uint32).max) << shift | carried);
        return PackedState.wrap(kept | uint256(OrgId.unwrap(org)) << shift);
    }

    function suspend(PackedState self) internal view returns (PackedState) {
        return self._resumingAt(self.stage()).moveTo(SUSPENDED);
    }

    function resume(PackedState self) internal view returns (PackedState) {
        // forge-lint: disable-next-line(unsafe-typecast): one field, as above
        Stage to = Stage.wrap(uint8(PackedState.unwrap(self) >> RESUME));
        return self._resumingAt(Stage.wrap(0)).moveTo(to);
    }

    /// @notice The current version is recalled; a suspended dataset stays so, and resumes as recalled.
    function recall(PackedState self) internal view returns (PackedState) {
        return self.stage() == SUSPENDED ? self._resumingAt(RECALLED).moveTo(SUSPENDED) : self.moveTo(RECALLED);
    }

    function _resumingAt(PackedState self, Stage to) internal pure returns (PackedState) {
        uint256 kept = PackedState.unwrap(self) & type(uint256).max >> (256 - RESUME);
        return PackedState.wrap(kept | uint256(Stage.unwrap(to)) << RESUME);
    }

    function _dutyShift(uint8 duty) private pure returns (uint256) {
        return DUTIES + 32 * (uint256(duty) - 1);
    }
}
