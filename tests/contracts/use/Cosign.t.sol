// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { GrantId, OrgId } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { UseFixture } from "../support/UseFixture.sol";
import { vm } from "../support/Vm.sol";

contract CosignTest is UseFixture, NestedEntryPoint {
    uint16 private constant EVERYTHING = Capabilities.CUSTODIAN | Capabilities.CONSUMER | Capabilities.REGULATOR;

    GrantId private grant;

    function setUp() public override(Consortium, UseFixture) {
        super.setUp();
        classify("clerk", corpus, 2);
        grant = granted(1);
    }

    function _org() internal pure override returns (OrgId) {
        return regulator;
    }

    function _key() internal pure override returns (string memory) {
        return "regulator";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDataUse.AlreadyCosigned.selector, grant, regulator);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _cosign(key, termsOf(10_000), refusal);
    }

    function _cosign(string memory key, IDataUse.Terms memory terms, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        use.cosign(grant, terms);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesWhatIsNotGranted() external {
        GrantId known = grant;
        grant = GrantId.wrap(keccak256("nothing"));
        _attempt("regulator", abi.encodeWithSelector(IDataUse.UnknownGrant.selector, grant));
        grant = request(2);
        bytes memory requested =
            abi.encodeWithSelector(IDataUse.NotGranted.selector, grant, IDataUse.GrantState.REQUESTED);
        _attempt("regulator", requested);
        grant = known;
        revoke("clerk", grant);
        bytes memory revoked = abi.encodeWithSelector(IDataUse.NotGranted.selector, grant, IDataUse.GrantState.REVOKED);
        _attempt("regulator", revoked);
    }

    function test_RefusesAnOrganisationWithoutTheCapability() external {
        _attempt("auditor", missing(auditor, Capabilities.REGULATOR, Capabilities.AUDITOR));
    }

    function test_RefusesARegulatorOfAnotherJurisdiction() external {
        _attempt("outsider", outside(outsider, owner));
    }

    /// One organisation can be owner, applicant and regulator: it vouches neither for itself nor through others.
    function test_RefusesTheOwner_TheApplicant_AndWhoeverStandsBelowThem() external {
        string[2] memory keys = ["owner", "consumer"];
        OrgId[2] memory orgs = [owner, consumer];
        for (uint256 i = 0; i < keys.length; ++i) {
            vm.prank(addressOf("root"));
            organisations.setCapabilities(orgs[i], EVERYTHING, EVERYTHING);
            _attempt(keys[i], dependent(orgs[i], orgs[i]));
        }
        OrgId puppet = admit("owner", "puppet", Capabilities.REGULATOR, 0);
        _attempt("puppet", dependent(puppet, owner));
    }

    /// The owner below the applicant: whom the applicant admits has jurisdiction over both.
    function test_RefusesWhoeverStandsBelowAnApplicantAboveTheOwner() external {
        vm.prank(addressOf("root"));
        organisations.setCapabilities(province, EVERYTHING, SEVEN);
        project = propose("province", DOCUMENT);
        approve("national", project);
        IDataUse.Request memory wanted = requestOf(5);
        vm.prank(addressOf("province"));
        grant = use.requestUse(wanted);
        grantUse(grant, termsOf(10_000));
        _attempt("regulator", dependent(regulator, province));
        _attempt("province", dependent(province, province));
        _attempt("national", "");
    }

    /// Who co-signs has seen the terms.
    function test_RefusesOtherTermsThanGranted() external {
        bytes memory refusal = abi.encodeWithSelector(IDataUse.OtherTerms.selector, grant);
        _cosign("regulator", termsOf(9_999), refusal);
        IDataUse.Terms memory terms = termsOf(10_000);
        terms.terms = sha256("another policy");
        _cosign("regulator", terms, refusal);
    }

    // --------------------------------------------------------------------------------------------- success

    function test_CosignsAGrant() external {
        vm.assertFalse(use.isUsable(grant), "usable");
        vm.warp(START + 8);
        vm.expectEmit(true, true, true, true, address(use));
        emit IDataUse.UseCosigned(grant, regulator, addressOf("regulator"), uint40(START + 8));
        vm.record();
        _attempt("regulator", "");
        vm.assertEq(slotsWritten(address(use)), 1, "slots written");
        vm.assertTrue(use.grantOf(grant).cosignedBy == regulator, "cosigned by");
        vm.assertTrue(use.isUsable(grant), "usable");
    }

    function test_ALaterCosignatureTakesThePlaceOfAnEarlierOne() external {
        _attempt("regulator", "");
        _attempt("national", "");
        vm.assertTrue(use.grantOf(grant).cosignedBy == national, "cosigned by");
        _attempt("regulator", "");
        vm.assertTrue(use.grantOf(grant).cosignedBy == regulator, "cosigned by");
    }

    function test_CosignsAGrantThatDoesNotNeedIt() external {
        classify("regulator", corpus, 0);
        grant = granted(3);
        _attempt("regulator", "");
        classify("clerk", corpus, 2);
        use.checkUsable(grant);
    }
}
