// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, Stage } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { vm } from "../support/Vm.sol";

contract AddVersionTest is LedgerFixture, NestedEntryPoint {
    string private constant ADDED =
        "VersionAdded(bytes32,uint32,address,bytes32,uint32,uint8,(bytes32,bytes32,uint64,uint64,uint64,uint8,(bytes32,uint32,uint8)[]),uint40)";

    DatasetId private dataset;

    function setUp() public override(Consortium, LedgerFixture) {
        super.setUp();
        dataset = register("clerk", "corpus");
    }

    function _org() internal pure override returns (OrgId) {
        return owner;
    }

    function _key() internal pure override returns (string memory) {
        return "clerk";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.VersionConflict.selector, dataset, uint32(3), uint32(2));
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _add(key, 2, recordOf("corpus 2"), refusal);
    }

    function _add(string memory key, uint32 number, IDatasetLedger.VersionRecord memory record, bytes memory refusal)
        private
    {
        _expect(refusal);
        vm.prank(addressOf(key));
        ledger.addVersion(dataset, number, record);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnUnknownDataset() external {
        dataset = identifier(owner, "nowhere");
        _add("clerk", 1, recordOf("x"), abi.encodeWithSelector(IDatasetLedger.UnknownDataset.selector, dataset));
    }

    function test_RefusesAnOrganisationWithoutTheCapability() external {
        bytes memory refusal = abi.encodeWithSelector(
            IDatasetLedger.MissingCapability.selector, processor, Capabilities.CUSTODIAN, Capabilities.PROCESSOR
        );
        _attempt("processor", refusal);
    }

    function test_RefusesWhoIsNotTheOwner() external {
        string[3] memory keys = ["rival", "province", "root"];
        OrgId[3] memory orgs = [rival, province, root];
        for (uint256 i = 0; i < keys.length; ++i) {
            _attempt(keys[i], abi.encodeWithSelector(IDatasetLedger.NotOwner.selector, dataset, owner, orgs[i]));
        }
    }

    function test_RefusesAnyNumberButTheNext() external {
        uint32[4] memory numbers = [0, 1, 3, type(uint32).max];
        for (uint256 i = 0; i < numbers.length; ++i) {
            bytes memory refusal =
                abi.encodeWithSelector(IDatasetLedger.VersionConflict.selector, dataset, uint32(2), numbers[i]);
            _add("clerk", numbers[i], recordOf("corpus 2"), refusal);
        }
    }

    function test_RefusesWhereThePolicyAllowsNone() external {
        for (uint8 i = 5; i < 10; ++i) {
            if (i == 7) continue;
            uint256 before = vm.snapshotState();
            advanceUpTo(dataset, Stage.wrap(i));
            _attempt("clerk", abi.encodeWithSelector(IDatasetLedger.VersionNotAllowed.selector, dataset, Stage.wrap(i)));
            vm.revertToState(before);
        }
        suspendDataset("regulator", dataset);
        _attempt("clerk", abi.encodeWithSelector(IDatasetLedger.VersionNotAllowed.selector, dataset, SUSPENDED));
    }

    function test_RefusesARecordThatLacksWhatEveryVersionHas() external {
        bytes memory incomplete = abi.encodeWithSelector(IDatasetLedger.IncompleteVersion.selector);
        IDatasetLedger.VersionRecord memory none;
        _add("clerk", 2, none, incomplete);
        IDatasetLedger.VersionRecord memory record = recordOf("corpus 2");
        record.contentRoot = 0;
        _add("clerk", 2, record, incomplete);
        record = recordOf("corpus 2");
        record.manifestDigest = 0;
        _add("clerk", 2, record, incomplete);
        record = recordOf("corpus 2");
        record.fileCount = 0;
        _add("clerk", 2, record, incomplete);
    }

    function test_RefusesAParentThatIsNotThere() external {
        bytes memory refusal = abi.encodeWithSelector(IDatasetLedger.UnknownVersion.selector, dataset, uint32(2));
        _add("clerk", 2, withParent(recordOf("corpus 2"), dataset, 2), refusal);
        refusal = abi.encodeWithSelector(IDatasetLedger.UnknownVersion.selector, dataset, uint32(0));
        _add("clerk", 2, withParent(recordOf("corpus 2"), dataset, 0), refusal);
        DatasetId nowhere = identifier(owner, "nowhere");
        refusal = abi.encodeWithSelector(IDatasetLedger.UnknownVersion.selector, nowhere, uint32(1));
        _add("clerk", 2, withParent(recordOf("corpus 2"), nowhere, 1), refusal);
    }

    // --------------------------------------------------------------------------------------------- success

    function test_AddsAVersion_WithTheOneBeforeAsParent() external {
        advanceUpTo(dataset, LABELED);
        IDatasetLedger.VersionRecord memory record = withParent(recordOf("corpus 2"), dataset, 1);
        bytes32 first = ledger.commitment(dataset, 1);
        uint96 duties = uint96(OrgId.unwrap(processor)) | uint96(OrgId.unwrap(labeler)) << 32;
        assertState(dataset, IDatasetLedger.State(owner, LABELED, 1, DEFAULT_POLICY, uint40(START), duties, 4, 0x04));

        vm.warp(START + 8);
        bytes memory data = abi.encode(ledger.head(dataset), uint32(2), LABELED, record, uint40(START + 8));
        bytes32 head = headAfter(ADDED, dataset, owner, addressOf("clerk"), data);
        vm.expectEmit(true, true, true, true, address(ledger));
        emit IDatasetLedger.VersionAdded(
            dataset, owner, addressOf("clerk"), head, 2, LABELED, record, uint40(START + 8)
        );
        vm.record();
        _add("clerk", 2, record, "");
        vm.assertEq(slotsWritten(address(ledger)), 3, "slots written");
        vm.assertEq(slotsWritten(address(organisations)), 0, "slots written elsewhere");

        assertState(
            dataset, IDatasetLedger.State(owner, LABELED, 2, DEFAULT_POLICY, uint40(START + 8), duties, 5, 0x07)
        );
        vm.assertEq(ledger.head(dataset), head, "head");
        vm.assertEq(ledger.commitment(dataset, 2), commitmentOf(record), "commitment");
        vm.assertEq(ledger.commitment(dataset, 1), first, "the first one's commitment");
        vm.assertTrue(ledger.verifyVersion(dataset, 2, record), "version");
        assertUnrecalled(dataset, 2);
    }

    function test_AddsTheFirstVersionLater() external {
        IDatasetLedger.VersionRecord memory none;
        vm.prank(addressOf("clerk"));
        dataset = ledger.register(slugOf("planned"), DEFAULT_POLICY, none);
        _add("clerk", 1, recordOf("planned"), "");
        assertState(dataset, IDatasetLedger.State(owner, PLANNED, 1, DEFAULT_POLICY, uint40(START), 0, 2, 0x07));
    }

    /// From PUBLISHED, a new version begins at COLLECTED again.
    function test_GoesWhereThePolicySays() external {
        advanceUpTo(dataset, PUBLISHED);
        _attempt("clerk", "");
        vm.assertTrue(ledger.state(dataset).stage == COLLECTED, "stage");
    }

    function test_BringsARecalledDatasetBack() external {
        vm.prank(addressOf("regulator"));
        ledger.recall(dataset, 1, IDatasetLedger.Severity.SERIOUS, "consent withdrawn");
        _attempt("clerk", "");
        vm.assertTrue(ledger.state(dataset).stage == COLLECTED, "stage");
        vm.assertGt(ledger.recallOf(dataset, 1).recordedAt, 0, "the first version stays recalled");
        assertUnrecalled(dataset, 2);
    }
}
