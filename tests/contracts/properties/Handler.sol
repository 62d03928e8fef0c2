// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, PolicyId, Slug, Stage } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { DefaultPolicy } from "../support/DefaultPolicy.sol";
import { vm } from "../support/Vm.sol";
import { DatasetActions } from "./DatasetActions.sol";
import { OrganisationActions } from "./OrganisationActions.sol";

/// @dev The consortium of the model, to which anything may happen.
contract Handler is DatasetActions, OrganisationActions {
    struct Seen {
        uint32 versions;
        uint24 revision;
        bytes32 head;
    }

    mapping(bytes32 dataset => Seen) private _seen;
    uint256 private _time;

    // ------------------------------------------------------------------------------------------- beginning

    /// @dev The fixture's consortium, in which most organisations could do several parts, as the greedy would have it.
    function setUp() public override {
        super.setUp();
        _time = block.timestamp;
        uint16 hands = Capabilities.PROCESSOR | Capabilities.LABELER;
        vm.prank(addressOf("root"));
        organisations.setCapabilities(owner, Capabilities.CUSTODIAN | hands | Capabilities.AUDITOR, SEVEN);
        for (uint32 org = OrgId.unwrap(processor); org <= OrgId.unwrap(auditor); ++org) {
            vm.prank(addressOf("root"));
            organisations.setCapabilities(OrgId.wrap(org), hands | Capabilities.AUDITOR, 0);
        }
        _adopt();
        notePolicy(DefaultPolicy.load());
        IDatasetLedger.Policy memory strict = _strictPolicy();
        publish(strict);
        notePolicy(strict);
        for (uint16 policy = 1; policy <= policies; ++policy) {
            string memory name = string.concat("set-", vm.toString(policy));
            _register(Registration(addressOf("clerk"), slugOf(name), PolicyId.wrap(policy), recordOf(name)), false);
            _checkHistory();
        }
    }

    /// @dev Publication after an hour, with the approval of two auditors.
    function _strictPolicy() private pure returns (IDatasetLedger.Policy memory policy) {
        policy.stageNames = new string[](3);
        policy.entry = PLANNED;
        policy.afterVersion = bytes32(bytes2(0x0001)) | bytes32(bytes1(0x01)) >> (8 * 31);
        policy.edges = new IDatasetLedger.Edge[](3);
        policy.edges[0] = edge(PLANNED, COLLECTED, Capabilities.PROCESSOR | Capabilities.LABELER);
        policy.edges[0].duty = 2;
        policy.edges[1] = edge(COLLECTED, CLEANED, Capabilities.CUSTODIAN);
        policy.edges[1].ownerOnly = true;
        policy.edges[1].approvals = 2;
        policy.edges[1].approverCapability = Capabilities.AUDITOR;
        policy.edges[1].minSeconds = 1 hours;
        policy.edges[2] = edge(COLLECTED, PLANNED, Capabilities.PROCESSOR);
    }

    function _adopt() private {
        orgCount = organisations.organisationCount();
        string[11] memory names = [
            "root",
            "province",
            "owner",
            "rival",
            "regulator",
            "processor",
            "labeler",
            "auditor",
            "abroad",
            "outsider",
            "clerk"
        ];
        for (uint32 org = 1; org <= orgCount; ++org) {
            IOrganisations.Organisation memory found = organisations.organisation(OrgId.wrap(org));
            bytes32 slug = Slug.unwrap(slugOf(names[org - 1]));
            orgs[org] = Org(
                OrgId.unwrap(found.parent), found.depth, found.capabilities, found.grantable, 0, found.admittedAt, slug
            );
            orgOf[slug] = org;
        }
        for (uint256 i = 0; i < names.length; ++i) {
            IOrganisations.Member memory member = organisations.member(_remember(names[i]));
            bool admin = member.role == IOrganisations.Role.ADMIN;
            bind(addressOf(names[i]), OrgId.unwrap(member.org), admin, member.validFrom, member.validUntil);
        }
    }

    // ---------------------------------------------------------------------------------------------- acting

    /// @dev One thing happens. `kind` says which, `seed` all the rest.
    function act(uint256 kind, uint256 seed) external {
        vm.warp(_time);
        _seed = bytes32(seed);
        _touched = 0;
        kind %= 100;
        if (kind < 30) _proceed();
        else if (kind < 37) _advanceAnyhow();
        else if (kind < 45) _addVersion();
        else if (kind < 50) _register();
        else if (kind < 53) _describe();
        else if (kind < 60) _approve();
        else if (kind < 65) _regulate();
        else if (kind < 68) _recall();
        else if (kind < 73) _passTime();
        else if (kind < 77) _admit();
        else if (kind < 80) _setCapabilities();
        else if (kind < 85) _suspendOrReinstate();
        else if (kind < 92) _changeMember();
        else if (kind < 96) _rotate();
        else _handOver();
        _checkHistory();
    }

    function _passTime() private {
        uint32[4] memory steps = [uint32(1), 600, 1 hours, 30 days];
        _time += steps[_below(4)];
        ++outcomes["time"];
    }

    /// @dev History never shrinks, and moves only where the write was.
    function _checkHistory() private {
        for (uint256 i = 0; i < datasetIds.length; ++i) {
            bytes32 dataset = datasetIds[i];
            IDatasetLedger.State memory state = ledger.state(DatasetId.wrap(dataset));
            bytes32 head = ledger.head(DatasetId.wrap(dataset));
            Seen storage before = _seen[dataset];
            vm.assertGe(state.versionCount, before.versions, "versions");
            vm.assertGe(state.revision, before.revision, "revision");
            vm.assertEq(head != before.head, dataset == _touched, "head moved");
            _seen[dataset] = Seen(state.versionCount, state.revision, head);
        }
    }

    // ------------------------------------------------------------------------------------------ invariants

    /// @dev The contract's datasets are the model's, field by field.
    function checkDatasets() external {
        vm.warp(_time);
        for (uint256 i = 0; i < datasetIds.length; ++i) {
            bytes32 dataset = datasetIds[i];
            DatasetId id = DatasetId.wrap(dataset);
            assertState(id, stateOf(dataset));
            vm.assertEq(ledger.head(id), datasets[dataset].head, "head");
            vm.assertEq(OrgId.unwrap(ledger.suspendedBy(id)), datasets[dataset].suspendedBy, "suspended by");
            for (uint32 version = 0; version <= datasets[dataset].versions + 1; ++version) {
                vm.assertEq(ledger.commitment(id, version), commitments[dataset][version], "commitment");
                IDatasetLedger.Recall memory found = ledger.recallOf(id, version);
                RecallNote memory noted = recalls[dataset][version];
                vm.assertEq(OrgId.unwrap(found.by), noted.by, "recalled by");
                vm.assertEq(uint8(found.severity), noted.severity, "severity");
                vm.assertEq(found.recordedAt, noted.recordedAt, "recalled at");
            }
        }
    }

    /// @dev Ids keep their meaning: organisations their place and slug, keys their organisation.
    function checkIdentities() external {
        vm.warp(_time);
        vm.assertEq(organisations.organisationCount(), orgCount, "organisations");
        for (uint32 org = 1; org <= orgCount; ++org) {
            IOrganisations.Organisation memory found = organisations.organisation(OrgId.wrap(org));
            vm.assertEq(OrgId.unwrap(found.parent), orgs[org].parent, "parent");
            vm.assertEq(found.depth, orgs[org].depth, "depth");
            vm.assertEq(found.capabilities, orgs[org].capabilities, "capabilities");
            vm.assertEq(found.grantable, orgs[org].grantable, "grantable");
            vm.assertEq(OrgId.unwrap(found.suspendedBy), orgs[org].suspendedBy, "suspended by");
            vm.assertEq(found.admittedAt, orgs[org].admittedAt, "admitted at");
            vm.assertEq(OrgId.unwrap(organisations.organisationBySlug(Slug.wrap(orgs[org].slug))), org, "slug");
        }
        for (uint256 i = 0; i < _pool.length; ++i) {
            IOrganisations.Member memory found = organisations.member(_pool[i]);
            Key memory key = keys[_pool[i]];
            vm.assertEq(OrgId.unwrap(found.org), key.org, "key: organisation");
            vm.assertEq(found.role == IOrganisations.Role.ADMIN, key.admin, "key: role");
            vm.assertEq(found.validFrom, key.from, "key: from");
            vm.assertEq(found.validUntil, key.until, "key: until");
            vm.assertEq(found.generation, key.generation, "key: generation");
        }
        vm.assertEq(organisations.rootSuccessor(), successor, "successor");
        vm.assertEq(organisations.rootGeneration(), rootGeneration, "generation");
    }

    /// @dev Policies keep every edge, and get none.
    function checkPolicies() external view {
        vm.assertEq(ledger.policyCount(), policies, "policies");
        for (uint16 policy = 1; policy <= policies; ++policy) {
            for (uint8 from = 1; from < 32; from = from == 9 ? 31 : from + 1) {
                for (uint8 to = 1; to < 10; ++to) {
                    bytes memory found =
                        abi.encode(ledger.edge(PolicyId.wrap(policy), Stage.wrap(from), Stage.wrap(to)));
                    IDatasetLedger.Edge memory expected = edges[policy][from][to];
                    (expected.from, expected.to) = (Stage.wrap(from), Stage.wrap(to));
                    vm.assertEq(found, abi.encode(expected), "edge");
                }
            }
        }
    }

    /// @dev Nobody acts under a suspension, nor with more than every organisation above may grant.
    function checkStanding() external {
        vm.warp(_time);
        for (uint256 i = 0; i < _pool.length; ++i) {
            uint32 org = keys[_pool[i]].org;
            try organisations.actor(_pool[i]) returns (OrgId found, IOrganisations.Role role, uint16 capabilities) {
                vm.assertEq(refuseActor(_pool[i]) == 0, true, "may act");
                vm.assertFalse(suspended(org), "acts under a suspension");
                vm.assertEq(OrgId.unwrap(found), org, "acts for");
                vm.assertEq(role == IOrganisations.Role.ADMIN, keys[_pool[i]].admin, "acts as");
                vm.assertEq(capabilities, capabilitiesOf(org), "capabilities");
                vm.assertEq(capabilities & ~orgs[org].capabilities, 0, "more than its own");
                for (uint32 above = orgs[org].parent; above != 0; above = orgs[above].parent) {
                    vm.assertEq(capabilities & ~orgs[above].grantable, 0, "more than is grantable above");
                }
            } catch (bytes memory answer) {
                vm.assertEq(bytes32(bytes4(answer)), bytes32(refuseActor(_pool[i])), "may not act");
            }
        }
    }
}
