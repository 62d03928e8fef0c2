// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId, ProjectId } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { UseFixture } from "../support/UseFixture.sol";
import { vm } from "../support/Vm.sol";

contract ProposeProjectTest is UseFixture, NestedEntryPoint {
    bytes32 private constant OTHER = sha256("another document");

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
        return abi.encodeWithSelector(IDataUse.ProjectExists.selector, _id(OTHER, PURPOSES));
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _propose(key, OTHER, PURPOSES, refusal);
    }

    function _propose(string memory key, bytes32 document, uint256 purposes, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        use.proposeProject(document, purposes);
    }

    /// @dev The project's identifier, as its type defines it.
    function _id(bytes32 document, uint256 purposes) private view returns (ProjectId) {
        return ProjectId.wrap(keccak256(abi.encode(block.chainid, address(use), consumer, document, purposes)));
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnOrganisationWithoutTheCapability() external {
        _attempt("clerk", missing(owner, Capabilities.CONSUMER, Capabilities.CUSTODIAN));
    }

    function test_RefusesAProjectWithoutDocumentOrPurpose() external {
        _propose("consumer", 0, PURPOSES, abi.encodeWithSelector(IDataUse.DocumentMissing.selector));
        _propose("consumer", OTHER, 0, abi.encodeWithSelector(IDataUse.PurposeMissing.selector));
    }

    function test_RefusesAProjectThatWasEnded() external {
        endProject("consumer", project);
        bytes memory exists = abi.encodeWithSelector(IDataUse.ProjectExists.selector, project);
        _propose("consumer", DOCUMENT, PURPOSES, exists);
    }

    // --------------------------------------------------------------------------------------------- success

    function test_ProposesAProject() external {
        vm.warp(START + 8);
        ProjectId expected = _id(OTHER, PURPOSES);
        vm.expectEmit(true, true, true, true, address(use));
        emit IDataUse.ProjectProposed(expected, consumer, addressOf("consumer"), OTHER, PURPOSES, uint40(START + 8));
        vm.record();
        _attempt("consumer", "");
        vm.assertEq(slotsWritten(address(use)), 2, "slots written");
        IDataUse.Project memory found = use.projectOf(expected);
        vm.assertTrue(found.applicant == consumer, "applicant");
        vm.assertTrue(found.approvedBy == NONE, "approved by");
        vm.assertEq(found.validUntil, 0, "valid until");
        vm.assertFalse(found.ended, "ended");
        vm.assertEq(found.purposes, PURPOSES, "purposes");
        vm.assertEq(
            ProjectId.unwrap(use.projectId(consumer, OTHER, PURPOSES)), ProjectId.unwrap(expected), "project id"
        );
    }

    /// The id says for which purposes: who approves it has seen them.
    function test_OtherPurposesMakeAnotherProject() external {
        _attempt("consumer", "");
        _propose("consumer", OTHER, PURPOSES | 1, "");
        vm.assertEq(use.projectOf(_id(OTHER, PURPOSES)).purposes, PURPOSES, "purposes");
        vm.assertEq(use.projectOf(_id(OTHER, PURPOSES | 1)).purposes, PURPOSES | 1, "purposes");
    }
}
