// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId } from "../../../contracts/Types.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { AdminEntryPoint } from "../support/EntryPoint.sol";
import { vm } from "../support/Vm.sol";

contract SetCapabilitiesTest is AdminEntryPoint {
    uint16 private constant WANTED = Capabilities.CUSTODIAN;

    function _org() internal pure override returns (OrgId) {
        return abroad;
    }

    function _key() internal pure override returns (string memory) {
        return "abroad";
    }

    function _repetition() internal pure override returns (bytes memory) {
        return abi.encodeWithSelector(IOrganisations.CapabilitiesUnchanged.selector, outsider, WANTED, WANTED);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _set(key, outsider, WANTED, WANTED, refusal);
    }

    function _set(string memory key, OrgId org, uint16 capabilities, uint16 grantable, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        organisations.setCapabilities(org, capabilities, grantable);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnUnknownOrganisation() external {
        bytes memory refusal = abi.encodeWithSelector(IOrganisations.UnknownOrganisation.selector, OrgId.wrap(99));
        _set("root", OrgId.wrap(99), 0, 0, refusal);
        _set("root", NONE, 0, 0, abi.encodeWithSelector(IOrganisations.UnknownOrganisation.selector, NONE));
    }

    function test_RefusesWhoIsNotAbove() external {
        string[4] memory keys = ["outsider", "province", "processor", "owner"];
        OrgId[4] memory orgs = [outsider, province, processor, owner];
        for (uint256 i = 0; i < keys.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(IOrganisations.NoAuthority.selector, orgs[i], outsider);
            _set(keys[i], outsider, 0, 0, refusal);
        }
    }

    function test_RefusesToChangeTheRootAuthority() external {
        bytes memory refusal = abi.encodeWithSelector(IOrganisations.NoAuthority.selector, root, root);
        _set("root", root, SEVEN, SEVEN, refusal);
    }

    function test_RefusesACapabilityThatIsNotGrantable() external {
        uint16 both = Capabilities.CUSTODIAN | Capabilities.REGULATOR;
        uint16 asked = Capabilities.AUDITOR | Capabilities.CUSTODIAN;
        bytes memory refusal = abi.encodeWithSelector(IOrganisations.NotGrantable.selector, abroad, asked, both);
        _set("abroad", outsider, asked, 0, refusal);
        _set("abroad", outsider, 0, asked, refusal);
        refusal = abi.encodeWithSelector(IOrganisations.NotGrantable.selector, abroad, asked | both, both);
        _set("abroad", outsider, asked, both, refusal);
    }

    // --------------------------------------------------------------------------------------------- success

    function test_ReplacesWhatAnOrganisationHoldsAndMayGrant() external {
        vm.warp(START + 5);
        vm.record();
        vm.expectEmit(true, true, true, true, address(organisations));
        emit IOrganisations.CapabilitiesChanged(
            outsider, root, addressOf("root"), Capabilities.LABELER, SEVEN, uint40(START + 5)
        );
        _set("root", outsider, Capabilities.LABELER, SEVEN, "");
        vm.assertEq(slotsWritten(address(organisations)), 1, "slots written");

        IOrganisations.Organisation memory found = organisations.organisation(outsider);
        vm.assertEq(found.capabilities, Capabilities.LABELER, "capabilities");
        vm.assertEq(found.grantable, SEVEN, "grantable");
        vm.assertTrue(found.parent == abroad, "parent");
        vm.assertEq(found.depth, 2, "depth");
        vm.assertTrue(found.suspendedBy == NONE, "suspended by");
        vm.assertEq(found.admittedAt, START, "admitted at");
    }

    function test_TakingOnlyOneOfTheTwoIsAChange() external {
        _set("abroad", outsider, Capabilities.REGULATOR, Capabilities.CUSTODIAN, "");
        _set("abroad", outsider, 0, Capabilities.CUSTODIAN, "");
        vm.assertEq(organisations.organisation(outsider).capabilities, 0, "capabilities");
    }

    /// What stands below follows at once: in what it can do, and in what it can pass on.
    function test_LimitsWhatStandsBelow() external {
        admit("province", "county", SEVEN, SEVEN);
        admit("county", "village", SEVEN, SEVEN);
        OrgId village = organisations.organisationBySlug(slugOf("village"));
        (uint16 capabilities, uint16 grantable) = organisations.standing(village);
        vm.assertEq(capabilities, SEVEN, "capabilities before");
        vm.assertEq(grantable, SEVEN, "grantable before");

        _set("root", province, 0, Capabilities.AUDITOR | Capabilities.LABELER, "");
        _set("province", organisations.organisationBySlug(slugOf("county")), 0, Capabilities.LABELER, "");
        (capabilities, grantable) = organisations.standing(village);
        vm.assertEq(capabilities, Capabilities.LABELER, "capabilities after");
        vm.assertEq(grantable, Capabilities.LABELER, "grantable after");
        (,, capabilities) = organisations.actor(addressOf("village"));
        vm.assertEq(capabilities, Capabilities.LABELER, "the key's");
        vm.assertEq(organisations.organisation(village).capabilities, SEVEN, "what it was given stays");
    }
}
