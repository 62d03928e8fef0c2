// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { GrantId, OrgId } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { UseFixture } from "../support/UseFixture.sol";
import { vm } from "../support/Vm.sol";

contract ReserveTest is UseFixture, NestedEntryPoint {
    GrantId private grant;

    function setUp() public override(Consortium, UseFixture) {
        super.setUp();
        setBudget(corpus, 20_000, 15_000);
        grant = granted(1);
    }

    function _org() internal pure override returns (OrgId) {
        return owner;
    }

    function _key() internal pure override returns (string memory) {
        return "clerk";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDataUse.RunExists.selector, grant, runId("run"));
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _reserve(key, reservationOf(grant, "run", 4_000), refusal);
    }

    function _reserve(string memory key, IDataUse.Reservation memory wanted, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        use.reserve(wanted);
    }

    /// @dev The grant cannot be used, for the reason that its own check gives, too.
    function _unusable(bytes memory refusal) private {
        vm.expectRevert(refusal);
        use.checkUsable(grant);
        vm.assertFalse(use.isUsable(grant), "usable");
        _attempt("clerk", refusal);
    }

    // ------------------------------------------------------------------------------------ refusals: the grant

    function test_RefusesAGrantThatIsNotGranted() external {
        GrantId known = grant;
        grant = GrantId.wrap(keccak256("nothing"));
        _unusable(abi.encodeWithSelector(IDataUse.UnknownGrant.selector, grant));
        grant = request(2);
        _unusable(abi.encodeWithSelector(IDataUse.NotGranted.selector, grant, IDataUse.GrantState.REQUESTED));
        vm.prank(addressOf("clerk"));
        use.refuseUse(grant, "no");
        _unusable(abi.encodeWithSelector(IDataUse.NotGranted.selector, grant, IDataUse.GrantState.REFUSED));
        grant = known;
        revoke("clerk", grant);
        _unusable(abi.encodeWithSelector(IDataUse.NotGranted.selector, grant, IDataUse.GrantState.REVOKED));
    }

    function test_RefusesAGrantThatExpired() external {
        vm.warp(GRANT_END);
        _unusable(abi.encodeWithSelector(IDataUse.GrantExpired.selector, grant, GRANT_END));
        vm.warp(GRANT_END - 1);
        use.checkUsable(grant);
        _attempt("clerk", "");
    }

    function test_RefusesAProjectWhoseApprovalExpired() external {
        uint40 sooner = uint40(START + 10 days);
        vm.prank(addressOf("regulator"));
        use.approveProject(project, sooner);
        vm.warp(sooner);
        _unusable(abi.encodeWithSelector(IDataUse.ProjectExpired.selector, project, sooner));
        approve("regulator", project);
        _attempt("clerk", "");
    }

    function test_RefusesAProjectThatWasEnded() external {
        endProject("consumer", project);
        _unusable(abi.encodeWithSelector(IDataUse.ProjectIsEnded.selector, project));
    }

    function test_RefusesWhileWhoApprovedTheProjectIsSuspended_UntilAnotherApproves() external {
        suspendOrganisation("province", regulator);
        _unusable(abi.encodeWithSelector(IOrganisations.OrganisationIsSuspended.selector, regulator, province));
        approve("national", project);
        vm.assertTrue(use.isUsable(grant), "usable");
        _attempt("clerk", "");
    }

    function test_RefusesOnceWhoApprovedTheProjectIsNoRegulatorAnyMore() external {
        vm.prank(addressOf("root"));
        organisations.setCapabilities(regulator, Capabilities.AUDITOR, 0);
        _unusable(missing(regulator, Capabilities.REGULATOR, Capabilities.AUDITOR));
    }

    function test_RefusesWhileTheApplicantIsSuspended() external {
        suspendOrganisation("root", consumer);
        _unusable(abi.encodeWithSelector(IOrganisations.OrganisationIsSuspended.selector, consumer, root));
        vm.prank(addressOf("root"));
        organisations.reinstate(consumer);
        _attempt("clerk", "");
    }

    function test_RefusesOnceTheApplicantIsNoConsumerAnyMore() external {
        vm.prank(addressOf("root"));
        organisations.setCapabilities(consumer, Capabilities.LABELER, 0);
        _unusable(missing(consumer, Capabilities.CONSUMER, Capabilities.LABELER));
    }

    function test_RefusesAnOwnerThatIsNoCustodianAnyMore() external {
        vm.prank(addressOf("root"));
        organisations.setCapabilities(owner, Capabilities.LABELER, 0);
        _unusable(missing(owner, Capabilities.CUSTODIAN, Capabilities.LABELER));
    }

    // ---------------------------------------------------------------------------------- refusals: the dataset

    function test_RefusesASuspendedDataset_UntilItIsReinstated() external {
        suspendDataset("regulator", corpus);
        _unusable(abi.encodeWithSelector(IDataUse.StageNotAllowed.selector, grant, SUSPENDED));
        vm.prank(addressOf("regulator"));
        ledger.reinstate(corpus, "");
        _attempt("clerk", "");
    }

    function test_RefusesARecalledDataset() external {
        _recall(1);
        _unusable(abi.encodeWithSelector(IDataUse.StageNotAllowed.selector, grant, RECALLED));
    }

    function test_RefusesAStageThatIsNotGranted() external {
        advance("clerk", corpus, VALIDATED);
        vm.assertTrue(use.isUsable(grant), "VALIDATED is granted");
        advance("auditor", corpus, AUDITED);
        _unusable(abi.encodeWithSelector(IDataUse.StageNotAllowed.selector, grant, AUDITED));
    }

    function test_RefusesARecalledVersionOfADatasetThatWentOn() external {
        addVersion("clerk", corpus, "corpus 2");
        vm.assertTrue(use.isUsable(grant), "version 1 is granted, whatever is current");
        _recall(1);
        _unusable(abi.encodeWithSelector(IDataUse.VersionIsRecalled.selector, corpus, uint32(1)));
    }

    function test_RefusesAVersionThatIsNotGranted() external {
        addVersion("clerk", corpus, "corpus 2");
        IDataUse.Reservation memory wanted = reservationOf(grant, "run", 1);
        uint32[3] memory versions = [uint32(0), 2, 3];
        for (uint256 i = 0; i < versions.length; ++i) {
            wanted.version = versions[i];
            bytes memory refusal =
                abi.encodeWithSelector(IDataUse.VersionNotGranted.selector, grant, uint32(1), versions[i]);
            _reserve("clerk", wanted, refusal);
        }
    }

    /// A grant of every version is usable for each that is not recalled.
    function test_GrantOfEveryVersion() external {
        IDataUse.Request memory wanted = requestOf(7);
        wanted.version = 0;
        vm.prank(addressOf("consumer"));
        grant = use.requestUse(wanted);
        grantUse(grant, termsOf(10_000));
        addVersion("clerk", corpus, "corpus 2");
        _recall(1);
        use.checkUsable(grant);

        IDataUse.Reservation memory reservation = reservationOf(grant, "run", 10);
        _reserve("clerk", reservation, abi.encodeWithSelector(IDataUse.VersionIsRecalled.selector, corpus, uint32(1)));
        uint32[2] memory unknown = [uint32(0), 3];
        for (uint256 i = 0; i < unknown.length; ++i) {
            reservation.version = unknown[i];
            bytes memory refusal = abi.encodeWithSelector(IDatasetLedger.UnknownVersion.selector, corpus, unknown[i]);
            _reserve("clerk", reservation, refusal);
        }
        reservation.version = 2;
        _reserve("clerk", reservation, "");
    }

    function _recall(uint32 version) private {
        vm.prank(addressOf("regulator"));
        ledger.recall(corpus, version, IDatasetLedger.Severity.ADVISORY, "");
    }

    function test_RefusesADatasetWithoutAVersion() external {
        IDatasetLedger.VersionRecord memory none;
        vm.prank(addressOf("clerk"));
        corpus = ledger.register(slugOf("planned"), DEFAULT_POLICY, none);
        IDataUse.Request memory wanted = requestOf(8);
        wanted.version = 0;
        vm.prank(addressOf("consumer"));
        grant = use.requestUse(wanted);
        IDataUse.Terms memory terms = termsOf(10_000);
        terms.stages = 1 << 1;
        grantUse(grant, terms);
        vm.assertFalse(use.isUsable(grant), "usable");
        vm.expectRevert(abi.encodeWithSelector(IDatasetLedger.UnknownVersion.selector, corpus, uint32(0)));
        use.checkUsable(grant);
    }

    // --------------------------------------------------------------------------------- refusals: co-signatures

    function test_RefusesAGrantWithoutTheCosignatureThatItsLevelNowDemands() external {
        classify("clerk", corpus, 1);
        use.checkUsable(grant);
        classify("clerk", corpus, 2);
        _unusable(abi.encodeWithSelector(IDataUse.CosignatureMissing.selector, grant, uint8(2)));
        _cosign("national");
        _attempt("clerk", "");
    }

    function test_RefusesWhileWhoCosignedIsSuspended_UntilAnotherCosigns() external {
        classify("clerk", corpus, 2);
        _cosign("national");
        suspendOrganisation("root", national);
        _unusable(abi.encodeWithSelector(IOrganisations.OrganisationIsSuspended.selector, national, root));
        _cosign("regulator");
        _attempt("clerk", "");
    }

    function test_RefusesOnceWhoCosignedIsNoRegulatorAnyMore() external {
        classify("clerk", corpus, 2);
        _cosign("national");
        vm.prank(addressOf("root"));
        organisations.setCapabilities(national, Capabilities.AUDITOR, 0);
        _unusable(missing(national, Capabilities.REGULATOR, Capabilities.AUDITOR));
    }

    /// What needed a co-signature when it was granted goes on needing it; what was raised later, and lowered, does not.
    function test_ALevelThatIsLoweredFreesNoGrantThatWasGivenUnderIt() external {
        classify("national", corpus, 3);
        GrantId later = granted(2);
        classify("national", corpus, 0);
        use.checkUsable(grant);
        grant = later;
        _unusable(abi.encodeWithSelector(IDataUse.CosignatureMissing.selector, grant, uint8(3)));
    }

    function _cosign(string memory by) private {
        IDataUse.Terms memory terms = termsOf(10_000);
        vm.prank(addressOf(by));
        use.cosign(grant, terms);
    }

    // ------------------------------------------------------------------------------------- refusals: the run

    function test_RefusesWhoIsNotTheOwner() external {
        string[3] memory keys = ["rival", "province", "root"];
        OrgId[3] memory orgs = [rival, province, root];
        for (uint256 i = 0; i < keys.length; ++i) {
            _attempt(keys[i], abi.encodeWithSelector(IDatasetLedger.NotOwner.selector, corpus, owner, orgs[i]));
        }
        _attempt("consumer", missing(consumer, Capabilities.CUSTODIAN, Capabilities.CONSUMER));
    }

    function test_RefusesARunWithoutCode() external {
        IDataUse.Reservation memory wanted = reservationOf(grant, "run", 1);
        wanted.code = 0;
        _reserve("clerk", wanted, abi.encodeWithSelector(IDataUse.CodeMissing.selector));
    }

    function test_RefusesOtherCodeThanGranted() external {
        GrantId algorithm = request(2);
        IDataUse.Terms memory terms = termsOf(10_000);
        terms.code = sha256("the algorithm");
        grantUse(algorithm, terms);
        IDataUse.Reservation memory wanted = reservationOf(algorithm, "run", 1);
        _reserve("clerk", wanted, abi.encodeWithSelector(IDataUse.OtherCode.selector, algorithm, terms.code, QUERY));
        wanted.code = terms.code;
        _reserve("clerk", wanted, "");
    }

    /// Each grant has its own run ids: nobody can take another's.
    function test_ARunIdIsFreeUnderAnotherGrant() external {
        _attempt("clerk", "");
        GrantId other = granted(2);
        _reserve("clerk", reservationOf(other, "run", 1), "");
        _attempt("clerk", _repetition());
    }

    function test_RefusesTheRunIdOfASettledRun() external {
        _attempt("clerk", "");
        settle(receiptOf(grant, "run", 1));
        _attempt("clerk", _repetition());
    }

    // ---------------------------------------------------------------------------------------- refusals: costs

    function test_RefusesARunThatCostsNothing() external {
        IDataUse.Reservation memory wanted = reservationOf(grant, "run", 0);
        _reserve("clerk", wanted, _invalidCost(IDataUse.Composition.BASIC, 0, 0));
        wanted.cost.deltaPico = 1;
        _reserve("clerk", wanted, _invalidCost(IDataUse.Composition.BASIC, 0, 1));
    }

    function test_RefusesADeltaUnderZcdp_AndABudgetThatCountsOtherwise() external {
        GrantId zcdp = request(2);
        IDataUse.Terms memory terms = termsOf(10_000);
        terms.composition = IDataUse.Composition.ZCDP;
        terms.limit.deltaPico = 0;
        grantUse(zcdp, terms);
        IDataUse.Reservation memory wanted = reservationOf(zcdp, "run", 100);
        _reserve("clerk", wanted, _invalidCost(IDataUse.Composition.ZCDP, 100, 10));
        wanted.cost.deltaPico = 0;
        bytes memory other = abi.encodeWithSelector(
            IDataUse.OtherComposition.selector, corpus, IDataUse.Composition.BASIC, IDataUse.Composition.ZCDP
        );
        _reserve("clerk", wanted, other);
    }

    function test_RefusesWhereThereIsNoBudget() external {
        corpus = register("clerk", "another");
        advanceUpTo(corpus, LABELED);
        grant = granted(2);
        use.checkUsable(grant);
        bytes memory other = abi.encodeWithSelector(
            IDataUse.OtherComposition.selector, corpus, IDataUse.Composition.NONE, IDataUse.Composition.BASIC
        );
        _attempt("clerk", other);
    }

    function test_AnExactUseCostsNothing_AndNeedsNoBudget() external {
        corpus = register("clerk", "another");
        advanceUpTo(corpus, LABELED);
        GrantId exact = request(2);
        grantUse(exact, termsOf(0));
        _reserve("clerk", reservationOf(exact, "run", 1), _invalidCost(IDataUse.Composition.NONE, 1, 0));
        IDataUse.Reservation memory wanted = reservationOf(exact, "run", 0);
        wanted.cost.deltaPico = 1;
        _reserve("clerk", wanted, _invalidCost(IDataUse.Composition.NONE, 0, 1));
        wanted.cost.deltaPico = 0;
        vm.record();
        _reserve("clerk", wanted, "");
        vm.assertEq(slotsWritten(address(use)), 1, "slots written");
        assertCounted(exact, 0, 0);
    }

    function _invalidCost(IDataUse.Composition composition, uint64 micro, uint64 deltaPico)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IDataUse.InvalidCost.selector, composition, micro, deltaPico);
    }

    /// Each part of each limit stops on its own, to the last unit.
    function test_RefusesMoreThanTheGrantsLimit() external {
        _reserve("clerk", _costing("first", 9_000, 100), "");
        bytes memory micro = abi.encodeWithSelector(
            IDataUse.GrantLimitExceeded.selector, grant, uint64(1_000), uint64(19_900), uint64(1_001), uint64(1)
        );
        _reserve("clerk", _costing("run", 1_001, 1), micro);
        bytes memory delta = abi.encodeWithSelector(
            IDataUse.GrantLimitExceeded.selector, grant, uint64(1_000), uint64(19_900), uint64(1), uint64(19_901)
        );
        _reserve("clerk", _costing("run", 1, 19_901), delta);
        uint64 most = type(uint64).max;
        bytes memory overflow = abi.encodeWithSelector(
            IDataUse.GrantLimitExceeded.selector, grant, uint64(1_000), uint64(19_900), most, most
        );
        _reserve("clerk", _costing("run", most, most), overflow);
        _reserve("clerk", _costing("run", 1_000, 400), "");
        assertCounted(grant, 10_000, 500);
    }

    function test_RefusesMoreThanTheConsumersBudget() external {
        _reserve("clerk", _costing("first", 10_000, 0), "");
        grant = granted(2);
        bytes memory micro = abi.encodeWithSelector(
            IDataUse.ConsumerBudgetExceeded.selector,
            corpus,
            consumer,
            uint64(5_000),
            uint64(500),
            uint64(5_001),
            uint64(0)
        );
        _reserve("clerk", _costing("run", 5_001, 0), micro);
        bytes memory delta = abi.encodeWithSelector(
            IDataUse.ConsumerBudgetExceeded.selector,
            corpus,
            consumer,
            uint64(5_000),
            uint64(500),
            uint64(5_000),
            uint64(501)
        );
        _reserve("clerk", _costing("run", 5_000, 501), delta);
        _reserve("clerk", _costing("run", 5_000, 500), "");
    }

    function test_RefusesMoreThanTheDatasetsBudget_WhoeverSpentIt() external {
        _reserve("clerk", _costing("first", 10_000, 500), "");
        admit("province", "consumer-2", Capabilities.CONSUMER, 0);
        project = propose("consumer-2", DOCUMENT);
        approve("regulator", project);
        IDataUse.Request memory wanted = requestOf(1);
        vm.prank(addressOf("consumer-2"));
        grant = use.requestUse(wanted);
        grantUse(grant, termsOf(12_000));
        bytes memory micro = abi.encodeWithSelector(
            IDataUse.DatasetBudgetExceeded.selector, corpus, uint64(10_000), uint64(500), uint64(10_001), uint64(0)
        );
        _reserve("clerk", _costing("run", 10_001, 0), micro);
        _reserve("clerk", _costing("run", 10_000, 500), "");
        bytes memory nothing = abi.encodeWithSelector(
            IDataUse.DatasetBudgetExceeded.selector, corpus, uint64(0), uint64(0), uint64(1), uint64(0)
        );
        _reserve("clerk", _costing("last", 1, 0), nothing);
    }

    function _costing(string memory run, uint64 micro, uint64 deltaPico)
        private
        view
        returns (IDataUse.Reservation memory wanted)
    {
        wanted = reservationOf(grant, run, 0);
        wanted.cost = cost(micro, deltaPico);
    }

    // ------------------------------------------------------------------------------------------------ success

    function test_CountsWhatItReserves() external {
        vm.warp(START + 8);
        vm.expectEmit(true, true, true, true, address(use));
        emit IDataUse.RunReserved(
            grant, owner, addressOf("clerk"), runId("run"), 1, QUERY, cost(4_000, 400), uint40(START + 8)
        );
        vm.record();
        _attempt("clerk", "");
        // The run, and what is counted of the dataset, of the consumer and of the grant.
        vm.assertEq(slotsWritten(address(use)), 4, "slots written");
        vm.assertEq(slotsWritten(address(ledger)), 0, "slots written elsewhere");
        IDataUse.Run memory found = use.runOf(grant, runId("run"));
        vm.assertEq(uint8(found.state), uint8(IDataUse.RunState.RESERVED), "state");
        assertCost(found.cost, 4_000, 400, "run");
        assertCounted(grant, 4_000, 400);
        reserve(grant, "run 2", 1_000);
        assertCounted(grant, 5_000, 500);
    }
}
