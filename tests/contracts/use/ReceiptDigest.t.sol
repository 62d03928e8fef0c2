// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, GrantId, RunId } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { Signing } from "../support/Signing.sol";
import { UseFixture } from "../support/UseFixture.sol";
import { vm } from "../support/Vm.sol";

/// @dev What executors sign, on the vectors that Python runs too.
contract ReceiptDigestTest is UseFixture {
    string private constant VECTORS = "tests/vectors/receipts.json";

    function test_Vectors() external {
        string memory json = vm.readFile(VECTORS);
        address place = vm.parseJsonAddress(json, ".data_use");
        vm.etch(place, address(use).code);
        vm.chainId(vm.parseJsonUint(json, ".chain_id"));
        uint256 count = vm.parseJsonUint(json, ".receipt_count");
        vm.assertGt(count, 5, "receipts");
        for (uint256 i = 0; i < count; ++i) {
            string memory prefix = string.concat(".receipts[", vm.toString(i), "].");
            string memory name = vm.parseJsonString(json, string.concat(prefix, "name"));
            bytes32 expected = vm.parseJsonBytes32(json, string.concat(prefix, "digest"));
            vm.assertEq(IDataUse(place).receiptDigest(_receipt(json, prefix)), expected, name);
        }
    }

    function _receipt(string memory json, string memory prefix) private pure returns (IDataUse.Receipt memory found) {
        found.grant = GrantId.wrap(vm.parseJsonBytes32(json, string.concat(prefix, "grant")));
        found.run = RunId.wrap(vm.parseJsonBytes32(json, string.concat(prefix, "run")));
        found.code = vm.parseJsonBytes32(json, string.concat(prefix, "code"));
        found.environment = vm.parseJsonBytes32(json, string.concat(prefix, "environment"));
        found.output = vm.parseJsonBytes32(json, string.concat(prefix, "output"));
        found.spent.micro = uint64(vm.parseJsonUint(json, string.concat(prefix, "micro")));
        found.spent.deltaPico = uint64(vm.parseJsonUint(json, string.concat(prefix, "delta_pico")));
        found.outcome = IDataUse.Outcome(vm.parseJsonUint(json, string.concat(prefix, "outcome")));
        bytes32[] memory datasets = vm.parseJsonBytes32Array(json, string.concat(prefix, "datasets"));
        uint256[] memory versions = vm.parseJsonUintArray(json, string.concat(prefix, "versions"));
        bytes32[] memory commitments = vm.parseJsonBytes32Array(json, string.concat(prefix, "commitments"));
        found.inputs = new IDataUse.Input[](datasets.length);
        for (uint256 i = 0; i < datasets.length; ++i) {
            found.inputs[i] = IDataUse.Input(DatasetId.wrap(datasets[i]), uint32(versions[i]), commitments[i]);
        }
    }

    /// Each run has inputs by the dozen.
    /// forge-config: default.fuzz.runs = 200
    /// forge-config: deep.fuzz.runs = 5000
    function testFuzz_IsThatOfEip712(
        bytes32[5] calldata words,
        IDataUse.Input[] calldata inputs,
        IDataUse.Cost calldata spent,
        bool released
    ) external view {
        IDataUse.Receipt memory receipt = IDataUse.Receipt({
            grant: GrantId.wrap(words[0]),
            run: RunId.wrap(words[1]),
            code: words[2],
            environment: words[3],
            inputs: inputs,
            output: words[4],
            spent: spent,
            outcome: released ? IDataUse.Outcome.RELEASED : IDataUse.Outcome.FAILED
        });
        bytes32 expected = Signing.digest(Signing.receipt(receipt), block.chainid, address(use));
        vm.assertEq(use.receiptDigest(receipt), expected, "digest");
    }
}
