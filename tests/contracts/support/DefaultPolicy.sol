// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Stage } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { vm } from "./Vm.sol";

/// @dev Reads the default lifecycle policy from the file that ships with the package.
library DefaultPolicy {
    string private constant PATH = "src/dataledger/ledger/policies/default.json";

    function load() internal view returns (IDatasetLedger.Policy memory policy) {
        string memory json = vm.readFile(PATH);
        policy.name = vm.parseJsonString(json, ".name");
        policy.stageNames = vm.parseJsonStringArray(json, ".stages");
        policy.entry = _stage(policy, vm.parseJsonString(json, ".entry"));

        string[] memory before = vm.parseJsonKeys(json, ".after_version");
        for (uint256 i = 0; i < before.length; ++i) {
            string memory next = vm.parseJsonString(json, string.concat(".after_version.", before[i]));
            policy.afterVersion |= bytes32(uint256(Stage.unwrap(_stage(policy, next))))
            << (8 * (31 - Stage.unwrap(_stage(policy, before[i]))));
        }

        uint256 edges;
        while (vm.keyExistsJson(json, _place(edges))) ++edges;
        policy.edges = new IDatasetLedger.Edge[](edges);
        for (uint256 i = 0; i < edges; ++i) {
            policy.edges[i] = _edge(policy, json, _place(i));
        }
    }

    function _edge(IDatasetLedger.Policy memory policy, string memory json, string memory place)
        private
        pure
        returns (IDatasetLedger.Edge memory edge)
    {
        string[] memory keys = vm.parseJsonKeys(json, place);
        for (uint256 i = 0; i < keys.length; ++i) {
            string memory path = string.concat(place, ".", keys[i]);
            if (_same(keys[i], "from")) {
                edge.from = _stage(policy, vm.parseJsonString(json, path));
            } else if (_same(keys[i], "to")) {
                edge.to = _stage(policy, vm.parseJsonString(json, path));
            } else if (_same(keys[i], "capabilities")) {
                string[7] memory names =
                    ["CUSTODIAN", "PROCESSOR", "LABELER", "AUDITOR", "CONSUMER", "REGULATOR", "DIRECTORY"];
                string[] memory wanted = vm.parseJsonStringArray(json, path);
                for (uint256 j = 0; j < wanted.length; ++j) {
                    for (uint256 bit = 0; bit < 7; ++bit) {
                        if (_same(wanted[j], names[bit])) edge.capability |= uint16(1 << bit);
                    }
                }
            } else if (_same(keys[i], "duty")) {
                edge.duty = uint8(vm.parseJsonUint(json, path));
            } else if (_same(keys[i], "must_differ")) {
                string[4] memory parts = ["OWNER", "DUTY_1", "DUTY_2", "DUTY_3"];
                string[] memory wanted = vm.parseJsonStringArray(json, path);
                for (uint256 j = 0; j < wanted.length; ++j) {
                    for (uint256 bit = 0; bit < 4; ++bit) {
                        if (_same(wanted[j], parts[bit])) edge.mustDiffer |= uint8(1 << bit);
                    }
                }
            } else if (_same(keys[i], "owner_only")) {
                edge.ownerOnly = vm.parseJsonBool(json, path);
            } else {
                revert(string.concat("the default policy has a key that these tests do not read: ", keys[i]));
            }
        }
    }

    function _stage(IDatasetLedger.Policy memory policy, string memory name) private pure returns (Stage) {
        for (uint256 i = 0; i < policy.stageNames.length; ++i) {
            if (_same(policy.stageNames[i], name)) return Stage.wrap(uint8(i + 1));
        }
        if (_same(name, "RECALLED")) return Stage.wrap(31);
        revert(string.concat("the default policy names an unknown stage: ", name));
    }

    function _place(uint256 index) private pure returns (string memory) {
        return string.concat(".edges[", vm.toString(index), "]");
    }

    function _same(string memory a, string memory b) private pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }
}
