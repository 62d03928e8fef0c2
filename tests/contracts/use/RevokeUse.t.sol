// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { GrantId, OrgId } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { UseFixture } from "../support/UseFixture.sol";
import { vm } from "../support/Vm.sol";

contract RevokeUseTest is UseFixture, NestedEntryPoint {
    GrantId private grant;

    function setUp() public override(Consortium, UseFixture) {
        super.setUp();
        grant = granted(1);
    }

    function _org() internal pure override returns (OrgId) {
        return owner;
    }

    function _key() internal pure override returns (string memory) {
        return "clerk";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDataUse.NotGranted.selector, grant, IDataUse.GrantState.REVOKED);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _expect(refusal);
        vm.prank(addressOf(key));
        use.revokeUse(grant, "consent withdrawn");
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesWhatIsNotGranted() external {
        GrantId known = grant;
        grant = GrantId.wrap(keccak256("nothing"));
        _attempt("clerk", abi.encodeWithSelector(IDataUse.UnknownGrant.selector, grant));
        grant = request(2);
        bytes memory refusal =
            abi.encodeWithSelector(IDataUse.NotGranted.selector, grant, IDataUse.GrantState.REQUESTED);
        _attempt("clerk", refusal);
        grant = known;
        _attempt("clerk", "");
    }

    function test_RefusesWhoIsNeitherTheOwnerNorARegulator() external {
        _attempt("rival", missing(rival, Capabilities.REGULATOR, Capabilities.CUSTODIAN));
        _attempt("consumer", missing(consumer, Capabilities.REGULATOR, Capabilities.CONSUMER));
        _attempt("outsider", outside(outsider, owner));
    }

    // --------------------------------------------------------------------------------------------- success

    function test_TheOwnerRevokes_EvenWithoutACapability() external {
        vm.prank(addressOf("root"));
        organisations.setCapabilities(owner, 0, 0);
        _revokes("clerk", owner);
    }

    function test_ARegulatorRevokes() external {
        _revokes("regulator", regulator);
    }

    function _revokes(string memory key, OrgId org) private {
        IDataUse.Grant memory expected = use.grantOf(grant);
        expected.state = IDataUse.GrantState.REVOKED;
        vm.warp(START + 8);
        vm.expectEmit(true, true, true, true, address(use));
        emit IDataUse.UseRevoked(grant, org, addressOf(key), "consent withdrawn", uint40(START + 8));
        vm.record();
        _attempt(key, "");
        vm.assertEq(slotsWritten(address(use)), 1, "slots written");
        vm.assertEq(abi.encode(use.grantOf(grant)), abi.encode(expected), "grant");
        vm.assertFalse(use.isUsable(grant), "usable");
    }
}
