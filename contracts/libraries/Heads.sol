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
        uint256 orgTopic = OrgId.unwrap(org);
        uint256 byTopic = uint160(by);
        // `emit` would encode the arguments a second time; here, the encoding that was hashed becomes the log.
        assembly ("memory-safe") {
            let start := add(data, 0x20)
            let length := mload(data)
            let link := mload(0x40)
            mstore(link, topic0)
            mstore(add(link, 0x20), dataset)
            mstore(add(link, 0x40), orgTopic)
            mstore(add(link, 0x60), byTopic)
            mstore(add(link, 0x80), keccak256(start, length))
            next := keccak256(link, 0xa0)
            mstore(start, next)
            log4(start, length, topic0, dataset, orgTopic, byTopic)
        }
    }
}
