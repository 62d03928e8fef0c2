// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId, ProjectId } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { UseFixture } from "../support/UseFixture.sol";
import { vm } from "../support/Vm.sol";

contract ApproveProjectTest is UseFixture, NestedEntryPoint {
    ProjectId private proposed;

    function setUp() public override(Consortium, UseFixture) {
        super.setUp();
        proposed = propose("consumer", sha256("another document"));
    }

    function _org() internal pure override returns (OrgId) {
        return regulator;
    }

    function _key() internal pure override returns (string memory) {
        return "regulator";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDataUse.ApprovalUnchanged.selector, proposed, regulator, PROJECT_END);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _approve(key, PROJECT_END, refusal);
    }

    function _approve(string memory key, uint40 validUntil, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        use.approveProject(proposed, validUntil);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnUnknownProject() external {
        proposed = ProjectId.wrap(keccak256("nothing"));
        _attempt("regulator", abi.encodeWithSelector(IDataUse.UnknownProject.selector, proposed));
    }

    function test_RefusesAProjectThatWasEnded() external {
        endProject("consumer", proposed);
        _attempt("regulator", abi.encodeWithSelector(IDataUse.ProjectIsEnded.selector, proposed));
    }

    function test_RefusesAnOrganisationWithoutTheCapability() external {
        _attempt("auditor", missing(auditor, Capabilities.REGULATOR, Capabilities.AUDITOR));
    }

    function test_RefusesARegulatorOfAnotherJurisdiction() external {
        _attempt("outsider", outside(outsider, consumer));
    }

    /// Neither for itself, nor by a regulator that it admitted, which would have jurisdiction over it.
    function test_RefusesTheApplicantAndWhoeverStandsBelowIt() external {
        uint16 both = Capabilities.CONSUMER | Capabilities.REGULATOR;
        vm.prank(addressOf("root"));
        organisations.setCapabilities(consumer, both, both);
        _attempt("consumer", dependent(consumer, consumer));
        OrgId puppet = admit("consumer", "puppet", Capabilities.REGULATOR, 0);
        vm.assertTrue(organisations.inJurisdiction(puppet, consumer), "jurisdiction");
        _attempt("puppet", dependent(puppet, consumer));
    }

    function test_RefusesAnEndThatIsNotInTheFuture() external {
        uint40[2] memory ends = [uint40(0), uint40(START)];
        for (uint256 i = 0; i < ends.length; ++i) {
            _approve("regulator", ends[i], abi.encodeWithSelector(IDataUse.AlreadyOver.selector, ends[i]));
        }
        _approve("regulator", uint40(START + 1), "");
    }

    // --------------------------------------------------------------------------------------------- success

    function test_ApprovesAProject() external {
        vm.warp(START + 8);
        vm.expectEmit(true, true, true, true, address(use));
        emit IDataUse.ProjectApproved(proposed, regulator, addressOf("regulator"), PROJECT_END, uint40(START + 8));
        vm.record();
        _attempt("regulator", "");
        vm.assertEq(slotsWritten(address(use)), 1, "slots written");
        _isApproved(regulator, PROJECT_END);
    }

    function test_ALaterApprovalTakesThePlaceOfAnEarlierOne() external {
        _attempt("regulator", "");
        _approve("regulator", PROJECT_END - 1, "");
        _isApproved(regulator, PROJECT_END - 1);
        _attempt("national", "");
        _isApproved(national, PROJECT_END);
        _attempt("regulator", "");
        _isApproved(regulator, PROJECT_END);
    }

    function _isApproved(OrgId by, uint40 validUntil) private view {
        IDataUse.Project memory found = use.projectOf(proposed);
        vm.assertTrue(found.applicant == consumer, "applicant");
        vm.assertTrue(found.approvedBy == by, "approved by");
        vm.assertEq(found.validUntil, validUntil, "valid until");
        vm.assertEq(found.purposes, PURPOSES, "purposes");
    }
}
