// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, PolicyId, Stage } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { Gate, ReentrantGate } from "../support/Gates.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { vm } from "../support/Vm.sol";

contract AdvanceTest is LedgerFixture, NestedEntryPoint {
    string private constant ADVANCED = "Advanced(bytes32,uint32,address,bytes32,uint32,uint8,uint8,bytes32,uint40)";

    DatasetId private dataset;
    IDatasetLedger.Step private clean;

    /// The dataset waits to be cleaned.
    function setUp() public override(Consortium, LedgerFixture) {
        super.setUp();
        dataset = register("clerk", "corpus");
        advanceUpTo(dataset, COLLECTED);
        clean = IDatasetLedger.Step(dataset, 1, COLLECTED, CLEANED, keccak256("cleaned"));
    }

    function _org() internal pure override returns (OrgId) {
        return processor;
    }

    function _key() internal pure override returns (string memory) {
        return "processor";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.StageMismatch.selector, dataset, CLEANED, COLLECTED);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _take(key, clean, refusal);
    }

    function _take(string memory key, IDatasetLedger.Step memory step, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        ledger.advance(step);
    }

    /// A dataset `gauge` under a policy with one edge, PLANNED to COLLECTED, on these terms.
    function _gauge(IDatasetLedger.Edge memory terms, address gate) private returns (IDatasetLedger.Step memory step) {
        IDatasetLedger.Policy memory policy;
        policy.stageNames = new string[](3);
        policy.entry = PLANNED;
        policy.afterVersion = bytes32(uint256(1)) << 240;
        policy.gate = gate;
        policy.edges = new IDatasetLedger.Edge[](1);
        policy.edges[0] = terms;
        PolicyId id = publish(policy);
        IDatasetLedger.VersionRecord memory first = recordOf("gauge");
        vm.prank(addressOf("clerk"));
        DatasetId gauge = ledger.register(slugOf("gauge"), id, first);
        return stepTo(gauge, COLLECTED);
    }

    // --------------------------------------------------------------------------- refusals: not as it stands

    function test_RefusesAnUnknownDataset() external {
        clean.dataset = identifier(owner, "nowhere");
        _attempt("processor", abi.encodeWithSelector(IDatasetLedger.UnknownDataset.selector, clean.dataset));
    }

    function test_RefusesADatasetWithoutAVersion() external {
        IDatasetLedger.VersionRecord memory none;
        vm.prank(addressOf("clerk"));
        DatasetId planned = ledger.register(slugOf("planned"), DEFAULT_POLICY, none);
        IDatasetLedger.Step memory step = stepTo(planned, COLLECTED);
        _take("clerk", step, abi.encodeWithSelector(IDatasetLedger.NoVersion.selector, planned));
    }

    function test_RefusesAnyVersionButTheCurrent() external {
        addVersion("clerk", dataset, "corpus 2");
        uint32[4] memory versions = [0, 1, 3, type(uint32).max];
        for (uint256 i = 0; i < versions.length; ++i) {
            clean.version = versions[i];
            bytes memory refusal =
                abi.encodeWithSelector(IDatasetLedger.StaleVersion.selector, dataset, uint32(2), versions[i]);
            _attempt("processor", refusal);
        }
    }

    function test_RefusesAnyStageButTheCurrent() external {
        for (uint8 from = 0; from < 40; ++from) {
            if (from == Stage.unwrap(COLLECTED)) continue;
            clean.from = Stage.wrap(from);
            bytes memory refusal =
                abi.encodeWithSelector(IDatasetLedger.StageMismatch.selector, dataset, COLLECTED, clean.from);
            _attempt("processor", refusal);
        }
    }

    function test_RefusesNoEvidence() external {
        clean.evidence = 0;
        _attempt("processor", abi.encodeWithSelector(IDatasetLedger.EvidenceMissing.selector));
    }

    /// Skipping a stage, standing still, and stages that do not exist.
    function test_RefusesAStepThatThePolicyDoesNotHave() external {
        for (uint256 to = 0; to < 256; ++to) {
            if (to == Stage.unwrap(CLEANED)) continue;
            clean.to = Stage.wrap(uint8(to));
            bytes memory refusal =
                abi.encodeWithSelector(IDatasetLedger.NoSuchStep.selector, DEFAULT_POLICY, COLLECTED, clean.to);
            _attempt("processor", refusal);
        }
    }

    function test_RefusesAnyStepWhileSuspended() external {
        suspendDataset("regulator", dataset);
        _attempt(
            "processor", abi.encodeWithSelector(IDatasetLedger.StageMismatch.selector, dataset, SUSPENDED, COLLECTED)
        );
        for (uint8 to = 0; to < 32; ++to) {
            clean.from = SUSPENDED;
            clean.to = Stage.wrap(to);
            bytes memory refusal =
                abi.encodeWithSelector(IDatasetLedger.NoSuchStep.selector, DEFAULT_POLICY, SUSPENDED, clean.to);
            _attempt("processor", refusal);
        }
    }

    // ------------------------------------------------------------------------------ refusals: not by them

    function test_RefusesAnOrganisationWithoutTheCapability() external {
        string[5] memory keys = ["clerk", "rival", "labeler", "auditor", "regulator"];
        OrgId[5] memory orgs = [owner, rival, labeler, auditor, regulator];
        uint16[5] memory held = [
            Capabilities.CUSTODIAN,
            Capabilities.CUSTODIAN,
            Capabilities.LABELER,
            Capabilities.AUDITOR,
            Capabilities.REGULATOR
        ];
        for (uint256 i = 0; i < keys.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(
                IDatasetLedger.MissingCapability.selector, orgs[i], Capabilities.PROCESSOR, held[i]
            );
            _attempt(keys[i], refusal);
        }
    }

    function test_RefusesAnOrganisationWithOnlySomeOfTheCapabilities() external {
        uint16 both = Capabilities.LABELER | Capabilities.AUDITOR;
        IDatasetLedger.Step memory step = _gauge(edge(PLANNED, COLLECTED, both), address(0));
        bytes memory refusal =
            abi.encodeWithSelector(IDatasetLedger.MissingCapability.selector, auditor, both, Capabilities.AUDITOR);
        _take("auditor", step, refusal);
        vm.prank(addressOf("root"));
        organisations.setCapabilities(auditor, both, 0);
        _take("auditor", step, "");
    }

    function test_RefusesWhoIsNotTheOwner() external {
        DatasetId fresh = register("clerk", "fresh");
        IDatasetLedger.Step memory step = stepTo(fresh, COLLECTED);
        string[3] memory keys = ["rival", "province", "abroad"];
        OrgId[3] memory orgs = [rival, province, abroad];
        for (uint256 i = 0; i < keys.length; ++i) {
            _take(keys[i], step, abi.encodeWithSelector(IDatasetLedger.NotOwner.selector, fresh, owner, orgs[i]));
        }
    }

    function test_RefusesTheOwnerAndWhoDidADuty() external {
        advanceUpToValidated();
        string[3] memory keys = ["clerk", "processor", "labeler"];
        OrgId[3] memory orgs = [owner, processor, labeler];
        for (uint8 part = 0; part < keys.length; ++part) {
            vm.prank(addressOf("root"));
            organisations.setCapabilities(orgs[part], SEVEN, 0);
            bytes memory refusal =
                abi.encodeWithSelector(IDatasetLedger.DutiesNotSeparate.selector, dataset, orgs[part], part);
            _take(keys[part], stepTo(dataset, AUDITED), refusal);
        }
        _take("auditor", stepTo(dataset, AUDITED), "");
    }

    function test_RefusesEachPartOfTheMaskAlone() external {
        IDatasetLedger.Edge memory terms = edge(PLANNED, COLLECTED, Capabilities.CUSTODIAN);
        terms.mustDiffer = 0x01;
        IDatasetLedger.Step memory step = _gauge(terms, address(0));
        _take(
            "clerk",
            step,
            abi.encodeWithSelector(IDatasetLedger.DutiesNotSeparate.selector, step.dataset, owner, uint8(0))
        );
        _take("rival", step, "");
    }

    function test_RefusesToTakeOverADutyOfThisVersion() external {
        admit("root", "processor-2", Capabilities.PROCESSOR, 0);
        OrgId second = OrgId.wrap(11);
        _attempt("processor", "");
        advance("clerk", dataset, COLLECTED);
        bytes memory refusal =
            abi.encodeWithSelector(IDatasetLedger.DutyTaken.selector, dataset, uint8(1), processor, second);
        _take("processor-2", clean, refusal);
        _attempt("processor", "");
    }

    // ------------------------------------------------------------------------------------ refusals: not yet

    function test_RefusesBeforeTheLeastTime() external {
        IDatasetLedger.Edge memory terms = edge(PLANNED, COLLECTED, Capabilities.CUSTODIAN);
        terms.minSeconds = 3600;
        IDatasetLedger.Step memory step = _gauge(terms, address(0));
        bytes memory refusal = abi.encodeWithSelector(IDatasetLedger.TooEarly.selector, step.dataset, START + 3600);
        _take("clerk", step, refusal);
        vm.warp(START + 3599);
        _take("clerk", step, refusal);
        vm.warp(START + 3600);
        _take("clerk", step, "");
    }

    function test_RefusesWithoutTheApprovals_AndAnApprover() external {
        IDatasetLedger.Edge memory terms = edge(PLANNED, COLLECTED, Capabilities.REGULATOR);
        terms.approvals = 2;
        terms.approverCapability = Capabilities.REGULATOR;
        IDatasetLedger.Step memory step = _gauge(terms, address(0));
        _take("regulator", step, _approvalsMissing(step, 0));
        vm.prank(addressOf("outsider"));
        ledger.approve(step);
        _take("regulator", step, _approvalsMissing(step, 1));
        vm.prank(addressOf("province"));
        ledger.approve(step);
        bytes memory approver =
            abi.encodeWithSelector(IDatasetLedger.ApproverCannotAct.selector, step.dataset, outsider);
        _take("outsider", step, approver);
        // Said of other evidence, the approvals count for nothing.
        bytes32 evidence = step.evidence;
        step.evidence = keccak256("other evidence");
        _take("regulator", step, _approvalsMissing(step, 0));
        step.evidence = evidence;
        _take("regulator", step, "");
    }

    function test_ApprovalsAreVoidOnceStageOrVersionChange() external {
        IDatasetLedger.Edge memory terms = edge(PLANNED, COLLECTED, Capabilities.CUSTODIAN);
        terms.approvals = 1;
        terms.approverCapability = Capabilities.REGULATOR;
        IDatasetLedger.Step memory step = _gauge(terms, address(0));
        vm.prank(addressOf("outsider"));
        ledger.approve(step);
        vm.assertEq(ledger.approvals(step), 1, "before");
        suspendDataset("regulator", step.dataset);
        vm.prank(addressOf("regulator"));
        ledger.reinstate(step.dataset, "");
        vm.assertEq(ledger.approvals(step), 0, "after");
        _take("clerk", step, _approvalsMissing(step, 0, 1));
    }

    function _approvalsMissing(IDatasetLedger.Step memory step, uint256 given) private pure returns (bytes memory) {
        return _approvalsMissing(step, given, 2);
    }

    function _approvalsMissing(IDatasetLedger.Step memory step, uint256 given, uint8 required)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IDatasetLedger.ApprovalsMissing.selector, step.dataset, required, given);
    }

    function test_AsksTheGate() external {
        IDatasetLedger.Edge memory terms = edge(PLANNED, COLLECTED, Capabilities.CUSTODIAN);
        terms.gated = true;
        IDatasetLedger.Step memory step = _gauge(terms, address(new Gate(keccak256("passed"))));
        bytes memory refusal = abi.encodeWithSelector(
            Gate.Shut.selector, step.dataset, step.version, step.from, step.to, rival, step.evidence
        );
        _take("rival", step, refusal);
        step.evidence = keccak256("passed");
        _take("rival", step, "");
    }

    function test_GivesTheGateNoRightToChangeState() external {
        IDatasetLedger.Edge memory terms = edge(PLANNED, COLLECTED, Capabilities.CUSTODIAN);
        terms.gated = true;
        ReentrantGate gate = new ReentrantGate();
        // A gate that is itself a member, and so could take the step by its own right.
        vm.prank(addressOf("rival"));
        organisations.addMember(rival, address(gate), IOrganisations.Role.OPERATOR, 0, EVER);
        IDatasetLedger.Step memory step = _gauge(terms, address(gate));
        vm.expectRevert(bytes(""));
        vm.prank(addressOf("clerk"));
        ledger.advance{ gas: 1_000_000 }(step);
        vm.assertTrue(ledger.state(step.dataset).stage == PLANNED, "stage");
    }

    // --------------------------------------------------------------------------------------------- success

    function test_TakesAStep() external {
        bytes32 first = ledger.commitment(dataset, 1);
        vm.warp(START + 8);
        bytes32 head = _expectAdvanced("processor", processor, clean, uint40(START + 8));
        vm.record();
        _attempt("processor", "");
        vm.assertEq(slotsWritten(address(ledger)), 2, "slots written");
        vm.assertEq(slotsWritten(address(organisations)), 0, "slots written elsewhere");

        assertState(
            dataset,
            IDatasetLedger.State(
                owner, CLEANED, 1, DEFAULT_POLICY, uint40(START + 8), uint96(OrgId.unwrap(processor)), 3, 0x06
            )
        );
        vm.assertEq(ledger.head(dataset), head, "head");
        vm.assertEq(ledger.commitment(dataset, 1), first, "commitment");
        assertUnrecalled(dataset, 1);
        vm.assertTrue(ledger.suspendedBy(dataset) == NONE, "suspended by");
    }

    /// Who did a duty for an earlier version stands until another organisation does it anew.
    function test_ADutyOfAnEarlierVersionPassesOn() external {
        _attempt("processor", "");
        addVersion("clerk", dataset, "corpus 2");
        vm.assertEq(ledger.state(dataset).duties, OrgId.unwrap(processor), "carried over");
        admit("root", "processor-2", Capabilities.PROCESSOR, 0);
        advance("clerk", dataset, COLLECTED);
        advance("processor-2", dataset, CLEANED);
        IDatasetLedger.State memory state = ledger.state(dataset);
        vm.assertEq(state.duties, 11, "done anew");
        vm.assertEq(state.flags, 0x06, "for this version");
    }

    function test_WalksTheDefaultPolicyFromEndToEnd() external {
        IDatasetLedger.Step memory step;
        string[9] memory parts = ["", "", "processor", "labeler", "clerk", "auditor", "clerk", "clerk", "clerk"];
        OrgId[9] memory orgs = [NONE, NONE, processor, labeler, owner, auditor, owner, owner, owner];
        for (uint8 to = 3; to <= 9; ++to) {
            vm.warp(START + to);
            step = stepTo(dataset, Stage.wrap(to));
            bytes32 head = _expectAdvanced(parts[to - 1], orgs[to - 1], step, uint40(START + to));
            _take(parts[to - 1], step, "");
            vm.assertEq(ledger.head(dataset), head, "head");
        }
        uint96 duties =
            uint96(OrgId.unwrap(processor)) | uint96(OrgId.unwrap(labeler)) << 32 | uint96(OrgId.unwrap(owner)) << 64;
        assertState(dataset, IDatasetLedger.State(owner, DESTROYED, 1, DEFAULT_POLICY, uint40(START + 9), duties, 9, 0));
    }

    function _expectAdvanced(string memory key, OrgId org, IDatasetLedger.Step memory step, uint40 time)
        private
        returns (bytes32 head)
    {
        bytes memory data = abi.encode(ledger.head(step.dataset), step.version, step.from, step.to, step.evidence, time);
        head = headAfter(ADVANCED, step.dataset, org, addressOf(key), data);
        vm.expectEmit(true, true, true, true, address(ledger));
        emit IDatasetLedger.Advanced(
            step.dataset, org, addressOf(key), head, step.version, step.from, step.to, step.evidence, time
        );
    }

    function advanceUpToValidated() private {
        advance("processor", dataset, CLEANED);
        advance("labeler", dataset, LABELED);
        advance("clerk", dataset, VALIDATED);
    }
}
