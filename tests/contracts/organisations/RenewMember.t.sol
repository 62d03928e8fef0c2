// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId } from "../../../contracts/Types.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { AdminEntryPoint } from "../support/EntryPoint.sol";
import { vm } from "../support/Vm.sol";

contract RenewMemberTest is AdminEntryPoint {
    uint40 private constant UNTIL = uint40(START + 1000);
    uint40 private constant LATER = uint40(START + 2000);

    function setUp() public override {
        super.setUp();
        vm.prank(addressOf("owner"));
        organisations.addMember(owner, addressOf("temporary"), IOrganisations.Role.ADMIN, uint40(START + 100), UNTIL);
    }

    function _org() internal pure override returns (OrgId) {
        return province;
    }

    function _key() internal pure override returns (string memory) {
        return "province";
    }

    function _repetition() internal pure override returns (bytes memory) {
        return abi.encodeWithSelector(IOrganisations.WindowUnchanged.selector, addressOf("temporary"), LATER);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _renew(key, "temporary", LATER, refusal);
    }

    function _renew(string memory by, string memory key, uint40 until, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(by));
        organisations.renewMember(addressOf(key), until);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAStrangersMembership() external {
        bytes memory refusal = abi.encodeWithSelector(IOrganisations.NotMember.selector, addressOf("nobody"));
        _renew("root", "nobody", LATER, refusal);
    }

    function test_RefusesAMembershipThatIsOver() external {
        vm.warp(UNTIL);
        bytes memory over =
            abi.encodeWithSelector(IOrganisations.MembershipEnded.selector, addressOf("temporary"), UNTIL);
        _renew("owner", "temporary", LATER, over);
    }

    function test_RefusesASupersededMembership() external {
        handOverRoot("successor");
        bytes memory refusal =
            abi.encodeWithSelector(IOrganisations.MembershipSuperseded.selector, addressOf("root"), root);
        _renew("successor", "root", LATER, refusal);
    }

    function test_RefusesWhoIsNeitherTheSameNorAbove() external {
        bytes memory refusal = abi.encodeWithSelector(IOrganisations.NoAuthority.selector, rival, owner);
        _renew("rival", "temporary", LATER, refusal);
        refusal = abi.encodeWithSelector(IOrganisations.NoAuthority.selector, owner, province);
        _renew("owner", "province", LATER, refusal);
    }

    function test_RefusesAnEndThatIsOverOrBeforeTheStart() external {
        bytes memory over =
            abi.encodeWithSelector(IOrganisations.InvalidWindow.selector, uint40(START + 100), uint40(START));
        _renew("owner", "temporary", uint40(START), over);
        bytes memory empty =
            abi.encodeWithSelector(IOrganisations.InvalidWindow.selector, uint40(START + 100), uint40(START + 100));
        _renew("owner", "temporary", uint40(START + 100), empty);
    }

    function test_RefusesToBringOnesOwnEndNearer() external {
        vm.warp(START + 100);
        bytes memory refusal = abi.encodeWithSelector(IOrganisations.CannotEndSelf.selector, addressOf("temporary"));
        _renew("temporary", "temporary", UNTIL - 1, refusal);
    }

    // --------------------------------------------------------------------------------------------- success

    function test_MovesTheEnd() external {
        vm.warp(START + 4);
        vm.record();
        vm.expectEmit(true, true, true, true, address(organisations));
        emit IOrganisations.MemberRenewed(owner, addressOf("temporary"), addressOf("owner"), LATER, uint40(START + 4));
        _renew("owner", "temporary", LATER, "");
        vm.assertEq(slotsWritten(address(organisations)), 1, "slots written");
        assertMember("temporary", owner, IOrganisations.Role.ADMIN, uint40(START + 100), LATER);
    }

    function test_MovesTheEndNearer() external {
        _renew("owner", "temporary", uint40(START + 101), "");
        assertMember("temporary", owner, IOrganisations.Role.ADMIN, uint40(START + 100), uint40(START + 101));
    }

    function test_MovesOnesOwnEndFurtherAway() external {
        vm.warp(START + 100);
        _renew("temporary", "temporary", LATER, "");
        assertMember("temporary", owner, IOrganisations.Role.ADMIN, uint40(START + 100), LATER);
    }
}
