// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Slug } from "../Types.sol";

/// @title The one rule for human-chosen identifiers.
/// @notice A slug is 1 to 32 characters of `a-z 0-9 . _ -`, of which the first is a letter or a digit, so it is safe
///         to print, to put in a path or an address, and has one spelling only. Zero bytes pad it.
library Slugs {
    /// @dev One bit per byte of a word: its highest, and its lowest.
    uint256 private constant HIGH = 0x8080808080808080808080808080808080808080808080808080808080808080;
    uint256 private constant LOW = HIGH >> 7;

    error InvalidSlug(Slug slug);

    function check(Slug slug) internal pure {
        uint256 word = uint256(Slug.unwrap(slug));
        // All 32 bytes at once: a loop over them costs as much as reading a cold slot.
        uint256 alphanumeric = _within(word, "a", "z") | _within(word, "0", "9");
        uint256 padding = ~_atLeast(word, 1) & HIGH;
        uint256 allowed = alphanumeric | _within(word, "-", ".") | _within(word, "_", "_") | padding;
        bool onlyTrailingPadding = ~padding << 8 & padding & HIGH == 0;
        bool valid = word & HIGH == 0 && allowed == HIGH && onlyTrailingPadding && alphanumeric >> 255 == 1;
        if (!valid) revert InvalidSlug(slug);
    }

    /// @dev The high bits of the bytes of `word`, each below 0x80, that lie in [first, last].
    function _within(uint256 word, bytes1 first, bytes1 last) private pure returns (uint256) {
        return _atLeast(word, uint8(first)) & ~_atLeast(word, uint256(uint8(last)) + 1);
    }

    /// @dev The high bits of the bytes of `word`, each below 0x80, that are `least` or more.
    function _atLeast(uint256 word, uint256 least) private pure returns (uint256) {
        unchecked {
            return (word | HIGH) - least * LOW & HIGH;
        }
    }
}
