// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import { IDataUse } from "../interfaces/IDataUse.sol";

/// @title Which executors must sign, and whether they have.
library Quorums {
    /// @notice Reverts unless the threshold can be met, by executors each of whom counts once.
    function check(IDataUse.Quorum calldata quorum) internal pure {
        uint256 count = quorum.executors.length;
        if (quorum.threshold > count || (quorum.threshold == 0) != (count == 0)) {
            revert IDataUse.InvalidThreshold(quorum.threshold, count);
        }
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            if (quorum.executors[i] <= previous) revert IDataUse.ExecutorsNotAscending(i);
            previous = quorum.executors[i];
        }
    }

    /// @notice By what a grant remembers a quorum; 0 for none.
    function digest(IDataUse.Quorum calldata quorum) internal pure returns (bytes32) {
        return quorum.executors.length == 0 ? bytes32(0) : keccak256(abi.encode(quorum));
    }

    /// @notice The executors that signed `receipt`, its digest; reverts where one did not who should have.
    /// @param signatures One for each executor; an empty one says that it did not sign.
    function signers(IDataUse.Quorum calldata quorum, bytes32 receipt, bytes[] calldata signatures)
        internal
        view
        returns (address[] memory found)
    {
        uint256 count = quorum.executors.length;
        if (signatures.length != count) revert IDataUse.SignatureCount(count, signatures.length);
        found = new address[](count);
        uint256 signed = 0;
        for (uint256 i = 0; i < count; ++i) {
            if (signatures[i].length == 0) continue;
            address executor = quorum.executors[i];
            if (!SignatureChecker.isValidSignatureNow(executor, receipt, signatures[i])) {
                revert IDataUse.InvalidExecutorSignature(executor);
            }
            found[signed++] = executor;
        }
        // A shorter array: what lies behind its end is not missed.
        assembly ("memory-safe") {
            mstore(found, signed)
        }
    }
}
