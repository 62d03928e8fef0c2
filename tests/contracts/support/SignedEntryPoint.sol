// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { IOrganisations } from "../../../contracts/interfaces/IOrganisations.sol";
import { Consortium } from "./Consortium.sol";
import { NestedEntryPoint } from "./EntryPoint.sol";
import { LedgerFixture } from "./LedgerFixture.sol";
import { Signing } from "./Signing.sol";
import { vm } from "./Vm.sol";
import { Wallet } from "./Wallet.sol";

/// @dev What every write by signature must refuse, and that it does what the direct write does.
abstract contract SignedEntryPoint is LedgerFixture, NestedEntryPoint {
    /// @dev The order of secp256k1.
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    DatasetId internal dataset;

    function setUp() public virtual override(Consortium, LedgerFixture) {
        super.setUp();
    }

    // ------------------------------------------------------------------------- what a test contract gives

    /// @dev The EIP-712 struct hash of the write.
    function _structHash(uint256 nonce, uint256 deadline) internal view virtual returns (bytes32);

    /// @dev Makes the write on `target` with this authorisation.
    function _relay(IDatasetLedger target, IDatasetLedger.Authorisation memory authorisation) internal virtual;

    /// @dev Makes the same write directly.
    function _direct() internal virtual;

    /// @dev How many fields the write has, besides nonce and deadline.
    function _fields() internal view virtual returns (uint256);

    /// @dev Changes one of them, so that what is relayed is not what was signed.
    function _alter(uint256 field) internal virtual;

    /// @dev The refusal of the same write, signed anew; empty where the interface allows that.
    function _repetitionAnew() internal view virtual returns (bytes memory);

    // ---------------------------------------------------------------------------------------- signatures

    function _attempt(string memory key, bytes memory refusal) internal override {
        _attempt(key, 0, refusal);
    }

    function _attempt(string memory key, uint256 nonce, bytes memory refusal) private {
        _relays(_signed(key, nonce, block.timestamp), refusal);
    }

    function _relays(IDatasetLedger.Authorisation memory authorisation, bytes memory refusal) private {
        _expect(refusal);
        vm.prank(addressOf("relayer"));
        _relay(ledger, authorisation);
    }

    function _signed(string memory key, uint256 nonce, uint256 deadline)
        internal
        view
        returns (IDatasetLedger.Authorisation memory)
    {
        return _signed(key, nonce, deadline, block.chainid, address(ledger));
    }

    function _signed(string memory key, uint256 nonce, uint256 deadline, uint256 chainId, address verifier)
        private
        view
        returns (IDatasetLedger.Authorisation memory)
    {
        bytes32 digest = Signing.digest(_structHash(nonce, deadline), chainId, verifier);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secretOf(key), digest);
        return IDatasetLedger.Authorisation(addressOf(key), nonce, deadline, bytes.concat(r, s, bytes1(v)));
    }

    function _keep(IDatasetLedger.VersionRecord storage kept, IDatasetLedger.VersionRecord memory record) internal {
        kept.contentRoot = record.contentRoot;
        kept.manifestDigest = record.manifestDigest;
        kept.sizeBytes = record.sizeBytes;
        kept.fileCount = record.fileCount;
        kept.recordCount = record.recordCount;
        kept.saltScheme = record.saltScheme;
        for (uint256 i = 0; i < record.parents.length; ++i) {
            kept.parents.push(record.parents[i]);
        }
    }

    /// @dev Changes one of the eight things to change of a record that has a parent.
    function _alterRecord(IDatasetLedger.VersionRecord storage record, uint256 field) internal {
        if (field == 0) record.contentRoot = sha256("altered");
        if (field == 1) record.manifestDigest = sha256("altered");
        if (field == 2) ++record.sizeBytes;
        if (field == 3) ++record.fileCount;
        if (field == 4) ++record.recordCount;
        if (field == 5) ++record.saltScheme;
        if (field == 6) record.parents[0].relation = IDatasetLedger.Relation.TRAINED_ON;
        if (field == 7) record.parents.pop();
    }

    function _alterStep(IDatasetLedger.Step storage step, uint256 field) internal {
        if (field == 0) step.dataset = DatasetId.wrap(sha256("altered"));
        if (field == 1) ++step.version;
        if (field == 2) step.from = DESTROYED;
        if (field == 3) step.to = DESTROYED;
        if (field == 4) step.evidence = sha256("altered");
    }

    function _invalid(address signer) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.InvalidSignature.selector, signer);
    }

    function _wrongNonce(string memory key, uint256 current) private pure returns (bytes memory) {
        return abi.encodeWithSignature("InvalidAccountNonce(address,uint256)", addressOf(key), current);
    }

    // -------------------------------------------------------------------------------------------- refusals

    function _repetition() internal pure override returns (bytes memory) {
        return _wrongNonce(_key(), 1);
    }

    function test_AnswersTheSameWriteSignedAnewAsTheInterfaceSays() external {
        _attempt(_key(), 0, "");
        _attempt(_key(), 1, _repetitionAnew());
    }

    function test_RefusesAnotherSigner() external {
        IDatasetLedger.Authorisation memory authorisation = _signed("stranger", 0, block.timestamp);
        authorisation.signer = addressOf(_key());
        _relays(authorisation, _invalid(addressOf(_key())));
        authorisation = _signed(_key(), 0, block.timestamp);
        authorisation.signer = addressOf("root");
        _relays(authorisation, _invalid(addressOf("root")));
        authorisation.signer = address(0);
        _relays(authorisation, _invalid(address(0)));
    }

    function test_RefusesEveryAlteredField() external {
        for (uint256 i = 0; i < _fields(); ++i) {
            uint256 before = vm.snapshotState();
            IDatasetLedger.Authorisation memory authorisation = _signed(_key(), 0, block.timestamp);
            _alter(i);
            _relays(authorisation, _invalid(authorisation.signer));
            vm.revertToState(before);
        }
    }

    function test_RefusesAnAlteredNonceOrDeadline() external {
        IDatasetLedger.Authorisation memory authorisation = _signed(_key(), 1, block.timestamp);
        authorisation.nonce = 0;
        _relays(authorisation, _invalid(authorisation.signer));
        authorisation = _signed(_key(), 0, block.timestamp);
        authorisation.deadline = block.timestamp + 1;
        _relays(authorisation, _invalid(authorisation.signer));
    }

    function test_RefusesAfterTheDeadline() external {
        IDatasetLedger.Authorisation memory authorisation = _signed(_key(), 0, block.timestamp);
        vm.warp(block.timestamp + 1);
        bytes memory expired =
            abi.encodeWithSelector(IDatasetLedger.AuthorisationExpired.selector, authorisation.deadline);
        _relays(authorisation, expired);
        vm.warp(authorisation.deadline);
        _relays(authorisation, "");
    }

    function test_RefusesANonceOutOfOrder() external {
        _attempt(_key(), 1, _wrongNonce(_key(), 0));
        _attempt(_key(), type(uint64).max, _wrongNonce(_key(), 0));
        uint256 lane = uint256(7) << 64;
        _attempt(_key(), lane | 1, _wrongNonce(_key(), lane));
    }

    function test_AcceptsEachLaneOfNoncesOnItsOwn() external {
        uint256 lane = uint256(7) << 64;
        _attempt(_key(), lane, "");
        _attempt(_key(), lane, _wrongNonce(_key(), lane | 1));
        _attempt(_key(), lane | 1, _repetitionAnew());
        _attempt(_key(), 0, _repetitionAnew());
    }

    function test_RefusesWhatWasSignedForAnotherChain() external {
        uint256 here = block.chainid;
        IDatasetLedger.Authorisation memory authorisation =
            _signed(_key(), 0, block.timestamp, here + 1, address(ledger));
        _relays(authorisation, _invalid(authorisation.signer));
        authorisation = _signed(_key(), 0, block.timestamp);
        vm.chainId(here + 1);
        _relays(authorisation, _invalid(authorisation.signer));
        vm.chainId(here);
    }

    function test_RefusesWhatWasSignedForAnotherContract() external {
        IDatasetLedger other =
            IDatasetLedger(vm.deployCode("DatasetLedger.sol:DatasetLedger", abi.encode(organisations)));
        IDatasetLedger.Authorisation memory authorisation = _signed(_key(), 0, block.timestamp);
        vm.expectRevert(_invalid(authorisation.signer));
        _relay(other, authorisation);
        authorisation = _signed(_key(), 0, block.timestamp, block.chainid, address(other));
        _relays(authorisation, _invalid(authorisation.signer));
    }

    function test_RefusesEveryOtherFormOfASignature() external {
        IDatasetLedger.Authorisation memory authorisation = _signed(_key(), 0, block.timestamp);
        bytes memory right = authorisation.signature;
        (bytes32 r, bytes32 s) = (_word(right, 0), _word(right, 32));
        uint8 v = uint8(right[64]);

        bytes[6] memory forms = [
            bytes.concat(r, bytes32(ORDER - uint256(s)), bytes1(v ^ 7)), // the mirrored point: 27 ^ 7 = 28
            bytes.concat(r, bytes32(uint256(s) | uint256(v - 27) << 255)), // ERC-2098, compact
            bytes.concat(r, s, bytes1(v - 27)),
            bytes.concat(r, s),
            bytes.concat(right, bytes1(0)),
            bytes("")
        ];
        for (uint256 i = 0; i < forms.length; ++i) {
            authorisation.signature = forms[i];
            _relays(authorisation, _invalid(authorisation.signer));
        }
        authorisation.signature = right;
        _relays(authorisation, "");
    }

    function _word(bytes memory data, uint256 offset) private pure returns (bytes32 word) {
        for (uint256 i = 0; i < 32; ++i) {
            word |= bytes32(data[offset + i]) >> (8 * i);
        }
    }

    // --------------------------------------------------------------------------------------------- success

    /// The head binds the event, with the organisation and the key: equal heads are equal events.
    function test_DoesWhatTheDirectWriteDoes() external {
        uint256 before = vm.snapshotState();
        vm.prank(addressOf(_key()));
        _direct();
        bytes32 head = ledger.head(dataset);
        IDatasetLedger.State memory state = ledger.state(dataset);
        uint256 slots;
        vm.revertToState(before);
        before = vm.snapshotState();
        vm.record();
        vm.prank(addressOf(_key()));
        _direct();
        slots = slotsWritten(address(ledger));
        vm.revertToState(before);

        vm.assertTrue(ledger.head(dataset) != head, "not done yet");
        vm.record();
        _attempt(_key(), "");
        vm.assertEq(slotsWritten(address(ledger)), slots + 1, "the nonce's slot besides");
        vm.assertEq(slotsWritten(address(organisations)), 0, "slots written elsewhere");
        vm.assertEq(ledger.head(dataset), head, "head");
        assertState(dataset, state);
    }

    function test_AcceptsAContractWalletThatIsAMember() external {
        address wallet = address(new Wallet(addressOf("wallet's key")));
        IDatasetLedger.Authorisation memory authorisation = _signed("wallet's key", 0, block.timestamp);
        authorisation.signer = wallet;
        _relays(authorisation, abi.encodeWithSelector(IOrganisations.NotMember.selector, wallet));
        vm.prank(addressOf("root"));
        organisations.addMember(_org(), wallet, IOrganisations.Role.OPERATOR, 0, EVER);
        _relays(authorisation, "");
        _relays(authorisation, abi.encodeWithSignature("InvalidAccountNonce(address,uint256)", wallet, 1));
        authorisation = _signed("stranger", 1, block.timestamp);
        authorisation.signer = wallet;
        _relays(authorisation, _invalid(wallet));
    }

    function test_RefusesAMemberThatIsAContractButNoWallet() external {
        vm.prank(addressOf("root"));
        organisations.addMember(_org(), address(organisations), IOrganisations.Role.OPERATOR, 0, EVER);
        IDatasetLedger.Authorisation memory authorisation = _signed(_key(), 0, block.timestamp);
        authorisation.signer = address(organisations);
        _relays(authorisation, _invalid(address(organisations)));
    }
}
