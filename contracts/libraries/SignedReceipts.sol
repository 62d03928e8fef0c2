// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IDataUse } from "../interfaces/IDataUse.sol";

/// @title EIP-712 struct hash of the receipt that executors sign.
library SignedReceipts {
    bytes private constant COST = "Cost(uint64 micro,uint64 deltaPico)";
    bytes private constant INPUT = "Input(bytes32 dataset,uint32 version,bytes32 commitment)";
    bytes private constant RECEIPT =
        "Receipt(bytes32 grant,bytes32 run,bytes32 code,bytes32 environment,Input[] inputs,bytes32 output,Cost spent,uint8 outcome)";

    bytes32 private constant COST_TYPE = keccak256(COST);
    bytes32 private constant INPUT_TYPE = keccak256(INPUT);
    bytes32 private constant RECEIPT_TYPE = keccak256(abi.encodePacked(RECEIPT, COST, INPUT));

    function hash(IDataUse.Receipt calldata receipt) internal pure returns (bytes32) {
        bytes32[] memory inputs = new bytes32[](receipt.inputs.length);
        for (uint256 i = 0; i < inputs.length; ++i) {
            inputs[i] = keccak256(abi.encode(INPUT_TYPE, receipt.inputs[i]));
        }
        return keccak256(
            abi.encode(
                RECEIPT_TYPE,
                receipt.grant,
                receipt.run,
                receipt.code,
                receipt.environment,
                keccak256(abi.encodePacked(inputs)),
                receipt.output,
                keccak256(abi.encode(COST_TYPE, receipt.spent)),
                receipt.outcome
            )
        );
    }
}
