// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, PolicyId, Slug, Stage } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Consortium } from "./Consortium.sol";
import { DefaultPolicy } from "./DefaultPolicy.sol";
import { vm } from "./Vm.sol";

/// @dev The consortium with the default policy published, and the words for what is done to datasets.
abstract contract LedgerFixture is Consortium {
    PolicyId internal constant DEFAULT_POLICY = PolicyId.wrap(1);

    Stage internal constant NOWHERE = Stage.wrap(0);
    Stage internal constant PLANNED = Stage.wrap(1);
    Stage internal constant COLLECTED = Stage.wrap(2);
    Stage internal constant CLEANED = Stage.wrap(3);
    Stage internal constant LABELED = Stage.wrap(4);
    Stage internal constant VALIDATED = Stage.wrap(5);
    Stage internal constant AUDITED = Stage.wrap(6);
    Stage internal constant PUBLISHED = Stage.wrap(7);
    Stage internal constant RETIRED = Stage.wrap(8);
    Stage internal constant DESTROYED = Stage.wrap(9);
    Stage internal constant SUSPENDED = Stage.wrap(30);
    Stage internal constant RECALLED = Stage.wrap(31);

    function setUp() public virtual override {
        super.setUp();
        publish(DefaultPolicy.load());
    }

    // ---------------------------------------------------------------------------------------- changes

    function publish(IDatasetLedger.Policy memory policy) internal returns (PolicyId) {
        vm.prank(addressOf("root"));
        return ledger.publishPolicy(policy);
    }

    function register(string memory by, string memory name) internal returns (DatasetId) {
        IDatasetLedger.VersionRecord memory first = recordOf(name);
        vm.prank(addressOf(by));
        return ledger.register(slugOf(name), DEFAULT_POLICY, first);
    }

    function addVersion(string memory by, DatasetId dataset, string memory content) internal {
        IDatasetLedger.VersionRecord memory added = recordOf(content);
        uint32 next = ledger.state(dataset).versionCount + 1;
        vm.prank(addressOf(by));
        ledger.addVersion(dataset, next, added);
    }

    /// @dev Takes the current version's step from the current stage.
    function advance(string memory by, DatasetId dataset, Stage to) internal {
        IDatasetLedger.Step memory step = stepTo(dataset, to);
        vm.prank(addressOf(by));
        ledger.advance(step);
    }

    /// @dev From PLANNED along the default policy, each part played by the organisation of its name.
    function advanceUpTo(DatasetId dataset, Stage last) internal {
        string[8] memory parts = ["clerk", "processor", "labeler", "clerk", "auditor", "clerk", "clerk", "clerk"];
        for (uint8 to = 2; to <= Stage.unwrap(last); ++to) {
            advance(parts[to - 2], dataset, Stage.wrap(to));
        }
    }

    function suspendDataset(string memory by, DatasetId dataset) internal {
        vm.prank(addressOf(by));
        ledger.suspend(dataset, "inquiry");
    }

    // --------------------------------------------------------------------------------------- writings

    function stepTo(DatasetId dataset, Stage to) internal view returns (IDatasetLedger.Step memory) {
        IDatasetLedger.State memory state = ledger.state(dataset);
        return IDatasetLedger.Step(dataset, state.versionCount, state.stage, to, keccak256("activity"));
    }

    function recordOf(string memory content) internal pure returns (IDatasetLedger.VersionRecord memory record) {
        record.contentRoot = sha256(bytes(content));
        record.manifestDigest = sha256(abi.encode(content));
        record.sizeBytes = 5_000_000_000;
        record.fileCount = 12;
        record.recordCount = 345;
        record.saltScheme = 1;
    }

    function withParent(IDatasetLedger.VersionRecord memory record, DatasetId parent, uint32 version)
        internal
        pure
        returns (IDatasetLedger.VersionRecord memory)
    {
        IDatasetLedger.Parent[] memory parents = new IDatasetLedger.Parent[](record.parents.length + 1);
        for (uint256 i = 0; i < record.parents.length; ++i) {
            parents[i] = record.parents[i];
        }
        parents[record.parents.length] = IDatasetLedger.Parent(parent, version, IDatasetLedger.Relation.MERGED);
        record.parents = parents;
        return record;
    }

    function edge(Stage from, Stage to, uint16 capability) internal pure returns (IDatasetLedger.Edge memory) {
        return IDatasetLedger.Edge(from, to, capability, 0, 0, false, false, 0, 0, 0);
    }

    /// @dev The record's commitment, as the interface defines it.
    function commitmentOf(IDatasetLedger.VersionRecord memory record) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                record.contentRoot,
                record.manifestDigest,
                record.sizeBytes,
                record.fileCount,
                record.recordCount,
                record.saltScheme,
                record.parents
            )
        );
    }

    /// @dev The dataset's identifier, as its type defines it.
    function identifier(OrgId org, string memory name) internal view returns (DatasetId) {
        return DatasetId.wrap(keccak256(abi.encode(block.chainid, address(ledger), org, slugOf(name))));
    }

    /// @dev The head after an event, as the interface defines it; `data` still begins with the head before it.
    function headAfter(string memory signature, DatasetId dataset, OrgId org, address by, bytes memory data)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            bytes.concat(
                keccak256(bytes(signature)),
                DatasetId.unwrap(dataset),
                bytes32(uint256(OrgId.unwrap(org))),
                bytes32(uint256(uint160(by))),
                keccak256(data)
            )
        );
    }

    // ------------------------------------------------------------------------------------- assertions

    function assertState(DatasetId dataset, IDatasetLedger.State memory expected) internal view {
        IDatasetLedger.State memory found = ledger.state(dataset);
        vm.assertEq(OrgId.unwrap(found.owner), OrgId.unwrap(expected.owner), "state: owner");
        vm.assertEq(Stage.unwrap(found.stage), Stage.unwrap(expected.stage), "state: stage");
        vm.assertEq(found.versionCount, expected.versionCount, "state: version count");
        vm.assertEq(PolicyId.unwrap(found.policy), PolicyId.unwrap(expected.policy), "state: policy");
        vm.assertEq(found.updatedAt, expected.updatedAt, "state: updated at");
        vm.assertEq(found.duties, expected.duties, "state: duties");
        vm.assertEq(found.revision, expected.revision, "state: revision");
        vm.assertEq(found.flags, expected.flags, "state: flags");
    }

    function assertUnrecalled(DatasetId dataset, uint32 version) internal view {
        vm.assertEq(ledger.recallOf(dataset, version).recordedAt, 0, "recall");
    }
}
