// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId } from "../../../contracts/Types.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Consortium } from "./Consortium.sol";
import { vm } from "./Vm.sol";

/// @dev What every write that a member makes must refuse. A test contract says who may make the write, and how it is
///      made; the tests here come with it.
abstract contract EntryPoint is Consortium {
    /// @dev The organisation, other than the root authority, for which the write succeeds.
    function _org() internal pure virtual returns (OrgId);

    /// @dev One of its keys.
    function _key() internal pure virtual returns (string memory);

    /// @dev Makes the write as the key of this name; expects `refusal`, or success where that is empty.
    function _attempt(string memory key, bytes memory refusal) internal virtual;

    /// @dev The refusal of the same write made twice; empty where the interface allows that.
    function _repetition() internal view virtual returns (bytes memory);

    function _expect(bytes memory refusal) internal {
        if (refusal.length != 0) vm.expectRevert(refusal);
    }

    function test_AnswersARepetitionAsTheInterfaceSays() external {
        _attempt(_key(), "");
        _attempt(_key(), _repetition());
    }

    function test_RefusesAStranger() external {
        _attempt("stranger", abi.encodeWithSelector(IOrganisations.NotMember.selector, addressOf("stranger")));
    }

    function test_RefusesAMemberBeforeItsWindow() external {
        uint40 from = uint40(block.timestamp + 1);
        vm.prank(addressOf("root"));
        organisations.addMember(_org(), addressOf("early"), IOrganisations.Role.ADMIN, from, EVER);
        _attempt(
            "early", abi.encodeWithSelector(IOrganisations.MembershipNotStarted.selector, addressOf("early"), from)
        );
        vm.warp(from);
        _attempt("early", "");
    }

    function test_RefusesAMemberAfterItsWindow() external {
        uint40 until = uint40(block.timestamp + 100);
        vm.prank(addressOf("root"));
        organisations.addMember(_org(), addressOf("late"), IOrganisations.Role.ADMIN, uint40(START), until);
        vm.warp(until);
        _attempt("late", abi.encodeWithSelector(IOrganisations.MembershipEnded.selector, addressOf("late"), until));
        vm.warp(until - 1);
        _attempt("late", "");
    }

    function test_RefusesAnEndedMember() external {
        vm.prank(addressOf("root"));
        organisations.addMember(_org(), addressOf("gone"), IOrganisations.Role.ADMIN, uint40(START), EVER);
        vm.prank(addressOf("root"));
        organisations.endMember(addressOf("gone"));
        bytes memory refusal = abi.encodeWithSelector(
            IOrganisations.MembershipEnded.selector, addressOf("gone"), uint40(block.timestamp)
        );
        _attempt("gone", refusal);
    }

    function test_RefusesAKeyRotatedAway_AcceptsItsSuccessor() external {
        vm.prank(addressOf("root"));
        organisations.addMember(_org(), addressOf("old"), IOrganisations.Role.ADMIN, uint40(START), EVER);
        vm.prank(addressOf("old"));
        organisations.rotateKey(addressOf("new"));
        bytes memory refusal =
            abi.encodeWithSelector(IOrganisations.MembershipEnded.selector, addressOf("old"), uint40(block.timestamp));
        _attempt("old", refusal);
        _attempt("new", "");
    }

    function test_RefusesASupersededRootKey() external {
        handOverRoot("successor");
        _attempt("root", abi.encodeWithSelector(IOrganisations.MembershipSuperseded.selector, addressOf("root"), root));
    }

    function test_RefusesASuspendedOrganisation() external {
        suspendOrganisation("root", _org());
        _attempt(_key(), abi.encodeWithSelector(IOrganisations.OrganisationIsSuspended.selector, _org(), root));
        vm.prank(addressOf("root"));
        organisations.reinstate(_org());
        _attempt(_key(), "");
    }
}

/// @dev A write made for an organisation that stands below another one than the root authority.
abstract contract NestedEntryPoint is EntryPoint {
    function test_RefusesBelowASuspendedOrganisation() external {
        OrgId parent = organisations.organisation(_org()).parent;
        suspendOrganisation("root", parent);
        _attempt(_key(), abi.encodeWithSelector(IOrganisations.OrganisationIsSuspended.selector, parent, root));
        vm.prank(addressOf("root"));
        organisations.reinstate(parent);
        _attempt(_key(), "");
    }
}

/// @dev A write that needs an ADMIN.
abstract contract AdminEntryPoint is EntryPoint {
    function _notAdmin(address key, OrgId org) internal pure virtual returns (bytes memory) {
        return abi.encodeWithSelector(IOrganisations.NotAdmin.selector, key, org);
    }

    function test_RefusesAnOperator() external {
        addMember("root", _org(), "operator", IOrganisations.Role.OPERATOR);
        _attempt("operator", _notAdmin(addressOf("operator"), _org()));
    }
}
