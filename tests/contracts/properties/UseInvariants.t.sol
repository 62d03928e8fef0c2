// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { vm } from "../support/Vm.sol";
import { UseHandler } from "./UseHandler.sol";

/// @dev Whatever happens: of every dataset, of every consumer of it and of every grant, what is counted is what open
///      runs reserved and settled runs spent, within the limit; and no grant that is over reserves.
contract UseInvariantsTest {
    UseHandler private handler;

    function setUp() external {
        handler = new UseHandler();
        handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(handler);
        targets[0].selectors = new bytes4[](1);
        targets[0].selectors[0] = UseHandler.act.selector;
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// forge-config: default.invariant.runs = 96
    /// forge-config: default.invariant.fail-on-revert = true
    /// forge-config: deep.invariant.fail-on-revert = true
    function invariant_TheBooksBalanceWithinTheirLimits() external {
        handler.check();
    }

    function test_TheWalksReachEveryOutcome() external {
        string[9] memory expected = [
            "reserve taken",
            "reserve refused",
            "settle taken",
            "settle refused",
            "budget taken",
            "budget refused",
            "revoke taken",
            "cosign taken",
            "cosign refused"
        ];
        uint256[9] memory counts;
        uint256 start = vm.snapshotState();
        for (uint256 walk = 0; walk < 20; ++walk) {
            for (uint256 i = 0; i < 64; ++i) {
                handler.act(uint256(keccak256(abi.encode("kind", walk, i))), uint256(keccak256(abi.encode(walk, i))));
            }
            handler.check();
            for (uint256 i = 0; i < counts.length; ++i) {
                counts[i] += handler.outcomes(bytes32(bytes(expected[i])));
            }
            vm.revertToState(start);
            start = vm.snapshotState();
        }
        for (uint256 i = 0; i < counts.length; ++i) {
            vm.assertGt(counts[i], 5, expected[i]);
        }
    }
}
