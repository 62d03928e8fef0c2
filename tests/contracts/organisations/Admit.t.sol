// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Consortium } from "../support/Consortium.sol";
import { vm } from "../support/Vm.sol";

contract AdmitTest is Consortium {
    function test_A() external view {
        vm.assertEq(organisations.organisationCount(), 10, "count");
    }
}
