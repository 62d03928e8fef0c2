// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, GrantId, OrgId } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { UseFixture } from "../support/UseFixture.sol";
import { vm } from "../support/Vm.sol";

contract SetBudgetTest is UseFixture, NestedEntryPoint {
    IDataUse.Composition private constant BASIC = IDataUse.Composition.BASIC;
    IDataUse.Composition private constant ZCDP = IDataUse.Composition.ZCDP;

    function setUp() public override(Consortium, UseFixture) {
        super.setUp();
    }

    function _org() internal pure override returns (OrgId) {
        return owner;
    }

    function _key() internal pure override returns (string memory) {
        return "clerk";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDataUse.BudgetUnchanged.selector, corpus);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _set(key, BASIC, cost(20_000, 2_000), cost(10_000, 1_000), refusal);
    }

    function _set(
        string memory key,
        IDataUse.Composition composition,
        IDataUse.Cost memory total,
        IDataUse.Cost memory perConsumer,
        bytes memory refusal
    ) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        use.setBudget(corpus, composition, total, perConsumer);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnUnknownDataset() external {
        corpus = identifier(owner, "nowhere");
        _attempt("clerk", abi.encodeWithSelector(IDatasetLedger.UnknownDataset.selector, corpus));
    }

    function test_RefusesWhoIsNotTheOwner() external {
        _attempt("rival", abi.encodeWithSelector(IDatasetLedger.NotOwner.selector, corpus, owner, rival));
        _attempt("regulator", missing(regulator, Capabilities.CUSTODIAN, Capabilities.REGULATOR));
    }

    function test_RefusesABudgetThatCountsNothing() external {
        bytes memory refusal = abi.encodeWithSelector(IDataUse.CompositionMissing.selector);
        _set("clerk", IDataUse.Composition.NONE, cost(0, 0), cost(0, 0), refusal);
    }

    function test_RefusesADeltaUnderZcdp() external {
        bytes4 selector = IDataUse.InvalidCost.selector;
        _set("clerk", ZCDP, cost(5, 1), cost(4, 0), abi.encodeWithSelector(selector, ZCDP, uint64(5), uint64(1)));
        _set("clerk", ZCDP, cost(5, 0), cost(4, 1), abi.encodeWithSelector(selector, ZCDP, uint64(4), uint64(1)));
        _set("clerk", ZCDP, cost(5, 0), cost(4, 0), "");
    }

    function test_RefusesAnotherCompositionWhileAnythingIsCounted() external {
        _attempt("clerk", "");
        _set("clerk", ZCDP, cost(9, 0), cost(9, 0), "");
        _attempt("clerk", "");
        GrantId grant = granted(1);
        reserve(grant, "run", 5_000);
        bytes memory isFixed = abi.encodeWithSelector(IDataUse.CompositionFixed.selector, corpus, BASIC);
        _set("clerk", ZCDP, cost(20_000, 0), cost(20_000, 0), isFixed);
        settle(receiptOf(grant, "run", 1));
        _set("clerk", ZCDP, cost(20_000, 0), cost(20_000, 0), isFixed);
    }

    /// A grant's limit never comes to count something else.
    function test_ACompositionThatChangesStopsTheGrantsBefore() external {
        _attempt("clerk", "");
        GrantId grant = granted(1);
        _set("clerk", ZCDP, cost(20_000, 0), cost(20_000, 0), "");
        IDataUse.Reservation memory wanted = reservationOf(grant, "run", 1);
        vm.expectRevert(abi.encodeWithSelector(IDataUse.OtherComposition.selector, corpus, ZCDP, BASIC));
        vm.prank(addressOf("clerk"));
        use.reserve(wanted);
    }

    /// Neither limit below what is counted, in either part; above it, in any direction.
    function test_RefusesLessThanIsCounted() external {
        _attempt("clerk", "");
        GrantId grant = granted(1);
        reserve(grant, "run", 5_000);
        bytes memory low = abi.encodeWithSelector(IDataUse.BudgetTooLow.selector, corpus, uint64(5_000), uint64(500));
        _set("clerk", BASIC, cost(4_999, 500), cost(5_000, 500), low);
        _set("clerk", BASIC, cost(5_000, 499), cost(5_000, 500), low);
        _set("clerk", BASIC, cost(5_000, 500), cost(4_999, 500), low);
        _set("clerk", BASIC, cost(5_000, 500), cost(5_000, 499), low);
        _set("clerk", BASIC, cost(5_000, 500), cost(5_000, 500), "");
        settle(receiptOf(grant, "run", 1_000));
        _set("clerk", BASIC, cost(1_000, 100), cost(1_000, 100), "");
        _set("clerk", BASIC, cost(type(uint64).max, type(uint64).max), cost(1_000, 100), "");
    }

    /// What no consumer can have more of than it could before, none has.
    function test_ALimitForConsumersThatIsSmallStaysAllowed() external {
        _set("clerk", BASIC, cost(20_000, 2_000), cost(3_000, 300), "");
        reserve(granted(1), "run", 3_000);
        admit("province", "consumer-2", Capabilities.CONSUMER, 0);
        project = propose("consumer-2", DOCUMENT);
        approve("regulator", project);
        IDataUse.Request memory wanted = requestOf(1);
        vm.prank(addressOf("consumer-2"));
        GrantId other = use.requestUse(wanted);
        grantUse(other, termsOf(10_000));
        reserve(other, "run", 2_000);
        // 5,000 are counted; each consumer has 3,000 at most.
        bytes memory low = abi.encodeWithSelector(IDataUse.BudgetTooLow.selector, corpus, uint64(5_000), uint64(500));
        _set("clerk", BASIC, cost(20_000, 2_000), cost(2_999, 300), low);
        _set("clerk", BASIC, cost(19_000, 2_000), cost(3_000, 300), "");
        _set("clerk", BASIC, cost(19_000, 2_000), cost(6_000, 600), "");
        _set("clerk", BASIC, cost(19_000, 2_000), cost(4_999, 600), low);
        _set("clerk", BASIC, cost(19_000, 2_000), cost(5_000, 500), "");
    }

    // --------------------------------------------------------------------------------------------- success

    function test_SetsABudget() external {
        classify("clerk", corpus, 1);
        vm.warp(START + 8);
        vm.expectEmit(true, true, true, true, address(use));
        emit IDataUse.BudgetSet(
            corpus, owner, addressOf("clerk"), BASIC, cost(20_000, 2_000), cost(10_000, 1_000), uint40(START + 8)
        );
        vm.record();
        _attempt("clerk", "");
        vm.assertEq(slotsWritten(address(use)), 2, "slots written");
        IDataUse.Budget memory found = use.budgetOf(corpus);
        vm.assertEq(uint8(found.composition), uint8(BASIC), "composition");
        assertCost(found.total, 20_000, 2_000, "total");
        assertCost(found.perConsumer, 10_000, 1_000, "per consumer");
        assertCost(found.counted, 0, 0, "counted");
        vm.assertEq(use.levelOf(corpus), 1, "level");
    }

    function test_ABudgetOfNothingStopsAllRuns() external {
        _attempt("clerk", "");
        _set("clerk", BASIC, cost(0, 0), cost(0, 0), "");
        GrantId grant = granted(1);
        IDataUse.Reservation memory wanted = reservationOf(grant, "run", 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDataUse.ConsumerBudgetExceeded.selector, corpus, consumer, uint64(0), uint64(0), uint64(1), uint64(0)
            )
        );
        vm.prank(addressOf("clerk"));
        use.reserve(wanted);
    }
}
