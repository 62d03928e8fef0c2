// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { UseFixture } from "../support/UseFixture.sol";
import { vm } from "../support/Vm.sol";

contract ClassifyTest is UseFixture, NestedEntryPoint {
    DatasetId private dataset;

    function setUp() public override(Consortium, UseFixture) {
        super.setUp();
        dataset = corpus;
    }

    function _org() internal pure override returns (OrgId) {
        return owner;
    }

    function _key() internal pure override returns (string memory) {
        return "clerk";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDataUse.LevelUnchanged.selector, dataset, uint8(2));
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _classify(key, 2, refusal);
    }

    function _classify(string memory key, uint8 level, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        use.classify(dataset, level);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnUnknownDataset() external {
        dataset = identifier(owner, "nowhere");
        _attempt("clerk", abi.encodeWithSelector(IDatasetLedger.UnknownDataset.selector, dataset));
    }

    function test_RefusesALevelThatItHas() external {
        _classify("clerk", 0, abi.encodeWithSelector(IDataUse.LevelUnchanged.selector, dataset, uint8(0)));
    }

    function test_RefusesWhoIsNeitherTheOwnerNorARegulator() external {
        _attempt("rival", missing(rival, Capabilities.REGULATOR, Capabilities.CUSTODIAN));
        _attempt("outsider", outside(outsider, owner));
    }

    function test_RefusesAnOwnerThatIsNoCustodianAnyMore() external {
        vm.prank(addressOf("root"));
        organisations.setCapabilities(owner, Capabilities.LABELER, 0);
        _attempt("clerk", missing(owner, Capabilities.CUSTODIAN, Capabilities.LABELER));
    }

    function test_RefusesToLetTheOwnerLowerTheLevel() external {
        _attempt("clerk", "");
        _classify("clerk", 1, missing(owner, Capabilities.REGULATOR, Capabilities.CUSTODIAN));
    }

    /// Neither itself, nor by a regulator that it admitted, which would have jurisdiction over it.
    function test_RefusesToLetAnOwnerThatRegulatesLowerTheLevel_OrWhoeverStandsBelowIt() external {
        uint16 both = Capabilities.CUSTODIAN | Capabilities.REGULATOR;
        vm.prank(addressOf("root"));
        organisations.setCapabilities(owner, both, both);
        _attempt("clerk", "");
        _classify("clerk", 1, dependent(owner, owner));
        OrgId puppet = admit("owner", "puppet", Capabilities.REGULATOR, 0);
        _classify("puppet", 1, dependent(puppet, owner));
        _classify("puppet", 3, "");
    }

    /// The owner cannot take the place of a regulator above by raising what that has set.
    function test_RefusesToLowerWhatAHigherAuthoritySet() external {
        _attempt("national", "");
        _classify("regulator", 1, outside(regulator, national));
        _classify("clerk", 3, "");
        _classify("regulator", 1, outside(regulator, national));
        vm.assertTrue(use.levelBy(dataset) == national, "level by");
        _classify("root", 1, "");
        vm.assertTrue(use.levelBy(dataset) == root, "level by");
    }

    // --------------------------------------------------------------------------------------------- success

    function test_TheOwnerRaisesTheLevel_ARegulatorLowersIt() external {
        _classifies("clerk", owner, 2);
        _classifies("clerk", owner, 255);
        _classifies("regulator", regulator, 1);
        _classifies("national", national, 0);
    }

    function test_ARegulatorRaisesTheLevel() external {
        _classifies("regulator", regulator, 7);
    }

    function _classifies(string memory key, OrgId org, uint8 level) private {
        vm.warp(block.timestamp + 8);
        vm.expectEmit(true, true, true, true, address(use));
        emit IDataUse.DatasetClassified(dataset, org, addressOf(key), level, uint40(block.timestamp));
        vm.record();
        _classify(key, level, "");
        vm.assertEq(slotsWritten(address(use)), 1, "slots written");
        vm.assertEq(use.levelOf(dataset), level, "level");
        vm.assertTrue(use.levelBy(dataset) == org, "level by");
        vm.assertEq(uint8(use.budgetOf(dataset).composition), 0, "no budget");
    }
}
