// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, PolicyId, Slug, Stage } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Signing } from "../support/Signing.sol";
import { vm } from "../support/Vm.sol";
import { Actor } from "./Actor.sol";

/// @dev What is done to datasets: steps, versions, and a regulator's word.
abstract contract DatasetActions is Actor {
    // ----------------------------------------------------------------------------------------------- steps

    /// @dev A step of the policy, by a key that may well take it; more often forward than back.
    function _proceed() internal {
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
    function _advanceAnyhow() internal {
        IDatasetLedger.Step memory step = _step(_dataset(), uint8(_below(10)), 0);
        _spoil(step);
        _advance(_anyKey(), step);
    }

    function _advance(address by, IDatasetLedger.Step memory step) internal {
        bytes4 refusal = refuseAdvance(by, step);
        bool audit = step.to == AUDITED && refusal == 0;
        if (_write("advance", by, refusal, abi.encodeCall(ledger.advance, (step)), step, 0)) {
            noteAdvance(by, step);
            if (audit) ++outcomes["audited"];
            if (step.to == PUBLISHED) ++outcomes["published"];
            _follow(DatasetId.unwrap(step.dataset));
        }
    }

    function _approve() internal {
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

    function _step(bytes32 dataset, uint8 to, uint256 variant) internal view returns (IDatasetLedger.Step memory) {
        Dataset storage current = datasets[dataset];
        bytes32 evidence = keccak256(abi.encode("evidence", variant));
        return IDatasetLedger.Step(
            DatasetId.wrap(dataset), current.versions, Stage.wrap(current.stage), Stage.wrap(to), evidence
        );
    }

    function _spoil(IDatasetLedger.Step memory step) internal {
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
    ) internal returns (bool) {
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

    // -------------------------------------------------------------------------------------------- datasets

    struct Registration {
        address by;
        Slug slug;
        PolicyId policy;
        IDatasetLedger.VersionRecord record;
    }

    function _register() internal {
        Registration memory wanted;
        wanted.by = _below(4) == 0 ? _anyKey() : _able(Capabilities.CUSTODIAN, 0);
        wanted.slug = slugOf(string.concat("set-", vm.toString(_below(4))));
        wanted.policy = PolicyId.wrap(uint16(_below(12) == 0 ? 3 * _below(2) : 1 + _below(5) / 3));
        bool empty = _below(4) == 0;
        if (!empty) wanted.record = _record();
        _register(wanted, empty);
    }

    function _register(Registration memory wanted, bool empty) internal {
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

    function _direct(Registration memory wanted) internal view returns (bytes memory) {
        return abi.encodeCall(ledger.register, (wanted.slug, wanted.policy, wanted.record));
    }

    function _signed(Registration memory wanted) internal view returns (bytes memory) {
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

    function _addVersion() internal {
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

    function _direct(Addition memory wanted) internal view returns (bytes memory) {
        return abi.encodeCall(ledger.addVersion, (wanted.dataset, wanted.number, wanted.record));
    }

    function _signed(Addition memory wanted) internal view returns (bytes memory) {
        uint256 nonce = _nonces[wanted.by];
        bytes32 structHash = Signing.addVersion(wanted.dataset, wanted.number, wanted.record, nonce, block.timestamp);
        IDatasetLedger.Authorisation memory authorisation = _authorise(wanted.by, nonce, block.timestamp, structHash);
        return abi.encodeCall(ledger.addVersionBySig, (wanted.dataset, wanted.number, wanted.record, authorisation));
    }

    /// @dev In any stage, often what was said before, and sometimes nothing.
    function _describe() internal {
        bytes32 dataset = _dataset();
        DatasetId id = DatasetId.wrap(dataset);
        address by = _below(4) == 0 ? _anyKey() : _able(Capabilities.CUSTODIAN, datasets[dataset].owner);
        bytes32 description = _below(6) == 0 ? bytes32(0) : keccak256(abi.encode("description", _below(2)));
        bytes4 refusal = refuseDescribe(by, dataset, description);
        bool success;
        if (_below(3) != 0) {
            bytes memory direct = abi.encodeCall(ledger.describe, (id, description));
            success = _call("describe", address(ledger), by, refusal, direct);
        } else {
            bytes32 structHash = Signing.describe(id, description, _nonces[by], block.timestamp);
            IDatasetLedger.Authorisation memory authorisation = _authorise(by, _nonces[by], block.timestamp, structHash);
            bytes memory signed = abi.encodeCall(ledger.describeBySig, (id, description, authorisation));
            success = _relay("describe", by, _nonces[by], refusal, signed);
        }
        if (success) _follow(dataset);
    }

    /// @dev Mostly right; sometimes with parents, some of which are not there.
    function _record() internal returns (IDatasetLedger.VersionRecord memory record) {
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

    function _regulate() internal {
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

    function _recall() internal {
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
}
