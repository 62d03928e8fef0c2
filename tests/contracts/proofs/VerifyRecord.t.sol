// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { MerkleTree } from "../support/MerkleTree.sol";
import { vm } from "../support/Vm.sol";

contract VerifyRecordTest is LedgerFixture {
    string private constant VECTORS = "tests/vectors/record_proofs.json";
    uint256 private constant MAX_GAS = 40_000;
    bytes private constant HEAD =
        '{"digest":"sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881","path":"data/corpus.jsonl","records":{"format":"jsonl","label_count":10000000,"label_root":"sha256:4aa84e6acf77a98119f9d02edb68d89fc7032c046857c7771fdd1441d65105e0"';
    bytes private constant TAIL = ',"secret_id":"0011223344556677"},"size_bytes":1000000000}';

    /// @dev All that `verifyRecord` is asked of one version.
    struct Claim {
        DatasetId dataset;
        uint32 version;
        IDatasetLedger.VersionRecord recorded;
        IDatasetLedger.RecordEntry entry;
        IDatasetLedger.Place entryPlace;
        bytes leaf;
        IDatasetLedger.Place leafPlace;
    }

    function _holds(Claim memory claim) private view returns (bool) {
        return ledger.verifyRecord(
            claim.dataset, claim.version, claim.recorded, claim.entry, claim.entryPlace, claim.leaf, claim.leafPlace
        );
    }

    function _register(Claim memory claim, bytes32 contentRoot, uint64 fileCount) private {
        claim.recorded = recordOf("records");
        claim.recorded.contentRoot = contentRoot;
        claim.recorded.fileCount = fileCount;
        claim.version = 1;
        vm.prank(addressOf("clerk"));
        claim.dataset = ledger.register(slugOf("records"), DEFAULT_POLICY, claim.recorded);
    }

    // --------------------------------------------------------------------------------------- shared vectors

    function test_Vectors() external {
        string memory json = vm.readFile(VECTORS);
        Claim memory claim;
        uint64 fileCount = uint64(vm.parseJsonUint(json, ".file_count"));
        _register(claim, vm.parseJsonBytes32(json, ".content_root"), fileCount);
        uint256 count = vm.parseJsonUint(json, ".case_count");
        uint256 valid;
        for (uint256 i = 0; i < count; ++i) {
            string memory prefix = string.concat(".cases[", vm.toString(i), "].");
            claim.entry = IDatasetLedger.RecordEntry(
                vm.parseJsonBytes(json, string.concat(prefix, "head")),
                vm.parseJsonBytes(json, string.concat(prefix, "tail")),
                uint64(vm.parseJsonUint(json, string.concat(prefix, "record_count"))),
                vm.parseJsonBytes32(json, string.concat(prefix, "record_root"))
            );
            claim.entryPlace = _place(json, string.concat(prefix, "entry_"));
            claim.leaf = vm.parseJsonBytes(json, string.concat(prefix, "leaf"));
            claim.leafPlace = _place(json, string.concat(prefix, "leaf_"));
            bool expected = vm.parseJsonBool(json, string.concat(prefix, "valid"));
            vm.assertEq(_holds(claim), expected, vm.parseJsonString(json, string.concat(prefix, "name")));
            if (expected) ++valid;
        }
        vm.assertGt(valid, 6, "valid cases");
        vm.assertGt(count - valid, 20, "cases that must fail");
    }

    function _place(string memory json, string memory prefix) private pure returns (IDatasetLedger.Place memory) {
        return IDatasetLedger.Place(
            uint64(vm.parseJsonUint(json, string.concat(prefix, "index"))),
            vm.parseJsonBytes32Array(json, string.concat(prefix, "path"))
        );
    }

    // -------------------------------------------------------------------------------------- naive statement

    /// The entry, put together by another's hands.
    function _entryBytes(IDatasetLedger.RecordEntry memory entry) private pure returns (bytes memory) {
        bytes memory prefixed = bytes(vm.toString(entry.recordRoot));
        bytes memory root = new bytes(64);
        for (uint256 i = 0; i < 64; ++i) {
            root[i] = prefixed[i + 2];
        }
        return bytes.concat(
            entry.head,
            ',"record_count":',
            bytes(vm.toString(entry.recordCount)),
            ',"record_root":"sha256:',
            root,
            '"',
            entry.tail
        );
    }

    function _leafHash(bytes memory content) private pure returns (bytes32) {
        return sha256(bytes.concat(hex"00", content));
    }

    /// A version of a few files, of which the one at `fileIndex` has `size` records.
    function _claim(bytes32 seed, uint256 files, uint256 fileIndex, uint256 size, uint256 index)
        private
        returns (Claim memory claim)
    {
        bytes32[] memory leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            leaves[i] = _leafHash(abi.encode(seed, i));
        }
        claim.leaf = abi.encode(seed, index);
        claim.leafPlace = IDatasetLedger.Place(uint64(index), MerkleTree.inclusion(leaves, index));
        claim.entry = IDatasetLedger.RecordEntry(HEAD, TAIL, uint64(size), MerkleTree.root(leaves));

        bytes32[] memory entries = new bytes32[](files);
        for (uint256 i = 0; i < files; ++i) {
            entries[i] = i == fileIndex ? _leafHash(_entryBytes(claim.entry)) : keccak256(abi.encode(seed, i));
        }
        claim.entryPlace = IDatasetLedger.Place(uint64(fileIndex), MerkleTree.inclusion(entries, fileIndex));
        _register(claim, MerkleTree.root(entries), uint64(files));
    }

    /// Holds as it is, and in no way altered.
    /// forge-config: default.fuzz.runs = 1000
    function testFuzz_EveryPartCounts(bytes32 seed, uint256 files, uint256 size, uint256 position, uint256 change)
        external
    {
        files = files % 5 + 1;
        size = size % 12 + 1;
        Claim memory claim = _claim(seed, files, position % files, size, position % size);
        vm.assertTrue(_holds(claim), "as recorded");

        change %= 13;
        if (change == 0) claim.version += 1;
        if (change == 1) claim.dataset = DatasetId.wrap(seed);
        if (change == 2) claim.recorded.fileCount += 1;
        if (change == 3) claim.recorded.contentRoot ^= seed | bytes32(uint256(1));
        if (change == 4) claim.entry.head = bytes.concat(claim.entry.head, " ");
        if (change == 5) claim.entry.tail = bytes.concat(" ", claim.entry.tail);
        if (change == 6) claim.entry.recordCount += 1;
        if (change == 7) claim.entry.recordRoot = _leafHash(claim.leaf) ^ bytes32(uint256(1));
        if (change == 8) claim.entryPlace.index += 1;
        if (change == 9) claim.entryPlace.path = _longer(claim.entryPlace.path);
        if (change == 10) claim.leaf = bytes.concat(claim.leaf, "x");
        if (change == 11) claim.leafPlace.index += uint64(size);
        if (change == 12) claim.leafPlace.path = _longer(claim.leafPlace.path);
        vm.assertFalse(_holds(claim), vm.toString(change));
    }

    function _longer(bytes32[] memory path) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](path.length + 1);
        for (uint256 i = 0; i < path.length; ++i) {
            longer[i] = path[i];
        }
    }

    /// Every number of digits, and every half byte of a root at every place.
    /// forge-config: default.fuzz.runs = 1000
    function testFuzz_EntriesAreSpelledCanonically(uint64 recordCount, bytes32 root, uint8 digits) external {
        digits %= 20;
        if (digits != 0) recordCount = uint64(recordCount % 10 ** digits);
        if (recordCount == 0) recordCount = 1;
        // A tree whose only known leaf is its last one, beside its root's other half.
        Claim memory claim;
        claim.leaf = abi.encode(root);
        claim.entry = IDatasetLedger.RecordEntry(HEAD, TAIL, recordCount, 0);
        claim.leafPlace.index = recordCount - 1;
        claim.leafPlace.path = new bytes32[](_height(recordCount - 1));
        for (uint256 i = 0; i < claim.leafPlace.path.length; ++i) {
            claim.leafPlace.path[i] = keccak256(abi.encode(root, i));
        }
        claim.entry.recordRoot = _climb(claim.leaf, recordCount - 1, recordCount, claim.leafPlace.path);
        bytes32 entryHash = _leafHash(_entryBytes(claim.entry));
        _register(claim, entryHash, 1);
        vm.assertTrue(_holds(claim), vm.toString(recordCount));
    }

    /// @dev Left siblings of the last leaf: one for each bit of its index.
    function _height(uint64 last) private pure returns (uint256 bits) {
        for (; last != 0; last &= last - 1) {
            ++bits;
        }
    }

    /// @dev The root that a path leads to (RFC 9162, section 2.1.3.2).
    function _climb(bytes memory leaf, uint256 node, uint256 size, bytes32[] memory path)
        private
        pure
        returns (bytes32 hash)
    {
        hash = _leafHash(leaf);
        uint256 last = size - 1;
        for (uint256 i = 0; i < path.length; ++i) {
            while (node % 2 == 0 && node == last) {
                node /= 2;
                last /= 2;
            }
            hash = node % 2 == 1 ? MerkleTree.node(path[i], hash) : MerkleTree.node(hash, path[i]);
            node /= 2;
            last /= 2;
        }
    }

    // -------------------------------------------------------------------------------------------------- gas

    /// One of ten million records, 100 bytes long, in a dataset of one file.
    function test_Gas_OneOfTenMillionRecords() external {
        Claim memory claim;
        claim.leaf = new bytes(116);
        claim.leafPlace.index = 5_000_000;
        claim.leafPlace.path = new bytes32[](24);
        for (uint256 i = 0; i < 24; ++i) {
            claim.leafPlace.path[i] = keccak256(abi.encode(i));
        }
        claim.entry = IDatasetLedger.RecordEntry(HEAD, TAIL, 10_000_000, 0);
        claim.entry.recordRoot = _climb(claim.leaf, 5_000_000, 10_000_000, claim.leafPlace.path);
        _register(claim, _leafHash(_entryBytes(claim.entry)), 1);

        bytes memory data = abi.encodeCall(
            ledger.verifyRecord,
            (claim.dataset, claim.version, claim.recorded, claim.entry, claim.entryPlace, claim.leaf, claim.leafPlace)
        );
        vm.cool(address(ledger)); // as in a transaction that has not touched the ledger yet
        uint256 before = gasleft();
        (bool success, bytes memory answer) = address(ledger).staticcall(data);
        uint256 used = before - gasleft();
        vm.assertTrue(success && abi.decode(answer, (bool)), "holds");
        vm.assertLe(used, MAX_GAS, "gas");
        emit GasUsed(used);
    }

    event GasUsed(uint256 gas);
}
