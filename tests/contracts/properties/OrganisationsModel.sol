// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";

/// @dev What `Organisations` promises, said a second time and simply: plain numbers, no packing, no early ends to walks.
///      Each `refuse…` gives the selector of the error that the contract must answer with, or 0 for success; each
///      `note…` writes down what is true after a success.
abstract contract OrganisationsModel {
    struct Org {
        uint32 parent;
        uint8 depth;
        uint16 capabilities;
        uint16 grantable;
        uint32 suspendedBy;
        uint40 admittedAt;
        bytes32 slug;
    }

    struct Key {
        uint32 org;
        bool admin;
        uint40 from;
        uint40 until;
        uint32 generation;
    }

    uint32 internal constant ROOT_ORG = 1;

    mapping(uint32 => Org) internal orgs;
    uint32 internal orgCount;
    mapping(bytes32 slug => uint32) internal orgOf;
    mapping(address => Key) internal keys;
    uint32 internal rootGeneration;
    address internal successor;

    // --------------------------------------------------------------------------------------------- what is

    function within(uint32 org, uint32 ancestor) internal view returns (bool) {
        for (; org != 0; org = orgs[org].parent) {
            if (org == ancestor) return true;
        }
        return false;
    }

    function suspended(uint32 org) internal view returns (bool) {
        for (; org != 0; org = orgs[org].parent) {
            if (orgs[org].suspendedBy != 0) return true;
        }
        return false;
    }

    function capabilitiesOf(uint32 org) internal view returns (uint16 held) {
        held = orgs[org].capabilities;
        for (uint32 above = orgs[org].parent; above != 0; above = orgs[above].parent) {
            held &= orgs[above].grantable;
        }
    }

    function grantableOf(uint32 org) internal view returns (uint16 grantable) {
        grantable = type(uint16).max;
        for (; org != 0; org = orgs[org].parent) {
            grantable &= orgs[org].grantable;
        }
    }

    function inJurisdiction(uint32 regulator, uint32 org) internal view returns (bool) {
        if (regulator == ROOT_ORG) return within(org, ROOT_ORG);
        return within(org, orgs[regulator].parent);
    }

    // ------------------------------------------------------------------------------------------ who may act

    function refuseOver(Key memory key) private view returns (bytes4) {
        if (key.org == 0) return IOrganisations.NotMember.selector;
        if (block.timestamp >= key.until) return IOrganisations.MembershipEnded.selector;
        if (key.org == ROOT_ORG && key.generation != rootGeneration) {
            return IOrganisations.MembershipSuperseded.selector;
        }
        return 0;
    }

    function refuseActor(address by) internal view returns (bytes4 refusal) {
        Key memory key = keys[by];
        refusal = refuseOver(key);
        if (refusal != 0) return refusal;
        if (block.timestamp < key.from) return IOrganisations.MembershipNotStarted.selector;
        if (suspended(key.org)) return IOrganisations.OrganisationIsSuspended.selector;
    }

    function refuseAdmin(address by) internal view returns (bytes4 refusal) {
        refusal = refuseActor(by);
        if (refusal == 0 && !keys[by].admin) return IOrganisations.NotAdmin.selector;
    }

    function refuseOver(address by, uint32 org) internal view returns (bytes4 refusal) {
        refusal = refuseAdmin(by);
        if (refusal != 0) return refusal;
        if (org == 0 || org > orgCount) return IOrganisations.UnknownOrganisation.selector;
        if (!within(org, keys[by].org)) return IOrganisations.NoAuthority.selector;
    }

    function refuseAbove(address by, uint32 org) internal view returns (bytes4 refusal) {
        refusal = refuseOver(by, org);
        if (refusal == 0 && org == keys[by].org) return IOrganisations.NoAuthority.selector;
    }

    function refuseRoot(address by) internal view returns (bytes4 refusal) {
        refusal = refuseAdmin(by);
        if (refusal == 0 && keys[by].org != ROOT_ORG) return IOrganisations.NoAuthority.selector;
    }

    function refuseKey(address key) internal view returns (bytes4) {
        if (key == address(0)) return IOrganisations.InvalidKey.selector;
        if (keys[key].org != 0 || key == successor) return IOrganisations.KeyBound.selector;
        return 0;
    }

    function bind(address key, uint32 org, bool admin, uint40 from, uint40 until) internal {
        keys[key] = Key(org, admin, from, until, org == ROOT_ORG ? rootGeneration : 0);
    }

    // --------------------------------------------------------------------------------------- organisations

    function refuseAdmit(address by, IOrganisations.Admission memory wanted, bytes32 slug)
        internal
        view
        returns (bytes4 refusal)
    {
        refusal = refuseAdmin(by);
        if (refusal != 0) return refusal;
        uint32 parent = keys[by].org;
        if ((wanted.capabilities | wanted.grantable) & ~grantableOf(parent) != 0) {
            return IOrganisations.NotGrantable.selector;
        }
        if (orgs[parent].depth == 8) return IOrganisations.TooDeep.selector;
        if (orgOf[slug] != 0) return IOrganisations.SlugTaken.selector;
        refusal = refuseKey(wanted.admin);
        if (refusal == 0 && wanted.adminValidUntil <= block.timestamp) return IOrganisations.InvalidWindow.selector;
    }

    function noteAdmit(address by, IOrganisations.Admission memory wanted, bytes32 slug) internal {
        uint32 parent = keys[by].org;
        orgs[++orgCount] = Org({
            parent: parent,
            depth: orgs[parent].depth + 1,
            capabilities: wanted.capabilities,
            grantable: wanted.grantable,
            suspendedBy: 0,
            admittedAt: uint40(block.timestamp),
            slug: slug
        });
        orgOf[slug] = orgCount;
        bind(wanted.admin, orgCount, true, uint40(block.timestamp), wanted.adminValidUntil);
    }

    function refuseSetCapabilities(address by, uint32 org, uint16 capabilities, uint16 grantable)
        internal
        view
        returns (bytes4 refusal)
    {
        refusal = refuseAbove(by, org);
        if (refusal != 0) return refusal;
        if ((capabilities | grantable) & ~grantableOf(keys[by].org) != 0) return IOrganisations.NotGrantable.selector;
        if (orgs[org].capabilities == capabilities && orgs[org].grantable == grantable) {
            return IOrganisations.CapabilitiesUnchanged.selector;
        }
    }

    function refuseSuspend(address by, uint32 org) internal view returns (bytes4 refusal) {
        refusal = refuseAbove(by, org);
        if (refusal != 0) return refusal;
        uint32 holder = orgs[org].suspendedBy;
        bool fromFurtherAbove = holder != keys[by].org && within(holder, keys[by].org);
        if (holder != 0 && !fromFurtherAbove) return IOrganisations.AlreadySuspended.selector;
    }

    function refuseReinstate(address by, uint32 org) internal view returns (bytes4 refusal) {
        refusal = refuseAbove(by, org);
        if (refusal != 0) return refusal;
        if (orgs[org].suspendedBy == 0) return IOrganisations.NotSuspended.selector;
        if (!within(orgs[org].suspendedBy, keys[by].org)) return IOrganisations.NoAuthority.selector;
    }

    // --------------------------------------------------------------------------------------------- members

    function refuseAddMember(address by, uint32 org, address key, uint8 role, uint40 from, uint40 until)
        internal
        view
        returns (bytes4 refusal)
    {
        refusal = refuseOver(by, org);
        if (refusal != 0) return refusal;
        refusal = refuseKey(key);
        if (refusal != 0) return refusal;
        if (role == 0) return IOrganisations.InvalidRole.selector;
        if (until <= from || until <= block.timestamp) return IOrganisations.InvalidWindow.selector;
    }

    function refuseRenew(address by, address key, uint40 until) internal view returns (bytes4 refusal) {
        refusal = refuseOver(keys[key]);
        if (refusal != 0) return refusal;
        refusal = refuseOver(by, keys[key].org);
        if (refusal != 0) return refusal;
        if (keys[key].until == until) return IOrganisations.WindowUnchanged.selector;
        if (key == by && until < keys[key].until) return IOrganisations.CannotEndSelf.selector;
        if (until <= block.timestamp || until <= keys[key].from) return IOrganisations.InvalidWindow.selector;
    }

    function refuseEnd(address by, address key) internal view returns (bytes4 refusal) {
        refusal = refuseOver(keys[key]);
        if (refusal != 0) return refusal;
        refusal = refuseOver(by, keys[key].org);
        if (refusal == 0 && key == by) return IOrganisations.CannotEndSelf.selector;
    }

    function noteEnd(address key) internal {
        Key storage ended = keys[key];
        ended.until = uint40(block.timestamp);
        if (ended.from > block.timestamp) ended.from = uint40(block.timestamp);
    }

    function refuseRotate(address by, address newKey) internal view returns (bytes4 refusal) {
        refusal = refuseActor(by);
        return refusal != 0 ? refusal : refuseKey(newKey);
    }

    function noteRotate(address by, address newKey) internal {
        Key memory old = keys[by];
        bind(newKey, old.org, old.admin, uint40(block.timestamp), old.until);
        noteEnd(by);
    }

    // -------------------------------------------------------------------------------------- root authority

    function refusePropose(address by, address key) internal view returns (bytes4 refusal) {
        refusal = refuseRoot(by);
        if (refusal != 0) return refusal;
        if (key != address(0) && key == successor) return IOrganisations.HandoverUnchanged.selector;
        return refuseKey(key);
    }

    function refuseCancel(address by) internal view returns (bytes4 refusal) {
        refusal = refuseRoot(by);
        if (refusal == 0 && successor == address(0)) return IOrganisations.NoHandover.selector;
    }

    function refuseAccept(address by) internal view returns (bytes4) {
        return by != successor ? IOrganisations.NotSuccessor.selector : bytes4(0);
    }

    function noteAccept(address by) internal {
        ++rootGeneration;
        successor = address(0);
        bind(by, ROOT_ORG, true, uint40(block.timestamp), type(uint40).max);
    }
}
