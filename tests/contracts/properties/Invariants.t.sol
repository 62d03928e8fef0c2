// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { vm } from "../support/Vm.sol";
import { Handler } from "./Handler.sol";

/// @dev The handler itself holds every write to the model's prediction (no state without its permission), every head
///      to the logs, and every dataset to its past; here stands what must hold at any moment.
contract InvariantsTest {
    Handler private handler;

    function setUp() external {
        handler = new Handler();
        handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(handler);
        targets[0].selectors = new bytes4[](1);
        targets[0].selectors[0] = Handler.act.selector;
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// forge-config: default.invariant.fail-on-revert = true
    /// forge-config: deep.invariant.fail-on-revert = true
    function invariant_TheContractsAreAsTheModelSays() external {
        handler.checkDatasets();
        handler.checkStanding();
    }

    /// At the end of each run: an identity that changed its meaning once does not find back to it.
    function afterInvariant() external {
        handler.checkIdentities();
        handler.checkPolicies();
    }

    // -------------------------------------------------------------------------- the walk reaches deep states

    /// What random walks of the invariant's length come to, summed over many: every write, and nearly every refusal.
    function test_TheWalksReachEveryWriteAndRefusal() external {
        string[22] memory writes = [
            "register",
            "addVersion",
            "advance",
            "approve",
            "describe",
            "suspend dataset",
            "reinstate dataset",
            "recall",
            "audited",
            "published",
            "relayed",
            "time",
            "admit",
            "setCapabilities",
            "suspend",
            "reinstate",
            "addMember",
            "renewMember",
            "endMember",
            "rotateKey",
            "proposeRootHandover",
            "acceptRootHandover"
        ];
        bytes4[] memory refusals = _refusals();
        uint256[] memory counts = new uint256[](writes.length + refusals.length);
        uint256 start = vm.snapshotState();
        for (uint256 walk = 0; walk < 60; ++walk) {
            for (uint256 i = 0; i < 64; ++i) {
                handler.act(uint256(keccak256(abi.encode("kind", walk, i))), uint256(keccak256(abi.encode(walk, i))));
            }
            for (uint256 i = 0; i < counts.length; ++i) {
                counts[
                    i
                ] += handler.outcomes(
                    i < writes.length ? bytes32(bytes(writes[i])) : bytes32(refusals[i - writes.length])
                );
            }
            vm.revertToState(start);
            start = vm.snapshotState();
        }
        for (uint256 i = 0; i < counts.length; ++i) {
            vm.assertGt(counts[i], 0, i < writes.length ? writes[i] : vm.toString(bytes32(refusals[i - writes.length])));
        }
    }

    function _refusals() private pure returns (bytes4[] memory all) {
        bytes4[44] memory list = [
            IOrganisations.UnknownOrganisation.selector,
            IOrganisations.OrganisationIsSuspended.selector,
            IOrganisations.MembershipNotStarted.selector,
            IOrganisations.MembershipEnded.selector,
            IOrganisations.MembershipSuperseded.selector,
            IOrganisations.NotAdmin.selector,
            IOrganisations.NoAuthority.selector,
            IOrganisations.NotGrantable.selector,
            IOrganisations.CapabilitiesUnchanged.selector,
            IOrganisations.SlugTaken.selector,
            IOrganisations.KeyBound.selector,
            IOrganisations.InvalidRole.selector,
            IOrganisations.InvalidWindow.selector,
            IOrganisations.WindowUnchanged.selector,
            IOrganisations.CannotEndSelf.selector,
            IOrganisations.AlreadySuspended.selector,
            IOrganisations.NotSuspended.selector,
            IOrganisations.NoHandover.selector,
            IOrganisations.NotSuccessor.selector,
            IDatasetLedger.MissingCapability.selector,
            IDatasetLedger.UnknownPolicy.selector,
            IDatasetLedger.DatasetExists.selector,
            IDatasetLedger.UnknownDataset.selector,
            IDatasetLedger.NotOwner.selector,
            IDatasetLedger.VersionConflict.selector,
            IDatasetLedger.VersionNotAllowed.selector,
            IDatasetLedger.IncompleteVersion.selector,
            IDatasetLedger.UnknownVersion.selector,
            IDatasetLedger.DescriptionMissing.selector,
            IDatasetLedger.NoVersion.selector,
            IDatasetLedger.StaleVersion.selector,
            IDatasetLedger.StageMismatch.selector,
            IDatasetLedger.NoSuchStep.selector,
            IDatasetLedger.EvidenceMissing.selector,
            IDatasetLedger.DutiesNotSeparate.selector,
            IDatasetLedger.DutyTaken.selector,
            IDatasetLedger.TooEarly.selector,
            IDatasetLedger.ApprovalsMissing.selector,
            IDatasetLedger.ApprovalNotNeeded.selector,
            IDatasetLedger.AlreadyApproved.selector,
            IDatasetLedger.OutsideJurisdiction.selector,
            IDatasetLedger.AlreadySuspended.selector,
            IDatasetLedger.AlreadyRecalled.selector,
            bytes4(keccak256("InvalidAccountNonce(address,uint256)"))
        ];
        all = new bytes4[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            all[i] = list[i];
        }
    }
}
