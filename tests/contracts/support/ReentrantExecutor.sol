// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IERC1271 } from "@openzeppelin/contracts/interfaces/IERC1271.sol";

import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";

/// @dev Wants to reserve a run of its own while it is asked whether it signed.
contract ReentrantExecutor {
    IDataUse private immutable _use;
    IDataUse.Reservation private _wanted;

    constructor(IDataUse use) {
        _use = use;
    }

    function prepare(IDataUse.Reservation calldata wanted) external {
        _wanted = wanted;
    }

    function act() public {
        _use.reserve(_wanted);
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        act();
        return IERC1271.isValidSignature.selector;
    }
}
