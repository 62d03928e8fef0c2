// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId } from "../../../contracts/Types.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { AdminEntryPoint } from "../support/EntryPoint.sol";
import { vm } from "../support/Vm.sol";

contract EndMemberTest is AdminEntryPoint {
    function _org() internal pure override returns (OrgId) {
        return province;
    }

    function _key() internal pure override returns (string memory) {
        return "province";
    }

    function _repetition() internal view override returns (bytes memory) {
        return
            abi.encodeWithSelector(IOrganisations.MembershipEnded.selector, addressOf("clerk"), uint40(block.timestamp));
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _end(key, "clerk", refusal);
    }

    function _end(string memory by, string memory key, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(by));
        organisations.endMember(addressOf(key));
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAStrangersMembership() external {
        _end("root", "nobody", abi.encodeWithSelector(IOrganisations.NotMember.selector, addressOf("nobody")));
    }

    function test_RefusesASupersededMembership() external {
        handOverRoot("successor");
        bytes memory refusal =
            abi.encodeWithSelector(IOrganisations.MembershipSuperseded.selector, addressOf("root"), root);
        _end("successor", "root", refusal);
    }

    function test_RefusesWhoIsNeitherTheSameNorAbove() external {
        _end("rival", "clerk", abi.encodeWithSelector(IOrganisations.NoAuthority.selector, rival, owner));
        _end("owner", "province", abi.encodeWithSelector(IOrganisations.NoAuthority.selector, owner, province));
    }

    function test_RefusesToEndOneself() external {
        _end("owner", "owner", abi.encodeWithSelector(IOrganisations.CannotEndSelf.selector, addressOf("owner")));
    }

    // --------------------------------------------------------------------------------------------- success

    function test_EndsTheMembershipNow() external {
        vm.warp(START + 4);
        vm.record();
        vm.expectEmit(true, true, true, true, address(organisations));
        emit IOrganisations.MemberEnded(owner, addressOf("clerk"), addressOf("owner"), uint40(START + 4));
        _end("owner", "clerk", "");
        vm.assertEq(slotsWritten(address(organisations)), 1, "slots written");
        assertMember("clerk", owner, IOrganisations.Role.OPERATOR, uint40(START), uint40(START + 4));
    }

    function test_AWindowThatHasNotBegunEndsEmpty() external {
        vm.prank(addressOf("owner"));
        organisations.addMember(owner, addressOf("future"), IOrganisations.Role.OPERATOR, uint40(START + 50), EVER);
        vm.warp(START + 4);
        _end("owner", "future", "");
        assertMember("future", owner, IOrganisations.Role.OPERATOR, uint40(START + 4), uint40(START + 4));
    }
}
