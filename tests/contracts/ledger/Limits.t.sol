// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { vm } from "../support/Vm.sol";

/// @dev A count that is full stops its dataset; it never starts anew, which would bring old approvals and old version
///      numbers back to life.
contract LimitsTest is LedgerFixture {
    bytes private constant OVERFLOW = abi.encodeWithSignature("Panic(uint256)", 0x11);
    uint256 private constant VERSION_COUNT_BIT = 40;
    uint256 private constant REVISION_BIT = 224;

    DatasetId private dataset;
    bytes32 private slot;

    /// The state's slot is the one of the two that a registration writes which does not hold the head.
    function setUp() public override {
        super.setUp();
        IDatasetLedger.VersionRecord memory none;
        vm.record();
        vm.prank(addressOf("clerk"));
        dataset = ledger.register(slugOf("corpus"), DEFAULT_POLICY, none);
        (, bytes32[] memory writes) = vm.accesses(address(ledger));
        bytes32 head = ledger.head(dataset);
        for (uint256 i = 0; i < writes.length; ++i) {
            if (vm.load(address(ledger), writes[i]) != head) slot = writes[i];
        }
    }

    function _fill(uint256 bits, uint256 from) private {
        uint256 word = uint256(vm.load(address(ledger), slot));
        vm.store(address(ledger), slot, bytes32(word | ((1 << bits) - 1) << from));
    }

    function test_TheLastRevisionIsFinal() external {
        addVersion("clerk", dataset, "corpus");
        _fill(24, REVISION_BIT);
        vm.assertEq(ledger.state(dataset).revision, type(uint24).max, "revision");
        IDatasetLedger.Step memory step = stepTo(dataset, COLLECTED);
        vm.expectRevert(OVERFLOW);
        vm.prank(addressOf("clerk"));
        ledger.advance(step);
        vm.expectRevert(OVERFLOW);
        vm.prank(addressOf("regulator"));
        ledger.suspend(dataset, "inquiry");
    }

    function test_TheLastVersionIsFinal() external {
        _fill(32, VERSION_COUNT_BIT);
        vm.assertEq(ledger.state(dataset).versionCount, type(uint32).max, "versions");
        IDatasetLedger.VersionRecord memory record = recordOf("corpus");
        vm.expectRevert(OVERFLOW);
        vm.prank(addressOf("clerk"));
        ledger.addVersion(dataset, 0, record);
    }
}
