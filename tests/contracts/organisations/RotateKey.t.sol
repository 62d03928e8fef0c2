// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId } from "../../../contracts/Types.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { vm } from "../support/Vm.sol";

contract RotateKeyTest is NestedEntryPoint {
    function _org() internal pure override returns (OrgId) {
        return owner;
    }

    function _key() internal pure override returns (string memory) {
        return "clerk";
    }

    function _repetition() internal view override returns (bytes memory) {
        return
            abi.encodeWithSelector(IOrganisations.MembershipEnded.selector, addressOf("clerk"), uint40(block.timestamp));
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _rotate(key, addressOf("clerk 2"), refusal);
    }

    function _rotate(string memory key, address newKey, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        organisations.rotateKey(newKey);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesABoundKeyAndNone() external {
        address rivals = addressOf("rival");
        _rotate("clerk", rivals, abi.encodeWithSelector(IOrganisations.KeyBound.selector, rivals, rival));
        address own = addressOf("clerk");
        _rotate("clerk", own, abi.encodeWithSelector(IOrganisations.KeyBound.selector, own, owner));
        _rotate("clerk", address(0), abi.encodeWithSelector(IOrganisations.InvalidKey.selector, address(0)));
    }

    // --------------------------------------------------------------------------------------------- success

    function test_HandsRoleAndWindowToTheNewKey() external {
        vm.prank(addressOf("owner"));
        organisations.renewMember(addressOf("clerk"), uint40(START + 500));
        vm.warp(START + 4);
        vm.record();
        vm.expectEmit(true, true, true, true, address(organisations));
        emit IOrganisations.KeyRotated(owner, addressOf("clerk"), addressOf("clerk 2"), uint40(START + 4));
        _rotate("clerk", addressOf("clerk 2"), "");
        vm.assertEq(slotsWritten(address(organisations)), 2, "slots written");
        assertMember("clerk", owner, IOrganisations.Role.OPERATOR, uint40(START), uint40(START + 4));
        assertMember("clerk 2", owner, IOrganisations.Role.OPERATOR, uint40(START + 4), uint40(START + 500));
    }

    function test_KeepsTheGenerationOfTheRootAuthority() external {
        handOverRoot("successor");
        _rotate("successor", addressOf("successor 2"), "");
        (OrgId org, IOrganisations.Role role,) = organisations.actor(addressOf("successor 2"));
        vm.assertTrue(org == root && role == IOrganisations.Role.ADMIN, "acts");
        vm.assertEq(organisations.member(addressOf("successor 2")).generation, 1, "generation");
    }
}
