// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId, PolicyId } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { SignedEntryPoint } from "../support/SignedEntryPoint.sol";
import { Signing } from "../support/Signing.sol";
import { vm } from "../support/Vm.sol";

contract ApproveBySigTest is SignedEntryPoint {
    IDatasetLedger.Step private step;

    /// A dataset whose collection an organisation with AUDITOR must approve.
    function setUp() public override {
        super.setUp();
        IDatasetLedger.Policy memory policy;
        policy.stageNames = new string[](2);
        policy.entry = PLANNED;
        policy.afterVersion = bytes32(uint256(1)) << 240;
        policy.edges = new IDatasetLedger.Edge[](1);
        policy.edges[0] = edge(PLANNED, COLLECTED, Capabilities.CUSTODIAN);
        policy.edges[0].approvals = 1;
        policy.edges[0].approverCapability = Capabilities.AUDITOR;
        PolicyId id = publish(policy);
        IDatasetLedger.VersionRecord memory first = recordOf("corpus");
        vm.prank(addressOf("clerk"));
        dataset = ledger.register(slugOf("corpus"), id, first);
        step = stepTo(dataset, COLLECTED);
    }

    function _org() internal pure override returns (OrgId) {
        return auditor;
    }

    function _key() internal pure override returns (string memory) {
        return "auditor";
    }

    function _structHash(uint256 nonce, uint256 deadline) internal view override returns (bytes32) {
        return Signing.approve(step, nonce, deadline);
    }

    function _relay(IDatasetLedger target, IDatasetLedger.Authorisation memory authorisation) internal override {
        target.approveBySig(step, authorisation);
    }

    function _direct() internal override {
        ledger.approve(step);
    }

    function _fields() internal pure override returns (uint256) {
        return 5;
    }

    function _alter(uint256 field) internal override {
        _alterStep(step, field);
    }

    function _repetitionAnew() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.AlreadyApproved.selector, dataset, auditor);
    }

    /// What one signed to be approved is not a word to take the step.
    function test_AnApprovalIsNoAdvance() external {
        IDatasetLedger.Authorisation memory authorisation = _signed("auditor", 0, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(IDatasetLedger.InvalidSignature.selector, addressOf("auditor")));
        ledger.advanceBySig(step, authorisation);
        ledger.approveBySig(step, authorisation);
    }
}
