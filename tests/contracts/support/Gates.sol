// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, Stage } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { IStepGate } from "../../../contracts/interfaces/IStepGate.sol";

/// @dev Opens for one piece of evidence alone; says in its refusal all that it was asked.
contract Gate is IStepGate {
    bytes32 private immutable _key;

    error Shut(DatasetId dataset, uint32 version, Stage from, Stage to, OrgId org, bytes32 evidence);

    constructor(bytes32 key) {
        _key = key;
    }

    function check(DatasetId dataset, uint32 version, Stage from, Stage to, OrgId org, bytes32 evidence) external view {
        if (evidence != _key) revert Shut(dataset, version, from, to, org, evidence);
    }
}

/// @dev Wants to take the step itself while it is asked about it.
contract ReentrantGate {
    function check(DatasetId dataset, uint32 version, Stage from, Stage to, OrgId, bytes32 evidence) external {
        IDatasetLedger(msg.sender).advance(IDatasetLedger.Step(dataset, version, from, to, evidence));
    }
}
