// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { NO_ORG, OrgId, ROOT, Slug } from "./Types.sol";
import { IOrganisations } from "./interfaces/IOrganisations.sol";
import { Capabilities } from "./libraries/Capabilities.sol";
import { Slugs } from "./libraries/Slugs.sol";

/// @title Organisations
/// @notice The consortium's tree of organisations and their keys; see `IOrganisations`.
contract Organisations is IOrganisations {
    /// @dev Bounds the walk to the root that every action pays for.
    uint8 public constant MAX_DEPTH = 8;
    uint256 public constant MAX_NAME_LENGTH = 256;

    /// @inheritdoc IOrganisations
    uint32 public organisationCount;
    /// @inheritdoc IOrganisations
    uint32 public rootGeneration;
    /// @inheritdoc IOrganisations
    address public rootSuccessor;

    mapping(OrgId => Organisation) private _organisations;
    /// @inheritdoc IOrganisations
    mapping(Slug => OrgId) public organisationBySlug;

    mapping(address key => Member) private _members;

    /// @notice Creates the root authority, which holds and may grant every capability.
    /// @param admin Its first ADMIN key, valid without end.
    constructor(address admin, Slug slug, string memory name, bytes32 profileDigest) {
        _create(
            NO_ORG,
            0,
            Admission({
                slug: slug,
                name: name,
                capabilities: Capabilities.ALL,
                grantable: Capabilities.ALL,
                admin: admin,
                adminValidUntil: type(uint40).max,
                profileDigest: profileDigest
            })
        );
    }

    // ---------------------------------------------------------------------------------------- organisations

    /// @inheritdoc IOrganisations
    function admit(Admission calldata admission) external returns (OrgId) {
        OrgId parent = _adminOrg();
        _checkGrantable(parent, admission.capabilities | admission.grantable);
        uint8 depth = _organisations[parent].depth;
        if (depth == MAX_DEPTH) revert TooDeep(parent, MAX_DEPTH);
        return _create(parent, depth + 1, admission);
    }

    /// @inheritdoc IOrganisations
    function setCapabilities(OrgId org, uint16 capabilities, uint16 grantable) external {
        OrgId actorOrg = _adminAbove(org);
        _checkGrantable(actorOrg, capabilities | grantable);
        Organisation storage target = _organisations[org];
        if (target.capabilities == capabilities && target.grantable == grantable) {
            revert CapabilitiesUnchanged(org, capabilities, grantable);
        }
        target.capabilities = capabilities;
        target.grantable = grantable;
        emit CapabilitiesChanged(org, actorOrg, msg.sender, capabilities, grantable, _now());
    }

    /// @inheritdoc IOrganisations
    function suspend(OrgId org, string calldata reason) external {
        OrgId actorOrg = _adminAbove(org);
        Organisation storage target = _organisations[org];
        OrgId holder = target.suspendedBy;
        if (holder != NO_ORG && (holder == actorOrg || !isWithin(holder, actorOrg))) {
            revert AlreadySuspended(org, holder);
        }
        target.suspendedBy = actorOrg;
        emit OrganisationSuspended(org, actorOrg, msg.sender, reason, _now());
    }

    /// @inheritdoc IOrganisations
    function reinstate(OrgId org) external {
        OrgId actorOrg = _adminAbove(org);
        Organisation storage target = _organisations[org];
        OrgId holder = target.suspendedBy;
        if (holder == NO_ORG) revert NotSuspended(org);
        if (!isWithin(holder, actorOrg)) revert NoAuthority(actorOrg, holder);
        target.suspendedBy = NO_ORG;
        emit OrganisationReinstated(org, actorOrg, msg.sender, _now());
    }

    // ---------------------------------------------------------------------------------------------- members

    /// @inheritdoc IOrganisations
    function addMember(OrgId org, address key, Role role, uint40 validFrom, uint40 validUntil) external {
        _adminOver(org);
        _bind(org, key, role, validFrom, validUntil);
        emit MemberAdded(org, key, msg.sender, role, validFrom, validUntil, _now());
    }

    /// @inheritdoc IOrganisations
    function renewMember(address key, uint40 validUntil) external {
        Member storage target = _lasting(key);
        OrgId org = target.org;
        _adminOver(org);
        if (target.validUntil == validUntil) revert WindowUnchanged(key, validUntil);
        if (key == msg.sender && validUntil < target.validUntil) revert CannotEndSelf(key);
        if (validUntil <= _now() || validUntil <= target.validFrom) revert InvalidWindow(target.validFrom, validUntil);
        target.validUntil = validUntil;
        emit MemberRenewed(org, key, msg.sender, validUntil, _now());
    }

    /// @inheritdoc IOrganisations
    function endMember(address key) external {
        Member storage target = _lasting(key);
        OrgId org = target.org;
        _adminOver(org);
        if (key == msg.sender) revert CannotEndSelf(key);
        _end(target);
        emit MemberEnded(org, key, msg.sender, _now());
    }

    /// @inheritdoc IOrganisations
    function rotateKey(address newKey) external {
        (OrgId org, Role role,) = actor(msg.sender);
        Member storage old = _members[msg.sender];
        _bind(org, newKey, role, _now(), old.validUntil);
        _end(old);
        emit KeyRotated(org, msg.sender, newKey, _now());
    }

    // --------------------------------------------------------------------------------------- root authority

    /// @inheritdoc IOrganisations
    function proposeRootHandover(address successor) external {
        _rootAdmin();
        if (successor != address(0) && successor == rootSuccessor) revert HandoverUnchanged(successor);
        _checkUnbound(successor);
        rootSuccessor = successor;
        emit RootHandoverProposed(successor, msg.sender, _now());
    }

    /// @inheritdoc IOrganisations
    function cancelRootHandover() external {
        _rootAdmin();
        address successor = rootSuccessor;
        if (successor == address(0)) revert NoHandover();
        rootSuccessor = address(0);
        emit RootHandoverCancelled(successor, msg.sender, _now());
    }

    /// @inheritdoc IOrganisations
    function acceptRootHandover() external {
        address successor = rootSuccessor;
        if (msg.sender != successor) revert NotSuccessor(msg.sender, successor);
        uint32 generation = ++rootGeneration;
        rootSuccessor = address(0);
        _bind(ROOT, successor, Role.ADMIN, _now(), type(uint40).max);
        emit RootHandedOver(successor, generation, _now());
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IOrganisations
    function actor(address key) public view returns (OrgId org, Role role, uint16 capabilities) {
        Member storage found = _lasting(key);
        org = found.org;
        role = found.role;
        if (block.timestamp < found.validFrom) revert MembershipNotStarted(key, found.validFrom);
        (capabilities,) = standing(org);
    }

    /// @inheritdoc IOrganisations
    function standing(OrgId org) public view returns (uint16 capabilities, uint16 grantable) {
        Organisation storage found = _organisations[org];
        if (found.suspendedBy != NO_ORG) revert OrganisationIsSuspended(org, found.suspendedBy);
        capabilities = found.capabilities;
        grantable = found.grantable;

        // The root grants everything and is never suspended: the walk can stop below it.
        OrgId above = found.parent;
        while (above != ROOT && above != NO_ORG) {
            found = _organisations[above];
            if (found.suspendedBy != NO_ORG) revert OrganisationIsSuspended(above, found.suspendedBy);
            capabilities &= found.grantable;
            grantable &= found.grantable;
            above = found.parent;
        }
    }

    /// @inheritdoc IOrganisations
    function isWithin(OrgId org, OrgId ancestor) public view returns (bool) {
        while (org != NO_ORG) {
            if (org == ancestor) return true;
            org = _organisations[org].parent;
        }
        return false;
    }

    /// @inheritdoc IOrganisations
    function inJurisdiction(OrgId regulator, OrgId org) external view returns (bool) {
        return isWithin(org, regulator == ROOT ? ROOT : _organisations[regulator].parent);
    }

    /// @inheritdoc IOrganisations
    function organisation(OrgId org) external view returns (Organisation memory) {
        return _organisations[org];
    }

    /// @inheritdoc IOrganisations
    function member(address key) external view returns (Member memory) {
        return _members[key];
    }

    // ----------------------------------------------------------------------------------------- who may act

    /// @dev The caller's organisation, of which the caller is an ADMIN.
    function _adminOrg() private view returns (OrgId org) {
        Role role;
        (org, role,) = actor(msg.sender);
        if (role != Role.ADMIN) revert NotAdmin(msg.sender, org);
    }

    function _rootAdmin() private view {
        OrgId org = _adminOrg();
        if (org != ROOT) revert NoAuthority(org, ROOT);
    }

    /// @dev The caller's organisation, which is `org` or stands above it.
    function _adminOver(OrgId org) private view returns (OrgId actorOrg) {
        actorOrg = _adminOrg();
        if (_organisations[org].admittedAt == 0) revert UnknownOrganisation(org);
        if (!isWithin(org, actorOrg)) revert NoAuthority(actorOrg, org);
    }

    /// @dev The caller's organisation, which stands above `org`.
    function _adminAbove(OrgId org) private view returns (OrgId actorOrg) {
        actorOrg = _adminOver(org);
        if (org == actorOrg) revert NoAuthority(actorOrg, org);
    }

    function _checkGrantable(OrgId grantor, uint16 requested) private view {
        (, uint16 grantable) = standing(grantor);
        if (requested & ~grantable != 0) revert NotGrantable(grantor, requested, grantable);
    }

    // ---------------------------------------------------------------------------------------------- changes

    function _create(OrgId parent, uint8 depth, Admission memory admission) private returns (OrgId org) {
        Slugs.check(admission.slug);
        OrgId holder = organisationBySlug[admission.slug];
        if (holder != NO_ORG) revert SlugTaken(admission.slug, holder);
        uint256 length = bytes(admission.name).length;
        if (length == 0 || length > MAX_NAME_LENGTH) revert NameLength(length, MAX_NAME_LENGTH);

        org = OrgId.wrap(++organisationCount);
        organisationBySlug[admission.slug] = org;
        _organisations[org] = Organisation({
            parent: parent,
            depth: depth,
            capabilities: admission.capabilities,
            grantable: admission.grantable,
            suspendedBy: NO_ORG,
            admittedAt: _now()
        });
        _bind(org, admission.admin, Role.ADMIN, _now(), admission.adminValidUntil);

        emit OrganisationAdmitted(
            org,
            parent,
            msg.sender,
            admission.slug,
            admission.name,
            admission.capabilities,
            admission.grantable,
            admission.profileDigest,
            _now()
        );
        emit MemberAdded(org, admission.admin, msg.sender, Role.ADMIN, _now(), admission.adminValidUntil, _now());
    }

    function _bind(OrgId org, address key, Role role, uint40 validFrom, uint40 validUntil) private {
        _checkUnbound(key);
        if (role == Role.NONE) revert InvalidRole();
        if (validUntil <= validFrom || validUntil <= _now()) revert InvalidWindow(validFrom, validUntil);
        _members[key] = Member(org, role, validFrom, validUntil, org == ROOT ? rootGeneration : 0);
    }

    function _checkUnbound(address key) private view {
        if (key == address(0)) revert InvalidKey(key);
        if (_members[key].org != NO_ORG) revert KeyBound(key, _members[key].org);
        // Otherwise any organisation's ADMIN could bind it, and so keep it from taking over.
        if (key == rootSuccessor) revert KeyBound(key, ROOT);
    }

    /// @dev The membership of `key`, which has neither ended nor been superseded.
    function _lasting(address key) private view returns (Member storage found) {
        found = _members[key];
        if (found.org == NO_ORG) revert NotMember(key);
        if (block.timestamp >= found.validUntil) revert MembershipEnded(key, found.validUntil);
        if (found.org == ROOT && found.generation != rootGeneration) revert MembershipSuperseded(key, ROOT);
    }

    /// @dev A window that has not begun ends empty.
    function _end(Member storage target) private {
        target.validUntil = _now();
        if (target.validFrom > target.validUntil) target.validFrom = target.validUntil;
    }

    function _now() private view returns (uint40) {
        return uint40(block.timestamp);
    }
}
