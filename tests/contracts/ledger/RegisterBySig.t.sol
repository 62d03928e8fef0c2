// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OrgId, PolicyId, Slug } from "../../../contracts/Types.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { SignedEntryPoint } from "../support/SignedEntryPoint.sol";
import { Signing } from "../support/Signing.sol";

contract RegisterBySigTest is SignedEntryPoint {
    Slug private slug = slugOf("corpus");
    PolicyId private policy = DEFAULT_POLICY;
    IDatasetLedger.VersionRecord private record;

    function setUp() public override {
        super.setUp();
        _keep(record, withParent(recordOf("corpus"), register("rival", "parent"), 1));
        dataset = identifier(owner, "corpus");
    }

    function _org() internal pure override returns (OrgId) {
        return owner;
    }

    function _key() internal pure override returns (string memory) {
        return "clerk";
    }

    function _structHash(uint256 nonce, uint256 deadline) internal view override returns (bytes32) {
        return Signing.register(slug, policy, record, nonce, deadline);
    }

    function _relay(IDatasetLedger target, IDatasetLedger.Authorisation memory authorisation) internal override {
        target.registerBySig(slug, policy, record, authorisation);
    }

    function _direct() internal override {
        ledger.register(slug, policy, record);
    }

    function _fields() internal pure override returns (uint256) {
        return 10;
    }

    function _alter(uint256 field) internal override {
        if (field == 8) slug = slugOf("other");
        else if (field == 9) policy = PolicyId.wrap(2);
        else _alterRecord(record, field);
    }

    function _repetitionAnew() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDatasetLedger.DatasetExists.selector, dataset);
    }
}
