// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Merkle proofs of RFC 9162 (Certificate Transparency v2), section 2.1, over SHA-256.
/// @notice Proofs are positional: a proof shows that a leaf is *at this index* of a tree of this size.
library RFC9162 {
    error Sha256Failed();

    /// @notice Hash of a leaf: SHA-256(0x00 ‖ entry).
    function leafHash(bytes calldata entry) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), entry));
    }

    /// @notice Hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
    function nodeHash(bytes32 left, bytes32 right) internal view returns (bytes32 hash) {
        bool success;
        // Assembly halves the gas of a proof: no allocation per node.
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore8(input, 0x01)
            mstore(add(input, 0x01), left)
            mstore(add(input, 0x21), right)
            success := staticcall(gas(), 0x02, input, 0x41, 0x00, 0x20)
            hash := mload(0x00)
        }
        if (!success) revert Sha256Failed();
    }

    /// @notice Whether `path` proves that `leaf` stands at `index` in the tree of `size` leaves under `root`
    ///         (section 2.1.3.2).
    function verifyInclusion(bytes32 leaf, uint64 index, uint64 size, bytes32[] calldata path, bytes32 root)
        internal
        view
        returns (bool)
    {
        if (index >= size) return false;
        uint256 node = index;
        uint256 last = size - 1;
        bytes32 hash = leaf;
        for (uint256 i = 0; i < path.length; ++i) {
            if (last == 0) return false;
            if (node & 1 == 1 || node == last) {
                hash = nodeHash(path[i], hash);
                (node, last) = _skipMissingSiblings(node, last);
            } else {
                hash = nodeHash(hash, path[i]);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && hash == root;
    }

    /// @notice Whether `path` proves that the tree of `newSize` leaves under `newRoot` begins with the tree of
    ///         `oldSize` leaves under `oldRoot` (section 2.1.4.2). `oldSize` must not be 0: every tree extends the
    ///         empty one, and no proof exists of it. Equal sizes need equal roots and an empty path.
    function verifyConsistency(
        uint64 oldSize,
        uint64 newSize,
        bytes32 oldRoot,
        bytes32 newRoot,
        bytes32[] calldata path
    ) internal view returns (bool) {
        if (oldSize == 0 || oldSize > newSize) return false;
        if (oldSize == newSize) return path.length == 0 && oldRoot == newRoot;

        uint256 node = oldSize - 1;
        uint256 last = newSize - 1;
        while (node & 1 == 1) {
            node >>= 1;
            last >>= 1;
        }

        // The old tree of a power of two is itself a node of the new one, and then not part of the path.
        uint256 next = node == 0 ? 0 : 1;
        if (path.length < next) return false;
        bytes32 oldHash = next == 0 ? oldRoot : path[0];
        bytes32 newHash = oldHash;

        for (; next < path.length; ++next) {
            if (last == 0) return false;
            if (node & 1 == 1 || node == last) {
                oldHash = nodeHash(path[next], oldHash);
                newHash = nodeHash(path[next], newHash);
                (node, last) = _skipMissingSiblings(node, last);
            } else {
                newHash = nodeHash(newHash, path[next]);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && oldHash == oldRoot && newHash == newRoot;
    }

    /// @dev A rightmost node without a sibling is its own parent: climb to where a sibling exists.
    function _skipMissingSiblings(uint256 node, uint256 last) private pure returns (uint256, uint256) {
        while (node & 1 == 0 && node != 0) {
            node >>= 1;
            last >>= 1;
        }
        return (node, last);
    }
}
