// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId, Slug } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { vm } from "./Vm.sol";

/// @dev The two contracts, with a small consortium in them:
///
///      root
///      ├── province          CUSTODIAN, REGULATOR; may grant every capability
///      │   ├── owner         CUSTODIAN
///      │   ├── rival         CUSTODIAN
///      │   ├── regulator     REGULATOR, so that its jurisdiction is the province
///      │   ├── processor     PROCESSOR
///      │   ├── labeler       LABELER
///      │   └── auditor       AUDITOR
///      └── abroad            CUSTODIAN, REGULATOR; may grant both
///          └── outsider      REGULATOR, whose jurisdiction is `abroad`
///
///      Each has one ADMIN key of the same name, and the owner an OPERATOR key `clerk`.
abstract contract Consortium {
    uint40 internal constant EVER = type(uint40).max;
    uint256 internal constant START = 1_800_000_000;
    uint16 internal constant SEVEN = 0x7F;

    IOrganisations internal organisations;
    IDatasetLedger internal ledger;

    OrgId internal constant NONE = OrgId.wrap(0);
    OrgId internal constant root = OrgId.wrap(1);
    OrgId internal constant province = OrgId.wrap(2);
    OrgId internal constant owner = OrgId.wrap(3);
    OrgId internal constant rival = OrgId.wrap(4);
    OrgId internal constant regulator = OrgId.wrap(5);
    OrgId internal constant processor = OrgId.wrap(6);
    OrgId internal constant labeler = OrgId.wrap(7);
    OrgId internal constant auditor = OrgId.wrap(8);
    OrgId internal constant abroad = OrgId.wrap(9);
    OrgId internal constant outsider = OrgId.wrap(10);

    function setUp() public virtual {
        vm.warp(START);
        organisations = IOrganisations(
            vm.deployCode(
                "Organisations.sol:Organisations",
                abi.encode(addressOf("root"), Slug.wrap("root"), "The root authority", bytes32(uint256(1)))
            )
        );
        ledger = IDatasetLedger(vm.deployCode("DatasetLedger.sol:DatasetLedger", abi.encode(organisations)));
        vm.label(address(organisations), "Organisations");
        vm.label(address(ledger), "DatasetLedger");

        admit("root", "province", Capabilities.CUSTODIAN | Capabilities.REGULATOR, SEVEN);
        admit("province", "owner", Capabilities.CUSTODIAN, 0);
        admit("province", "rival", Capabilities.CUSTODIAN, 0);
        admit("province", "regulator", Capabilities.REGULATOR, 0);
        admit("province", "processor", Capabilities.PROCESSOR, 0);
        admit("province", "labeler", Capabilities.LABELER, 0);
        admit("province", "auditor", Capabilities.AUDITOR, 0);
        uint16 both = Capabilities.CUSTODIAN | Capabilities.REGULATOR;
        admit("root", "abroad", both, both);
        admit("abroad", "outsider", Capabilities.REGULATOR, 0);
        addMember("owner", owner, "clerk", IOrganisations.Role.OPERATOR);
    }

    // ------------------------------------------------------------------------------------------ keys

    /// @dev Every key is known by a name.
    function secretOf(string memory name) internal pure returns (uint256) {
        return uint256(keccak256(bytes(name))) >> 1;
    }

    function addressOf(string memory name) internal pure returns (address) {
        return vm.addr(secretOf(name));
    }

    // ---------------------------------------------------------------------------------------- changes

    function admission(string memory name, uint16 capabilities, uint16 grantable)
        internal
        pure
        returns (IOrganisations.Admission memory)
    {
        return IOrganisations.Admission({
            slug: slugOf(name),
            name: name,
            capabilities: capabilities,
            grantable: grantable,
            admin: addressOf(name),
            adminValidUntil: EVER,
            profileDigest: keccak256(bytes(name))
        });
    }

    function admit(string memory by, string memory name, uint16 capabilities, uint16 grantable)
        internal
        returns (OrgId)
    {
        vm.label(addressOf(name), name);
        IOrganisations.Admission memory wanted = admission(name, capabilities, grantable);
        vm.prank(addressOf(by));
        return organisations.admit(wanted);
    }

    function addMember(string memory by, OrgId org, string memory name, IOrganisations.Role role) internal {
        vm.label(addressOf(name), name);
        vm.prank(addressOf(by));
        organisations.addMember(org, addressOf(name), role, uint40(START), EVER);
    }

    function suspendOrganisation(string memory by, OrgId org) internal {
        vm.prank(addressOf(by));
        organisations.suspend(org, "reason");
    }

    function handOverRoot(string memory successor) internal {
        vm.prank(addressOf("root"));
        organisations.proposeRootHandover(addressOf(successor));
        vm.prank(addressOf(successor));
        organisations.acceptRootHandover();
    }

    // ---------------------------------------------------------------------------------------- writings

    /// @dev Text of at most 32 bytes, padded with zero bytes.
    function slugOf(string memory text) internal pure returns (Slug) {
        return Slug.wrap(bytes32(bytes(text)));
    }

    function assertMember(string memory name, OrgId org, IOrganisations.Role role, uint40 from, uint40 until)
        internal
        view
    {
        IOrganisations.Member memory found = organisations.member(addressOf(name));
        vm.assertTrue(found.org == org, "member: organisation");
        vm.assertEq(uint8(found.role), uint8(role), "member: role");
        vm.assertEq(found.validFrom, from, "member: valid from");
        vm.assertEq(found.validUntil, until, "member: valid until");
    }

    /// @dev How many slots of `target` were written since `vm.record()`.
    function slotsWritten(address target) internal view returns (uint256 count) {
        (, bytes32[] memory writes) = vm.accesses(target);
        for (uint256 i = 0; i < writes.length; ++i) {
            bool repeated = false;
            for (uint256 j = 0; j < i; ++j) {
                repeated = repeated || writes[j] == writes[i];
            }
            if (!repeated) ++count;
        }
    }
}
