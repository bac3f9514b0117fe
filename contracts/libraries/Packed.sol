// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Packed
/// @notice Reads big-endian integers out of packed bytes.
/// @dev The loops of acceptance and settlement read millions of these; slices cost four times as much. Every function trusts
/// its index: callers check the length once. `PackedPlain` in the tests is the same without assembly.
library Packed {
    /// @return value The four bytes at `pos`.
    function u32(bytes calldata data, uint256 pos) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(224, calldataload(add(data.offset, pos)))
        }
    }

    /// @return value The six bytes at `pos`.
    function u48(bytes calldata data, uint256 pos) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(208, calldataload(add(data.offset, pos)))
        }
    }

    /// @return value The two bytes at `pos`.
    function u16(bytes calldata data, uint256 pos) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(240, calldataload(add(data.offset, pos)))
        }
    }

    /// @return value The four bytes at `pos`.
    function u32m(bytes memory data, uint256 pos) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(224, mload(add(add(data, 32), pos)))
        }
    }

    /// @return value The two bytes at `pos`.
    function u16m(bytes memory data, uint256 pos) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(240, mload(add(add(data, 32), pos)))
        }
    }
}
