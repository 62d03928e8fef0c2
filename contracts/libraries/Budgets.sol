// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IDataUse } from "../interfaces/IDataUse.sol";

/// @dev A cost in half a word, so that what is counted and its limit share one slot: micro, then deltaPico above it.
type PackedCost is uint128;

using Budgets for PackedCost global;

using Budgets for Account global;

/// @dev What is counted under a limit, which it never exceeds.
struct Account {
    PackedCost limit;
    PackedCost counted;
}

/// @title How costs add up, and what they may come to.
library Budgets {
    uint8 private constant DELTA_PICO = 64;

    /// @notice Reverts unless one use can cost this: nothing where it is exact, something where it is not, and δ only
    ///         where there is one.
    function check(IDataUse.Composition composition, IDataUse.Cost calldata cost) internal pure {
        bool exact = composition == IDataUse.Composition.NONE;
        if ((cost.micro == 0) != exact) revert IDataUse.InvalidCost(composition, cost.micro, cost.deltaPico);
        checkDelta(composition, cost);
    }

    /// @notice Reverts where there is a δ that the composition does not know.
    function checkDelta(IDataUse.Composition composition, IDataUse.Cost calldata cost) internal pure {
        if (cost.deltaPico != 0 && composition != IDataUse.Composition.BASIC) {
            revert IDataUse.InvalidCost(composition, cost.micro, cost.deltaPico);
        }
    }

    /// @notice Whether `cost` can be counted, too.
    function hasRoomFor(Account memory self, PackedCost cost) internal pure returns (bool) {
        // In 256 bits, sums of 64 do not overflow.
        return uint256(self.counted.micro()) + cost.micro() <= self.limit.micro()
            && uint256(self.counted.deltaPico()) + cost.deltaPico() <= self.limit.deltaPico();
    }

    /// @notice What can still be counted.
    function left(Account memory self) internal pure returns (PackedCost) {
        return self.limit.minus(self.counted);
    }

    /// @dev Checked: neither part runs over into the other.
    function plus(PackedCost self, PackedCost other) internal pure returns (PackedCost) {
        return _pack(self.micro() + other.micro(), self.deltaPico() + other.deltaPico());
    }

    /// @dev Checked, likewise.
    function minus(PackedCost self, PackedCost other) internal pure returns (PackedCost) {
        return _pack(self.micro() - other.micro(), self.deltaPico() - other.deltaPico());
    }

    /// @notice Whether neither part is greater than that of `other`.
    function isWithin(PackedCost self, PackedCost other) internal pure returns (bool) {
        return self.micro() <= other.micro() && self.deltaPico() <= other.deltaPico();
    }

    /// @notice The lesser of each part.
    function lesserOf(PackedCost self, PackedCost other) internal pure returns (PackedCost) {
        uint64 lesserMicro = self.micro() < other.micro() ? self.micro() : other.micro();
        uint64 lesserDelta = self.deltaPico() < other.deltaPico() ? self.deltaPico() : other.deltaPico();
        return _pack(lesserMicro, lesserDelta);
    }

    function equals(PackedCost self, PackedCost other) internal pure returns (bool) {
        return PackedCost.unwrap(self) == PackedCost.unwrap(other);
    }

    function isZero(PackedCost self) internal pure returns (bool) {
        return PackedCost.unwrap(self) == 0;
    }

    function pack(IDataUse.Cost calldata cost) internal pure returns (PackedCost) {
        return _pack(cost.micro, cost.deltaPico);
    }

    function unpack(PackedCost self) internal pure returns (IDataUse.Cost memory) {
        return IDataUse.Cost(self.micro(), self.deltaPico());
    }

    // A cast takes one part and drops what is above it.
    // forge-lint: disable-start(unsafe-typecast)

    function micro(PackedCost self) internal pure returns (uint64) {
        return uint64(PackedCost.unwrap(self));
    }

    function deltaPico(PackedCost self) internal pure returns (uint64) {
        return uint64(PackedCost.unwrap(self) >> DELTA_PICO);
    }

    // forge-lint: disable-end(unsafe-typecast)

    function _pack(uint64 micro_, uint64 deltaPico_) private pure returns (PackedCost) {
        return PackedCost.wrap(micro_ | uint128(deltaPico_) << DELTA_PICO);
    }
}
