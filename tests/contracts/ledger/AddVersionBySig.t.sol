// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { SignedEntryPoint } from "../support/SignedEntryPoint.sol";
import { Signing } from "../support/Signing.sol";

contract AddVersionBySigTest is SignedEntryPoint {
    uint32 private number = 2;
    IDatasetLedger.VersionRecord private record;

    function setUp() public override {
        super.setUp();
        dataset = register("clerk", "corpus");
        _keep(record, withParent(recordOf("corpus 2"), dataset, 1));
    }

    function _org() internal pure override returns (OrgId) {
        return owner;
    }

    function _key() internal pure override returns (string memory) {
        return "clerk";
    }

    function _structHash(uint256 nonce, uint256 deadline) internal view override returns (bytes32) {
        return Signing.addVersion(dataset, number, record, nonce, deadline);
    }

    function _relay(IDatasetLedger target, IDatasetLedger.Authorisation memory authorisation) internal override {
        target.addVersionBySig(dataset, number, record, authorisation);
    }

    function _direct() internal override {
        ledger.addVersion(dataset, number, record);
    }

    function _fields() internal pure override returns (uint256) {
        return 10;
    }

    function _alter(uint256 field) internal override {
        if (field == 8) dataset = DatasetId.wrap(sha256("altered"));
        else if (field == 9) ++number;
        else _alterRecord(record, field);
    }

    function _repetitionAnew() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.VersionConflict.selector, dataset, uint32(3), uint32(2));
    }
}
