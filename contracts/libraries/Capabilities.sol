// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What an organisation may be entitled to do, as bits of a uint16.
/// @dev `Organisations` gives bits no meaning, so that a later contract can define a new one
///      without replacing the organisation tree.
library Capabilities {
    uint16 internal constant CUSTODIAN = 1 << 0;
    uint16 internal constant PROCESSOR = 1 << 1;
    uint16 internal constant LABELER = 1 << 2;
    uint16 internal constant AUDITOR = 1 << 3;
    uint16 internal constant CONSUMER = 1 << 4;
    uint16 internal constant REGULATOR = 1 << 5;
    uint16 internal constant DIRECTORY = 1 << 6;

    uint16 internal constant ALL = type(uint16).max;
}
