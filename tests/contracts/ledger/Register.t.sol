// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId, PolicyId, Slug } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { Slugs } from "../../../contracts/libraries/Slugs.sol";
import { Consortium } from "../support/Consortium.sol";
import { NestedEntryPoint } from "../support/EntryPoint.sol";
import { LedgerFixture } from "../support/LedgerFixture.sol";
import { vm } from "../support/Vm.sol";

contract RegisterTest is LedgerFixture, NestedEntryPoint {
    string private constant REGISTERED =
        "DatasetRegistered(bytes32,uint32,address,bytes32,uint16,bytes32,(bytes32,bytes32,uint64,uint64,uint64,uint8,(bytes32,uint32,uint8)[]),uint40)";

    function setUp() public override(Consortium, LedgerFixture) {
        super.setUp();
    }

    function _org() internal pure override returns (OrgId) {
        return owner;
    }

    function _key() internal pure override returns (string memory) {
        return "clerk";
    }

    function _repetition() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.DatasetExists.selector, identifier(owner, "corpus"));
    }

    function _attempt(string memory key, bytes memory refusal) internal override {
        _register(key, slugOf("corpus"), DEFAULT_POLICY, recordOf("corpus"), refusal);
    }

    function _register(
        string memory key,
        Slug slug,
        PolicyId policy,
        IDatasetLedger.VersionRecord memory record,
        bytes memory refusal
    ) private returns (DatasetId dataset) {
        _expect(refusal);
        vm.prank(addressOf(key));
        dataset = ledger.register(slug, policy, record);
    }

    function _refuses(IDatasetLedger.VersionRecord memory record, bytes memory refusal) private {
        _register("clerk", slugOf("corpus"), DEFAULT_POLICY, record, refusal);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function test_RefusesAnOrganisationWithoutTheCapability() external {
        string[3] memory keys = ["regulator", "auditor", "processor"];
        OrgId[3] memory orgs = [regulator, auditor, processor];
        uint16[3] memory held = [Capabilities.REGULATOR, Capabilities.AUDITOR, Capabilities.PROCESSOR];
        for (uint256 i = 0; i < keys.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(
                IDatasetLedger.MissingCapability.selector, orgs[i], Capabilities.CUSTODIAN, held[i]
            );
            _attempt(keys[i], refusal);
        }
    }

    function test_RefusesWhatAnAncestorMayNoLongerGrant() external {
        vm.prank(addressOf("root"));
        organisations.setCapabilities(province, SEVEN, SEVEN & ~Capabilities.CUSTODIAN);
        bytes memory refusal = abi.encodeWithSelector(
            IDatasetLedger.MissingCapability.selector, owner, Capabilities.CUSTODIAN, uint16(0)
        );
        _attempt("clerk", refusal);
    }

    function test_RefusesAnInvalidSlug() external {
        Slug slug = slugOf("Corpus");
        bytes memory refusal = abi.encodeWithSelector(Slugs.InvalidSlug.selector, slug);
        _register("clerk", slug, DEFAULT_POLICY, recordOf("corpus"), refusal);
    }

    function test_RefusesTheSlugAgain_WhateverIsRegisteredUnderIt() external {
        _register("clerk", slugOf("corpus"), DEFAULT_POLICY, recordOf("corpus"), "");
        _refuses(recordOf("another"), _repetition());
        IDatasetLedger.VersionRecord memory none;
        _refuses(none, _repetition());
        _register("owner", slugOf("corpus"), PolicyId.wrap(9), recordOf("corpus"), _repetition());
    }

    function test_RefusesAnUnknownPolicy() external {
        PolicyId[3] memory unknown = [PolicyId.wrap(0), PolicyId.wrap(2), PolicyId.wrap(65535)];
        for (uint256 i = 0; i < unknown.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(IDatasetLedger.UnknownPolicy.selector, unknown[i]);
            _register("clerk", slugOf("corpus"), unknown[i], recordOf("corpus"), refusal);
        }
    }

    function test_RefusesARecordThatLacksWhatEveryVersionHas() external {
        bytes memory incomplete = abi.encodeWithSelector(IDatasetLedger.IncompleteVersion.selector);
        IDatasetLedger.VersionRecord memory record = recordOf("corpus");
        record.contentRoot = 0;
        _refuses(record, incomplete);
        record = recordOf("corpus");
        record.manifestDigest = 0;
        _refuses(record, incomplete);
        record = recordOf("corpus");
        record.fileCount = 0;
        _refuses(record, incomplete);
    }

    /// Without a content root there is no version, and nothing else may be said of it.
    function test_RefusesARecordThatSaysSomethingOfNoVersion() external {
        bytes memory incomplete = abi.encodeWithSelector(IDatasetLedger.IncompleteVersion.selector);
        for (uint256 i = 0; i < 6; ++i) {
            IDatasetLedger.VersionRecord memory record;
            if (i == 0) record.manifestDigest = bytes32(uint256(1));
            if (i == 1) record.sizeBytes = 1;
            if (i == 2) record.fileCount = 1;
            if (i == 3) record.recordCount = 1;
            if (i == 4) record.saltScheme = 1;
            if (i == 5) record = withParent(record, register("rival", "parent"), 1);
            _refuses(record, incomplete);
        }
    }

    function test_RefusesAParentThatIsNotThere() external {
        DatasetId parent = register("rival", "parent");
        _refuses(
            withParent(recordOf("corpus"), parent, 2),
            abi.encodeWithSelector(IDatasetLedger.UnknownVersion.selector, parent, uint32(2))
        );
        _refuses(
            withParent(withParent(recordOf("corpus"), parent, 1), parent, 0),
            abi.encodeWithSelector(IDatasetLedger.UnknownVersion.selector, parent, uint32(0))
        );
        DatasetId nowhere = identifier(rival, "nowhere");
        _refuses(
            withParent(recordOf("corpus"), nowhere, 1),
            abi.encodeWithSelector(IDatasetLedger.UnknownVersion.selector, nowhere, uint32(1))
        );
    }

    function test_RefusesItselfAsAParent() external {
        DatasetId itself = identifier(owner, "corpus");
        bytes memory refusal = abi.encodeWithSelector(IDatasetLedger.UnknownVersion.selector, itself, uint32(1));
        _refuses(withParent(recordOf("corpus"), itself, 1), refusal);
    }

    // --------------------------------------------------------------------------------------------- success

    function test_RegistersADatasetWithItsFirstVersion() external {
        DatasetId parent = register("rival", "parent");
        IDatasetLedger.VersionRecord memory record = withParent(recordOf("corpus"), parent, 1);
        _registers(record, 3);
        DatasetId dataset = identifier(owner, "corpus");
        assertState(dataset, IDatasetLedger.State(owner, PLANNED, 1, DEFAULT_POLICY, uint40(START + 8), 0, 1, 0x07));
        vm.assertEq(ledger.commitment(dataset, 1), commitmentOf(record), "commitment");
        vm.assertTrue(ledger.verifyVersion(dataset, 1, record), "version");
        vm.assertEq(ledger.commitment(dataset, 2), 0, "no second version");
        assertUnrecalled(dataset, 1);
    }

    function test_RegistersADatasetWithoutAVersion() external {
        IDatasetLedger.VersionRecord memory none;
        _registers(none, 2);
        DatasetId dataset = identifier(owner, "corpus");
        assertState(dataset, IDatasetLedger.State(owner, PLANNED, 0, DEFAULT_POLICY, uint40(START + 8), 0, 1, 0));
        vm.assertEq(ledger.commitment(dataset, 1), 0, "no version");
        vm.assertFalse(ledger.verifyVersion(dataset, 1, none), "nor can one be shown");
    }

    function _registers(IDatasetLedger.VersionRecord memory record, uint256 slots) private {
        vm.warp(START + 8);
        DatasetId expected = identifier(owner, "corpus");
        bytes memory data = abi.encode(bytes32(0), DEFAULT_POLICY, slugOf("corpus"), record, uint40(START + 8));
        bytes32 head = headAfter(REGISTERED, expected, owner, addressOf("clerk"), data);
        vm.expectEmit(true, true, true, true, address(ledger));
        emit IDatasetLedger.DatasetRegistered(
            expected, owner, addressOf("clerk"), head, DEFAULT_POLICY, slugOf("corpus"), record, uint40(START + 8)
        );
        vm.record();
        DatasetId dataset = _register("clerk", slugOf("corpus"), DEFAULT_POLICY, record, "");
        vm.assertEq(slotsWritten(address(ledger)), slots, "slots written");
        vm.assertEq(slotsWritten(address(organisations)), 0, "slots written elsewhere");
        vm.assertTrue(dataset == expected, "id");
        vm.assertTrue(ledger.datasetId(owner, slugOf("corpus")) == expected, "id by name");
        vm.assertEq(ledger.head(expected), head, "head");
        vm.assertTrue(ledger.suspendedBy(expected) == NONE, "suspended by");
    }

    function test_TwoOrganisationsMayUseTheSameSlug() external {
        DatasetId mine = _register("clerk", slugOf("corpus"), DEFAULT_POLICY, recordOf("corpus"), "");
        DatasetId theirs = _register("rival", slugOf("corpus"), DEFAULT_POLICY, recordOf("corpus"), "");
        vm.assertFalse(mine == theirs, "ids");
        vm.assertTrue(ledger.state(mine).owner == owner && ledger.state(theirs).owner == rival, "owners");
    }

    function test_AcceptsAnyRecordThatIsComplete(
        bytes32 contentRoot,
        bytes32 manifestDigest,
        uint64[3] memory counts,
        uint8 saltScheme,
        uint8 parents
    ) external {
        IDatasetLedger.VersionRecord memory record;
        record.contentRoot = contentRoot == 0 ? bytes32(uint256(1)) : contentRoot;
        record.manifestDigest = manifestDigest == 0 ? bytes32(uint256(1)) : manifestDigest;
        record.sizeBytes = counts[0];
        record.fileCount = counts[1] == 0 ? 1 : counts[1];
        record.recordCount = counts[2];
        record.saltScheme = saltScheme;
        for (uint256 i = 0; i < parents % 4; ++i) {
            record = withParent(record, register("rival", vm.toString(i)), 1);
        }
        DatasetId dataset = _register("clerk", slugOf("corpus"), DEFAULT_POLICY, record, "");
        vm.assertEq(ledger.commitment(dataset, 1), commitmentOf(record), "commitment");
        vm.assertTrue(ledger.verifyVersion(dataset, 1, record), "version");
        record.recordCount ^= 1;
        vm.assertFalse(ledger.verifyVersion(dataset, 1, record), "altered version");
    }
}
