// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId } from "../../../contracts/Types.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { AdminEntryPoint } from "../support/EntryPoint.sol";
import { vm } from "../support/Vm.sol";

contract SuspendOrganisationTest is AdminEntryPoint {
    function _org() internal pure override returns (OrgId) {
        return province;
    }

    function _key() internal pure override returns (string memory) {
        return "province";
    }

    function _repetition() internal pure override returns (bytes memory) {
        return abi.encodeWithSelector(IOrganisations.AlreadySuspended.selector, owner, province);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _suspend(key, owner, refusal);
    }

    function _suspend(string memory key, OrgId org, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        organisations.suspend(org, "overdue audit");
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnUnknownOrganisation() external {
        OrgId unknown = OrgId.wrap(99);
        _suspend("root", unknown, abi.encodeWithSelector(IOrganisations.UnknownOrganisation.selector, unknown));
    }

    function test_RefusesWhoIsNotAbove() external {
        string[4] memory keys = ["owner", "rival", "abroad", "processor"];
        OrgId[4] memory orgs = [owner, rival, abroad, processor];
        for (uint256 i = 0; i < keys.length; ++i) {
            _suspend(keys[i], owner, abi.encodeWithSelector(IOrganisations.NoAuthority.selector, orgs[i], owner));
        }
        _suspend("owner", province, abi.encodeWithSelector(IOrganisations.NoAuthority.selector, owner, province));
    }

    function test_RefusesToSuspendTheRootAuthority() external {
        _suspend("root", root, abi.encodeWithSelector(IOrganisations.NoAuthority.selector, root, root));
    }

    function test_RefusesToTakeASuspensionOverFromAbove() external {
        _suspend("root", owner, "");
        bytes memory refusal = abi.encodeWithSelector(IOrganisations.AlreadySuspended.selector, owner, root);
        _suspend("province", owner, refusal);
        _suspend("root", owner, refusal);
    }

    // --------------------------------------------------------------------------------------------- success

    function test_StopsTheOrganisation() external {
        vm.warp(START + 3);
        vm.record();
        vm.expectEmit(true, true, true, true, address(organisations));
        emit IOrganisations.OrganisationSuspended(
            owner, province, addressOf("province"), "overdue audit", uint40(START + 3)
        );
        _suspend("province", owner, "");
        vm.assertEq(slotsWritten(address(organisations)), 1, "slots written");

        IOrganisations.Organisation memory found = organisations.organisation(owner);
        vm.assertTrue(found.suspendedBy == province, "suspended by");
        vm.assertTrue(found.parent == province, "parent");
        vm.assertEq(found.depth, 2, "depth");
        vm.assertEq(found.capabilities, 1, "capabilities");
        vm.assertEq(found.grantable, 0, "grantable");
        vm.assertEq(found.admittedAt, START, "admitted at");
        vm.expectRevert(abi.encodeWithSelector(IOrganisations.OrganisationIsSuspended.selector, owner, province));
        organisations.actor(addressOf("clerk"));
    }

    function test_StopsEveryOrganisationBelow() external {
        _suspend("root", province, "");
        bytes memory refusal = abi.encodeWithSelector(IOrganisations.OrganisationIsSuspended.selector, province, root);
        vm.expectRevert(refusal);
        organisations.standing(owner);
        vm.expectRevert(refusal);
        organisations.actor(addressOf("regulator"));
        // Siblings go on.
        organisations.actor(addressOf("abroad"));
    }

    function test_TakesASuspensionOverFromFurtherAbove() external {
        _suspend("province", owner, "");
        vm.expectEmit(true, true, true, true, address(organisations));
        emit IOrganisations.OrganisationSuspended(owner, root, addressOf("root"), "overdue audit", uint40(START));
        _suspend("root", owner, "");
        vm.assertTrue(organisations.organisation(owner).suspendedBy == root, "suspended by");
    }
}
