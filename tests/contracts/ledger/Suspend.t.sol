// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { vm } from "../support/Vm.sol";

contract SuspendDatasetTest is LedgerFixture, NestedEntryPoint {
    string private constant DATASET_SUSPENDED = "DatasetSuspended(bytes32,uint32,address,bytes32,uint8,string,uint40)";

    DatasetId private dataset;

    function setUp() public override(Consortium, LedgerFixture) {
        super.setUp();
        dataset = register("clerk", "corpus");
        advanceUpTo(dataset, LABELED);
    }

    function _org() internal pure override returns (OrgId) {
        return regulator;
    }

    function _key() internal pure override returns (string memory) {
        return "regulator";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.AlreadySuspended.selector, dataset);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _expect(refusal);
        vm.prank(addressOf(key));
        ledger.suspend(dataset, "inquiry");
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

    // --------------------------------------------------------------------------------------------- success

    function test_FreezesTheDataset() external {
        vm.warp(START + 8);
        bytes memory data = abi.encode(ledger.head(dataset), LABELED, "inquiry", uint40(START + 8));
        bytes32 head = headAfter(DATASET_SUSPENDED, dataset, regulator, addressOf("regulator"), data);
        vm.expectEmit(true, true, true, true, address(ledger));
        emit IDatasetLedger.DatasetSuspended(
            dataset, regulator, addressOf("regulator"), head, LABELED, "inquiry", uint40(START + 8)
        );
        vm.record();
        _attempt("regulator", "");
        vm.assertEq(slotsWritten(address(ledger)), 3, "slots written");
        vm.assertEq(slotsWritten(address(organisations)), 0, "slots written elsewhere");

        uint96 duties = uint96(OrgId.unwrap(processor)) | uint96(OrgId.unwrap(labeler)) << 32;
        assertState(
            dataset,
            IDatasetLedger.State(owner, SUSPENDED, 1, DEFAULT_POLICY, uint40(START + 8), duties, 5, 0x04 | 4 << 3)
        );
        vm.assertEq(ledger.head(dataset), head, "head");
        vm.assertTrue(ledger.suspendedBy(dataset) == regulator, "suspended by");
    }

    function test_ReachesAsFarAsTheJurisdiction() external {
        // Admitted by the root authority, `abroad` is a regulator over all.
        _attempt("abroad", "");
        vm.assertTrue(ledger.suspendedBy(dataset) == abroad, "suspended by");
        DatasetId second = register("rival", "second");
        suspendDataset("root", second);
        vm.assertTrue(ledger.suspendedBy(second) == root, "suspended by the root authority");
    }

    function test_FreezesADatasetWithoutAVersion_AndARecalledOne() external {
        IDatasetLedger.VersionRecord memory none;
        vm.prank(addressOf("clerk"));
        DatasetId planned = ledger.register(slugOf("planned"), DEFAULT_POLICY, none);
        suspendDataset("regulator", planned);
        vm.assertEq(ledger.state(planned).flags, 1 << 3, "resumes as planned");
        vm.prank(addressOf("regulator"));
        ledger.recall(dataset, 1, IDatasetLedger.Severity.CRITICAL, "");
        suspendDataset("regulator", dataset);
        vm.assertEq(ledger.state(dataset).flags, 0x04 | 31 << 3, "resumes as recalled");
    }
}
