// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @dev Identifies an organisation. 0 is "none"; 1 is the root authority.
type OrgId is uint32;

/// @dev Identifies a dataset: keccak256(abi.encode(chain id, ledger address, owner organisation, slug)).
type DatasetId is bytes32;

/// @dev Identifies a published lifecycle policy. 0 is "none".
type PolicyId is uint16;

/// @dev A position in a lifecycle policy, 1 to 31. 0 is "none".
type Stage is uint8;

/// @dev A human-chosen identifier: 1 to 32 ASCII characters, padded with zero bytes; see the library `Slugs`.
type Slug is bytes32;

/// @dev Identifies a project: keccak256(abi.encode(chain id, contract address, applicant organisation, SHA-256 of its
///      document, purposes)).
type ProjectId is bytes32;

/// @dev Identifies a request, and the grant that it leads to: keccak256(abi.encode(chain id, contract address, request)).
type GrantId is bytes32;

/// @dev Identifies a run among those of its grant. Chosen by the dataset's owner.
type RunId is bytes32;

using { sameOrg as ==, otherOrg as != } for OrgId global;
using { sameDataset as == } for DatasetId global;
using { sameStage as ==, otherStage as != } for Stage global;

OrgId constant NO_ORG = OrgId.wrap(0);
OrgId constant ROOT = OrgId.wrap(1);
Stage constant NO_STAGE = Stage.wrap(0);

/// @dev Entered and left only by a regulator, whatever the policy says.
Stage constant SUSPENDED = Stage.wrap(30);

/// @dev Entered only by a regulator; the policy says what may follow.
Stage constant RECALLED = Stage.wrap(31);

function sameOrg(OrgId a, OrgId b) pure returns (bool) {
    return OrgId.unwrap(a) == OrgId.unwrap(b);
}

function otherOrg(OrgId a, OrgId b) pure returns (bool) {
    return OrgId.unwrap(a) != OrgId.unwrap(b);
}

function sameDataset(DatasetId a, DatasetId b) pure returns (bool) {
    return DatasetId.unwrap(a) == DatasetId.unwrap(b);
}

function sameStage(Stage a, Stage b) pure returns (bool) {
    return Stage.unwrap(a) == Stage.unwrap(b);
}

function otherStage(Stage a, Stage b) pure returns (bool) {
    return Stage.unwrap(a) != Stage.unwrap(b);
}
