// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { RFC9162 } from "../../../contracts/libraries/RFC9162.sol";
import { MerkleTree } from "../support/MerkleTree.sol";
import { vm } from "../support/Vm.sol";

contract RFC9162Harness {
    function leafHash(bytes calldata entry) external pure returns (bytes32) {
        return RFC9162.leafHash(entry);
    }

    function nodeHash(bytes32 left, bytes32 right) external view returns (bytes32) {
        return RFC9162.nodeHash(left, right);
    }

    function verifyInclusion(bytes32 leaf, uint64 index, uint64 size, bytes32[] calldata path, bytes32 root)
        external
        view
        returns (bool)
    {
        return RFC9162.verifyInclusion(leaf, index, size, path, root);
    }

    function verifyConsistency(
        uint64 oldSize,
        uint64 newSize,
        bytes32 oldRoot,
        bytes32 newRoot,
        bytes32[] calldata path
    ) external view returns (bool) {
        return RFC9162.verifyConsistency(oldSize, newSize, oldRoot, newRoot, path);
    }
}

contract RFC9162Test {
    string private constant VECTORS = "tests/vectors/merkle.json";
    uint256 private constant LARGEST_TREE = 40;

    RFC9162Harness private library_;
    IDatasetLedger private ledger;

    function setUp() external {
        library_ = new RFC9162Harness();
        ledger = IDatasetLedger(vm.deployCode("DatasetLedger.sol:DatasetLedger", abi.encode(address(this))));
    }

    // --------------------------------------------------------------------------------------- shared vectors

    function test_Vectors_Trees() external view {
        string memory json = vm.readFile(VECTORS);
        uint256 trees = 0;
        while (vm.keyExistsJson(json, _at("trees", trees, ""))) {
            bytes32[] memory hashes = vm.parseJsonBytes32Array(json, _at("trees", trees, ".leaf_hashes"));
            bytes[] memory entries = vm.parseJsonBytesArray(json, _at("trees", trees, ".leaves"));
            vm.assertEq(entries.length, hashes.length, "leaves");
            for (uint256 i = 0; i < entries.length; ++i) {
                vm.assertEq(library_.leafHash(entries[i]), hashes[i], "leaf hash");
            }
            bytes32 root = vm.parseJsonBytes32(json, _at("trees", trees, ".root"));
            vm.assertEq(MerkleTree.root(hashes), root, "root");
            ++trees;
        }
        vm.assertEq(trees, 9, "trees of 0 to 8 leaves");
    }

    function test_Vectors_Inclusion() external view {
        string memory json = vm.readFile(VECTORS);
        uint256 count = vm.parseJsonUint(json, ".inclusion_count");
        uint256 valid;
        for (uint256 i = 0; i < count; ++i) {
            bytes32 leaf = vm.parseJsonBytes32(json, _at("inclusion", i, ".leaf_hash"));
            uint64 index = uint64(vm.parseJsonUint(json, _at("inclusion", i, ".index")));
            uint64 size = uint64(vm.parseJsonUint(json, _at("inclusion", i, ".tree_size")));
            bytes32[] memory path = vm.parseJsonBytes32Array(json, _at("inclusion", i, ".path"));
            bytes32 root = vm.parseJsonBytes32(json, _at("inclusion", i, ".root"));
            bool expected = vm.parseJsonBool(json, _at("inclusion", i, ".valid"));
            string memory name = vm.parseJsonString(json, _at("inclusion", i, ".name"));
            vm.assertEq(library_.verifyInclusion(leaf, index, size, path, root), expected, name);
            vm.assertEq(ledger.verifyInclusion(leaf, index, size, path, root), expected, name);
            if (expected) ++valid;
        }
        _assertBothKinds(valid, count);
    }

    function test_Vectors_Consistency() external view {
        string memory json = vm.readFile(VECTORS);
        uint256 count = vm.parseJsonUint(json, ".consistency_count");
        uint256 valid;
        for (uint256 i = 0; i < count; ++i) {
            uint64 oldSize = uint64(vm.parseJsonUint(json, _at("consistency", i, ".old_size")));
            uint64 newSize = uint64(vm.parseJsonUint(json, _at("consistency", i, ".new_size")));
            bytes32 oldRoot = vm.parseJsonBytes32(json, _at("consistency", i, ".old_root"));
            bytes32 newRoot = vm.parseJsonBytes32(json, _at("consistency", i, ".new_root"));
            bytes32[] memory path = vm.parseJsonBytes32Array(json, _at("consistency", i, ".path"));
            bool expected = vm.parseJsonBool(json, _at("consistency", i, ".valid"));
            string memory name = vm.parseJsonString(json, _at("consistency", i, ".name"));
            vm.assertEq(library_.verifyConsistency(oldSize, newSize, oldRoot, newRoot, path), expected, name);
            vm.assertEq(ledger.verifyConsistency(oldSize, newSize, oldRoot, newRoot, path), expected, name);
            if (expected) ++valid;
        }
        _assertBothKinds(valid, count);
    }

    /// A file of vectors that lost one kind would test nothing.
    function _assertBothKinds(uint256 valid, uint256 count) private pure {
        vm.assertGt(valid, 20, "valid cases");
        vm.assertGt(count - valid, 20, "cases that must fail");
    }

    function _at(string memory array, uint256 index, string memory field) private pure returns (string memory) {
        return string.concat(".", array, "[", vm.toString(index), "]", field);
    }

    // --------------------------------------------------------------------------------- independent naive tree

    function testFuzz_Inclusion(uint256 seed, uint256 size, uint256 index) external view {
        bytes32[] memory leaves = _leaves(seed, size);
        index %= leaves.length;
        bytes32[] memory path = MerkleTree.inclusion(leaves, index);
        bytes32 root = MerkleTree.root(leaves);
        vm.assertTrue(_included(leaves[index], index, leaves.length, path, root), "in the library");
        vm.assertTrue(
            ledger.verifyInclusion(leaves[index], uint64(index), uint64(leaves.length), path, root), "in the ledger"
        );
    }

    /// One thing changed: another leaf, place, root, or path.
    function testFuzz_InclusionRefused(uint256 seed, uint256 size, uint256 index, uint256 change) external view {
        bytes32[] memory leaves = _leaves(seed, size);
        index %= leaves.length;
        bytes32[] memory path = MerkleTree.inclusion(leaves, index);
        bytes32 root = MerkleTree.root(leaves);
        bytes32 leaf = leaves[index];
        bytes32 noise = keccak256(abi.encode("noise", seed, change));

        uint256 kind = change % 6;
        if (kind == 0) {
            leaf = noise;
        } else if (kind == 1) {
            root = noise;
        } else if (kind == 2) {
            vm.assertFalse(_included(leaf, _other(index, change, 2 * LARGEST_TREE), leaves.length, path, root), "index");
            return;
        } else if (kind == 3) {
            path = _longer(path, noise);
        } else {
            if (path.length == 0) return;
            if (kind == 4) path = MerkleTree.prefix(path, path.length - 1);
            if (kind == 5) path[change / 6 % path.length] = noise;
        }
        vm.assertFalse(_included(leaf, index, leaves.length, path, root), "altered");
    }

    /// An inner node cannot pass for a leaf: the tree of the inner nodes has the same root.
    function testFuzz_AnInnerNodeIsNoEntry(uint256 seed) external view {
        bytes32[] memory leaves = _leaves(seed, 3);
        bytes32[] memory path = new bytes32[](1);
        path[0] = MerkleTree.node(leaves[2], leaves[3]);
        bytes32 forged = library_.leafHash(bytes.concat(leaves[0], leaves[1]));
        vm.assertFalse(_included(forged, 0, 2, path, MerkleTree.root(leaves)), "second preimage");
    }

    /// A path that ends early does not prove that a subtree's root is the root of the whole.
    function testFuzz_ASubtreeIsNotTheTree(uint256 seed) external view {
        bytes32[] memory leaves = _leaves(seed, 1);
        bytes32[] memory path = MerkleTree.inclusion(leaves, 0);
        bytes32 root = MerkleTree.root(leaves);
        vm.assertTrue(_included(leaves[0], 0, 2, path, root), "of two leaves");
        vm.assertFalse(_included(leaves[0], 0, 3, path, root), "of three leaves");
        vm.assertFalse(_included(leaves[0], 0, 4, path, root), "of four leaves");
        vm.assertFalse(_included(root, 0, 2, new bytes32[](0), root), "the root for a leaf");
        vm.assertFalse(_consistent(1, 3, leaves[0], root, path), "grown to three leaves");
    }

    function testFuzz_Consistency(uint256 seed, uint256 size, uint256 oldSize) external view {
        bytes32[] memory leaves = _leaves(seed, size);
        oldSize = 1 + oldSize % leaves.length;
        bytes32 oldRoot = MerkleTree.root(MerkleTree.prefix(leaves, oldSize));
        bytes32[] memory path = MerkleTree.consistency(leaves, oldSize);
        bytes32 newRoot = MerkleTree.root(leaves);
        vm.assertTrue(_consistent(oldSize, leaves.length, oldRoot, newRoot, path), "in the library");
        vm.assertTrue(
            ledger.verifyConsistency(uint64(oldSize), uint64(leaves.length), oldRoot, newRoot, path), "in the ledger"
        );
    }

    function testFuzz_ConsistencyRefused(uint256 seed, uint256 size, uint256 oldSize, uint256 change) external view {
        bytes32[] memory leaves = _leaves(seed, size);
        oldSize = 1 + oldSize % leaves.length;
        bytes32 oldRoot = MerkleTree.root(MerkleTree.prefix(leaves, oldSize));
        bytes32 newRoot = MerkleTree.root(leaves);
        bytes32[] memory path = MerkleTree.consistency(leaves, oldSize);
        bytes32 noise = keccak256(abi.encode("noise", seed, change));

        uint256 kind = change % 6;
        if (kind == 0) {
            oldRoot = noise;
        } else if (kind == 1) {
            newRoot = noise;
        } else if (kind == 2) {
            path = _longer(path, noise);
        } else if (kind == 3) {
            vm.assertFalse(_consistent(0, leaves.length, sha256(""), newRoot, path), "from nothing");
            vm.assertFalse(_consistent(leaves.length + 1, leaves.length, oldRoot, newRoot, path), "backwards");
            return;
        } else {
            if (path.length == 0) return;
            if (kind == 4) path = MerkleTree.prefix(path, path.length - 1);
            if (kind == 5) path[change / 6 % path.length] = noise;
        }
        vm.assertFalse(_consistent(oldSize, leaves.length, oldRoot, newRoot, path), "altered");
    }

    /// Whatever it is given, a verifier answers.
    function testFuzz_NeverReverts(bytes32 leaf, uint64 a, uint64 b, bytes32[] calldata path, bytes32 root)
        external
        view
    {
        vm.assertFalse(library_.verifyInclusion(leaf, a, b, path, root), "inclusion");
        if (a != b || leaf != root || path.length != 0) {
            vm.assertFalse(library_.verifyConsistency(a, b, leaf, root, path), "consistency");
        }
    }

    function test_TheLargestTrees() external view {
        uint64 largest = type(uint64).max;
        bytes32[] memory path = new bytes32[](64);
        bytes32 hash = keccak256("leaf");
        bytes32 root = hash;
        for (uint256 i = 0; i < 64; ++i) {
            path[i] = keccak256(abi.encode(i));
            root = MerkleTree.node(root, path[i]);
        }
        vm.assertTrue(library_.verifyInclusion(hash, 0, largest, path, root), "first of 2^64 - 1");
        vm.assertFalse(library_.verifyInclusion(hash, largest, largest, path, root), "index at the size");
        vm.assertFalse(library_.verifyInclusion(hash, 0, 0, new bytes32[](0), hash), "empty tree");
        vm.assertFalse(library_.verifyConsistency(largest, largest - 1, hash, root, path), "backwards");
    }

    function test_RevertsWhereTheChainDoesNotHash() external {
        vm.assertEq(
            library_.nodeHash(keccak256("left"), keccak256("right")),
            MerkleTree.node(keccak256("left"), keccak256("right")),
            "node hash"
        );
        vm.mockCallRevert(address(2), "", "");
        vm.expectRevert(abi.encodeWithSelector(RFC9162.Sha256Failed.selector));
        library_.nodeHash(keccak256("left"), keccak256("right"));
        vm.clearMockedCalls();
    }

    /// A caller that gives too little gas gets a revert, and never a wrong answer.
    function test_RunsOutOfGasRatherThanAnswerWrongly() external {
        bytes32 right = MerkleTree.node(keccak256("left"), keccak256("right"));
        uint256 refused;
        uint256 answered;
        for (uint256 allowance = 100; allowance < 3000; allowance += 5) {
            (bool success, bytes memory answer) = address(library_).call{ gas: allowance }(
                abi.encodeCall(library_.nodeHash, (keccak256("left"), keccak256("right")))
            );
            if (success) vm.assertEq(abi.decode(answer, (bytes32)), right, "node hash");
            success ? ++answered : ++refused;
        }
        vm.assertGt(refused, 0, "allowances too small");
        vm.assertGt(answered, 0, "allowances large enough");
    }

    function _included(bytes32 leaf, uint256 index, uint256 size, bytes32[] memory path, bytes32 root)
        private
        view
        returns (bool)
    {
        return library_.verifyInclusion(leaf, uint64(index), uint64(size), path, root);
    }

    function _consistent(uint256 oldSize, uint256 newSize, bytes32 oldRoot, bytes32 newRoot, bytes32[] memory path)
        private
        view
        returns (bool)
    {
        return library_.verifyConsistency(uint64(oldSize), uint64(newSize), oldRoot, newRoot, path);
    }

    /// 1 to 40 leaves.
    function _leaves(uint256 seed, uint256 size) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](1 + size % LARGEST_TREE);
        for (uint256 i = 0; i < leaves.length; ++i) {
            leaves[i] = keccak256(abi.encode(seed, i));
        }
    }

    /// An index below `limit` that is not this one.
    function _other(uint256 index, uint256 seed, uint256 limit) private pure returns (uint256) {
        return (index + 1 + seed / 6 % (limit - 1)) % limit;
    }

    function _longer(bytes32[] memory path, bytes32 last) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](path.length + 1);
        for (uint256 i = 0; i < path.length; ++i) {
            longer[i] = path[i];
        }
        longer[path.length] = last;
    }
}
