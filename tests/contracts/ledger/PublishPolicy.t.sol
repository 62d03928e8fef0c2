// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId, PolicyId, Stage } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { DefaultPolicy } from "../support/DefaultPolicy.sol";
import { AdminEntryPoint, NestedEntryPoint } from "../support/EntryPoint.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { vm } from "../support/Vm.sol";

contract PublishPolicyTest is LedgerFixture, AdminEntryPoint, NestedEntryPoint {
    PolicyId private constant NEXT = PolicyId.wrap(2);

    function setUp() public override(Consortium, LedgerFixture) {
        super.setUp();
    }

    function _org() internal pure override returns (OrgId) {
        return regulator;
    }

    function _key() internal pure override returns (string memory) {
        return "regulator";
    }

    function _repetition() internal pure override returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.PolicyExists.selector, NEXT);
    }

    function _notAdmin(address key, OrgId org) internal pure override returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.NotAdmin.selector, key, org);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _publish(key, _policy(), refusal);
    }

    function _publish(string memory key, IDatasetLedger.Policy memory policy, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        ledger.publishPolicy(policy);
    }

    function _refuses(IDatasetLedger.Policy memory policy, bytes memory refusal) private {
        _publish("regulator", policy, refusal);
    }

    /// Three stages, the last reached over an edge with every term but a gate.
    function _policy() private pure returns (IDatasetLedger.Policy memory policy) {
        policy.name = "three stages";
        policy.stageNames = new string[](3);
        policy.stageNames[0] = "DRAFT";
        policy.stageNames[1] = "READY";
        policy.stageNames[2] = "DONE";
        policy.entry = Stage.wrap(1);
        policy.afterVersion = _table(1, 1);
        policy.edges = new IDatasetLedger.Edge[](2);
        policy.edges[0] = edge(Stage.wrap(1), Stage.wrap(2), Capabilities.PROCESSOR);
        policy.edges[1] = IDatasetLedger.Edge({
            from: Stage.wrap(2),
            to: Stage.wrap(3),
            capability: Capabilities.AUDITOR | Capabilities.LABELER,
            duty: 3,
            mustDiffer: 0x0F,
            ownerOnly: false,
            gated: false,
            approvals: 200,
            approverCapability: Capabilities.REGULATOR | Capabilities.DIRECTORY,
            minSeconds: type(uint32).max
        });
    }

    /// A table whose byte `from` is `to`.
    function _table(uint8 from, uint8 to) private pure returns (bytes32) {
        return bytes32(bytes1(to)) >> (8 * uint256(from));
    }

    function _invalidEdge(uint256 index) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.InvalidEdge.selector, index);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnOrganisationWithoutTheCapability() external {
        string[3] memory keys = ["owner", "auditor", "processor"];
        OrgId[3] memory orgs = [owner, auditor, processor];
        uint16[3] memory held = [Capabilities.CUSTODIAN, Capabilities.AUDITOR, Capabilities.PROCESSOR];
        for (uint256 i = 0; i < keys.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(
                IDatasetLedger.MissingCapability.selector, orgs[i], Capabilities.REGULATOR, held[i]
            );
            _publish(keys[i], _policy(), refusal);
        }
    }

    function test_RefusesNoStageAndTooMany() external {
        IDatasetLedger.Policy memory policy = _policy();
        policy.stageNames = new string[](0);
        _refuses(policy, abi.encodeWithSelector(IDatasetLedger.InvalidStageCount.selector, 0));
        policy.stageNames = new string[](30);
        _refuses(policy, abi.encodeWithSelector(IDatasetLedger.InvalidStageCount.selector, 30));
        policy.stageNames = new string[](29);
        _publish("regulator", policy, "");
    }

    function test_RefusesAnEntryThatIsNoStage() external {
        uint8[5] memory entries = [0, 4, 30, 31, 255];
        for (uint256 i = 0; i < entries.length; ++i) {
            IDatasetLedger.Policy memory policy = _policy();
            policy.entry = Stage.wrap(entries[i]);
            _refuses(policy, abi.encodeWithSelector(IDatasetLedger.InvalidEntry.selector, policy.entry));
        }
    }

    function test_RefusesAnEntryThatTheFirstVersionLeaves() external {
        IDatasetLedger.Policy memory policy = _policy();
        bytes memory refusal = abi.encodeWithSelector(IDatasetLedger.InvalidEntry.selector, policy.entry);
        policy.afterVersion = _table(1, 2);
        _refuses(policy, refusal);
        policy.afterVersion = 0;
        _refuses(policy, refusal);
    }

    function test_RefusesATableOfVersionsThatNamesNoStage() external {
        uint8[2][7] memory entries = [[2, 4], [2, 30], [31, 31], [0, 1], [4, 1], [30, 1], [29, 2]];
        for (uint256 i = 0; i < entries.length; ++i) {
            IDatasetLedger.Policy memory policy = _policy();
            policy.afterVersion |= _table(entries[i][0], entries[i][1]);
            bytes memory refusal = abi.encodeWithSelector(
                IDatasetLedger.InvalidAfterVersion.selector, Stage.wrap(entries[i][0]), Stage.wrap(entries[i][1])
            );
            _refuses(policy, refusal);
        }
    }

    function test_AcceptsEveryRightEntryOfTheTableOfVersions() external {
        IDatasetLedger.Policy memory policy = _policy();
        policy.afterVersion |= _table(2, 3) | _table(3, 1) | _table(31, 2);
        _publish("regulator", policy, "");
    }

    function test_RefusesAnEdgeBetweenWhatAreNoStages() external {
        uint8[2][8] memory ends = [[0, 1], [4, 1], [30, 1], [1, 0], [1, 4], [1, 30], [1, 31], [2, 2]];
        for (uint256 i = 0; i < ends.length; ++i) {
            IDatasetLedger.Policy memory policy = _policy();
            policy.edges[1].from = Stage.wrap(ends[i][0]);
            policy.edges[1].to = Stage.wrap(ends[i][1]);
            _refuses(policy, _invalidEdge(1));
        }
        IDatasetLedger.Policy memory right = _policy();
        right.edges[1].from = RECALLED;
        _publish("regulator", right, "");
    }

    function test_RefusesAnEdgeWithTermsThatCannotHold() external {
        IDatasetLedger.Policy memory policy = _policy();
        policy.edges[0].capability = 0;
        _refuses(policy, _invalidEdge(0));
        policy = _policy();
        policy.edges[1].duty = 4;
        _refuses(policy, _invalidEdge(1));
        policy = _policy();
        policy.edges[1].mustDiffer = 0x10;
        _refuses(policy, _invalidEdge(1));
        policy = _policy();
        policy.edges[0].ownerOnly = true;
        policy.edges[0].mustDiffer = 0x01;
        _refuses(policy, _invalidEdge(0));
        policy.edges[0].mustDiffer = 0x0E;
        _publish("regulator", policy, "");
    }

    function test_RefusesApprovalsWithoutApproversAndTheOtherWayRound() external {
        IDatasetLedger.Policy memory policy = _policy();
        policy.edges[1].approverCapability = 0;
        _refuses(policy, _invalidEdge(1));
        policy = _policy();
        policy.edges[1].approvals = 0;
        _refuses(policy, _invalidEdge(1));
    }

    function test_RefusesTheSameEdgeTwice() external {
        IDatasetLedger.Policy memory policy = _policy();
        policy.edges[1] = edge(Stage.wrap(1), Stage.wrap(2), Capabilities.AUDITOR);
        _refuses(policy, _invalidEdge(1));
    }

    function test_RefusesAGateThatIsMissingOrNeedless() external {
        IDatasetLedger.Policy memory policy = _policy();
        policy.gate = address(this);
        _refuses(policy, abi.encodeWithSelector(IDatasetLedger.InvalidGate.selector, address(this)));
        policy.edges[0].gated = true;
        policy.gate = address(0);
        _refuses(policy, abi.encodeWithSelector(IDatasetLedger.InvalidGate.selector, address(0)));
        policy.gate = addressOf("no contract");
        _refuses(policy, abi.encodeWithSelector(IDatasetLedger.InvalidGate.selector, policy.gate));
        policy.gate = address(this);
        _publish("regulator", policy, "");
    }

    // --------------------------------------------------------------------------------------------- success

    function test_PublishesThePolicy() external {
        IDatasetLedger.Policy memory policy = _policy();
        bytes32 digest = keccak256(abi.encode(policy));
        vm.assertEq(PolicyId.unwrap(ledger.policyByDigest(digest)), 0, "not yet");
        vm.warp(START + 6);
        vm.expectEmit(true, true, true, true, address(ledger));
        emit IDatasetLedger.PolicyPublished(NEXT, regulator, addressOf("regulator"), digest, policy, uint40(START + 6));
        vm.record();
        vm.prank(addressOf("regulator"));
        PolicyId id = ledger.publishPolicy(policy);
        // The count, the digest, two slots of terms, two edges.
        vm.assertEq(slotsWritten(address(ledger)), 6, "slots written");
        vm.assertEq(slotsWritten(address(organisations)), 0, "slots written elsewhere");

        vm.assertEq(PolicyId.unwrap(id), 2, "id");
        vm.assertEq(ledger.policyCount(), 2, "count");
        vm.assertEq(PolicyId.unwrap(ledger.policyByDigest(digest)), 2, "by digest");
        _assertEdges(id, policy);
    }

    function test_PublishesTheDefaultPolicy() external view {
        IDatasetLedger.Policy memory policy = DefaultPolicy.load();
        vm.assertEq(ledger.policyCount(), 1, "count");
        vm.assertEq(PolicyId.unwrap(ledger.policyByDigest(keccak256(abi.encode(policy)))), 1, "by digest");
        _assertEdges(DEFAULT_POLICY, policy);
        policy.edges = new IDatasetLedger.Edge[](0);
        _assertEdges(PolicyId.wrap(9), policy);
    }

    /// Every pair of stages, and nothing but the edges given.
    function _assertEdges(PolicyId id, IDatasetLedger.Policy memory policy) private view {
        for (uint8 from = 0; from < 33; ++from) {
            for (uint8 to = 0; to < 33; ++to) {
                IDatasetLedger.Edge memory expected = edge(Stage.wrap(from), Stage.wrap(to), 0);
                for (uint256 i = 0; i < policy.edges.length; ++i) {
                    IDatasetLedger.Edge memory candidate = policy.edges[i];
                    if (Stage.unwrap(candidate.from) == from && Stage.unwrap(candidate.to) == to) expected = candidate;
                }
                IDatasetLedger.Edge memory found = ledger.edge(id, Stage.wrap(from), Stage.wrap(to));
                vm.assertEq(abi.encode(found), abi.encode(expected), "edge");
            }
        }
    }
}
