// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, Stage } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { vm } from "../support/Vm.sol";

contract RecallTest is LedgerFixture, NestedEntryPoint {
    string private constant VERSION_RECALLED =
        "VersionRecalled(bytes32,uint32,address,bytes32,uint32,uint8,uint8,string,uint40)";

    DatasetId private dataset;

    function setUp() public override(Consortium, LedgerFixture) {
        super.setUp();
        dataset = register("clerk", "corpus");
        addVersion("clerk", dataset, "corpus 2");
        advanceUpTo(dataset, LABELED);
    }

    function _org() internal pure override returns (OrgId) {
        return regulator;
    }

    function _key() internal pure override returns (string memory) {
        return "regulator";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.AlreadyRecalled.selector, dataset, uint32(2));
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _recall(key, 2, refusal);
    }

    function _recall(string memory key, uint32 version, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        ledger.recall(dataset, version, IDatasetLedger.Severity.CRITICAL, "consent withdrawn");
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnUnknownDataset() external {
        dataset = identifier(owner, "nowhere");
        _attempt("regulator", abi.encodeWithSelector(IDatasetLedger.UnknownDataset.selector, dataset));
    }

    function test_RefusesAnUnknownVersion() external {
        uint32[3] memory versions = [0, 3, type(uint32).max];
        for (uint256 i = 0; i < versions.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(IDatasetLedger.UnknownVersion.selector, dataset, versions[i]);
            _recall("regulator", versions[i], refusal);
        }
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

    function test_RecallsTheCurrentVersion() external {
        _recalls(2, RECALLED, 3);
        uint96 duties = uint96(OrgId.unwrap(processor)) | uint96(OrgId.unwrap(labeler)) << 32;
        assertState(
            dataset, IDatasetLedger.State(owner, RECALLED, 2, DEFAULT_POLICY, uint40(START + 8), duties, 6, 0x04)
        );
        assertUnrecalled(dataset, 1);
    }

    function test_RecallsAnEarlierVersion_AndLeavesTheDatasetWhereItIs() external {
        IDatasetLedger.State memory before = ledger.state(dataset);
        _recalls(1, LABELED, 2);
        assertState(dataset, before);
        assertUnrecalled(dataset, 2);
    }

    function test_RecallsASuspendedVersion_WhichStaysSuspended() external {
        suspendDataset("regulator", dataset);
        _recalls(2, SUSPENDED, 3);
        uint96 duties = uint96(OrgId.unwrap(processor)) | uint96(OrgId.unwrap(labeler)) << 32;
        assertState(
            dataset,
            IDatasetLedger.State(owner, SUSPENDED, 2, DEFAULT_POLICY, uint40(START + 8), duties, 7, 0x04 | 31 << 3)
        );
        vm.assertTrue(ledger.suspendedBy(dataset) == regulator, "suspended by");
    }

    function _recalls(uint32 version, Stage stage, uint256 slots) private {
        bytes32 commitment = ledger.commitment(dataset, version);
        vm.warp(START + 8);
        bytes memory data = abi.encode(
            ledger.head(dataset),
            version,
            IDatasetLedger.Severity.CRITICAL,
            stage,
            "consent withdrawn",
            uint40(START + 8)
        );
        bytes32 head = headAfter(VERSION_RECALLED, dataset, regulator, addressOf("regulator"), data);
        vm.expectEmit(true, true, true, true, address(ledger));
        emit IDatasetLedger.VersionRecalled(
            dataset,
            regulator,
            addressOf("regulator"),
            head,
            version,
            IDatasetLedger.Severity.CRITICAL,
            stage,
            "consent withdrawn",
            uint40(START + 8)
        );
        vm.record();
        _recall("regulator", version, "");
        vm.assertEq(slotsWritten(address(ledger)), slots, "slots written");
        vm.assertEq(slotsWritten(address(organisations)), 0, "slots written elsewhere");

        vm.assertEq(ledger.head(dataset), head, "head");
        vm.assertEq(ledger.commitment(dataset, version), commitment, "commitment");
        IDatasetLedger.Recall memory found = ledger.recallOf(dataset, version);
        vm.assertTrue(found.by == regulator, "by");
        vm.assertEq(uint8(found.severity), 2, "severity");
        vm.assertEq(found.recordedAt, START + 8, "recorded at");
    }
}
