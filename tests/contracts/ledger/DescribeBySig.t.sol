// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, OrgId } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { SignedEntryPoint } from "../support/SignedEntryPoint.sol";
import { Signing } from "../support/Signing.sol";

contract DescribeBySigTest is SignedEntryPoint {
    bytes32 private description = sha256("description");

    function setUp() public override {
        super.setUp();
        dataset = register("clerk", "corpus");
    }

    function _org() internal pure override returns (OrgId) {
        return owner;
    }

    function _key() internal pure override returns (string memory) {
        return "clerk";
    }

    function _structHash(uint256 nonce, uint256 deadline) internal view override returns (bytes32) {
        return Signing.describe(dataset, description, nonce, deadline);
    }

    function _relay(IDatasetLedger target, IDatasetLedger.Authorisation memory authorisation) internal override {
        target.describeBySig(dataset, description, authorisation);
    }

    function _direct() internal override {
        ledger.describe(dataset, description);
    }

    function _fields() internal pure override returns (uint256) {
        return 2;
    }

    function _alter(uint256 field) internal override {
        if (field == 0) dataset = DatasetId.wrap(sha256("altered"));
        else description = sha256("altered");
    }

    /// Signed anew, it is said again: the same.
    function _repetitionAnew() internal pure override returns (bytes memory) {
        return "";
    }
}
