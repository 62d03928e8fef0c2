// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, PolicyId } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { MerkleTree } from "../support/MerkleTree.sol";
import { vm } from "../support/Vm.sol";

contract VerifyTest is LedgerFixture {
    DatasetId private source;
    DatasetId private derived;
    DatasetId private model;

    /// source 1 → derived 1 → model 2, and a model 1 that came from elsewhere.
    function setUp() public override {
        super.setUp();
        source = register("rival", "source");
        derived = _register("derived", withParent(recordOf("derived"), source, 1));
        model = _register("model", recordOf("model"));
        IDatasetLedger.VersionRecord memory second = _modelRecord();
        vm.prank(addressOf("clerk"));
        ledger.addVersion(model, 2, second);
    }

    function _register(string memory name, IDatasetLedger.VersionRecord memory record) private returns (DatasetId) {
        vm.prank(addressOf("clerk"));
        return ledger.register(slugOf(name), DEFAULT_POLICY, record);
    }

    function _modelRecord() private view returns (IDatasetLedger.VersionRecord memory) {
        return withParent(withParent(recordOf("model 2"), model, 1), derived, 1);
    }

    function _recall(DatasetId dataset, uint32 version) private {
        vm.prank(addressOf("regulator"));
        ledger.recall(dataset, version, IDatasetLedger.Severity.SERIOUS, "");
    }

    // --------------------------------------------------------------------------------------------- version

    function test_Version_EveryFieldCounts() external view {
        vm.assertTrue(ledger.verifyVersion(model, 2, _modelRecord()), "as recorded");
        vm.assertFalse(ledger.verifyVersion(model, 1, _modelRecord()), "another version");
        vm.assertFalse(ledger.verifyVersion(model, 3, _modelRecord()), "an unknown version");
        vm.assertFalse(ledger.verifyVersion(derived, 2, _modelRecord()), "another dataset");
        for (uint256 i = 0; i < 10; ++i) {
            IDatasetLedger.VersionRecord memory record = _modelRecord();
            if (i == 0) record.contentRoot ^= bytes32(uint256(1));
            if (i == 1) record.manifestDigest ^= bytes32(uint256(1));
            if (i == 2) record.sizeBytes ^= 1;
            if (i == 3) record.fileCount ^= 1;
            if (i == 4) record.recordCount ^= 1;
            if (i == 5) record.saltScheme ^= 1;
            if (i == 6) record.parents[0].version ^= 3;
            if (i == 7) record.parents[1].dataset = source;
            if (i == 8) record.parents[1].relation = IDatasetLedger.Relation.TRAINED_ON;
            if (i == 9) (record.parents[0], record.parents[1]) = (record.parents[1], record.parents[0]);
            vm.assertFalse(ledger.verifyVersion(model, 2, record), vm.toString(i));
        }
    }

    // ----------------------------------------------------------------------------------------------- entry

    function test_Entry() external {
        bytes[3] memory entries = [bytes('{"path":"a"}'), bytes('{"path":"b"}'), bytes('{"path":"c"}')];
        bytes32[] memory leaves = new bytes32[](3);
        for (uint256 i = 0; i < 3; ++i) {
            leaves[i] = sha256(bytes.concat(hex"00", entries[i]));
        }
        IDatasetLedger.VersionRecord memory record = recordOf("files");
        record.contentRoot = MerkleTree.root(leaves);
        record.fileCount = 3;
        DatasetId files = _register("files", record);

        for (uint64 i = 0; i < 3; ++i) {
            bytes32[] memory path = MerkleTree.inclusion(leaves, i);
            vm.assertTrue(ledger.verifyEntry(files, 1, record, entries[i], i, path), "as recorded");
            vm.assertFalse(ledger.verifyEntry(files, 1, record, entries[i], (i + 1) % 3, path), "elsewhere");
            vm.assertFalse(ledger.verifyEntry(files, 1, record, entries[(i + 1) % 3], i, path), "another entry");
            vm.assertFalse(ledger.verifyEntry(files, 2, record, entries[i], i, path), "another version");
            IDatasetLedger.VersionRecord memory altered = recordOf("files");
            vm.assertFalse(ledger.verifyEntry(files, 1, altered, entries[i], i, path), "another record");
        }
    }

    // ----------------------------------------------------------------------------------------------- taint

    function _path() private view returns (IDatasetLedger.Ancestor[] memory path) {
        path = new IDatasetLedger.Ancestor[](3);
        path[0] = IDatasetLedger.Ancestor(source, 1, recordOf("source"));
        path[1] = IDatasetLedger.Ancestor(derived, 1, withParent(recordOf("derived"), source, 1));
        path[2] = IDatasetLedger.Ancestor(model, 2, _modelRecord());
    }

    function test_Taint_FollowsThePathFromTheRecalledVersion() external {
        vm.assertFalse(ledger.verifyTaint(_path()), "nothing is recalled");
        _recall(source, 1);
        vm.assertTrue(ledger.verifyTaint(_path()), "source recalled");
        IDatasetLedger.Ancestor[] memory first = new IDatasetLedger.Ancestor[](1);
        first[0] = _path()[0];
        vm.assertTrue(ledger.verifyTaint(first), "the recalled version itself");
    }

    function test_Taint_RefusesWhatIsNoPath() external {
        _recall(source, 1);
        vm.assertFalse(ledger.verifyTaint(new IDatasetLedger.Ancestor[](0)), "empty");
        IDatasetLedger.Ancestor[] memory path = _path();
        path[0].version = 2;
        vm.assertFalse(ledger.verifyTaint(path), "begins at another version");
        path = _path();
        path[0].dataset = model;
        vm.assertFalse(ledger.verifyTaint(path), "begins at another dataset");
        path = _path();
        path[1].record.recordCount ^= 1;
        vm.assertFalse(ledger.verifyTaint(path), "altered record");
        path = _path();
        path[2].version = 1;
        vm.assertFalse(ledger.verifyTaint(path), "another version at the end");
        path = _path();
        (path[1], path[2]) = (path[2], path[1]);
        vm.assertFalse(ledger.verifyTaint(path), "wrong order");
        path = _path();
        path[2] = IDatasetLedger.Ancestor(model, 1, recordOf("model"));
        vm.assertFalse(ledger.verifyTaint(path), "a version without that parent");
    }

    function test_Taint_NeedsTheVersionOfTheParent() external {
        addVersion("rival", source, "source 2");
        _recall(source, 2);
        IDatasetLedger.Ancestor[] memory path = _path();
        path[0].version = 2;
        vm.assertFalse(ledger.verifyTaint(path), "a later version of the parent is recalled");
    }

    // ----------------------------------------------------------------------------------------------- views

    function test_WhatIsUnknownIsZero() external view {
        DatasetId nowhere = identifier(owner, "nowhere");
        assertState(nowhere, IDatasetLedger.State(NONE, NOWHERE, 0, PolicyId.wrap(0), 0, 0, 0, 0));
        vm.assertEq(ledger.head(nowhere), 0, "head");
        vm.assertEq(ledger.commitment(nowhere, 1), 0, "commitment");
        vm.assertTrue(ledger.suspendedBy(nowhere) == NONE, "suspended by");
        assertUnrecalled(nowhere, 1);
        IDatasetLedger.Step memory step = IDatasetLedger.Step(nowhere, 1, PLANNED, COLLECTED, keccak256("x"));
        vm.assertEq(ledger.approvals(step), 0, "approvals");
        vm.assertFalse(ledger.approvedBy(step, auditor), "approved by");
    }

    function test_KnowsItsOrganisations() external view {
        vm.assertEq(address(ledger.organisations()), address(organisations), "organisations");
    }
}
