// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Slug } from "../Types.sol";

/// @title The one rule for human-chosen identifiers.
/// @notice A slug is 1 to 32 characters of `a-z 0-9 . _ -`, of which the first is a letter or a digit, so it is safe
///         to print, to put in a path or an address, and has one spelling only. Zero bytes pad it.
library Slugs {
    /// @dev Bit c is set when the ASCII character c may stand first.
    uint256 private constant FIRST = ((1 << 10) - 1) << 48 | ((1 << 26) - 1) << 97;

    /// @dev Bit c is set when the ASCII character c may stand anywhere.
    uint256 private constant ANY = FIRST | 1 << 45 | 1 << 46 | 1 << 95;

    error InvalidSlug(Slug slug);

    function check(Slug slug) internal pure {
        uint256 rest = uint256(Slug.unwrap(slug));
        bool valid = FIRST >> (rest >> 248) & 1 == 1;
        while (valid && (rest <<= 8) != 0) {
            valid = ANY >> (rest >> 248) & 1 == 1;
        }
        if (!valid) revert InvalidSlug(slug);
    }
}
