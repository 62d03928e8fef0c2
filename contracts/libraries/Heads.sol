// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId } from "../Types.sol";

/// @title The hash chain over a dataset's events.
library Heads {
    /// @notice Emits an event of a dataset, whose data begins with the head that the event leads to.
    /// @param data The event's data, with the *previous* head as its first word.
    /// @return next keccak256(topic0 ‖ dataset ‖ org ‖ by ‖ keccak256(data)).
    function extend(bytes32 topic0, DatasetId dataset, OrgId org, address by, bytes memory data)
        internal
        returns (bytes32 next)
    {
        next = keccak256(abi.encode(topic0, dataset, org, by, keccak256(data)));
        // `emit` would encode the arguments a second time; here, the encoding that was hashed becomes the log.
        assembly ("memory-safe") {
            let start := add(data, 0x20)
            mstore(start, next)
            log4(start, mload(data), topic0, dataset, org, by)
        }
    }
}
