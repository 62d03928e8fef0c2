// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @dev Merkle trees straight from the recursive definitions of RFC 9162, sections 2.1.1, 2.1.3.1 and 2.1.4.1.
///      `leaves` are leaf hashes; D[from:to] is written as the two bounds.
library MerkleTree {
    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        return _root(leaves, 0, leaves.length);
    }

    function inclusion(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory) {
        return _path(leaves, index, 0, leaves.length);
    }

    function consistency(bytes32[] memory leaves, uint256 oldSize) internal pure returns (bytes32[] memory) {
        if (oldSize == leaves.length) return new bytes32[](0);
        return _subproof(leaves, oldSize, 0, leaves.length, true);
    }

    function prefix(bytes32[] memory leaves, uint256 size) internal pure returns (bytes32[] memory first) {
        first = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            first[i] = leaves[i];
        }
    }

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(bytes.concat(hex"01", left, right));
    }

    function _root(bytes32[] memory leaves, uint256 from, uint256 to) private pure returns (bytes32) {
        if (to == from) return sha256("");
        if (to - from == 1) return leaves[from];
        uint256 middle = from + _split(to - from);
        return node(_root(leaves, from, middle), _root(leaves, middle, to));
    }

    function _path(bytes32[] memory leaves, uint256 index, uint256 from, uint256 to)
        private
        pure
        returns (bytes32[] memory)
    {
        if (to - from == 1) return new bytes32[](0);
        uint256 middle = from + _split(to - from);
        return index < middle
            ? _append(_path(leaves, index, from, middle), _root(leaves, middle, to))
            : _append(_path(leaves, index, middle, to), _root(leaves, from, middle));
    }

    function _subproof(bytes32[] memory leaves, uint256 oldSize, uint256 from, uint256 to, bool whole)
        private
        pure
        returns (bytes32[] memory)
    {
        if (oldSize == to) {
            return whole ? new bytes32[](0) : _append(new bytes32[](0), _root(leaves, from, to));
        }
        uint256 middle = from + _split(to - from);
        return oldSize <= middle
            ? _append(_subproof(leaves, oldSize, from, middle, whole), _root(leaves, middle, to))
            : _append(_subproof(leaves, oldSize, middle, to, false), _root(leaves, from, middle));
    }

    /// @dev The largest power of two smaller than `size`.
    function _split(uint256 size) private pure returns (uint256 k) {
        k = 1;
        while (2 * k < size) k *= 2;
    }

    function _append(bytes32[] memory path, bytes32 last) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](path.length + 1);
        for (uint256 i = 0; i < path.length; ++i) {
            longer[i] = path[i];
        }
        longer[path.length] = last;
    }
}
