// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, PolicyId, Slug } from "../Types.sol";
import { IDatasetLedger } from "../interfaces/IDatasetLedger.sol";

/// @title EIP-712 struct hashes of the actions that a member may sign offline.
library SignedActions {
    bytes private constant PARENT = "Parent(bytes32 dataset,uint32 version,uint8 relation)";
    bytes private constant RECORD =
        "VersionRecord(bytes32 contentRoot,bytes32 manifestDigest,uint64 sizeBytes,uint64 fileCount,uint64 recordCount,uint8 saltScheme,Parent[] parents)";
    bytes private constant STEP = "Step(bytes32 dataset,uint32 version,uint8 from,uint8 to,bytes32 evidence)";

    bytes32 private constant PARENT_TYPE = keccak256(PARENT);
    bytes32 private constant RECORD_TYPE = keccak256(abi.encodePacked(RECORD, PARENT));
    bytes32 private constant STEP_TYPE = keccak256(STEP);
    bytes32 private constant REGISTER_TYPE = keccak256(
        abi.encodePacked(
            "Register(bytes32 slug,uint16 policy,VersionRecord record,uint256 nonce,uint256 deadline)", PARENT, RECORD
        )
    );
    bytes32 private constant ADD_VERSION_TYPE = keccak256(
        abi.encodePacked(
            "AddVersion(bytes32 dataset,uint32 number,VersionRecord record,uint256 nonce,uint256 deadline)",
            PARENT,
            RECORD
        )
    );
    bytes32 private constant ADVANCE_TYPE =
        keccak256(abi.encodePacked("Advance(Step step,uint256 nonce,uint256 deadline)", STEP));
    bytes32 private constant APPROVE_TYPE =
        keccak256(abi.encodePacked("Approve(Step step,uint256 nonce,uint256 deadline)", STEP));
    bytes32 private constant DESCRIBE_TYPE =
        keccak256("Describe(bytes32 dataset,bytes32 description,uint256 nonce,uint256 deadline)");

    function register(
        Slug slug,
        PolicyId policy,
        IDatasetLedger.VersionRecord calldata record,
        IDatasetLedger.Authorisation calldata authorisation
    ) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(REGISTER_TYPE, slug, policy, _record(record), authorisation.nonce, authorisation.deadline)
        );
    }

    function addVersion(
        DatasetId dataset,
        uint32 number,
        IDatasetLedger.VersionRecord calldata record,
        IDatasetLedger.Authorisation calldata authorisation
    ) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(ADD_VERSION_TYPE, dataset, number, _record(record), authorisation.nonce, authorisation.deadline)
        );
    }

    function advance(IDatasetLedger.Step calldata step, IDatasetLedger.Authorisation calldata authorisation)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(ADVANCE_TYPE, _step(step), authorisation.nonce, authorisation.deadline));
    }

    function approve(IDatasetLedger.Step calldata step, IDatasetLedger.Authorisation calldata authorisation)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(APPROVE_TYPE, _step(step), authorisation.nonce, authorisation.deadline));
    }

    function describe(DatasetId dataset, bytes32 description, IDatasetLedger.Authorisation calldata authorisation)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(DESCRIBE_TYPE, dataset, description, authorisation.nonce, authorisation.deadline));
    }

    function _step(IDatasetLedger.Step calldata step) private pure returns (bytes32) {
        return keccak256(abi.encode(STEP_TYPE, step));
    }

    function _record(IDatasetLedger.VersionRecord calldata record) private pure returns (bytes32) {
        bytes32[] memory parents = new bytes32[](record.parents.length);
        for (uint256 i = 0; i < parents.length; ++i) {
            parents[i] = keccak256(abi.encode(PARENT_TYPE, record.parents[i]));
        }
        return keccak256(
            abi.encode(
                RECORD_TYPE,
                record.contentRoot,
                record.manifestDigest,
                record.sizeBytes,
                record.fileCount,
                record.recordCount,
                record.saltScheme,
                keccak256(abi.encodePacked(parents))
            )
        );
    }
}
