// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, PolicyId, Stage } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { vm } from "../support/Vm.sol";

contract DescribeTest is LedgerFixture, NestedEntryPoint {
    string private constant DESCRIBED = "DatasetDescribed(bytes32,uint32,address,bytes32,bytes32,uint40)";

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

    /// A description said again says the same.
    function _repetition() internal pure override returns (bytes memory) {
        return "";
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _describe(key, sha256("description"), refusal);
    }

    function _describe(string memory key, bytes32 description, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        ledger.describe(dataset, description);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnUnknownDataset() external {
        dataset = identifier(owner, "nowhere");
        _attempt("clerk", abi.encodeWithSelector(IDatasetLedger.UnknownDataset.selector, dataset));
    }

    function test_RefusesAnOrganisationWithoutTheCapability() external {
        bytes memory refusal = abi.encodeWithSelector(
            IDatasetLedger.MissingCapability.selector, processor, Capabilities.CUSTODIAN, Capabilities.PROCESSOR
        );
        _attempt("processor", refusal);
    }

    function test_RefusesAnOwnerThatIsNoCustodianAnyMore() external {
        vm.prank(addressOf("root"));
        organisations.setCapabilities(owner, Capabilities.LABELER, 0);
        bytes memory refusal = abi.encodeWithSelector(
            IDatasetLedger.MissingCapability.selector, owner, Capabilities.CUSTODIAN, Capabilities.LABELER
        );
        _attempt("clerk", refusal);
    }

    function test_RefusesWhoIsNotTheOwner() external {
        string[3] memory keys = ["rival", "province", "root"];
        OrgId[3] memory orgs = [rival, province, root];
        for (uint256 i = 0; i < keys.length; ++i) {
            _attempt(keys[i], abi.encodeWithSelector(IDatasetLedger.NotOwner.selector, dataset, owner, orgs[i]));
        }
    }

    function test_RefusesADescriptionThatIsMissing() external {
        _describe("clerk", 0, abi.encodeWithSelector(IDatasetLedger.DescriptionMissing.selector));
    }

    // --------------------------------------------------------------------------------------------- success

    function test_ExtendsTheHead_AndChangesNothingElse() external {
        advanceUpTo(dataset, LABELED);
        IDatasetLedger.State memory before = ledger.state(dataset);
        bytes32 committed = ledger.commitment(dataset, 1);
        vm.warp(START + 8);
        bytes32 description = sha256("description");
        bytes memory data = abi.encode(ledger.head(dataset), description, uint40(START + 8));
        bytes32 head = headAfter(DESCRIBED, dataset, owner, addressOf("clerk"), data);
        vm.expectEmit(true, true, true, true, address(ledger));
        emit IDatasetLedger.DatasetDescribed(dataset, owner, addressOf("clerk"), head, description, uint40(START + 8));
        vm.record();
        _attempt("clerk", "");
        vm.assertEq(slotsWritten(address(ledger)), 1, "slots written");
        vm.assertEq(slotsWritten(address(organisations)), 0, "slots written elsewhere");

        assertState(dataset, before);
        vm.assertEq(ledger.head(dataset), head, "head");
        vm.assertEq(ledger.commitment(dataset, 1), committed, "commitment");
    }

    function test_ADescriptionSaidAgainExtendsTheHeadAgain() external {
        _attempt("clerk", "");
        bytes32 once = ledger.head(dataset);
        _attempt("owner", "");
        vm.assertTrue(ledger.head(dataset) != once, "head");
    }

    function test_DescribesInEveryStage() external {
        for (uint8 i = 1; i < 10; ++i) {
            uint256 before = vm.snapshotState();
            advanceUpTo(dataset, Stage.wrap(i));
            _attempt("clerk", "");
            vm.assertTrue(ledger.state(dataset).stage == Stage.wrap(i), "stage");
            vm.revertToState(before);
        }
    }

    function test_DescribesADatasetWithoutAVersion_ASuspendedOne_AndARecalledOne() external {
        vm.prank(addressOf("regulator"));
        ledger.recall(dataset, 1, IDatasetLedger.Severity.CRITICAL, "");
        _attempt("clerk", "");
        suspendDataset("regulator", dataset);
        _attempt("clerk", "");
        vm.assertTrue(ledger.state(dataset).stage == SUSPENDED, "stays suspended");
        vm.assertTrue(ledger.suspendedBy(dataset) == regulator, "suspended by");
        vm.prank(addressOf("regulator"));
        ledger.reinstate(dataset, "");
        vm.assertTrue(ledger.state(dataset).stage == RECALLED, "resumes as before");

        IDatasetLedger.VersionRecord memory none;
        vm.prank(addressOf("clerk"));
        dataset = ledger.register(slugOf("planned"), DEFAULT_POLICY, none);
        _attempt("clerk", "");
    }

    /// Unlike a change of stage or version.
    function test_LeavesApprovalsValid() external {
        IDatasetLedger.Policy memory policy;
        policy.stageNames = new string[](2);
        policy.entry = PLANNED;
        policy.afterVersion = bytes32(uint256(1)) << 240;
        policy.edges = new IDatasetLedger.Edge[](1);
        policy.edges[0] = edge(PLANNED, COLLECTED, Capabilities.CUSTODIAN);
        policy.edges[0].approvals = 1;
        policy.edges[0].approverCapability = Capabilities.AUDITOR;
        policy.edges[0].minSeconds = 60;
        PolicyId id = publish(policy);
        IDatasetLedger.VersionRecord memory first = recordOf("approved");
        vm.prank(addressOf("clerk"));
        dataset = ledger.register(slugOf("approved"), id, first);
        IDatasetLedger.Step memory step = stepTo(dataset, COLLECTED);
        vm.prank(addressOf("auditor"));
        ledger.approve(step);

        vm.warp(START + 60);
        _attempt("clerk", "");
        vm.assertEq(ledger.approvals(step), 1, "approvals");
        vm.prank(addressOf("clerk"));
        ledger.advance(step);
    }
}
