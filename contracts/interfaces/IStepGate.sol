// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, Stage } from "../Types.sol";

/// @title A further condition on lifecycle steps, named by a policy (for example: a passed quality audit).
interface IStepGate {
    /// @notice Returns when the step may be taken; reverts with the reason when it may not.
    /// @dev The ledger calls it without the right to change state.
    function check(DatasetId dataset, uint32 version, Stage from, Stage to, OrgId org, bytes32 evidence) external view;
}
