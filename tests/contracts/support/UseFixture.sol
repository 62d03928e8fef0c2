// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, GrantId, OrgId, ProjectId, RunId } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { LedgerFixture } from "./LedgerFixture.sol";
import { Signing } from "./Signing.sol";
import { vm } from "./Vm.sol";

/// @dev The ledger's consortium, and besides:
///
///      root
///      ├── province
///      │   └── consumer      CONSUMER
///      └── national          REGULATOR, whose jurisdiction is everything
///
///      The owner's dataset `corpus` is LABELED; the consumer's project is approved by the regulator.
abstract contract UseFixture is LedgerFixture {
    OrgId internal constant consumer = OrgId.wrap(11);
    OrgId internal constant national = OrgId.wrap(12);

    bytes32 internal constant DOCUMENT = sha256("the project's document");
    uint256 internal constant PURPOSES = 1 << 3 | 1 << 255;
    uint8 internal constant PURPOSE = 255;
    bytes32 internal constant QUERY = sha256("a declared query");
    uint40 internal constant PROJECT_END = uint40(START + 1000 days);
    uint40 internal constant GRANT_END = uint40(START + 100 days);

    IDataUse internal use;
    DatasetId internal corpus;
    ProjectId internal project;

    function setUp() public virtual override {
        super.setUp();
        use = IDataUse(vm.deployCode("DataUse.sol:DataUse", abi.encode(ledger)));
        vm.label(address(use), "DataUse");
        admit("province", "consumer", Capabilities.CONSUMER, 0);
        admit("root", "national", Capabilities.REGULATOR, 0);
        corpus = register("clerk", "corpus");
        advanceUpTo(corpus, LABELED);
        project = propose("consumer", DOCUMENT);
        approve("regulator", project);
    }

    // ---------------------------------------------------------------------------------------- changes

    function propose(string memory by, bytes32 document) internal returns (ProjectId) {
        vm.prank(addressOf(by));
        return use.proposeProject(document, PURPOSES);
    }

    function approve(string memory by, ProjectId wanted) internal {
        vm.prank(addressOf(by));
        use.approveProject(wanted, PROJECT_END);
    }

    function endProject(string memory by, ProjectId ended) internal {
        vm.prank(addressOf(by));
        use.endProject(ended, "reason");
    }

    function classify(string memory by, DatasetId dataset, uint8 level) internal {
        vm.prank(addressOf(by));
        use.classify(dataset, level);
    }

    function setBudget(DatasetId dataset, uint64 total, uint64 perConsumer) internal {
        vm.prank(addressOf("clerk"));
        use.setBudget(dataset, IDataUse.Composition.BASIC, cost(total, 1000), cost(perConsumer, 500));
    }

    function request(uint64 number) internal returns (GrantId) {
        IDataUse.Request memory wanted = requestOf(number);
        vm.prank(addressOf("consumer"));
        return use.requestUse(wanted);
    }

    function grantUse(GrantId grant, IDataUse.Terms memory terms) internal {
        vm.prank(addressOf("clerk"));
        use.grantUse(grant, terms);
    }

    /// @dev Requested and granted, on the usual terms.
    function granted(uint64 number) internal returns (GrantId grant) {
        grant = request(number);
        grantUse(grant, termsOf(10_000));
    }

    function revoke(string memory by, GrantId grant) internal {
        vm.prank(addressOf(by));
        use.revokeUse(grant, "reason");
    }

    function reserve(GrantId grant, string memory run, uint64 micro) internal {
        IDataUse.Reservation memory wanted = reservationOf(grant, run, micro);
        vm.prank(addressOf("clerk"));
        use.reserve(wanted);
    }

    function settle(IDataUse.Receipt memory receipt) internal {
        vm.prank(addressOf("clerk"));
        use.settle(receipt, noQuorum(), new bytes[](0));
    }

    // --------------------------------------------------------------------------------------- writings

    function cost(uint64 micro, uint64 deltaPico) internal pure returns (IDataUse.Cost memory) {
        return IDataUse.Cost(micro, deltaPico);
    }

    function runId(string memory name) internal pure returns (RunId) {
        return RunId.wrap(keccak256(bytes(name)));
    }

    function requestOf(uint64 number) internal view returns (IDataUse.Request memory) {
        return IDataUse.Request(project, corpus, 1, PURPOSE, sha256("the policy asked for"), 0, number);
    }

    function noQuorum() internal pure returns (IDataUse.Quorum memory) {
        return IDataUse.Quorum(0, new address[](0));
    }

    /// @dev For LABELED and VALIDATED, for declared queries, up to this ε and twice as much δ, and signed by nobody.
    function termsOf(uint64 limit) internal pure returns (IDataUse.Terms memory) {
        return IDataUse.Terms({
            terms: sha256("the policy granted"),
            validUntil: GRANT_END,
            stages: 1 << 4 | 1 << 5,
            code: 0,
            composition: limit == 0 ? IDataUse.Composition.NONE : IDataUse.Composition.BASIC,
            limit: cost(limit, 2 * limit),
            quorum: noQuorum()
        });
    }

    function reservationOf(GrantId grant, string memory run, uint64 micro)
        internal
        pure
        returns (IDataUse.Reservation memory)
    {
        return IDataUse.Reservation(grant, runId(run), 1, QUERY, cost(micro, micro / 10));
    }

    /// @dev Of a run as `reservationOf` has it, which released an answer.
    function receiptOf(GrantId grant, string memory run, uint64 micro)
        internal
        view
        returns (IDataUse.Receipt memory receipt)
    {
        receipt.grant = grant;
        receipt.run = runId(run);
        receipt.code = QUERY;
        receipt.environment = sha256("environment");
        receipt.inputs = new IDataUse.Input[](1);
        receipt.inputs[0] = inputOf(corpus, 1);
        receipt.output = sha256("answer");
        receipt.spent = cost(micro, micro / 10);
        receipt.outcome = IDataUse.Outcome.RELEASED;
    }

    function failed(IDataUse.Receipt memory receipt) internal pure returns (IDataUse.Receipt memory) {
        receipt.outcome = IDataUse.Outcome.FAILED;
        receipt.output = 0;
        return receipt;
    }

    function inputOf(DatasetId dataset, uint32 version) internal view returns (IDataUse.Input memory) {
        return IDataUse.Input(dataset, version, ledger.commitment(dataset, version));
    }

    /// @dev The signature of the key of this name over a receipt, for this chain and this contract.
    function signed(string memory key, IDataUse.Receipt memory receipt) internal view returns (bytes memory) {
        bytes32 digest = Signing.digest(Signing.receipt(receipt), block.chainid, address(use));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secretOf(key), digest);
        return bytes.concat(r, s, bytes1(v));
    }

    // --------------------------------------------------------------------------------------- refusals

    function missing(OrgId org, uint16 required, uint16 held) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.MissingCapability.selector, org, required, held);
    }

    function outside(OrgId org, OrgId other) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.OutsideJurisdiction.selector, org, other);
    }

    function dependent(OrgId org, OrgId other) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IDataUse.NotIndependent.selector, org, other);
    }

    // ------------------------------------------------------------------------------------- assertions

    function assertCost(IDataUse.Cost memory found, uint64 micro, uint64 deltaPico, string memory what) internal pure {
        vm.assertEq(found.micro, micro, string.concat(what, ": micro"));
        vm.assertEq(found.deltaPico, deltaPico, string.concat(what, ": delta"));
    }

    /// @dev What is counted of the corpus, of its budget for the consumer, and of the grant.
    function assertCounted(GrantId grant, uint64 micro, uint64 deltaPico) internal view {
        assertCost(use.budgetOf(corpus).counted, micro, deltaPico, "dataset");
        assertCost(use.countedFor(corpus, consumer), micro, deltaPico, "consumer");
        assertCost(use.grantOf(grant).counted, micro, deltaPico, "grant");
    }
}
