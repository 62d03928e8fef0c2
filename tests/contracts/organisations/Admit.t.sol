// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId, Slug } from "../../../contracts/Types.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Slugs } from "../../../contracts/libraries/Slugs.sol";
import { AdminEntryPoint } from "../support/EntryPoint.sol";
import { vm } from "../support/Vm.sol";

contract AdmitTest is AdminEntryPoint {
    OrgId private constant NEXT = OrgId.wrap(11);

    function _org() internal pure override returns (OrgId) {
        return abroad;
    }

    function _key() internal pure override returns (string memory) {
        return "abroad";
    }

    function _repetition() internal pure override returns (bytes memory) {
        return abi.encodeWithSelector(IOrganisations.SlugTaken.selector, slugOf("novice"), NEXT);
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _admit(key, admission("novice", Capabilities.CUSTODIAN, 0), refusal);
    }

    function _admit(string memory key, IOrganisations.Admission memory wanted, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf(key));
        organisations.admit(wanted);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesACapabilityThatIsNotGrantable() external {
        uint16 both = Capabilities.CUSTODIAN | Capabilities.REGULATOR;
        uint16 asked = Capabilities.CUSTODIAN | Capabilities.AUDITOR;
        bytes memory refusal = abi.encodeWithSelector(IOrganisations.NotGrantable.selector, abroad, asked, both);
        _admit("abroad", admission("novice", asked, 0), refusal);
        _admit("abroad", admission("novice", 0, asked), refusal);
    }

    function test_RefusesWhatAnAncestorMayNoLongerGrant() external {
        admit("abroad", "town", Capabilities.CUSTODIAN, Capabilities.CUSTODIAN | Capabilities.REGULATOR);
        vm.prank(addressOf("root"));
        organisations.setCapabilities(abroad, 0, Capabilities.REGULATOR);
        bytes memory refusal = abi.encodeWithSelector(
            IOrganisations.NotGrantable.selector, NEXT, Capabilities.CUSTODIAN, Capabilities.REGULATOR
        );
        _admit("town", admission("novice", Capabilities.CUSTODIAN, 0), refusal);
    }

    function test_RefusesToGoTooDeep() external {
        string[8] memory names = ["d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8"];
        OrgId deepest = admit("root", names[0], 0, 0);
        for (uint256 i = 1; i < names.length; ++i) {
            deepest = admit(names[i - 1], names[i], 0, 0);
        }
        vm.assertEq(organisations.organisation(deepest).depth, 8, "depth");
        bytes memory refusal = abi.encodeWithSelector(IOrganisations.TooDeep.selector, deepest, uint8(8));
        _admit("d8", admission("d9", 0, 0), refusal);
    }

    function test_RefusesASlugThatIsTaken() external {
        IOrganisations.Admission memory wanted = admission("novice", 0, 0);
        wanted.slug = slugOf("owner");
        _admit("abroad", wanted, abi.encodeWithSelector(IOrganisations.SlugTaken.selector, slugOf("owner"), owner));
    }

    function test_RefusesAnInvalidSlug() external {
        string[12] memory invalid =
            ["", "A", "-a", ".a", "_a", "a b", "a/b", "a\x00b", "a\n", unicode"ä", "aB", "a\x7f"];
        for (uint256 i = 0; i < invalid.length; ++i) {
            IOrganisations.Admission memory wanted = admission("novice", 0, 0);
            wanted.slug = slugOf(invalid[i]);
            _admit("abroad", wanted, abi.encodeWithSelector(Slugs.InvalidSlug.selector, wanted.slug));
        }
    }

    function test_RefusesAnInvalidName() external {
        IOrganisations.Admission memory wanted = admission("novice", 0, 0);
        wanted.name = "";
        _admit("abroad", wanted, abi.encodeWithSelector(IOrganisations.NameLength.selector, 0, 256));
        wanted.name = string(new bytes(257));
        _admit("abroad", wanted, abi.encodeWithSelector(IOrganisations.NameLength.selector, 257, 256));
        wanted.name = string(new bytes(256));
        _admit("abroad", wanted, "");
    }

    function test_RefusesAnAdminKeyThatIsBoundOrNone() external {
        IOrganisations.Admission memory wanted = admission("novice", 0, 0);
        wanted.admin = addressOf("clerk");
        _admit("abroad", wanted, abi.encodeWithSelector(IOrganisations.KeyBound.selector, addressOf("clerk"), owner));
        wanted.admin = address(0);
        _admit("abroad", wanted, abi.encodeWithSelector(IOrganisations.InvalidKey.selector, address(0)));
    }

    function test_RefusesAnAdminWindowThatIsOver() external {
        IOrganisations.Admission memory wanted = admission("novice", 0, 0);
        wanted.adminValidUntil = uint40(START);
        _admit(
            "abroad",
            wanted,
            abi.encodeWithSelector(IOrganisations.InvalidWindow.selector, uint40(START), uint40(START))
        );
    }

    // --------------------------------------------------------------------------------------------- success

    function test_AdmitsAnOrganisationWithItsFirstAdmin() external {
        IOrganisations.Admission memory wanted =
            admission("novice", Capabilities.REGULATOR, Capabilities.CUSTODIAN | Capabilities.REGULATOR);
        wanted.adminValidUntil = uint40(START + 1000);
        vm.warp(START + 7);

        vm.record();
        vm.expectEmit(true, true, true, true, address(organisations));
        emit IOrganisations.OrganisationAdmitted(
            NEXT,
            abroad,
            addressOf("abroad"),
            wanted.slug,
            wanted.name,
            wanted.capabilities,
            wanted.grantable,
            wanted.profileDigest,
            uint40(START + 7)
        );
        vm.expectEmit(true, true, true, true, address(organisations));
        emit IOrganisations.MemberAdded(
            NEXT,
            wanted.admin,
            addressOf("abroad"),
            IOrganisations.Role.ADMIN,
            uint40(START + 7),
            wanted.adminValidUntil,
            uint40(START + 7)
        );
        vm.prank(addressOf("abroad"));
        OrgId org = organisations.admit(wanted);
        // The count, the slug, the organisation, the member.
        vm.assertEq(slotsWritten(address(organisations)), 4, "slots written");

        vm.assertTrue(org == NEXT, "id");
        vm.assertEq(organisations.organisationCount(), 11, "count");
        vm.assertTrue(organisations.organisationBySlug(wanted.slug) == NEXT, "by slug");
        IOrganisations.Organisation memory found = organisations.organisation(NEXT);
        vm.assertTrue(found.parent == abroad, "parent");
        vm.assertEq(found.depth, 2, "depth");
        vm.assertEq(found.capabilities, wanted.capabilities, "capabilities");
        vm.assertEq(found.grantable, wanted.grantable, "grantable");
        vm.assertTrue(found.suspendedBy == NONE, "suspended by");
        vm.assertEq(found.admittedAt, START + 7, "admitted at");
        assertMember("novice", NEXT, IOrganisations.Role.ADMIN, uint40(START + 7), uint40(START + 1000));
    }

    function test_AcceptsEverySlugOfTheRule() external {
        string[6] memory valid = ["a", "9", "a-b_c.d", "0.", "abcdefghijklmnopqrstuvwxyz012345", "z-6789_"];
        for (uint256 i = 0; i < valid.length; ++i) {
            IOrganisations.Admission memory wanted = admission(valid[i], 0, 0);
            _admit("abroad", wanted, "");
            vm.assertEq(OrgId.unwrap(organisations.organisationBySlug(wanted.slug)), 11 + i, valid[i]);
        }
    }

    /// The rule, written the long way.
    function testFuzz_SlugRule(bytes32 text) external {
        bool valid = _isAlphanumeric(text[0]);
        bool ended = false;
        for (uint256 i = 1; i < 32; ++i) {
            bytes1 c = text[i];
            if (c == 0) ended = true;
            else valid = valid && !ended && (_isAlphanumeric(c) || c == "." || c == "_" || c == "-");
        }
        vm.assume(organisations.organisationBySlug(Slug.wrap(text)) == NONE);
        IOrganisations.Admission memory wanted = admission("novice", 0, 0);
        wanted.slug = Slug.wrap(text);
        _admit("abroad", wanted, valid ? bytes("") : abi.encodeWithSelector(Slugs.InvalidSlug.selector, text));
    }

    /// As `testFuzz_SlugRule`, with texts that come near to valid ones.
    function testFuzz_SlugRuleNearby(bytes32 seed, uint8 length, uint8 position, bytes1 odd) external {
        bytes memory alphabet = "abcdefghijklmnopqrstuvwxyz0123456789._-";
        bytes32 text;
        for (uint256 i = 0; i < length % 33; ++i) {
            text |= bytes32(alphabet[uint8(seed[i]) % alphabet.length]) >> 8 * i;
        }
        position %= 32;
        text = text & ~(bytes32(bytes1(0xff)) >> 8 * position) | bytes32(odd) >> 8 * position;
        this.testFuzz_SlugRule(text);
    }

    function _isAlphanumeric(bytes1 c) private pure returns (bool) {
        return (c >= "a" && c <= "z") || (c >= "0" && c <= "9");
    }
}
