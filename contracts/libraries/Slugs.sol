// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title The one rule for human-chosen identifiers.
/// @notice A slug is 1 to 64 characters of `a-z 0-9 . _ -` and starts with a letter or a digit, so it is
///         safe to print, to put in a path or an address, and has one spelling only.
library Slugs {
    uint256 internal constant MAX_LENGTH = 64;

    /// @dev Bit c is set when the ASCII character c may stand first.
    uint256 private constant FIRST = ((1 << 10) - 1) << 48 | ((1 << 26) - 1) << 97;

    /// @dev Bit c is set when the ASCII character c may stand anywhere.
    uint256 private constant ANY = FIRST | 1 << 45 | 1 << 46 | 1 << 95;

    error InvalidSlug(string slug);

    function check(string memory slug) internal pure {
        bytes memory text = bytes(slug);
        uint256 length = text.length;
        bool valid = length != 0 && length <= MAX_LENGTH;
        if (valid) {
            valid = FIRST >> uint8(text[0]) & 1 == 1;
            for (uint256 i = 1; valid && i < length; ++i) {
                valid = ANY >> uint8(text[i]) & 1 == 1;
            }
        }
        if (!valid) revert InvalidSlug(slug);
    }
}
