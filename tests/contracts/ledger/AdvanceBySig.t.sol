// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { SignedEntryPoint } from "../support/SignedEntryPoint.sol";
import { Signing } from "../support/Signing.sol";

contract AdvanceBySigTest is SignedEntryPoint {
    IDatasetLedger.Step private step;

    function setUp() public override {
        super.setUp();
        dataset = register("clerk", "corpus");
        advanceUpTo(dataset, COLLECTED);
        step = stepTo(dataset, CLEANED);
    }

    function _org() internal pure override returns (OrgId) {
        return processor;
    }

    function _key() internal pure override returns (string memory) {
        return "processor";
    }

    function _structHash(uint256 nonce, uint256 deadline) internal view override returns (bytes32) {
        return Signing.advance(step, nonce, deadline);
    }

    function _relay(IDatasetLedger target, IDatasetLedger.Authorisation memory authorisation) internal override {
        target.advanceBySig(step, authorisation);
    }

    function _direct() internal override {
        ledger.advance(step);
    }

    function _fields() internal pure override returns (uint256) {
        return 5;
    }

    function _alter(uint256 field) internal override {
        _alterStep(step, field);
    }

    function _repetitionAnew() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.StageMismatch.selector, dataset, CLEANED, COLLECTED);
    }
}
