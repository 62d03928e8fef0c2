// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId, Slug } from "../../../contracts/Types.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { vm } from "../support/Vm.sol";
import { Actor } from "./Actor.sol";

/// @dev What is done to organisations, members and the root authority.
abstract contract OrganisationActions is Actor {
    // --------------------------------------------------------------------------------------- organisations

    function _admit() internal {
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

    function _setCapabilities() internal {
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

    function _suspendOrReinstate() internal {
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

    function _changeMember() internal {
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

    function _addMember(address by) internal {
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

    function _rotate() internal {
        address by = _anyKey();
        string memory name = string.concat("key-", vm.toString(_pool.length));
        address newKey = _below(6) == 0 ? _anyKey() : addressOf(name);
        bytes4 refusal = refuseRotate(by, newKey);
        bytes memory data = abi.encodeCall(organisations.rotateKey, (newKey));
        if (!_call("rotateKey", address(organisations), by, refusal, data)) return;
        noteRotate(by, newKey);
        _remember(name);
    }

    function _handOver() internal {
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
}
