// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId, ProjectId } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { UseFixture } from "../support/UseFixture.sol";
import { vm } from "../support/Vm.sol";

contract EndProjectTest is UseFixture, NestedEntryPoint {
    function setUp() public override(Consortium, UseFixture) {
        super.setUp();
    }

    function _org() internal pure override returns (OrgId) {
        return consumer;
    }

    function _key() internal pure override returns (string memory) {
        return "consumer";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDataUse.ProjectIsEnded.selector, project);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _expect(refusal);
        vm.prank(addressOf(key));
        use.endProject(project, "finished");
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnUnknownProject() external {
        project = ProjectId.wrap(keccak256("nothing"));
        _attempt("consumer", abi.encodeWithSelector(IDataUse.UnknownProject.selector, project));
    }

    function test_RefusesWhoIsNeitherTheApplicantNorARegulator() external {
        _attempt("clerk", missing(owner, Capabilities.REGULATOR, Capabilities.CUSTODIAN));
    }

    function test_RefusesARegulatorOfAnotherJurisdiction() external {
        _attempt("outsider", outside(outsider, consumer));
    }

    // --------------------------------------------------------------------------------------------- success

    function test_TheApplicantEndsItsProject_EvenWithoutACapability() external {
        vm.prank(addressOf("root"));
        organisations.setCapabilities(consumer, 0, 0);
        _ends("consumer", consumer);
    }

    function test_ARegulatorEndsAProject() external {
        _ends("national", national);
    }

    function _ends(string memory key, OrgId org) private {
        vm.warp(START + 8);
        vm.expectEmit(true, true, true, true, address(use));
        emit IDataUse.ProjectEnded(project, org, addressOf(key), "finished", uint40(START + 8));
        vm.record();
        _attempt(key, "");
        vm.assertEq(slotsWritten(address(use)), 1, "slots written");
        IDataUse.Project memory found = use.projectOf(project);
        vm.assertTrue(found.ended, "ended");
        vm.assertTrue(found.applicant == consumer, "applicant");
        vm.assertTrue(found.approvedBy == regulator, "approved by");
    }
}
