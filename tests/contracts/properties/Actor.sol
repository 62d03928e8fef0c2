// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { Signing } from "../support/Signing.sol";
import { Vm, vm } from "../support/Vm.sol";
import { LedgerModel } from "./LedgerModel.sol";

/// @dev Acts on the contracts as any of many keys would, well or badly, asks the model beforehand what must come of it,
///      and holds the contract to the answer: the very error, or success. Every head is rebuilt from the logs.
abstract contract Actor is LedgerFixture, LedgerModel {
    string[] internal _names;
    address[] internal _pool;
    mapping(address => string) internal _nameOf;
    mapping(address => uint256) internal _nonces;
    bytes32 internal _seed;

    /// @dev How often a function ended so: its name for a success, an error's selector for a refusal.
    mapping(bytes32 outcome => uint256) public outcomes;

    /// @dev The dataset whose head the last action moved.
    bytes32 internal _touched;

    // --------------------------------------------------------------------------------------------- choices

    function _remember(string memory name) internal returns (address key) {
        key = addressOf(name);
        _names.push(name);
        _pool.push(key);
        _nameOf[key] = name;
    }

    /// @dev A number below `bound`, the next that the seed gives.
    function _below(uint256 bound) internal returns (uint256) {
        _seed = keccak256(abi.encode(_seed));
        return uint256(_seed) % bound;
    }

    function _anyKey() internal returns (address) {
        return _pool[_below(_pool.length)];
    }

    /// @dev A key that may act now, with these capabilities and, unless `org` is 0, for this organisation; any key
    ///      where there is none.
    function _able(uint16 capability, uint32 org) internal returns (address) {
        uint256 offset = _below(_pool.length);
        for (uint256 i = 0; i < _pool.length; ++i) {
            address key = _pool[(offset + i) % _pool.length];
            bool fits = org == 0 || keys[key].org == org;
            if (fits && refuseCapability(key, capability) == 0) return key;
        }
        return _pool[offset];
    }

    /// @dev One of the datasets; the first ones more often, so that they get far.
    function _dataset() internal returns (bytes32) {
        if (_below(30) == 0) return keccak256("no such dataset");
        return datasetIds[_below(1 + _below(datasetIds.length))];
    }

    // -------------------------------------------------------------------------------------- what came of it

    function _call(string memory name, address target, address by, bytes4 refusal, bytes memory data)
        internal
        returns (bool success)
    {
        vm.recordLogs();
        vm.prank(by);
        bytes memory answer;
        (success, answer) = target.call(data);
        bytes4 got = success ? bytes4(0) : bytes4(answer);
        vm.assertEq(bytes32(got), bytes32(refusal), name);
        ++outcomes[success ? bytes32(bytes(name)) : bytes32(refusal)];
    }

    /// @dev The one event of the write just made moves the head of its dataset, by the rule of the interface.
    function _follow(bytes32 dataset) internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 1, "one event for one write");
        vm.assertEq(logs[0].emitter, address(ledger), "emitter");
        vm.assertEq(logs[0].topics[1], dataset, "the dataset's event");
        bytes memory data = logs[0].data;
        bytes32 previous = datasets[dataset].head;
        bytes32 claimed;
        assembly ("memory-safe") {
            claimed := mload(add(data, 0x20))
            mstore(add(data, 0x20), previous)
        }
        bytes32[] memory topics = logs[0].topics;
        bytes32 next = keccak256(bytes.concat(topics[0], topics[1], topics[2], topics[3], keccak256(data)));
        vm.assertEq(claimed, next, "the head in the event");
        datasets[dataset].head = next;
        _touched = dataset;
    }

    function _authorise(address by, uint256 nonce, uint256 deadline, bytes32 structHash)
        internal
        view
        returns (IDatasetLedger.Authorisation memory)
    {
        bytes32 digest = Signing.digest(structHash, block.chainid, address(ledger));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secretOf(_nameOf[by]), digest);
        return IDatasetLedger.Authorisation(by, nonce, deadline, bytes.concat(r, s, bytes1(v)));
    }

    function _relay(string memory name, address by, uint256 nonce, bytes4 refusal, bytes memory signed)
        internal
        returns (bool success)
    {
        if (nonce != _nonces[by]) refusal = bytes4(keccak256("InvalidAccountNonce(address,uint256)"));
        success = _call(name, address(ledger), address(0xBEEF), refusal, signed);
        if (success) {
            ++_nonces[by];
            ++outcomes["relayed"];
        }
    }
}
