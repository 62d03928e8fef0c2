// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, PolicyId } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { vm } from "../support/Vm.sol";

contract ApproveTest is LedgerFixture, NestedEntryPoint {
    string private constant APPROVED = "StepApproved(bytes32,uint32,address,bytes32,uint32,uint8,uint8,bytes32,uint40)";

    IDatasetLedger.Step private step;

    /// A dataset, cleaned and labelled, whose publication two organisations with AUDITOR must approve.
    function setUp() public override(Consortium, LedgerFixture) {
        super.setUp();
        IDatasetLedger.Policy memory policy;
        policy.stageNames = new string[](3);
        policy.entry = PLANNED;
        policy.afterVersion = bytes32(uint256(1)) << 240;
        policy.edges = new IDatasetLedger.Edge[](3);
        for (uint8 i = 0; i < 2; ++i) {
            policy.edges[i] = edge(
                i == 0 ? PLANNED : COLLECTED,
                i == 0 ? COLLECTED : CLEANED,
                i == 0 ? Capabilities.PROCESSOR : Capabilities.LABELER
            );
            policy.edges[i].duty = 3 - i;
        }
        policy.edges[2] = edge(CLEANED, PLANNED, Capabilities.CUSTODIAN);
        policy.edges[2].approvals = 2;
        policy.edges[2].approverCapability = Capabilities.AUDITOR;
        PolicyId id = publish(policy);
        IDatasetLedger.VersionRecord memory first = recordOf("corpus");
        vm.prank(addressOf("clerk"));
        DatasetId dataset = ledger.register(slugOf("corpus"), id, first);
        advance("processor", dataset, COLLECTED);
        advance("labeler", dataset, CLEANED);
        step = stepTo(dataset, PLANNED);
    }

    function _org() internal pure override returns (OrgId) {
        return auditor;
    }

    function _key() internal pure override returns (string memory) {
        return "auditor";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.AlreadyApproved.selector, step.dataset, auditor);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _approve(key, step, refusal);
    }

    function _approve(string memory key, IDatasetLedger.Step memory wanted, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        ledger.approve(wanted);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAStepThatIsNotAsThingsStand() external {
        IDatasetLedger.Step memory wanted = step;
        wanted.dataset = identifier(owner, "nowhere");
        _approve("auditor", wanted, abi.encodeWithSelector(IDatasetLedger.UnknownDataset.selector, wanted.dataset));
        wanted = step;
        wanted.version = 2;
        bytes memory stale =
            abi.encodeWithSelector(IDatasetLedger.StaleVersion.selector, step.dataset, uint32(1), uint32(2));
        _approve("auditor", wanted, stale);
        wanted = step;
        wanted.from = PLANNED;
        bytes memory mismatch =
            abi.encodeWithSelector(IDatasetLedger.StageMismatch.selector, step.dataset, CLEANED, PLANNED);
        _approve("auditor", wanted, mismatch);
        wanted = step;
        wanted.evidence = 0;
        _approve("auditor", wanted, abi.encodeWithSelector(IDatasetLedger.EvidenceMissing.selector));
        wanted = step;
        wanted.to = COLLECTED;
        bytes memory noStep =
            abi.encodeWithSelector(IDatasetLedger.NoSuchStep.selector, PolicyId.wrap(2), CLEANED, COLLECTED);
        _approve("auditor", wanted, noStep);
    }

    function test_RefusesADatasetWithoutAVersion() external {
        IDatasetLedger.VersionRecord memory none;
        vm.prank(addressOf("clerk"));
        DatasetId planned = ledger.register(slugOf("planned"), PolicyId.wrap(2), none);
        IDatasetLedger.Step memory wanted = stepTo(planned, COLLECTED);
        _approve("auditor", wanted, abi.encodeWithSelector(IDatasetLedger.NoVersion.selector, planned));
    }

    function test_RefusesAStepThatNeedsNoApproval() external {
        DatasetId fresh = register("clerk", "fresh");
        bytes memory refusal =
            abi.encodeWithSelector(IDatasetLedger.ApprovalNotNeeded.selector, fresh, PLANNED, COLLECTED);
        _approve("auditor", stepTo(fresh, COLLECTED), refusal);
    }

    function test_RefusesAnOrganisationWithoutTheCapability() external {
        bytes memory refusal = abi.encodeWithSelector(
            IDatasetLedger.MissingCapability.selector, regulator, Capabilities.AUDITOR, Capabilities.REGULATOR
        );
        _attempt("regulator", refusal);
    }

    function test_RefusesTheOwnerAndWhoDidADuty() external {
        string[3] memory keys = ["clerk", "labeler", "processor"];
        OrgId[3] memory orgs = [owner, labeler, processor];
        uint8[3] memory parts = [0, 2, 3];
        for (uint8 i = 0; i < keys.length; ++i) {
            vm.prank(addressOf("root"));
            organisations.setCapabilities(orgs[i], SEVEN, 0);
            bytes memory refusal =
                abi.encodeWithSelector(IDatasetLedger.DutiesNotSeparate.selector, step.dataset, orgs[i], parts[i]);
            _attempt(keys[i], refusal);
        }
    }

    function test_RefusesASecondKeyOfTheSameOrganisation() external {
        addMember("auditor", auditor, "auditor's clerk", IOrganisations.Role.OPERATOR);
        _attempt("auditor", "");
        _attempt("auditor's clerk", _repetition());
    }

    // --------------------------------------------------------------------------------------------- success

    function test_ApprovesAStep() external {
        IDatasetLedger.State memory before = ledger.state(step.dataset);
        vm.warp(START + 8);
        bytes memory data =
            abi.encode(ledger.head(step.dataset), step.version, step.from, step.to, step.evidence, uint40(START + 8));
        bytes32 head = headAfter(APPROVED, step.dataset, auditor, addressOf("auditor"), data);
        vm.expectEmit(true, true, true, true, address(ledger));
        emit IDatasetLedger.StepApproved(
            step.dataset,
            auditor,
            addressOf("auditor"),
            head,
            step.version,
            step.from,
            step.to,
            step.evidence,
            uint40(START + 8)
        );
        vm.record();
        _attempt("auditor", "");
        // The head, the count of approvals, the approver.
        vm.assertEq(slotsWritten(address(ledger)), 3, "slots written");
        vm.assertEq(slotsWritten(address(organisations)), 0, "slots written elsewhere");

        vm.assertEq(ledger.head(step.dataset), head, "head");
        vm.assertEq(ledger.approvals(step), 1, "approvals");
        vm.assertTrue(ledger.approvedBy(step, auditor), "approved by the auditor");
        vm.assertFalse(ledger.approvedBy(step, processor), "approved by the processor");
        assertState(step.dataset, before);
    }

    function test_CountsEachOrganisationOnce_AndForThisStepOnly() external {
        admit("root", "auditor-2", Capabilities.AUDITOR, 0);
        _attempt("auditor", "");
        _attempt("auditor-2", "");
        vm.assertEq(ledger.approvals(step), 2, "approvals");
        IDatasetLedger.Step memory other = step;
        other.evidence = keccak256("other evidence");
        vm.assertEq(ledger.approvals(other), 0, "approvals of other evidence");
        _approve("auditor", other, "");
        vm.assertEq(ledger.approvals(other), 1, "approvals of other evidence");
        vm.assertEq(ledger.approvals(step), 2, "approvals");
    }

    /// The same step, come round again, needs new approvals.
    function test_IsVoidOnceTheStepIsTaken() external {
        admit("root", "auditor-2", Capabilities.AUDITOR, 0);
        _attempt("auditor", "");
        _attempt("auditor-2", "");
        vm.prank(addressOf("clerk"));
        ledger.advance(step);
        advance("processor", step.dataset, COLLECTED);
        advance("labeler", step.dataset, CLEANED);
        vm.assertEq(ledger.approvals(step), 0, "approvals");
        vm.assertFalse(ledger.approvedBy(step, auditor), "approved by the auditor");
        _attempt("auditor", "");
    }
}
