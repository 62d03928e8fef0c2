// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { GrantId, OrgId } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { UseFixture } from "../support/UseFixture.sol";
import { vm } from "../support/Vm.sol";

contract GrantUseTest is UseFixture, NestedEntryPoint {
    IDataUse.Composition private constant NOTHING = IDataUse.Composition.NONE;
    IDataUse.Composition private constant BASIC = IDataUse.Composition.BASIC;
    IDataUse.Composition private constant ZCDP = IDataUse.Composition.ZCDP;

    GrantId private grant;

    function setUp() public override(Consortium, UseFixture) {
        super.setUp();
        grant = request(1);
    }

    function _org() internal pure override returns (OrgId) {
        return owner;
    }

    function _key() internal pure override returns (string memory) {
        return "clerk";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDataUse.NotRequested.selector, grant, IDataUse.GrantState.GRANTED);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _grant(key, _terms(), refusal);
    }

    function _grant(string memory key, IDataUse.Terms memory terms, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        use.grantUse(grant, terms);
    }

    /// @dev With all that terms can have.
    function _terms() private pure returns (IDataUse.Terms memory terms) {
        terms = termsOf(10_000);
        terms.code = sha256("code");
        terms.quorum = IDataUse.Quorum(2, new address[](3));
        for (uint160 i = 0; i < 3; ++i) {
            terms.quorum.executors[i] = address(i + 1);
        }
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesWhatWasNotRequested() external {
        GrantId asked = grant;
        grant = GrantId.wrap(keccak256("nothing"));
        _attempt("clerk", abi.encodeWithSelector(IDataUse.UnknownGrant.selector, grant));
        grant = asked;
        vm.prank(addressOf("clerk"));
        use.refuseUse(grant, "");
        _attempt("clerk", abi.encodeWithSelector(IDataUse.NotRequested.selector, grant, IDataUse.GrantState.REFUSED));
    }

    function test_RefusesWhatWasRevoked() external {
        _attempt("clerk", "");
        revoke("clerk", grant);
        _attempt("clerk", abi.encodeWithSelector(IDataUse.NotRequested.selector, grant, IDataUse.GrantState.REVOKED));
    }

    function test_RefusesWhoIsNotTheOwner() external {
        _attempt("rival", abi.encodeWithSelector(IDatasetLedger.NotOwner.selector, corpus, owner, rival));
        _attempt("consumer", missing(consumer, Capabilities.CUSTODIAN, Capabilities.CONSUMER));
        _attempt("regulator", missing(regulator, Capabilities.CUSTODIAN, Capabilities.REGULATOR));
    }

    function test_RefusesTermsWithoutAPolicy() external {
        IDataUse.Terms memory terms = _terms();
        terms.terms = 0;
        _grant("clerk", terms, abi.encodeWithSelector(IDataUse.TermsMissing.selector));
    }

    function test_RefusesAnEndThatIsNotInTheFuture() external {
        IDataUse.Terms memory terms = _terms();
        terms.validUntil = uint40(START);
        _grant("clerk", terms, abi.encodeWithSelector(IDataUse.AlreadyOver.selector, uint40(START)));
        terms.validUntil = uint40(START + 1);
        _grant("clerk", terms, "");
    }

    /// Neither none, nor one that no dataset has, nor SUSPENDED or RECALLED, where no grant is ever good.
    function test_RefusesStagesThatCannotBeGranted() external {
        IDataUse.Terms memory terms = _terms();
        uint32[5] memory stages = [uint32(0), 1, 1 << 30, 1 << 31, type(uint32).max];
        for (uint256 i = 0; i < stages.length; ++i) {
            terms.stages = stages[i];
            _grant("clerk", terms, abi.encodeWithSelector(IDataUse.InvalidStages.selector, stages[i]));
        }
        terms.stages = 0x3FFFFFFE;
        _grant("clerk", terms, "");
    }

    function test_RefusesALimitThatItsCompositionCannotHave() external {
        _refusesLimit(NOTHING, 1, 0);
        _refusesLimit(NOTHING, 0, 1);
        _refusesLimit(BASIC, 0, 0);
        _refusesLimit(BASIC, 0, 1);
        _refusesLimit(ZCDP, 0, 0);
        _refusesLimit(ZCDP, 1, 1);
        IDataUse.Terms memory terms = _terms();
        (terms.composition, terms.limit) = (ZCDP, cost(1, 0));
        _grant("clerk", terms, "");
    }

    function _refusesLimit(IDataUse.Composition composition, uint64 micro, uint64 deltaPico) private {
        IDataUse.Terms memory terms = _terms();
        (terms.composition, terms.limit) = (composition, cost(micro, deltaPico));
        _grant("clerk", terms, abi.encodeWithSelector(IDataUse.InvalidCost.selector, composition, micro, deltaPico));
    }

    function test_RefusesAThresholdThatCannotBeMet_OrThatAsksNobody() external {
        IDataUse.Terms memory terms = _terms();
        uint8[3] memory thresholds = [0, 4, 255];
        for (uint256 i = 0; i < thresholds.length; ++i) {
            terms.quorum.threshold = thresholds[i];
            _grant("clerk", terms, abi.encodeWithSelector(IDataUse.InvalidThreshold.selector, thresholds[i], 3));
        }
        terms.quorum = IDataUse.Quorum(1, new address[](0));
        _grant("clerk", terms, abi.encodeWithSelector(IDataUse.InvalidThreshold.selector, uint8(1), 0));
    }

    function test_RefusesExecutorsOutOfOrder_Twice_OrNobody() external {
        IDataUse.Terms memory terms = _terms();
        terms.quorum.executors[2] = address(2);
        _grant("clerk", terms, abi.encodeWithSelector(IDataUse.ExecutorsNotAscending.selector, 2));
        terms.quorum.executors[2] = address(1);
        _grant("clerk", terms, abi.encodeWithSelector(IDataUse.ExecutorsNotAscending.selector, 2));
        terms.quorum.executors[0] = address(0);
        _grant("clerk", terms, abi.encodeWithSelector(IDataUse.ExecutorsNotAscending.selector, 0));
    }

    // --------------------------------------------------------------------------------------------- success

    function test_GrantsAUse() external {
        classify("clerk", corpus, 1);
        IDataUse.Terms memory terms = _terms();
        vm.warp(START + 8);
        vm.expectEmit(true, true, true, true, address(use));
        emit IDataUse.UseGranted(grant, owner, addressOf("clerk"), terms, uint40(START + 8));
        vm.record();
        _grant("clerk", terms, "");
        vm.assertEq(slotsWritten(address(use)), 5, "slots written");

        IDataUse.Grant memory expected;
        expected.state = IDataUse.GrantState.GRANTED;
        expected.owner = owner;
        expected.applicant = consumer;
        expected.version = 1;
        expected.purpose = PURPOSE;
        expected.stages = terms.stages;
        expected.validUntil = GRANT_END;
        expected.composition = BASIC;
        expected.level = 1;
        expected.dataset = corpus;
        expected.project = project;
        expected.limit = terms.limit;
        expected.code = terms.code;
        expected.quorum = keccak256(abi.encode(terms.quorum));
        expected.terms = keccak256(abi.encode(terms));
        vm.assertEq(abi.encode(use.grantOf(grant)), abi.encode(expected), "grant");
    }

    function test_GrantsAnExactUseToDeclaredQueries_OnTheOwnersWordAlone() external {
        _grant("clerk", termsOf(0), "");
        IDataUse.Grant memory found = use.grantOf(grant);
        vm.assertEq(uint8(found.composition), 0, "composition");
        assertCost(found.limit, 0, 0, "limit");
        vm.assertEq(found.code, 0, "code");
        vm.assertEq(found.quorum, 0, "quorum");
        use.checkUsable(grant);
    }
}
