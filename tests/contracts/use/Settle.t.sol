// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, GrantId, OrgId } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { ReentrantExecutor } from "../support/ReentrantExecutor.sol";
import { Signing } from "../support/Signing.sol";
import { UseFixture } from "../support/UseFixture.sol";
import { vm } from "../support/Vm.sol";
import { Wallet } from "../support/Wallet.sol";

contract SettleTest is UseFixture, NestedEntryPoint {
    /// @dev The order of secp256k1.
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    GrantId private grant;
    /// @dev Three executors, by name, in the order of their addresses.
    string[3] private names;

    function setUp() public override(Consortium, UseFixture) {
        super.setUp();
        vm.prank(addressOf("clerk"));
        use.setBudget(corpus, IDataUse.Composition.BASIC, cost(20_000, 2_000), cost(20_000, 2_000));
        names = ["executor-1", "executor-2", "executor-3"];
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 j = 0; j < 2; ++j) {
                if (addressOf(names[j]) > addressOf(names[j + 1])) {
                    string memory greater = names[j];
                    names[j] = names[j + 1];
                    names[j + 1] = greater;
                }
            }
        }
        IDataUse.Terms memory terms = termsOf(10_000);
        terms.quorum = _quorum();
        grant = request(1);
        grantUse(grant, terms);
        reserve(grant, "run", 4_000);
    }

    function _org() internal pure override returns (OrgId) {
        return owner;
    }

    function _key() internal pure override returns (string memory) {
        return "clerk";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDataUse.AlreadySettled.selector, grant, runId("run"));
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _settle(key, _receipt(), refusal);
    }

    /// @dev Signed by the first and the last executor.
    function _settle(string memory key, IDataUse.Receipt memory receipt, bytes memory refusal) private {
        _settle(key, receipt, _quorum(), _signatures(receipt), refusal);
    }

    function _settle(
        string memory key,
        IDataUse.Receipt memory receipt,
        IDataUse.Quorum memory quorum,
        bytes[] memory signatures,
        bytes memory refusal
    ) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        use.settle(receipt, quorum, signatures);
    }

    function _receipt() private view returns (IDataUse.Receipt memory) {
        return receiptOf(grant, "run", 3_000);
    }

    /// @dev Two of the three.
    function _quorum() private view returns (IDataUse.Quorum memory quorum) {
        quorum.threshold = 2;
        quorum.executors = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            quorum.executors[i] = addressOf(names[i]);
        }
    }

    function _signatures(IDataUse.Receipt memory receipt) private view returns (bytes[] memory signatures) {
        signatures = new bytes[](3);
        signatures[0] = signed(names[0], receipt);
        signatures[2] = signed(names[2], receipt);
    }

    // --------------------------------------------------------------------------------------- refusals: the run

    function test_RefusesARunThatWasNotReserved() external {
        IDataUse.Receipt memory receipt = receiptOf(grant, "another", 1);
        _settle("clerk", receipt, abi.encodeWithSelector(IDataUse.UnknownRun.selector, grant, receipt.run));
        receipt = _receipt();
        receipt.grant = granted(2);
        _settle("clerk", receipt, abi.encodeWithSelector(IDataUse.UnknownRun.selector, receipt.grant, receipt.run));
    }

    function test_RefusesASecondReceipt_WhateverItSays() external {
        _attempt("clerk", "");
        _settle("clerk", receiptOf(grant, "run", 1), _repetition());
        _settle("clerk", failed(receiptOf(grant, "run", 0)), _repetition());
        assertCounted(grant, 3_000, 300);
    }

    function test_RefusesWhoIsNotTheOwner() external {
        string[4] memory keys = ["rival", "province", "consumer", "root"];
        OrgId[4] memory orgs = [rival, province, consumer, root];
        for (uint256 i = 0; i < keys.length; ++i) {
            _attempt(keys[i], abi.encodeWithSelector(IDatasetLedger.NotOwner.selector, corpus, owner, orgs[i]));
        }
    }

    function test_RefusesOtherCodeOrAnotherVersionThanReserved() external {
        addVersion("clerk", corpus, "corpus 2");
        bytes memory refusal = abi.encodeWithSelector(IDataUse.NotAsReserved.selector, grant, runId("run"));
        IDataUse.Receipt memory receipt = _receipt();
        receipt.code = sha256("another query");
        _settle("clerk", receipt, refusal);
        receipt = _receipt();
        receipt.inputs[0] = inputOf(corpus, 2);
        _settle("clerk", receipt, refusal);
    }

    // ------------------------------------------------------------------------------------ refusals: the inputs

    function test_RefusesAReceiptWithoutTheGrantedDatasetAsFirstInput() external {
        bytes memory refusal = abi.encodeWithSelector(IDataUse.InputMissing.selector, corpus);
        IDataUse.Receipt memory receipt = _receipt();
        receipt.inputs = new IDataUse.Input[](0);
        _settle("clerk", receipt, refusal);
        receipt.inputs = new IDataUse.Input[](2);
        receipt.inputs[0] = inputOf(register("rival", "other"), 1);
        receipt.inputs[1] = inputOf(corpus, 1);
        _settle("clerk", receipt, refusal);
    }

    function test_RefusesAnotherVersionOfTheGrantedDatasetBesides() external {
        addVersion("clerk", corpus, "corpus 2");
        IDataUse.Receipt memory receipt = _withInput(inputOf(corpus, 2));
        _settle("clerk", receipt, abi.encodeWithSelector(IDataUse.InputRepeated.selector, corpus, uint32(2)));
    }

    function test_RefusesAnInputThatTheLedgerDoesNotHold() external {
        DatasetId other = register("rival", "other");
        bytes memory unknown = abi.encodeWithSelector(IDatasetLedger.UnknownVersion.selector, other, uint32(2));
        _settle("clerk", _withInput(IDataUse.Input(other, 2, 0)), unknown);
        bytes32 recorded = ledger.commitment(other, 1);
        bytes32 given = keccak256("another commitment");
        bytes memory differs =
            abi.encodeWithSelector(IDataUse.OtherCommitment.selector, other, uint32(1), recorded, given);
        _settle("clerk", _withInput(IDataUse.Input(other, 1, given)), differs);
        _settle("clerk", _withInput(inputOf(other, 1)), "");
    }

    function _withInput(IDataUse.Input memory input) private view returns (IDataUse.Receipt memory receipt) {
        receipt = _receipt();
        receipt.inputs = new IDataUse.Input[](2);
        receipt.inputs[0] = inputOf(corpus, 1);
        receipt.inputs[1] = input;
    }

    // ----------------------------------------------------------------------------------- refusals: the outcome

    function test_RefusesAReceiptThatDoesNotSayOnWhatTheCodeRan() external {
        IDataUse.Receipt memory receipt = _receipt();
        receipt.environment = 0;
        _settle("clerk", receipt, abi.encodeWithSelector(IDataUse.EnvironmentMissing.selector));
    }

    function test_RefusesAnOutputThatDoesNotGoWithTheOutcome() external {
        IDataUse.Receipt memory receipt = _receipt();
        receipt.output = 0;
        bytes4 selector = IDataUse.OutputMismatch.selector;
        _settle("clerk", receipt, abi.encodeWithSelector(selector, IDataUse.Outcome.RELEASED, bytes32(0)));
        receipt = _receipt();
        receipt.outcome = IDataUse.Outcome.FAILED;
        _settle("clerk", receipt, abi.encodeWithSelector(selector, IDataUse.Outcome.FAILED, receipt.output));
    }

    function test_RefusesToHaveSpentMoreThanReserved() external {
        uint64[2][3] memory costs = [[uint64(4_001), 0], [uint64(1), 401], [type(uint64).max, type(uint64).max]];
        for (uint256 i = 0; i < costs.length; ++i) {
            IDataUse.Receipt memory receipt = _receipt();
            receipt.spent = cost(costs[i][0], costs[i][1]);
            bytes memory refusal = abi.encodeWithSelector(
                IDataUse.SpentMoreThanReserved.selector,
                grant,
                receipt.run,
                uint64(4_000),
                uint64(400),
                costs[i][0],
                costs[i][1]
            );
            _settle("clerk", receipt, refusal);
        }
    }

    function test_RefusesAnAnswerThatCostNothing() external {
        IDataUse.Receipt memory receipt = receiptOf(grant, "run", 0);
        _settle("clerk", receipt, abi.encodeWithSelector(IDataUse.NothingSpent.selector, grant, receipt.run));
        _settle("clerk", failed(receipt), "");
        assertCounted(grant, 0, 0);
    }

    // -------------------------------------------------------------------------------- refusals: the signatures

    function test_RefusesAnotherQuorumThanGranted() external {
        bytes memory refusal = abi.encodeWithSelector(IDataUse.OtherQuorum.selector, grant);
        IDataUse.Receipt memory receipt = _receipt();
        IDataUse.Quorum memory quorum = _quorum();
        quorum.threshold = 1;
        _settle("clerk", receipt, quorum, _signatures(receipt), refusal);
        quorum = _quorum();
        quorum.executors[1] = addressOf("clerk");
        _settle("clerk", receipt, quorum, _signatures(receipt), refusal);
        _settle("clerk", receipt, noQuorum(), new bytes[](0), refusal);
    }

    function test_RefusesTooFewSignatures() external {
        IDataUse.Receipt memory receipt = _receipt();
        bytes[] memory signatures = _signatures(receipt);
        for (uint256 given = 2; given > 0; --given) {
            signatures[given == 2 ? 2 : 0] = "";
            bytes memory refusal =
                abi.encodeWithSelector(IDataUse.SignaturesMissing.selector, grant, uint8(2), given - 1);
            _settle("clerk", receipt, _quorum(), signatures, refusal);
        }
    }

    function test_RefusesOtherThanOneSignatureForEachExecutor() external {
        IDataUse.Receipt memory receipt = _receipt();
        for (uint256 count = 0; count < 5; ++count) {
            if (count == 3) continue;
            bytes memory refusal = abi.encodeWithSelector(IDataUse.SignatureCount.selector, 3, count);
            _settle("clerk", receipt, _quorum(), new bytes[](count), refusal);
        }
    }

    /// One executor's signature counts once, in its own place.
    function test_RefusesOneExecutorsSignatureTwice() external {
        IDataUse.Receipt memory receipt = _receipt();
        bytes[] memory signatures = _signatures(receipt);
        signatures[2] = signatures[0];
        _settle("clerk", receipt, _quorum(), signatures, _invalid(2));
    }

    function test_RefusesAnInvalidSignature_EvenWhereEnoughAreValid() external {
        IDataUse.Receipt memory receipt = _receipt();
        bytes[] memory signatures = _signatures(receipt);
        signatures[1] = signed("stranger", receipt);
        _settle("clerk", receipt, _quorum(), signatures, _invalid(1));
        signatures[1] = signed(names[1], receipt);
        _settle("clerk", receipt, _quorum(), signatures, "");
    }

    function test_RefusesEveryAlteredField() external {
        DatasetId other = register("rival", "other");
        IDataUse.Receipt memory receipt = _withInput(inputOf(other, 1));
        bytes[] memory signatures = _signatures(receipt);
        reserve(grant, "run 2", 4_000);
        for (uint256 i = 0; i < 7; ++i) {
            IDataUse.Receipt memory altered = _withInput(inputOf(other, 1));
            if (i == 0) altered.run = runId("run 2");
            if (i == 1) altered.environment = sha256("altered");
            if (i == 2) altered.inputs = _receipt().inputs;
            if (i == 3) altered.output = sha256("altered");
            if (i == 4) --altered.spent.micro;
            if (i == 5) --altered.spent.deltaPico;
            if (i == 6) altered = failed(altered);
            _settle("clerk", altered, _quorum(), signatures, _invalid(0));
        }
        _settle("clerk", receipt, _quorum(), signatures, "");
    }

    /// The same run of the same code under another grant, or with another code: signed anew, or not at all.
    function test_RefusesWhatWasSignedForAnotherGrant() external {
        IDataUse.Terms memory terms = termsOf(10_000);
        terms.quorum = _quorum();
        GrantId other = request(2);
        grantUse(other, terms);
        reserve(other, "run", 4_000);
        IDataUse.Receipt memory receipt = _receipt();
        bytes[] memory signatures = _signatures(receipt);
        receipt.grant = other;
        _settle("clerk", receipt, _quorum(), signatures, _invalid(0));
    }

    function test_RefusesWhatWasSignedForAnotherChainOrContract() external {
        IDataUse.Receipt memory receipt = _receipt();
        bytes[] memory signatures = _signatures(receipt);
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        _settle("clerk", receipt, _quorum(), signatures, _invalid(0));
        vm.chainId(here);
        bytes32 digest = Signing.digest(Signing.receipt(receipt), here, address(ledger));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secretOf(names[0]), digest);
        signatures[0] = bytes.concat(r, s, bytes1(v));
        _settle("clerk", receipt, _quorum(), signatures, _invalid(0));
    }

    function test_RefusesTheOtherFormOfASignature() external {
        IDataUse.Receipt memory receipt = _receipt();
        bytes[] memory signatures = _signatures(receipt);
        bytes32 digest = Signing.digest(Signing.receipt(receipt), block.chainid, address(use));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secretOf(names[0]), digest);
        signatures[0] = bytes.concat(r, bytes32(ORDER - uint256(s)), bytes1(v ^ 7));
        _settle("clerk", receipt, _quorum(), signatures, _invalid(0));
    }

    function _invalid(uint256 index) private view returns (bytes memory) {
        return abi.encodeWithSelector(IDataUse.InvalidExecutorSignature.selector, addressOf(names[index]));
    }

    // ------------------------------------------------------------------------------------------------- wallets

    function _grantedTo(address executor) private {
        IDataUse.Terms memory terms = termsOf(10_000);
        terms.quorum = IDataUse.Quorum(1, new address[](1));
        terms.quorum.executors[0] = executor;
        grant = request(9);
        grantUse(grant, terms);
        reserve(grant, "run", 4_000);
    }

    function _settleFor(address executor, bytes memory signature, bytes memory refusal) private {
        IDataUse.Quorum memory quorum = IDataUse.Quorum(1, new address[](1));
        quorum.executors[0] = executor;
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signature;
        _settle("clerk", _receipt(), quorum, signatures, refusal);
    }

    function test_AcceptsAContractWalletAsAnExecutor() external {
        address wallet = address(new Wallet(addressOf("wallet's key")));
        _grantedTo(wallet);
        bytes memory refusal = abi.encodeWithSelector(IDataUse.InvalidExecutorSignature.selector, wallet);
        _settleFor(wallet, signed("stranger", _receipt()), refusal);
        _settleFor(wallet, signed("wallet's key", _receipt()), "");
    }

    /// A wallet is asked without the right to change state, so there is no way back into the contract.
    function test_AnExecutorCannotActWhileItIsAsked() external {
        ReentrantExecutor executor = new ReentrantExecutor(use);
        vm.prank(addressOf("owner"));
        organisations.addMember(owner, address(executor), IOrganisations.Role.OPERATOR, uint40(START), EVER);
        _grantedTo(address(executor));
        executor.prepare(reservationOf(grant, "run 2", 1_000));
        bytes memory refusal = abi.encodeWithSelector(IDataUse.InvalidExecutorSignature.selector, address(executor));
        _settleFor(address(executor), hex"01", refusal);
        vm.assertEq(uint8(use.runOf(grant, runId("run 2")).state), 0, "no run");
        // It could have, on its own.
        executor.act();
        vm.assertEq(uint8(use.runOf(grant, runId("run 2")).state), 1, "a run");
    }

    // ------------------------------------------------------------------------------------------------ success

    function test_CountsWhatWasSpent() external {
        vm.warp(START + 8);
        address[] memory signers = new address[](2);
        (signers[0], signers[1]) = (addressOf(names[0]), addressOf(names[2]));
        vm.expectEmit(true, true, true, true, address(use));
        emit IDataUse.RunSettled(grant, owner, addressOf("clerk"), _receipt(), signers, uint40(START + 8));
        vm.record();
        _attempt("clerk", "");
        // The run, and what is counted of the dataset, of the consumer and of the grant.
        vm.assertEq(slotsWritten(address(use)), 4, "slots written");
        vm.assertEq(slotsWritten(address(ledger)), 0, "slots written elsewhere");
        IDataUse.Run memory found = use.runOf(grant, runId("run"));
        vm.assertEq(uint8(found.state), uint8(IDataUse.RunState.SETTLED), "state");
        assertCost(found.cost, 3_000, 300, "run");
        assertCounted(grant, 3_000, 300);
    }

    function test_WhatIsSpentInFullChangesNoCount() external {
        IDataUse.Receipt memory receipt = receiptOf(grant, "run", 4_000);
        vm.record();
        _settle("clerk", receipt, "");
        vm.assertEq(slotsWritten(address(use)), 1, "slots written");
        assertCounted(grant, 4_000, 400);
    }

    /// Whatever came after the reservation: a run that began is accounted for.
    function test_SettlesWhenTheGrantIsOver() external {
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < 7; ++i) {
            if (i == 0) revoke("regulator", grant);
            if (i == 1) vm.warp(PROJECT_END + 1);
            if (i == 2) endProject("consumer", project);
            if (i == 3) suspendDataset("regulator", corpus);
            if (i == 4) suspendOrganisation("root", consumer);
            if (i == 5) classify("clerk", corpus, 9);
            if (i == 6) {
                vm.prank(addressOf("root"));
                organisations.setCapabilities(owner, Capabilities.LABELER, 0);
            }
            vm.assertFalse(use.isUsable(grant), "usable");
            _attempt("clerk", "");
            assertCounted(grant, 3_000, 300);
            vm.revertToState(before);
            before = vm.snapshotState();
        }
    }

    function test_AnExactRunIsSettledWithoutACost() external {
        grant = request(3);
        grantUse(grant, termsOf(0));
        reserve(grant, "run", 0);
        vm.record();
        settle(receiptOf(grant, "run", 0));
        vm.assertEq(slotsWritten(address(use)), 1, "slots written");
    }

    function test_AThresholdCannotBeInvented() external {
        grant = granted(4);
        reserve(grant, "run", 100);
        IDataUse.Quorum memory quorum = IDataUse.Quorum(1, new address[](0));
        bytes memory refusal = abi.encodeWithSelector(IDataUse.SignaturesMissing.selector, grant, uint8(1), 0);
        _settle("clerk", receiptOf(grant, "run", 100), quorum, new bytes[](0), refusal);
        settle(receiptOf(grant, "run", 100));
    }
}
