// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId, Slug } from "../Types.sol";

/// @title Who takes part: a tree of organisations, and the keys that act for them.
/// @notice The root authority admits organisations, which admit others below them. What an organisation can do is
///         the intersection of its own capabilities with what every organisation above it may grant; it can do
///         nothing while it, or one above it, is suspended.
///
///         A key is bound to one organisation, once and for ever: an organisation named in history never changes
///         its meaning. Every function refuses its own repetition, so that a write sent twice acts once.
interface IOrganisations {
    // ------------------------------------------------------------------------------------------------ types

    enum Role {
        NONE,
        /// Acts on datasets.
        OPERATOR,
        /// Acts on datasets, and administers the organisation and those below it.
        ADMIN
    }

    struct Organisation {
        /// 0 for the root authority.
        OrgId parent;
        /// Steps from the root authority, which has 0.
        uint8 depth;
        /// What it was given: bits of the library `Capabilities`.
        uint16 capabilities;
        /// What it may give to organisations below it.
        uint16 grantable;
        /// The organisation that suspended it; 0 while it is not suspended.
        OrgId suspendedBy;
        uint40 admittedAt;
    }

    struct Member {
        OrgId org;
        Role role;
        /// First second of validity.
        uint40 validFrom;
        /// First second after validity; the largest uint40 means "without end".
        uint40 validUntil;
        /// Keys of the root authority from before its last handover are of an earlier generation, and void.
        /// 0 in all other organisations.
        uint32 generation;
    }

    struct Admission {
        /// Unique among all organisations, for ever.
        Slug slug;
        string name;
        uint16 capabilities;
        uint16 grantable;
        /// The first ADMIN key.
        address admin;
        uint40 adminValidUntil;
        /// SHA-256 of the organisation's profile document, or 0.
        bytes32 profileDigest;
    }

    // ------------------------------------------------------------------------------------------------ events

    event OrganisationAdmitted(
        OrgId indexed org,
        OrgId indexed parent,
        address indexed by,
        Slug slug,
        string name,
        uint16 capabilities,
        uint16 grantable,
        bytes32 profileDigest,
        uint40 recordedAt
    );
    event CapabilitiesChanged(
        OrgId indexed org,
        OrgId indexed byOrg,
        address indexed by,
        uint16 capabilities,
        uint16 grantable,
        uint40 recordedAt
    );
    event OrganisationSuspended(
        OrgId indexed org, OrgId indexed byOrg, address indexed by, string reason, uint40 recordedAt
    );
    event OrganisationReinstated(OrgId indexed org, OrgId indexed byOrg, address indexed by, uint40 recordedAt);
    event MemberAdded(
        OrgId indexed org,
        address indexed key,
        address indexed by,
        Role role,
        uint40 validFrom,
        uint40 validUntil,
        uint40 recordedAt
    );
    event MemberRenewed(
        OrgId indexed org, address indexed key, address indexed by, uint40 validUntil, uint40 recordedAt
    );
    event MemberEnded(OrgId indexed org, address indexed key, address indexed by, uint40 recordedAt);
    event KeyRotated(OrgId indexed org, address indexed oldKey, address indexed newKey, uint40 recordedAt);
    event RootHandoverProposed(address indexed successor, address indexed by, uint40 recordedAt);
    event RootHandoverCancelled(address indexed successor, address indexed by, uint40 recordedAt);
    event RootHandedOver(address indexed successor, uint32 generation, uint40 recordedAt);

    // ------------------------------------------------------------------------------------------------ errors

    error UnknownOrganisation(OrgId org);
    error OrganisationIsSuspended(OrgId org, OrgId suspendedBy);
    error NotMember(address key);
    error MembershipNotStarted(address key, uint40 validFrom);
    error MembershipEnded(address key, uint40 validUntil);
    /// The root authority was handed over since.
    error MembershipSuperseded(address key, OrgId org);
    error NotAdmin(address key, OrgId org);
    /// `actor` is neither above `org` nor, where that suffices, the same.
    error NoAuthority(OrgId actor, OrgId org);
    error NotGrantable(OrgId grantor, uint16 requested, uint16 grantable);
    error CapabilitiesUnchanged(OrgId org, uint16 capabilities, uint16 grantable);
    error SlugTaken(Slug slug, OrgId org);
    error NameLength(uint256 length, uint256 maximum);
    error TooDeep(OrgId parent, uint8 maximum);
    error InvalidKey(address key);
    /// The key belongs to `org` for ever, or is named to take over the root authority.
    error KeyBound(address key, OrgId org);
    error InvalidRole();
    error InvalidWindow(uint40 validFrom, uint40 validUntil);
    error WindowUnchanged(address key, uint40 validUntil);
    error CannotEndSelf(address key);
    error AlreadySuspended(OrgId org, OrgId suspendedBy);
    error NotSuspended(OrgId org);
    error HandoverUnchanged(address successor);
    error NoHandover();
    error NotSuccessor(address key, address successor);

    // -------------------------------------------------------------------------------- organisations: writes

    /// @notice Admits an organisation below the caller's, with its first ADMIN key, valid from now.
    /// @dev Caller: an ADMIN. Capabilities, held and grantable, must be grantable by the caller's organisation.
    /// @return org The new organisation's id; ids count up from the root's 1.
    function admit(Admission calldata admission) external returns (OrgId org);

    /// @notice Replaces what `org` holds and may grant. What the organisations below it can do follows at once.
    /// @dev Caller: an ADMIN of an organisation above `org`.
    function setCapabilities(OrgId org, uint16 capabilities, uint16 grantable) external;

    /// @notice Stops `org` and every organisation below it from acting.
    /// @dev Caller: an ADMIN of an organisation above `org`. A suspension can be taken over only from further above.
    function suspend(OrgId org, string calldata reason) external;

    /// @notice Lifts the suspension of `org`.
    /// @dev Caller: an ADMIN of the organisation that suspended it, or of one above that.
    function reinstate(OrgId org) external;

    // -------------------------------------------------------------------------------------- members: writes

    /// @notice Binds `key` to `org` in `role` for the window [validFrom, validUntil).
    /// @dev Caller: an ADMIN of `org` or of an organisation above it (which is how lost keys are replaced).
    function addMember(OrgId org, address key, Role role, uint40 validFrom, uint40 validUntil) external;

    /// @notice Moves the end of a membership that has neither ended nor been superseded.
    /// @dev Caller: as for `addMember`; the key itself can only move its end further away.
    function renewMember(address key, uint40 validUntil) external;

    /// @notice Ends a membership now, for good.
    /// @dev Caller: as for `addMember`, but not the key itself, so that an organisation cannot lock itself out.
    function endMember(address key) external;

    /// @notice Hands the caller's role and remaining window to `newKey`, and ends the caller's membership.
    /// @dev Caller: any member.
    function rotateKey(address newKey) external;

    // ------------------------------------------------------------------------------- root authority: writes

    /// @notice Names the key that may take over the root authority; replaces an earlier proposal.
    ///         While it is named, no organisation can bind it.
    /// @dev Caller: an ADMIN of the root authority.
    function proposeRootHandover(address successor) external;

    /// @notice Withdraws the proposal.
    /// @dev Caller: an ADMIN of the root authority.
    function cancelRootHandover() external;

    /// @notice Makes the caller the one ADMIN of the root authority; every earlier root key loses its membership.
    /// @dev Caller: the proposed successor.
    function acceptRootHandover() external;

    // ------------------------------------------------------------------------------------------------ views

    /// @notice For whom `key` acts now, in which role, with which effective capabilities.
    /// @dev Reverts when it cannot act: NotMember, MembershipNotStarted, MembershipEnded, MembershipSuperseded,
    ///      OrganisationIsSuspended.
    function actor(address key) external view returns (OrgId org, Role role, uint16 capabilities);

    /// @notice What `org` can do and grant now, limited by those above it.
    /// @dev Reverts with OrganisationIsSuspended where it, or one above it, is suspended.
    function standing(OrgId org) external view returns (uint16 capabilities, uint16 grantable);

    /// @notice Whether `org` is `ancestor` or stands below it.
    function isWithin(OrgId org, OrgId ancestor) external view returns (bool);

    /// @notice Whether a regulator's word holds for `org`: it stands below (or is) the organisation that admitted
    ///         the regulator. The root authority's word holds for all.
    function inJurisdiction(OrgId regulator, OrgId org) external view returns (bool);

    function organisation(OrgId org) external view returns (Organisation memory);
    function organisationCount() external view returns (uint32);
    function organisationBySlug(Slug slug) external view returns (OrgId);
    function member(address key) external view returns (Member memory);
    /// @notice The proposed key; 0 where there is no proposal.
    function rootSuccessor() external view returns (address);
    /// @notice How often the root authority was handed over.
    function rootGeneration() external view returns (uint32);
}
