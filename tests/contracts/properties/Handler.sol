// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, PolicyId, Slug, Stage } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { DefaultPolicy } from "../support/DefaultPolicy.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { Signing } from "../support/Signing.sol";
import { Vm, vm } from "../support/Vm.sol";
import { LedgerModel } from "./LedgerModel.sol";

/// @dev Acts on the contracts as any of many keys would, well or badly, asks the model beforehand what must come of it,
///      and holds the contract to the answer: the very error, or success. Every head is rebuilt from the logs.
contract Handler is LedgerFixture, LedgerModel {
    string[] private _names;
    address[] private _pool;
    mapping(address => string) private _nameOf;
    mapping(address => uint256) private _nonces;
    bytes32 private _seed;
    uint256 private _time;

    /// @dev How often a function ended so: its name for a success, an error's selector for a refusal.
    mapping(bytes32 outcome => uint256) public outcomes;

    struct Seen {
        uint32 versions;
        uint24 revision;
        bytes32 head;
    }

    mapping(bytes32 dataset => Seen) private _seen;
    bytes32 private _touched;

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

    function _remember(string memory name) private returns (address key) {
        key = addressOf(name);
        _names.push(name);
        _pool.push(key);
        _nameOf[key] = name;
    }

    // ---------------------------------------------------------------------------------------------- acting

    function time() external view returns (uint256) {
        return _time;
    }

    /// @dev One thing happens. `kind` says which, `seed` all the rest.
    function act(uint256 kind, uint256 seed) external {
        vm.warp(_time);
        _seed = bytes32(seed);
        _touched = 0;
        kind %= 100;
        if (kind < 30) _proceed();
        else if (kind < 37) _advanceAnyhow();
        else if (kind < 45) _addVersion();
        else if (kind < 52) _register();
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

    // ----------------------------------------------------------------------------------------------- steps

    /// @dev A step of the policy, by a key that may well take it; more often forward than back.
    function _proceed() private {
        bytes32 dataset = _dataset();
        Dataset storage current = datasets[dataset];
        uint8 to;
        for (uint8 candidate = 1; candidate < 10; ++candidate) {
            bool better = to == 0 || _below(4) != 0;
            if (edges[current.policy][current.stage][candidate].capability != 0 && better) to = candidate;
        }
        IDatasetLedger.Edge memory rule = edges[current.policy][current.stage][to];
        IDatasetLedger.Step memory step = _step(dataset, to, _below(2));
        _advance(_able(rule.capability, rule.ownerOnly ? current.owner : 0), step);
    }

    /// @dev Any step by any key: mostly refused.
    function _advanceAnyhow() private {
        IDatasetLedger.Step memory step = _step(_dataset(), uint8(_below(10)), 0);
        _spoil(step);
        _advance(_anyKey(), step);
    }

    function _advance(address by, IDatasetLedger.Step memory step) private {
        bytes4 refusal = refuseAdvance(by, step);
        bool audit = step.to == AUDITED && refusal == 0;
        if (_write("advance", by, refusal, abi.encodeCall(ledger.advance, (step)), step, 0)) {
            noteAdvance(by, step);
            if (audit) ++outcomes["audited"];
            if (step.to == PUBLISHED) ++outcomes["published"];
            _follow(DatasetId.unwrap(step.dataset));
        }
    }

    function _approve() private {
        bytes32 dataset = _dataset();
        for (uint256 i = 0; i < datasetIds.length; ++i) {
            Dataset storage candidate = datasets[datasetIds[i]];
            if (candidate.policy == 2 && candidate.stage == 2 && _below(4) != 0) dataset = datasetIds[i];
        }
        IDatasetLedger.Step memory step = _step(dataset, datasets[dataset].policy == 2 ? 3 : uint8(_below(10)), 0);
        if (_below(8) == 0) _spoil(step);
        address by = _below(4) == 0 ? _anyKey() : _able(Capabilities.AUDITOR, 0);
        bytes4 refusal = refuseApprove(by, step);
        if (_write("approve", by, refusal, abi.encodeCall(ledger.approve, (step)), step, 1)) {
            noteApprove(by, step);
            _follow(dataset);
        }
    }

    function _step(bytes32 dataset, uint8 to, uint256 variant) private view returns (IDatasetLedger.Step memory) {
        Dataset storage current = datasets[dataset];
        bytes32 evidence = keccak256(abi.encode("evidence", variant));
        return IDatasetLedger.Step(
            DatasetId.wrap(dataset), current.versions, Stage.wrap(current.stage), Stage.wrap(to), evidence
        );
    }

    function _spoil(IDatasetLedger.Step memory step) private {
        uint256 which = _below(10);
        if (which == 0) step.dataset = DatasetId.wrap(keccak256("no such dataset"));
        if (which == 1) ++step.version;
        if (which == 2) step.from = Stage.wrap(uint8(_below(32)));
        if (which == 3) step.evidence = 0;
    }

    /// @dev The direct write, or the same by signature with a nonce that is mostly the next.
    function _write(
        string memory name,
        address by,
        bytes4 refusal,
        bytes memory direct,
        IDatasetLedger.Step memory step,
        uint256 kind
    ) private returns (bool) {
        if (_below(3) != 0) return _call(name, address(ledger), by, refusal, direct);
        uint256 nonce = _nonces[by] + (_below(5) == 0 ? 1 : 0);
        uint256 deadline = block.timestamp + _below(2);
        bytes32 structHash = kind == 0 ? Signing.advance(step, nonce, deadline) : Signing.approve(step, nonce, deadline);
        IDatasetLedger.Authorisation memory authorisation = _authorise(by, nonce, deadline, structHash);
        bytes memory signed = kind == 0
            ? abi.encodeCall(ledger.advanceBySig, (step, authorisation))
            : abi.encodeCall(ledger.approveBySig, (step, authorisation));
        return _relay(name, by, nonce, refusal, signed);
    }

    function _authorise(address by, uint256 nonce, uint256 deadline, bytes32 structHash)
        private
        view
        returns (IDatasetLedger.Authorisation memory)
    {
        bytes32 digest = Signing.digest(structHash, block.chainid, address(ledger));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secretOf(_nameOf[by]), digest);
        return IDatasetLedger.Authorisation(by, nonce, deadline, bytes.concat(r, s, bytes1(v)));
    }

    function _relay(string memory name, address by, uint256 nonce, bytes4 refusal, bytes memory signed)
        private
        returns (bool success)
    {
        if (nonce != _nonces[by]) refusal = bytes4(keccak256("InvalidAccountNonce(address,uint256)"));
        success = _call(name, address(ledger), address(0xBEEF), refusal, signed);
        if (success) {
            ++_nonces[by];
            ++outcomes["relayed"];
        }
    }

    // -------------------------------------------------------------------------------------------- datasets

    struct Registration {
        address by;
        Slug slug;
        PolicyId policy;
        IDatasetLedger.VersionRecord record;
    }

    function _register() private {
        Registration memory wanted;
        wanted.by = _below(4) == 0 ? _anyKey() : _able(Capabilities.CUSTODIAN, 0);
        wanted.slug = slugOf(string.concat("set-", vm.toString(_below(4))));
        wanted.policy = PolicyId.wrap(uint16(_below(12) == 0 ? 3 * _below(2) : 1 + _below(5) / 3));
        bool empty = _below(4) == 0;
        if (!empty) wanted.record = _record();
        _register(wanted, empty);
    }

    function _register(Registration memory wanted, bool empty) private {
        bytes32 dataset = DatasetId.unwrap(ledger.datasetId(OrgId.wrap(keys[wanted.by].org), wanted.slug));
        uint16 policy = PolicyId.unwrap(wanted.policy);
        bytes4 refusal = refuseRegister(wanted.by, dataset, policy, wanted.record, empty);
        bool success = _below(3) != 0
            ? _call("register", address(ledger), wanted.by, refusal, _direct(wanted))
            : _relay("register", wanted.by, _nonces[wanted.by], refusal, _signed(wanted));
        if (success) {
            noteRegister(wanted.by, dataset, policy, commitmentOf(wanted.record), empty);
            _follow(dataset);
        }
    }

    function _direct(Registration memory wanted) private view returns (bytes memory) {
        return abi.encodeCall(ledger.register, (wanted.slug, wanted.policy, wanted.record));
    }

    function _signed(Registration memory wanted) private view returns (bytes memory) {
        uint256 nonce = _nonces[wanted.by];
        bytes32 structHash = Signing.register(wanted.slug, wanted.policy, wanted.record, nonce, block.timestamp);
        IDatasetLedger.Authorisation memory authorisation = _authorise(wanted.by, nonce, block.timestamp, structHash);
        return abi.encodeCall(ledger.registerBySig, (wanted.slug, wanted.policy, wanted.record, authorisation));
    }

    struct Addition {
        address by;
        DatasetId dataset;
        uint32 number;
        IDatasetLedger.VersionRecord record;
    }

    function _addVersion() private {
        bytes32 dataset = _dataset();
        Dataset storage current = datasets[dataset];
        Addition memory wanted;
        wanted.by = _below(4) == 0 ? _anyKey() : _able(Capabilities.CUSTODIAN, current.owner);
        wanted.dataset = DatasetId.wrap(dataset);
        wanted.number = _below(6) == 0 ? uint32(_below(4)) : current.versions + 1;
        wanted.record = _record();
        bytes4 refusal = refuseAddVersion(wanted.by, dataset, wanted.number, wanted.record);
        bool success = _below(3) != 0
            ? _call("addVersion", address(ledger), wanted.by, refusal, _direct(wanted))
            : _relay("addVersion", wanted.by, _nonces[wanted.by], refusal, _signed(wanted));
        if (success) {
            noteVersion(dataset, commitmentOf(wanted.record));
            noteMove(dataset, afterVersion(current.policy, current.stage));
            _follow(dataset);
        }
    }

    function _direct(Addition memory wanted) private view returns (bytes memory) {
        return abi.encodeCall(ledger.addVersion, (wanted.dataset, wanted.number, wanted.record));
    }

    function _signed(Addition memory wanted) private view returns (bytes memory) {
        uint256 nonce = _nonces[wanted.by];
        bytes32 structHash = Signing.addVersion(wanted.dataset, wanted.number, wanted.record, nonce, block.timestamp);
        IDatasetLedger.Authorisation memory authorisation = _authorise(wanted.by, nonce, block.timestamp, structHash);
        return abi.encodeCall(ledger.addVersionBySig, (wanted.dataset, wanted.number, wanted.record, authorisation));
    }

    /// @dev Mostly right; sometimes with parents, some of which are not there.
    function _record() private returns (IDatasetLedger.VersionRecord memory record) {
        record = recordOf(vm.toString(_below(1000)));
        if (_below(16) == 0) record.fileCount = 0;
        if (_below(16) == 0) record.manifestDigest = 0;
        if (_below(16) == 0) record.contentRoot = 0;
        if (record.contentRoot == 0) record.sizeBytes = 1;
        for (uint256 i = _below(3); i > 0; --i) {
            bytes32 parent = _dataset();
            uint32 version = _below(8) == 0 ? uint32(_below(3)) : datasets[parent].versions;
            record = withParent(record, DatasetId.wrap(parent), version);
        }
    }

    // ------------------------------------------------------------------------------------------- regulator

    function _regulate() private {
        bytes32 dataset = _dataset();
        DatasetId id = DatasetId.wrap(dataset);
        address by = _below(3) == 0 ? _anyKey() : _able(Capabilities.REGULATOR, 0);
        bool reinstate = datasets[dataset].resume != 0 ? _below(5) != 0 : _below(5) == 0;
        if (reinstate) {
            bytes4 refusal = refuseReinstateDataset(by, dataset);
            bytes memory data = abi.encodeCall(ledger.reinstate, (id, "cleared"));
            if (!_call("reinstate dataset", address(ledger), by, refusal, data)) return;
            noteReinstateDataset(dataset);
        } else {
            bytes4 refusal = refuseSuspendDataset(by, dataset);
            bytes memory data = abi.encodeCall(ledger.suspend, (id, "inquiry"));
            if (!_call("suspend dataset", address(ledger), by, refusal, data)) return;
            noteSuspendDataset(by, dataset);
        }
        _follow(dataset);
    }

    function _recall() private {
        bytes32 dataset = _dataset();
        address by = _below(3) == 0 ? _anyKey() : _able(Capabilities.REGULATOR, 0);
        uint32 version = _below(2) == 0 ? datasets[dataset].versions : uint32(_below(4));
        uint8 severity = uint8(_below(3));
        bytes4 refusal = refuseRecall(by, dataset, version);
        bytes memory data = abi.encodeCall(
            ledger.recall, (DatasetId.wrap(dataset), version, IDatasetLedger.Severity(severity), "consent withdrawn")
        );
        if (!_call("recall", address(ledger), by, refusal, data)) return;
        noteRecall(by, dataset, version, severity);
        _follow(dataset);
    }

    // --------------------------------------------------------------------------------------- organisations

    function _admit() private {
        address by = _anyKey();
        string memory name = string.concat("org-", vm.toString(_below(6)));
        IOrganisations.Admission memory wanted = admission(name, uint16(_below(128)), uint16(_below(128)));
        if (_below(2) == 0) {
            wanted.capabilities &= grantableOf(keys[by].org);
            wanted.grantable &= grantableOf(keys[by].org);
        }
        string memory keyName = string.concat("key-", vm.toString(_pool.length));
        wanted.admin = _below(5) == 0 ? _anyKey() : addressOf(keyName);
        if (_below(6) == 0) wanted.adminValidUntil = uint40(block.timestamp + _below(2) * 1 days);

        bytes32 slug = Slug.unwrap(wanted.slug);
        bytes4 refusal = refuseAdmit(by, wanted, slug);
        bytes memory data = abi.encodeCall(organisations.admit, (wanted));
        if (!_call("admit", address(organisations), by, refusal, data)) return;
        noteAdmit(by, wanted, slug);
        _remember(keyName);
    }

    function _setCapabilities() private {
        address by = _below(2) == 0 ? _anyKey() : _pool[_below(2)];
        uint32 org = uint32(_below(orgCount + 2));
        uint16 capabilities = _below(3) == 0 ? orgs[org].capabilities : uint16(_below(128)) | 0x0E;
        uint16 grantable = _below(3) == 0 ? orgs[org].grantable : uint16(_below(128)) | 0x0F;
        bytes4 refusal = refuseSetCapabilities(by, org, capabilities, grantable);
        bytes memory data = abi.encodeCall(organisations.setCapabilities, (OrgId.wrap(org), capabilities, grantable));
        if (!_call("setCapabilities", address(organisations), by, refusal, data)) return;
        orgs[org].capabilities = capabilities;
        orgs[org].grantable = grantable;
    }

    function _suspendOrReinstate() private {
        address by = _below(3) == 0 ? _anyKey() : _able(0, ROOT_ORG);
        uint32 org = uint32(_below(orgCount + 2));
        for (uint32 other = 1; other <= orgCount; ++other) {
            if (orgs[other].suspendedBy != 0 && _below(3) != 0) org = other;
        }
        if (_below(5) < 2) {
            bytes4 refusal = refuseSuspend(by, org);
            bytes memory data = abi.encodeCall(organisations.suspend, (OrgId.wrap(org), "overdue audit"));
            if (_call("suspend", address(organisations), by, refusal, data)) orgs[org].suspendedBy = keys[by].org;
        } else {
            bytes4 refusal = refuseReinstate(by, org);
            bytes memory data = abi.encodeCall(organisations.reinstate, (OrgId.wrap(org)));
            if (_call("reinstate", address(organisations), by, refusal, data)) orgs[org].suspendedBy = 0;
        }
    }

    // --------------------------------------------------------------------------------------------- members

    function _changeMember() private {
        address by = _anyKey();
        address key = _below(4) == 0 ? by : _anyKey();
        uint256 which = _below(6);
        if (which < 3) {
            _addMember(by);
        } else if (which < 5) {
            uint40 until = _below(5) == 0 ? keys[key].until : uint40(block.timestamp + _below(3) * 40 days);
            bytes4 refusal = refuseRenew(by, key, until);
            bytes memory data = abi.encodeCall(organisations.renewMember, (key, until));
            if (_call("renewMember", address(organisations), by, refusal, data)) keys[key].until = until;
        } else {
            bytes4 refusal = refuseEnd(by, key);
            bytes memory data = abi.encodeCall(organisations.endMember, (key));
            if (_call("endMember", address(organisations), by, refusal, data)) noteEnd(key);
        }
    }

    function _addMember(address by) private {
        uint32 org = _below(3) != 0 ? keys[by].org : uint32(_below(orgCount + 2));
        string memory name = string.concat("key-", vm.toString(_pool.length));
        address key = _below(5) == 0 ? _anyKey() : addressOf(name);
        uint8 role = uint8(_below(8) == 0 ? 0 : 1 + _below(2));
        uint40 from = uint40(block.timestamp + _below(3) * 600);
        uint40 until = _below(2) == 0 ? EVER : uint40(block.timestamp + _below(3) * 20 days);
        bytes4 refusal = refuseAddMember(by, org, key, role, from, until);
        bytes memory data =
            abi.encodeCall(organisations.addMember, (OrgId.wrap(org), key, IOrganisations.Role(role), from, until));
        if (!_call("addMember", address(organisations), by, refusal, data)) return;
        bind(key, org, role == 2, from, until);
        _remember(name);
    }

    function _rotate() private {
        address by = _anyKey();
        string memory name = string.concat("key-", vm.toString(_pool.length));
        address newKey = _below(6) == 0 ? _anyKey() : addressOf(name);
        bytes4 refusal = refuseRotate(by, newKey);
        bytes memory data = abi.encodeCall(organisations.rotateKey, (newKey));
        if (!_call("rotateKey", address(organisations), by, refusal, data)) return;
        noteRotate(by, newKey);
        _remember(name);
    }

    function _handOver() private {
        address by = _below(3) == 0 ? _anyKey() : _able(0, ROOT_ORG);
        string memory name = string.concat("key-", vm.toString(_pool.length));
        uint256 which = _below(6);
        if (which < 3) {
            address key = _below(4) == 0 ? _anyKey() : addressOf(name);
            bytes4 refusal = refusePropose(by, key);
            bytes memory data = abi.encodeCall(organisations.proposeRootHandover, (key));
            if (_call("proposeRootHandover", address(organisations), by, refusal, data)) successor = key;
        } else if (which < 4) {
            bytes4 refusal = refuseCancel(by);
            bytes memory data = abi.encodeCall(organisations.cancelRootHandover, ());
            if (_call("cancelRootHandover", address(organisations), by, refusal, data)) successor = address(0);
        } else {
            if (successor == addressOf(name) && _below(6) != 0) by = successor;
            bytes4 refusal = refuseAccept(by);
            bytes memory data = abi.encodeCall(organisations.acceptRootHandover, ());
            if (!_call("acceptRootHandover", address(organisations), by, refusal, data)) return;
            noteAccept(by);
            _remember(name);
        }
    }

    // -------------------------------------------------------------------------------------- what came of it

    function _call(string memory name, address target, address by, bytes4 refusal, bytes memory data)
        private
        returns (bool success)
    {
        vm.recordLogs();
        vm.prank(by);
        bytes memory answer;
        (success, answer) = target.call(data);
        bytes4 got = success ? bytes4(0) : bytes4(answer);
        vm.assertEq(bytes32(got), bytes32(refusal), name);
        ++outcomes[success ? bytes32(bytes(name)) : bytes32(refusal)];
    }

    /// @dev The one event of the write just made moves the head of its dataset, by the rule of the interface.
    function _follow(bytes32 dataset) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 1, "one event for one write");
        vm.assertEq(logs[0].emitter, address(ledger), "emitter");
        vm.assertEq(logs[0].topics[1], dataset, "the dataset's event");
        bytes memory data = logs[0].data;
        bytes32 previous = datasets[dataset].head;
        bytes32 claimed;
        assembly ("memory-safe") {
            claimed := mload(add(data, 0x20))
            mstore(add(data, 0x20), previous)
        }
        bytes32[] memory topics = logs[0].topics;
        bytes32 next = keccak256(bytes.concat(topics[0], topics[1], topics[2], topics[3], keccak256(data)));
        vm.assertEq(claimed, next, "the head in the event");
        datasets[dataset].head = next;
        _touched = dataset;
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

    // --------------------------------------------------------------------------------------------- choices

    /// @dev A number below `bound`, the next that the seed gives.
    function _below(uint256 bound) private returns (uint256) {
        _seed = keccak256(abi.encode(_seed));
        return uint256(_seed) % bound;
    }

    function _anyKey() private returns (address) {
        return _pool[_below(_pool.length)];
    }

    /// @dev A key that may act now, with these capabilities and, unless `org` is 0, for this organisation; any key
    ///      where there is none.
    function _able(uint16 capability, uint32 org) private returns (address) {
        uint256 offset = _below(_pool.length);
        for (uint256 i = 0; i < _pool.length; ++i) {
            address key = _pool[(offset + i) % _pool.length];
            bool fits = org == 0 || keys[key].org == org;
            if (fits && refuseCapability(key, capability) == 0) return key;
        }
        return _pool[offset];
    }

    /// @dev One of the datasets; the first ones more often, so that they get far.
    function _dataset() private returns (bytes32) {
        if (_below(30) == 0) return keccak256("no such dataset");
        return datasetIds[_below(1 + _below(datasetIds.length))];
    }
}
