// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Strings } from "@openzeppelin/contracts/utils/Strings.sol";

import { IDatasetLedger } from "../interfaces/IDatasetLedger.sol";

/// @title Manifest entries of files that consist of records.
/// @notice The entry is put together from its parts, never searched: whoever gives the parts chooses the number of
///         records and their root, but then also the entry, which must be a leaf of the version.
library RecordEntries {
    /// @dev Per byte of a word: its lower half.
    uint256 private constant NIBBLES = 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f;
    /// @dev Per byte of a word: 1.
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;

    /// @notice The RFC 9162 leaf hash of the entry.
    function leafHash(IDatasetLedger.RecordEntry calldata entry) internal pure returns (bytes32) {
        uint256 root = uint256(entry.recordRoot);
        return sha256(
            abi.encodePacked(
                bytes1(0x00),
                entry.head,
                ',"record_count":',
                Strings.toString(entry.recordCount),
                ',"record_root":"sha256:',
                _hex(root >> 128),
                _hex(root & type(uint128).max),
                '"',
                entry.tail
            )
        );
    }

    /// @dev The 32 lowercase hexadecimal characters of the lower 16 bytes.
    function _hex(uint256 value) private pure returns (uint256 characters) {
        unchecked {
            // Spread the half bytes over the word, one to each byte: a loop over them costs ten times as much.
            value = (value | value << 64) & 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;
            value = (value | value << 32) & 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
            value = (value | value << 16) & 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
            value = (value | value << 8) & 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
            value = (value | value << 4) & NIBBLES;
            // From 10 on, half a byte plus 6 carries into the bit of 16.
            uint256 letters = (value + 6 * ONES) >> 4 & ONES;
            // "0" is 0x30; "a" is 0x27 more than the character that would follow "9".
            characters = value + 0x30 * ONES + 0x27 * letters;
        }
    }
}
