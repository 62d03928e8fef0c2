// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, PolicyId, Slug } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";

/// @dev EIP-712 of the writes that a member may sign, and of receipts, worked out from the literal type strings of the
///      interfaces.
library Signing {
    string private constant PARENT = "Parent(bytes32 dataset,uint32 version,uint8 relation)";
    string private constant RECORD =
        "VersionRecord(bytes32 contentRoot,bytes32 manifestDigest,uint64 sizeBytes,uint64 fileCount,uint64 recordCount,uint8 saltScheme,Parent[] parents)";
    string private constant STEP = "Step(bytes32 dataset,uint32 version,uint8 from,uint8 to,bytes32 evidence)";
    string private constant REGISTER =
        "Register(bytes32 slug,uint16 policy,VersionRecord record,uint256 nonce,uint256 deadline)";
    string private constant ADD_VERSION =
        "AddVersion(bytes32 dataset,uint32 number,VersionRecord record,uint256 nonce,uint256 deadline)";
    string private constant ADVANCE = "Advance(Step step,uint256 nonce,uint256 deadline)";
    string private constant APPROVE = "Approve(Step step,uint256 nonce,uint256 deadline)";
    string private constant DESCRIBE = "Describe(bytes32 dataset,bytes32 description,uint256 nonce,uint256 deadline)";
    string private constant COST = "Cost(uint64 micro,uint64 deltaPico)";
    string private constant INPUT = "Input(bytes32 dataset,uint32 version,bytes32 commitment)";
    string private constant RECEIPT =
        "Receipt(bytes32 grant,bytes32 run,bytes32 code,bytes32 environment,Input[] inputs,bytes32 output,Cost spent,uint8 outcome)";

    function register(
        Slug slug,
        PolicyId policy,
        IDatasetLedger.VersionRecord memory record,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(bytes.concat(bytes(REGISTER), bytes(PARENT), bytes(RECORD)));
        return keccak256(abi.encode(typeHash, slug, policy, _record(record), nonce, deadline));
    }

    function addVersion(
        DatasetId dataset,
        uint32 number,
        IDatasetLedger.VersionRecord memory record,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(bytes.concat(bytes(ADD_VERSION), bytes(PARENT), bytes(RECORD)));
        return keccak256(abi.encode(typeHash, dataset, number, _record(record), nonce, deadline));
    }

    function advance(IDatasetLedger.Step memory step, uint256 nonce, uint256 deadline) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(bytes.concat(bytes(ADVANCE), bytes(STEP)));
        return keccak256(abi.encode(typeHash, _step(step), nonce, deadline));
    }

    function approve(IDatasetLedger.Step memory step, uint256 nonce, uint256 deadline) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(bytes.concat(bytes(APPROVE), bytes(STEP)));
        return keccak256(abi.encode(typeHash, _step(step), nonce, deadline));
    }

    function describe(DatasetId dataset, bytes32 description, uint256 nonce, uint256 deadline)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(keccak256(bytes(DESCRIBE)), dataset, description, nonce, deadline));
    }

    function receipt(IDataUse.Receipt memory signed) internal pure returns (bytes32) {
        bytes memory inputs;
        for (uint256 i = 0; i < signed.inputs.length; ++i) {
            IDataUse.Input memory input = signed.inputs[i];
            inputs = bytes.concat(
                inputs, keccak256(abi.encode(keccak256(bytes(INPUT)), input.dataset, input.version, input.commitment))
            );
        }
        bytes32 spent = keccak256(abi.encode(keccak256(bytes(COST)), signed.spent.micro, signed.spent.deltaPico));
        return keccak256(
            abi.encode(
                keccak256(bytes.concat(bytes(RECEIPT), bytes(COST), bytes(INPUT))),
                signed.grant,
                signed.run,
                signed.code,
                signed.environment,
                keccak256(inputs),
                signed.output,
                spent,
                signed.outcome
            )
        );
    }

    function digest(bytes32 structHash, uint256 chainId, address verifyingContract) internal pure returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("DataLedger"),
                keccak256("1"),
                chainId,
                verifyingContract
            )
        );
        return keccak256(bytes.concat(hex"1901", domain, structHash));
    }

    function _record(IDatasetLedger.VersionRecord memory record) private pure returns (bytes32) {
        bytes memory parents;
        for (uint256 i = 0; i < record.parents.length; ++i) {
            IDatasetLedger.Parent memory parent = record.parents[i];
            parents = bytes.concat(
                parents,
                keccak256(abi.encode(keccak256(bytes(PARENT)), parent.dataset, parent.version, parent.relation))
            );
        }
        return keccak256(
            abi.encode(
                keccak256(bytes.concat(bytes(RECORD), bytes(PARENT))),
                record.contentRoot,
                record.manifestDigest,
                record.sizeBytes,
                record.fileCount,
                record.recordCount,
                record.saltScheme,
                keccak256(parents)
            )
        );
    }

    function _step(IDatasetLedger.Step memory step) private pure returns (bytes32) {
        return
            keccak256(abi.encode(keccak256(bytes(STEP)), step.dataset, step.version, step.from, step.to, step.evidence));
    }
}
