// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { vm } from "../support/Vm.sol";

contract ReinstateDatasetTest is LedgerFixture, NestedEntryPoint {
    string private constant REINSTATED = "DatasetReinstated(bytes32,uint32,address,bytes32,uint8,string,uint40)";

    DatasetId private dataset;

    function setUp() public override(Consortium, LedgerFixture) {
        super.setUp();
        dataset = register("clerk", "corpus");
        advanceUpTo(dataset, LABELED);
        suspendDataset("regulator", dataset);
    }

    function _org() internal pure override returns (OrgId) {
        return regulator;
    }

    function _key() internal pure override returns (string memory) {
        return "regulator";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.NotSuspended.selector, dataset);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _expect(refusal);
        vm.prank(addressOf(key));
        ledger.reinstate(dataset, "cleared");
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnUnknownDataset() external {
        dataset = identifier(owner, "nowhere");
        _attempt("regulator", abi.encodeWithSelector(IDatasetLedger.UnknownDataset.selector, dataset));
    }

    function test_RefusesAnOrganisationWithoutTheCapability() external {
        bytes memory refusal = abi.encodeWithSelector(
            IDatasetLedger.MissingCapability.selector, owner, Capabilities.REGULATOR, Capabilities.CUSTODIAN
        );
        _attempt("clerk", refusal);
    }

    function test_RefusesARegulatorOfAnotherJurisdiction() external {
        _attempt("outsider", abi.encodeWithSelector(IDatasetLedger.OutsideJurisdiction.selector, outsider, owner));
    }

    /// What the regulator of a wider jurisdiction froze, one of a narrower cannot thaw.
    function test_RefusesWhereTheSuspenderStandsOutsideTheJurisdiction() external {
        _attempt("regulator", "");
        suspendDataset("root", dataset);
        _attempt("regulator", abi.encodeWithSelector(IDatasetLedger.OutsideJurisdiction.selector, regulator, root));
        _attempt("root", "");
    }

    // --------------------------------------------------------------------------------------------- success

    function test_ReturnsTheDatasetToItsStage() external {
        vm.warp(START + 8);
        bytes memory data = abi.encode(ledger.head(dataset), LABELED, "cleared", uint40(START + 8));
        bytes32 head = headAfter(REINSTATED, dataset, regulator, addressOf("regulator"), data);
        vm.expectEmit(true, true, true, true, address(ledger));
        emit IDatasetLedger.DatasetReinstated(
            dataset, regulator, addressOf("regulator"), head, LABELED, "cleared", uint40(START + 8)
        );
        vm.record();
        _attempt("regulator", "");
        vm.assertEq(slotsWritten(address(ledger)), 3, "slots written");
        vm.assertEq(slotsWritten(address(organisations)), 0, "slots written elsewhere");

        uint96 duties = uint96(OrgId.unwrap(processor)) | uint96(OrgId.unwrap(labeler)) << 32;
        assertState(
            dataset, IDatasetLedger.State(owner, LABELED, 1, DEFAULT_POLICY, uint40(START + 8), duties, 6, 0x04)
        );
        vm.assertEq(ledger.head(dataset), head, "head");
        vm.assertTrue(ledger.suspendedBy(dataset) == NONE, "suspended by");
        advance("clerk", dataset, VALIDATED);
    }

    function test_APeerOrOneWithAWiderJurisdictionMayLiftIt() external {
        _attempt("province", "");
        vm.assertTrue(ledger.state(dataset).stage == LABELED, "stage");
    }

    function test_ADatasetRecalledMeanwhileComesBackAsRecalled() external {
        vm.prank(addressOf("regulator"));
        ledger.recall(dataset, 1, IDatasetLedger.Severity.CRITICAL, "");
        vm.assertTrue(ledger.state(dataset).stage == SUSPENDED, "still suspended");
        _attempt("regulator", "");
        vm.assertTrue(ledger.state(dataset).stage == RECALLED, "recalled");
        vm.assertEq(ledger.state(dataset).flags, 0x04, "flags");
        advance("clerk", dataset, RETIRED);
    }
}
