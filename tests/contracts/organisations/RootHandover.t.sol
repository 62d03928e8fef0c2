// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId } from "../../../contracts/Types.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Consortium } from "../support/Consortium.sol";
import { vm } from "../support/Vm.sol";

contract RootHandoverTest is Consortium {
    function _propose(string memory key, address successor, bytes memory refusal) private {
        if (refusal.length != 0) vm.expectRevert(refusal);
        vm.prank(addressOf(key));
        organisations.proposeRootHandover(successor);
    }

    function _cancel(string memory key, bytes memory refusal) private {
        if (refusal.length != 0) vm.expectRevert(refusal);
        vm.prank(addressOf(key));
        organisations.cancelRootHandover();
    }

    function _accept(string memory key, bytes memory refusal) private {
        if (refusal.length != 0) vm.expectRevert(refusal);
        vm.prank(addressOf(key));
        organisations.acceptRootHandover();
    }

    function _notSuccessor(string memory key, address successor) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IOrganisations.NotSuccessor.selector, addressOf(key), successor);
    }

    // --------------------------------------------------------------------------------------------- propose

    function test_OnlyAnAdminOfTheRootAuthorityProposesAndCancels() external {
        address successor = addressOf("successor");
        bytes memory refusal = abi.encodeWithSelector(IOrganisations.NotMember.selector, addressOf("stranger"));
        _propose("stranger", successor, refusal);
        _cancel("stranger", refusal);
        refusal = abi.encodeWithSelector(IOrganisations.NoAuthority.selector, province, root);
        _propose("province", successor, refusal);
        _cancel("province", refusal);
        addMember("root", root, "usher", IOrganisations.Role.OPERATOR);
        refusal = abi.encodeWithSelector(IOrganisations.NotAdmin.selector, addressOf("usher"), root);
        _propose("usher", successor, refusal);
        _cancel("usher", refusal);
        addMember("root", root, "brief", IOrganisations.Role.ADMIN);
        vm.prank(addressOf("root"));
        organisations.endMember(addressOf("brief"));
        refusal = abi.encodeWithSelector(IOrganisations.MembershipEnded.selector, addressOf("brief"), uint40(START));
        _propose("brief", successor, refusal);
        _cancel("brief", refusal);
        handOverRoot("successor");
        refusal = abi.encodeWithSelector(IOrganisations.MembershipSuperseded.selector, addressOf("root"), root);
        _propose("root", addressOf("successor 2"), refusal);
        _cancel("root", refusal);
    }

    function test_RefusesABoundSuccessorAndNone() external {
        address clerk = addressOf("clerk");
        _propose("root", clerk, abi.encodeWithSelector(IOrganisations.KeyBound.selector, clerk, owner));
        _propose("root", address(0), abi.encodeWithSelector(IOrganisations.InvalidKey.selector, address(0)));
    }

    function test_ProposesASuccessor_AndRefusesTheSameAgain() external {
        vm.warp(START + 2);
        vm.record();
        vm.expectEmit(true, true, true, true, address(organisations));
        emit IOrganisations.RootHandoverProposed(addressOf("successor"), addressOf("root"), uint40(START + 2));
        _propose("root", addressOf("successor"), "");
        vm.assertEq(slotsWritten(address(organisations)), 1, "slots written");
        vm.assertEq(organisations.rootSuccessor(), addressOf("successor"), "successor");
        address again = addressOf("successor");
        _propose("root", again, abi.encodeWithSelector(IOrganisations.HandoverUnchanged.selector, again));
    }

    function test_ReplacesAnEarlierProposal() external {
        _propose("root", addressOf("successor"), "");
        _propose("root", addressOf("successor 2"), "");
        _accept("successor", _notSuccessor("successor", addressOf("successor 2")));
        _accept("successor 2", "");
    }

    // ---------------------------------------------------------------------------------------------- cancel

    function test_CancelsAProposal_AndRefusesTheSameAgain() external {
        _propose("root", addressOf("successor"), "");
        vm.warp(START + 2);
        vm.record();
        vm.expectEmit(true, true, true, true, address(organisations));
        emit IOrganisations.RootHandoverCancelled(addressOf("successor"), addressOf("root"), uint40(START + 2));
        _cancel("root", "");
        vm.assertEq(slotsWritten(address(organisations)), 1, "slots written");
        vm.assertEq(organisations.rootSuccessor(), address(0), "successor");
        _cancel("root", abi.encodeWithSelector(IOrganisations.NoHandover.selector));
        _accept("successor", _notSuccessor("successor", address(0)));
    }

    // ---------------------------------------------------------------------------------------------- accept

    function test_OnlyTheSuccessorAccepts() external {
        _accept("successor", _notSuccessor("successor", address(0)));
        _propose("root", addressOf("successor"), "");
        string[3] memory keys = ["root", "stranger", "province"];
        for (uint256 i = 0; i < keys.length; ++i) {
            _accept(keys[i], _notSuccessor(keys[i], addressOf("successor")));
        }
    }

    /// No organisation can bind the successor's key, and so keep it from taking over.
    function test_TheSuccessorIsReserved_UntilTheProposalIsWithdrawn() external {
        _propose("root", addressOf("successor"), "");
        bytes memory reserved = abi.encodeWithSelector(IOrganisations.KeyBound.selector, addressOf("successor"), root);
        vm.expectRevert(reserved);
        vm.prank(addressOf("rival"));
        organisations.addMember(rival, addressOf("successor"), IOrganisations.Role.OPERATOR, 0, EVER);
        vm.expectRevert(reserved);
        vm.prank(addressOf("clerk"));
        organisations.rotateKey(addressOf("successor"));
        IOrganisations.Admission memory wanted = admission("successor", 0, 0);
        vm.expectRevert(reserved);
        vm.prank(addressOf("rival"));
        organisations.admit(wanted);

        _cancel("root", "");
        addMember("rival", rival, "successor", IOrganisations.Role.OPERATOR);
    }

    function test_MakesTheSuccessorTheOneAdminOfTheRootAuthority_Once() external {
        addMember("root", root, "usher", IOrganisations.Role.OPERATOR);
        _propose("root", addressOf("successor"), "");
        vm.warp(START + 2);
        vm.record();
        vm.expectEmit(true, true, true, true, address(organisations));
        emit IOrganisations.RootHandedOver(addressOf("successor"), 1, uint40(START + 2));
        _accept("successor", "");
        // Generation and proposal share a slot or not; the member has its own.
        vm.assertLe(slotsWritten(address(organisations)), 3, "slots written");

        vm.assertEq(organisations.rootSuccessor(), address(0), "proposal");
        vm.assertEq(organisations.rootGeneration(), 1, "generation");
        assertMember("successor", root, IOrganisations.Role.ADMIN, uint40(START + 2), EVER);
        vm.assertEq(organisations.member(addressOf("successor")).generation, 1, "member's generation");
        string[2] memory former = ["root", "usher"];
        for (uint256 i = 0; i < former.length; ++i) {
            address key = addressOf(former[i]);
            vm.expectRevert(abi.encodeWithSelector(IOrganisations.MembershipSuperseded.selector, key, root));
            organisations.actor(key);
        }
        (OrgId org, IOrganisations.Role role, uint16 capabilities) = organisations.actor(addressOf("successor"));
        vm.assertTrue(org == root && role == IOrganisations.Role.ADMIN, "acts");
        vm.assertEq(capabilities, type(uint16).max, "capabilities");
        // Members of other organisations keep their membership.
        organisations.actor(addressOf("province"));

        _accept("successor", _notSuccessor("successor", address(0)));
    }

    function test_ARootAuthorityThatWasHandedOverAddsMembersAndHandsOverAgain() external {
        handOverRoot("successor");
        addMember("successor", root, "usher", IOrganisations.Role.OPERATOR);
        organisations.actor(addressOf("usher"));
        _propose("successor", addressOf("successor 2"), "");
        _accept("successor 2", "");
        vm.assertEq(organisations.rootGeneration(), 2, "generation");
        vm.expectRevert(abi.encodeWithSelector(IOrganisations.MembershipSuperseded.selector, addressOf("usher"), root));
        organisations.actor(addressOf("usher"));
    }
}
