// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, PolicyId, Stage } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { vm } from "../support/Vm.sol";

/// @dev Nobody passes an edge that their own part in the version forbids, whichever way the version came there. All
///      organisations here could play every part; only the ledger keeps them apart.
contract SeparationOfDutiesTest is LedgerFixture {
    uint16 private constant ALL_PARTS =
        Capabilities.CUSTODIAN | Capabilities.PROCESSOR | Capabilities.LABELER | Capabilities.AUDITOR;

    DatasetId private dataset;
    OrgId[4] private orgs = [owner, processor, labeler, auditor];
    /// Keys of each of the four, by name.
    string[][4] private keys;

    /// Who did a duty for a version, and who did it last for any.
    mapping(uint32 version => mapping(uint8 duty => mapping(uint32 org => bool))) private did;
    mapping(uint8 duty => uint32 org) private last;

    function setUp() public override {
        super.setUp();
        string[4] memory names = ["owner", "processor", "labeler", "auditor"];
        for (uint256 i = 0; i < 4; ++i) {
            vm.prank(addressOf("root"));
            organisations.setCapabilities(orgs[i], ALL_PARTS, 0);
            keys[i].push(names[i]);
        }
        keys[0].push("clerk");
        dataset = register("clerk", "corpus");
    }

    // -------------------------------------------------------------------------- the default policy, exhausted

    /// Every walk of up to seven writes (steps by any of three organisations, and new versions) from COLLECTED on; two
    /// that lead to the same state are followed once.
    function test_DefaultPolicy_NoWalkLetsAnyoneAuditTheirOwnWork() external {
        advance("clerk", dataset, COLLECTED);
        uint256[] memory visited = new uint256[](1 << 14);
        uint256[3] memory counts;
        _explore(0, 7, visited, counts);
        vm.assertGt(counts[0], 300, "states");
        vm.assertGt(counts[1], 50, "audits");
        vm.assertGt(counts[2], 100, "audits refused");
    }

    /// @param worked Bit i: organisation i cleaned, labelled or validated the current version.
    function _explore(uint256 worked, uint256 depth, uint256[] memory visited, uint256[3] memory counts) private {
        if (depth == 0 || !_visit(worked, depth, visited)) return;
        ++counts[0];
        uint256 here = vm.snapshotState();
        Stage from = ledger.state(dataset).stage;
        for (uint256 i = 0; i < 3; ++i) {
            for (uint8 to = 2; to < 8; ++to) {
                uint256 workedThen = _workedAfter(worked, i, from, Stage.wrap(to));
                if (_tryStep(keys[i][0], Stage.wrap(to))) {
                    if (_judges(from, Stage.wrap(to))) {
                        ++counts[1];
                        vm.assertTrue(i != 0, "the owner judged its own dataset");
                        vm.assertEq(worked >> i & 1, 0, "an organisation judged its own work");
                    }
                    _explore(workedThen, depth - 1, visited, counts);
                    vm.revertToState(here);
                } else if (_judges(from, Stage.wrap(to))) {
                    ++counts[2];
                }
            }
        }
        if (_tryVersion("clerk")) {
            _explore(0, depth - 1, visited, counts);
            vm.revertToState(here);
        }
    }

    function _workedAfter(uint256 worked, uint256 i, Stage from, Stage to) private pure returns (uint256) {
        bool works = from == COLLECTED && to == CLEANED || from == CLEANED && to == LABELED || from == LABELED
            && to == VALIDATED;
        return works ? worked | 1 << i : worked;
    }

    /// Edges on which an auditor passes a judgement.
    function _judges(Stage from, Stage to) private pure returns (bool) {
        return from == VALIDATED && (to == AUDITED || to == CLEANED) || from == AUDITED && to == VALIDATED;
    }

    /// Whether this state was not yet seen with so many writes left. The table is in memory, which outlives
    /// `revertToState`; an entry is a hash with the number of writes in its last byte.
    function _visit(uint256 worked, uint256 depth, uint256[] memory visited) private view returns (bool) {
        IDatasetLedger.State memory state = ledger.state(dataset);
        uint256 hash = uint256(keccak256(abi.encode(state.stage, state.duties, state.flags, worked))) >> 8;
        uint256 place = hash % visited.length;
        while (visited[place] != 0 && visited[place] >> 8 != hash) {
            place = (place + 1) % visited.length;
        }
        if (uint8(visited[place]) >= depth) return false;
        visited[place] = hash << 8 | depth;
        return true;
    }

    // ------------------------------------------------------------------------------ the default policy, at random

    function testFuzz_DefaultPolicy_NobodyAuditsTheirOwnWork(uint256 seed) external {
        for (uint256 i = 0; i < 20; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 kind = seed % 16;
            if (kind < 12) _randomStep(seed >> 8, DEFAULT_POLICY);
            else if (kind == 12) _tryVersion("clerk");
            else if (kind == 13) _rotate(seed >> 8);
            else if (kind == 14) _hire(seed >> 8);
            else _disturb(seed >> 8);
        }
    }

    /// A key hands over to a new one, of the same organisation.
    function _rotate(uint256 seed) private {
        string[] storage team = keys[seed % 4];
        uint256 i = (seed >> 8) % team.length;
        string memory next = string.concat(team[i], "'");
        vm.prank(addressOf(team[i]));
        organisations.rotateKey(addressOf(next));
        team[i] = next;
    }

    function _hire(uint256 seed) private {
        string[] storage team = keys[seed % 4];
        string memory name = string.concat(team[0], vm.toString(team.length));
        vm.prank(addressOf("root"));
        organisations.addMember(orgs[seed % 4], addressOf(name), IOrganisations.Role.OPERATOR, 0, EVER);
        team.push(name);
    }

    function _disturb(uint256 seed) private {
        IDatasetLedger.State memory state = ledger.state(dataset);
        if (state.stage == SUSPENDED) {
            vm.prank(addressOf("regulator"));
            ledger.reinstate(dataset, "");
        } else if (seed % 2 == 0) {
            suspendDataset("regulator", dataset);
        } else if (ledger.recallOf(dataset, state.versionCount).recordedAt == 0) {
            vm.prank(addressOf("regulator"));
            ledger.recall(dataset, state.versionCount, IDatasetLedger.Severity.SERIOUS, "");
        }
    }

    // ----------------------------------------------------------------------------------------- random policies

    function testFuzz_AnyPolicy_KeepsItsPartsApart(uint256 seed) external {
        PolicyId policy = publish(_randomPolicy(seed));
        IDatasetLedger.VersionRecord memory first = recordOf("random");
        vm.prank(addressOf("clerk"));
        dataset = ledger.register(slugOf("random"), policy, first);
        for (uint256 i = 0; i < 20; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (seed % 8 == 0) _tryVersion("clerk");
            else _randomStep(seed >> 8, policy);
        }
    }

    /// Three to six stages; about half of all pairs are edges, on any terms.
    function _randomPolicy(uint256 seed) private pure returns (IDatasetLedger.Policy memory policy) {
        uint8 stages = uint8(3 + seed % 4);
        policy.stageNames = new string[](stages);
        policy.entry = PLANNED;
        policy.name = vm.toString(seed);
        IDatasetLedger.Edge[] memory some = new IDatasetLedger.Edge[](uint256(stages) * stages);
        uint256 count;
        for (uint8 from = 1; from <= stages; ++from) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint8 next = from == 1 ? 1 : uint8(seed % (stages + 1));
            policy.afterVersion |= bytes32(bytes1(next)) >> (8 * uint256(from));
            for (uint8 to = 1; to <= stages; ++to) {
                seed = uint256(keccak256(abi.encode(seed)));
                if (from == to || seed % 2 == 0) continue;
                IDatasetLedger.Edge memory added = edge(Stage.wrap(from), Stage.wrap(to), Capabilities.CUSTODIAN);
                added.duty = uint8(seed >> 8) % 4;
                added.ownerOnly = (seed >> 16) % 5 == 0;
                added.mustDiffer = uint8(seed >> 24) & uint8(seed >> 32) & (added.ownerOnly ? 0x0E : 0x0F);
                some[count++] = added;
            }
        }
        policy.edges = new IDatasetLedger.Edge[](count);
        for (uint256 i = 0; i < count; ++i) {
            policy.edges[i] = some[i];
        }
    }

    // ------------------------------------------------------------------------------------------------- walking

    /// Any organisation's any key tries for any stage; a success must be no one's own judge.
    function _randomStep(uint256 seed, PolicyId policy) private {
        uint256 i = seed % 4;
        string memory key = keys[i][(seed >> 8) % keys[i].length];
        IDatasetLedger.State memory before = ledger.state(dataset);
        IDatasetLedger.Edge memory rule = _randomEdge(seed >> 16, policy, before.stage);
        if (!_tryStep(key, rule.to)) return;

        uint32 org = OrgId.unwrap(orgs[i]);
        if (rule.ownerOnly) vm.assertEq(i, 0, "only the owner");
        if (rule.mustDiffer & 1 != 0) vm.assertTrue(i != 0, "the owner was to keep apart");
        for (uint8 duty = 1; duty <= 3; ++duty) {
            if (rule.mustDiffer & uint8(1 << duty) == 0) continue;
            vm.assertFalse(did[before.versionCount][duty][org], "did the duty for this version");
            vm.assertTrue(last[duty] != org, "did the duty last");
        }
        if (rule.duty != 0) {
            for (uint256 j = 0; j < 4; ++j) {
                bool taken = j != i && did[before.versionCount][rule.duty][OrgId.unwrap(orgs[j])];
                vm.assertFalse(taken, "took over the duty of another");
            }
            did[before.versionCount][rule.duty][org] = true;
            last[rule.duty] = org;
        }
    }

    /// An edge that leaves `from`, or none.
    function _randomEdge(uint256 seed, PolicyId policy, Stage from)
        private
        view
        returns (IDatasetLedger.Edge memory found)
    {
        for (uint8 i = 0; i < 9; ++i) {
            found = ledger.edge(policy, from, Stage.wrap(uint8(1 + (seed + i) % 9)));
            if (found.capability != 0) return found;
        }
    }

    function _tryStep(string memory key, Stage to) private returns (bool success) {
        bytes memory data = abi.encodeCall(ledger.advance, (stepTo(dataset, to)));
        vm.prank(addressOf(key));
        (success,) = address(ledger).call(data);
    }

    function _tryVersion(string memory key) private returns (bool success) {
        uint32 next = ledger.state(dataset).versionCount + 1;
        bytes memory data = abi.encodeCall(ledger.addVersion, (dataset, next, recordOf(vm.toString(next))));
        vm.prank(addressOf(key));
        (success,) = address(ledger).call(data);
    }
}
