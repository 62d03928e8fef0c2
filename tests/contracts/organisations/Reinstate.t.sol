// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId } from "../../../contracts/Types.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { AdminEntryPoint } from "../support/EntryPoint.sol";
import { vm } from "../support/Vm.sol";

contract ReinstateOrganisationTest is AdminEntryPoint {
    function setUp() public override {
        super.setUp();
        suspendOrganisation("province", owner);
    }

    function _org() internal pure override returns (OrgId) {
        return province;
    }

    function _key() internal pure override returns (string memory) {
        return "province";
    }

    function _repetition() internal pure override returns (bytes memory) {
        return abi.encodeWithSelector(IOrganisations.NotSuspended.selector, owner);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _reinstate(key, owner, refusal);
    }

    function _reinstate(string memory key, OrgId org, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        organisations.reinstate(org);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnUnknownOrganisation() external {
        OrgId unknown = OrgId.wrap(99);
        _reinstate("root", unknown, abi.encodeWithSelector(IOrganisations.UnknownOrganisation.selector, unknown));
    }

    function test_RefusesTheSuspendedOrganisationItself() external {
        bytes memory refusal = abi.encodeWithSelector(IOrganisations.OrganisationIsSuspended.selector, owner, province);
        _reinstate("owner", owner, refusal);
    }

    function test_RefusesWhoIsNotAbove() external {
        string[3] memory keys = ["rival", "abroad", "processor"];
        OrgId[3] memory orgs = [rival, abroad, processor];
        for (uint256 i = 0; i < keys.length; ++i) {
            _reinstate(keys[i], owner, abi.encodeWithSelector(IOrganisations.NoAuthority.selector, orgs[i], owner));
        }
    }

    function test_RefusesToLiftASuspensionFromFurtherAbove() external {
        suspendOrganisation("root", owner);
        bytes memory refusal = abi.encodeWithSelector(IOrganisations.NoAuthority.selector, province, root);
        _reinstate("province", owner, refusal);
        _reinstate("root", owner, "");
    }

    // --------------------------------------------------------------------------------------------- success

    function test_LetsTheOrganisationActAgain() external {
        vm.warp(START + 9);
        vm.record();
        vm.expectEmit(true, true, true, true, address(organisations));
        emit IOrganisations.OrganisationReinstated(owner, province, addressOf("province"), uint40(START + 9));
        _reinstate("province", owner, "");
        vm.assertEq(slotsWritten(address(organisations)), 1, "slots written");
        vm.assertTrue(organisations.organisation(owner).suspendedBy == NONE, "suspended by");
        (OrgId org,, uint16 capabilities) = organisations.actor(addressOf("clerk"));
        vm.assertTrue(org == owner && capabilities == 1, "acts again");
    }

    function test_LiftsFromAboveTheOneThatSuspended() external {
        _reinstate("root", owner, "");
        vm.assertTrue(organisations.organisation(owner).suspendedBy == NONE, "suspended by");
    }
}
