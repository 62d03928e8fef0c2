// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId } from "../../../contracts/Types.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Slugs } from "../../../contracts/libraries/Slugs.sol";
import { Consortium } from "../support/Consortium.sol";
import { vm } from "../support/Vm.sol";

contract OrganisationsViewsTest is Consortium {
    OrgId private constant UNKNOWN = OrgId.wrap(99);

    // ----------------------------------------------------------------------------------------- constructor

    function test_BeginsWithTheRootAuthority() external {
        bytes memory arguments =
            abi.encode(addressOf("founder"), slugOf("consortium"), "The consortium", bytes32(uint256(7)));
        vm.expectEmit(true, true, true, true);
        emit IOrganisations.OrganisationAdmitted(
            root,
            NONE,
            address(this),
            slugOf("consortium"),
            "The consortium",
            type(uint16).max,
            type(uint16).max,
            bytes32(uint256(7)),
            uint40(START)
        );
        vm.expectEmit(true, true, true, true);
        emit IOrganisations.MemberAdded(
            root, addressOf("founder"), address(this), IOrganisations.Role.ADMIN, uint40(START), EVER, uint40(START)
        );
        organisations = IOrganisations(vm.deployCode("Organisations.sol:Organisations", arguments));
        vm.assertEq(organisations.organisationCount(), 1, "count");
        vm.assertTrue(organisations.organisationBySlug(slugOf("consortium")) == root, "by slug");
        IOrganisations.Organisation memory found = organisations.organisation(root);
        vm.assertTrue(found.parent == NONE, "parent");
        vm.assertEq(found.depth, 0, "depth");
        vm.assertEq(found.capabilities, type(uint16).max, "capabilities");
        vm.assertEq(found.grantable, type(uint16).max, "grantable");
        vm.assertEq(found.admittedAt, START, "admitted at");
        assertMember("founder", root, IOrganisations.Role.ADMIN, uint40(START), EVER);
    }

    function test_RefusesToBeginBadly() external {
        bytes memory noKey = abi.encodeWithSelector(IOrganisations.InvalidKey.selector, address(0));
        _refusesToBegin(address(0), "root", "The root", noKey);
        bytes memory invalidSlug = abi.encodeWithSelector(Slugs.InvalidSlug.selector, slugOf("Root"));
        _refusesToBegin(addressOf("root"), "Root", "The root", invalidSlug);
        bytes memory noName = abi.encodeWithSelector(IOrganisations.NameLength.selector, 0, 256);
        _refusesToBegin(addressOf("root"), "root", "", noName);
    }

    function _refusesToBegin(address admin, string memory slug, string memory name, bytes memory refusal) private {
        bytes memory arguments = abi.encode(admin, slugOf(slug), name, bytes32(0));
        bytes memory code = bytes.concat(vm.getCode("Organisations.sol:Organisations"), arguments);
        address created;
        bytes memory answer;
        // `vm.expectRevert` does not see a creation that a cheatcode makes.
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            answer := mload(0x40)
            mstore(answer, returndatasize())
            returndatacopy(add(answer, 0x20), 0, returndatasize())
            mstore(0x40, add(answer, add(0x20, and(add(returndatasize(), 0x1f), not(0x1f)))))
        }
        vm.assertEq(created, address(0), "created");
        vm.assertEq(answer, refusal, "refusal");
    }

    // ----------------------------------------------------------------------------------------------- views

    function test_Actor() external {
        (OrgId org, IOrganisations.Role role, uint16 capabilities) = organisations.actor(addressOf("clerk"));
        vm.assertTrue(org == owner && role == IOrganisations.Role.OPERATOR && capabilities == 1, "clerk");
        (org, role, capabilities) = organisations.actor(addressOf("province"));
        vm.assertTrue(org == province && role == IOrganisations.Role.ADMIN && capabilities == 33, "province");
        vm.expectRevert(abi.encodeWithSelector(IOrganisations.NotMember.selector, address(0)));
        organisations.actor(address(0));
    }

    function test_Standing() external view {
        (uint16 capabilities, uint16 grantable) = organisations.standing(abroad);
        vm.assertTrue(capabilities == 33 && grantable == 33, "abroad");
        (capabilities, grantable) = organisations.standing(root);
        vm.assertTrue(capabilities == type(uint16).max && grantable == type(uint16).max, "root");
        (capabilities, grantable) = organisations.standing(UNKNOWN);
        vm.assertTrue(capabilities == 0 && grantable == 0, "unknown");
    }

    function test_IsWithin() external view {
        OrgId[11] memory all =
            [NONE, root, province, owner, rival, regulator, processor, labeler, auditor, abroad, outsider];
        for (uint256 i = 0; i < all.length; ++i) {
            vm.assertEq(organisations.isWithin(all[i], root), i != 0, "under the root");
            vm.assertEq(organisations.isWithin(all[i], province), i >= 2 && i <= 8, "under the province");
            vm.assertEq(organisations.isWithin(all[i], owner), i == 3, "under the owner");
            vm.assertEq(organisations.isWithin(all[i], abroad), i == 9 || i == 10, "under abroad");
            vm.assertFalse(organisations.isWithin(all[i], NONE), "under none");
            vm.assertFalse(organisations.isWithin(all[i], UNKNOWN), "under an unknown one");
        }
        vm.assertFalse(organisations.isWithin(UNKNOWN, root), "an unknown one");
    }

    function test_InJurisdiction() external view {
        OrgId[11] memory all =
            [NONE, root, province, owner, rival, regulator, processor, labeler, auditor, abroad, outsider];
        for (uint256 i = 0; i < all.length; ++i) {
            vm.assertEq(organisations.inJurisdiction(root, all[i]), i != 0, "the root's");
            // The province was admitted by the root authority: its word holds for all.
            vm.assertEq(organisations.inJurisdiction(province, all[i]), i != 0, "the province's");
            vm.assertEq(organisations.inJurisdiction(regulator, all[i]), i >= 2 && i <= 8, "the regulator's");
            vm.assertEq(organisations.inJurisdiction(outsider, all[i]), i == 9 || i == 10, "the outsider's");
            vm.assertFalse(organisations.inJurisdiction(UNKNOWN, all[i]), "an unknown one's");
            vm.assertFalse(organisations.inJurisdiction(NONE, all[i]), "none's");
        }
    }

    function test_WhatIsUnknownIsZero() external view {
        vm.assertTrue(organisations.organisationBySlug(slugOf("nobody")) == NONE, "slug");
        vm.assertEq(organisations.organisation(UNKNOWN).admittedAt, 0, "organisation");
        vm.assertTrue(organisations.member(addressOf("nobody")).org == NONE, "member");
        vm.assertEq(organisations.rootSuccessor(), address(0), "successor");
        vm.assertEq(organisations.rootGeneration(), 0, "generation");
    }
}
