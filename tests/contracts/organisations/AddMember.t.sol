// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId } from "../../../contracts/Types.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { AdminEntryPoint } from "../support/EntryPoint.sol";
import { vm } from "../support/Vm.sol";

contract AddMemberTest is AdminEntryPoint {
    IOrganisations.Role private constant OPERATOR = IOrganisations.Role.OPERATOR;

    function _org() internal pure override returns (OrgId) {
        return province;
    }

    function _key() internal pure override returns (string memory) {
        return "province";
    }

    function _repetition() internal pure override returns (bytes memory) {
        return abi.encodeWithSelector(IOrganisations.KeyBound.selector, addressOf("novice"), owner);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _add(key, owner, addressOf("novice"), OPERATOR, uint40(START), EVER, refusal);
    }

    function _add(
        string memory by,
        OrgId org,
        address key,
        IOrganisations.Role role,
        uint40 from,
        uint40 until,
        bytes memory refusal
    ) private {
        _expect(refusal);
        vm.prank(addressOf(by));
        organisations.addMember(org, key, role, from, until);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnUnknownOrganisation() external {
        bytes memory refusal = abi.encodeWithSelector(IOrganisations.UnknownOrganisation.selector, OrgId.wrap(99));
        _add("root", OrgId.wrap(99), addressOf("novice"), OPERATOR, uint40(START), EVER, refusal);
    }

    function test_RefusesWhoIsNeitherTheSameNorAbove() external {
        string[4] memory keys = ["rival", "abroad", "processor", "outsider"];
        OrgId[4] memory orgs = [rival, abroad, processor, outsider];
        for (uint256 i = 0; i < keys.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(IOrganisations.NoAuthority.selector, orgs[i], owner);
            _add(keys[i], owner, addressOf("novice"), OPERATOR, uint40(START), EVER, refusal);
        }
        bytes memory upwards = abi.encodeWithSelector(IOrganisations.NoAuthority.selector, owner, province);
        _add("owner", province, addressOf("novice"), OPERATOR, uint40(START), EVER, upwards);
        bytes memory toRoot = abi.encodeWithSelector(IOrganisations.NoAuthority.selector, province, root);
        _add("province", root, addressOf("novice"), OPERATOR, uint40(START), EVER, toRoot);
    }

    function test_RefusesABoundKey() external {
        bytes memory bound = abi.encodeWithSelector(IOrganisations.KeyBound.selector, addressOf("rival"), rival);
        _add("owner", owner, addressOf("rival"), OPERATOR, uint40(START), EVER, bound);
    }

    /// A key stays bound when its membership is over: an organisation named in history keeps its meaning.
    function test_RefusesAKeyWhoseMembershipIsOver() external {
        vm.prank(addressOf("owner"));
        organisations.endMember(addressOf("clerk"));
        bytes memory bound = abi.encodeWithSelector(IOrganisations.KeyBound.selector, addressOf("clerk"), owner);
        _add("rival", rival, addressOf("clerk"), OPERATOR, uint40(START), EVER, bound);
        _add("owner", owner, addressOf("clerk"), OPERATOR, uint40(START), EVER, bound);
    }

    function test_RefusesNoKeyAndNoRole() external {
        bytes memory noKey = abi.encodeWithSelector(IOrganisations.InvalidKey.selector, address(0));
        _add("owner", owner, address(0), OPERATOR, uint40(START), EVER, noKey);
        bytes memory noRole = abi.encodeWithSelector(IOrganisations.InvalidRole.selector);
        _add("owner", owner, addressOf("novice"), IOrganisations.Role.NONE, uint40(START), EVER, noRole);
    }

    function test_RefusesAWindowThatIsEmptyOrOver() external {
        vm.warp(START + 100);
        uint40[2][4] memory windows = [
            [uint40(START + 200), uint40(START + 200)],
            [uint40(START + 300), uint40(START + 200)],
            [uint40(START), uint40(START + 100)],
            [EVER, EVER]
        ];
        for (uint256 i = 0; i < windows.length; ++i) {
            bytes memory refusal =
                abi.encodeWithSelector(IOrganisations.InvalidWindow.selector, windows[i][0], windows[i][1]);
            _add("owner", owner, addressOf("novice"), OPERATOR, windows[i][0], windows[i][1], refusal);
        }
    }

    // --------------------------------------------------------------------------------------------- success

    function test_BindsTheKey() external {
        vm.warp(START + 4);
        vm.record();
        vm.expectEmit(true, true, true, true, address(organisations));
        emit IOrganisations.MemberAdded(
            owner,
            addressOf("novice"),
            addressOf("owner"),
            OPERATOR,
            uint40(START + 10),
            uint40(START + 20),
            uint40(START + 4)
        );
        _add("owner", owner, addressOf("novice"), OPERATOR, uint40(START + 10), uint40(START + 20), "");
        vm.assertEq(slotsWritten(address(organisations)), 1, "slots written");
        assertMember("novice", owner, OPERATOR, uint40(START + 10), uint40(START + 20));
    }

    function test_HelpsALockedOutOrganisationFromAbove() external {
        suspendOrganisation("province", owner);
        _add("province", owner, addressOf("novice"), IOrganisations.Role.ADMIN, 0, EVER, "");
        _add("root", owner, addressOf("novice 2"), IOrganisations.Role.ADMIN, 0, EVER, "");
        vm.prank(addressOf("province"));
        organisations.reinstate(owner);
        (OrgId org, IOrganisations.Role role,) = organisations.actor(addressOf("novice"));
        vm.assertTrue(org == owner && role == IOrganisations.Role.ADMIN, "acts");
    }
}
