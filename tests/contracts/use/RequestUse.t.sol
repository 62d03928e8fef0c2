// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { GrantId, OrgId, ProjectId } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { UseFixture } from "../support/UseFixture.sol";
import { vm } from "../support/Vm.sol";

contract RequestUseTest is UseFixture, NestedEntryPoint {
    IDataUse.Request private wanted;

    function setUp() public override(Consortium, UseFixture) {
        super.setUp();
        wanted = requestOf(1);
    }

    function _org() internal pure override returns (OrgId) {
        return consumer;
    }

    function _key() internal pure override returns (string memory) {
        return "consumer";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDataUse.RequestExists.selector, _id());
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _expect(refusal);
        vm.prank(addressOf(key));
        use.requestUse(wanted);
    }

    /// @dev The request's identifier, as its type defines it.
    function _id() private view returns (GrantId) {
        return GrantId.wrap(keccak256(abi.encode(block.chainid, address(use), wanted)));
    }

    // ------------------------------------------------------------------------------------ refusals: the project

    function test_RefusesAProjectThatIsNotApproved() external {
        wanted.project = ProjectId.wrap(keccak256("nothing"));
        _attempt("consumer", abi.encodeWithSelector(IDataUse.UnknownProject.selector, wanted.project));
        wanted.project = propose("consumer", sha256("another document"));
        _attempt("consumer", abi.encodeWithSelector(IDataUse.ProjectNotApproved.selector, wanted.project));
    }

    function test_RefusesAProjectWhoseApprovalExpired() external {
        vm.warp(PROJECT_END);
        _attempt("consumer", abi.encodeWithSelector(IDataUse.ProjectExpired.selector, project, PROJECT_END));
        vm.warp(PROJECT_END - 1);
        _attempt("consumer", "");
    }

    function test_RefusesAProjectThatWasEnded() external {
        endProject("regulator", project);
        _attempt("consumer", abi.encodeWithSelector(IDataUse.ProjectIsEnded.selector, project));
    }

    function test_RefusesWhileWhoApprovedTheProjectIsSuspended() external {
        suspendOrganisation("province", regulator);
        bytes memory refusal =
            abi.encodeWithSelector(IOrganisations.OrganisationIsSuspended.selector, regulator, province);
        _attempt("consumer", refusal);
    }

    function test_RefusesWhoIsNotTheApplicant() external {
        admit("province", "consumer-2", Capabilities.CONSUMER, 0);
        bytes memory refusal = abi.encodeWithSelector(IDataUse.NotApplicant.selector, project, consumer, OrgId.wrap(13));
        _attempt("consumer-2", refusal);
        _attempt("clerk", missing(owner, Capabilities.CONSUMER, Capabilities.CUSTODIAN));
    }

    function test_RefusesAPurposeThatIsNotApproved() external {
        uint8[4] memory purposes = [0, 2, 4, 254];
        for (uint256 i = 0; i < purposes.length; ++i) {
            wanted.purpose = purposes[i];
            _attempt("consumer", abi.encodeWithSelector(IDataUse.PurposeNotApproved.selector, project, purposes[i]));
        }
        wanted.purpose = 3;
        _attempt("consumer", "");
    }

    /// The approval covers the datasets of the regulator's own jurisdiction alone.
    function test_RefusesADatasetThatTheApprovalDoesNotCover() external {
        wanted.dataset = register("abroad", "foreign");
        _attempt("consumer", outside(regulator, abroad));
        approve("national", project);
        _attempt("consumer", "");
        grantUseAbroad(_id());
        use.checkUsable(_id());
        // Once a narrower approval takes the place of the wider one, the grant is over.
        approve("regulator", project);
        vm.expectRevert(outside(regulator, abroad));
        use.checkUsable(_id());
    }

    function grantUseAbroad(GrantId grant) private {
        IDataUse.Terms memory terms = termsOf(0);
        terms.stages = 1 << 1;
        vm.prank(addressOf("abroad"));
        use.grantUse(grant, terms);
    }

    // ------------------------------------------------------------------------------------ refusals: the dataset

    function test_RefusesAnUnknownDatasetOrVersion() external {
        wanted.version = 2;
        _attempt("consumer", abi.encodeWithSelector(IDatasetLedger.UnknownVersion.selector, corpus, uint32(2)));
        wanted.dataset = identifier(owner, "nowhere");
        _attempt("consumer", abi.encodeWithSelector(IDatasetLedger.UnknownDataset.selector, wanted.dataset));
    }

    function test_RefusesARequestWithoutTerms() external {
        wanted.terms = 0;
        _attempt("consumer", abi.encodeWithSelector(IDataUse.TermsMissing.selector));
    }

    function test_RefusesARequestThatWasAnswered() external {
        _attempt("consumer", "");
        vm.prank(addressOf("clerk"));
        use.refuseUse(_id(), "");
        _attempt("consumer", _repetition());
    }

    // --------------------------------------------------------------------------------------------- success

    function test_RequestsAUse() external {
        vm.warp(START + 8);
        vm.expectEmit(true, true, true, true, address(use));
        emit IDataUse.UseRequested(_id(), consumer, addressOf("consumer"), wanted, uint40(START + 8));
        vm.record();
        _attempt("consumer", "");
        vm.assertEq(slotsWritten(address(use)), 3, "slots written");
        vm.assertEq(GrantId.unwrap(use.grantId(wanted)), GrantId.unwrap(_id()), "grant id");

        IDataUse.Grant memory expected;
        expected.state = IDataUse.GrantState.REQUESTED;
        expected.owner = owner;
        expected.applicant = consumer;
        expected.version = 1;
        expected.purpose = PURPOSE;
        expected.dataset = corpus;
        expected.project = project;
        vm.assertEq(abi.encode(use.grantOf(_id())), abi.encode(expected), "grant");
    }

    function test_EveryFieldMakesAnotherRequest() external {
        _attempt("consumer", "");
        addVersion("clerk", corpus, "corpus 2");
        for (uint256 i = 0; i < 7; ++i) {
            wanted = requestOf(1);
            if (i == 0) {
                wanted.project = propose("consumer", sha256("another document"));
                approve("regulator", wanted.project);
            }
            if (i == 1) wanted.dataset = register("clerk", "another");
            if (i == 2) wanted.version = 2;
            if (i == 3) wanted.purpose = 3;
            if (i == 4) wanted.terms = sha256("other terms");
            if (i == 5) wanted.code = sha256("code");
            if (i == 6) wanted.number = type(uint64).max;
            _attempt("consumer", "");
        }
    }
}
