// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "../../../contracts/libraries/Mem.sol";

/// @notice Garbage in memory: where it is still there, nothing was written. A word's garbage follows from its address.
library Canary {
    uint256 private constant GARBAGE = 0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95;
    uint256 private constant GUARD = 128; // bytes

    /// @notice Fills free memory with garbage, without taking it.
    function soil(uint256 words) internal pure {
        assembly ("memory-safe") {
            let pos := mload(0x40)
            for {
                let end := add(pos, shl(5, words))
            } lt(pos, end) {
                pos := add(pos, 32)
            } {
                mstore(pos, mul(not(pos), GARBAGE))
            }
        }
    }

    /// @return clean Whether the garbage in free memory is still there. A coverage run writes the first word of it at every statement
    /// of a contract: then that word says nothing.
    function isSoiled(uint256 words) internal pure returns (bool clean) {
        bool first = _isGarbage(0, 1);
        return _isGarbage(1, words) && (first || _isCoverageRun());
    }

    function _isGarbage(uint256 from, uint256 to) private pure returns (bool clean) {
        assembly ("memory-safe") {
            clean := 1
            let pos := add(mload(0x40), shl(5, from))
            for {
                let end := add(mload(0x40), shl(5, to))
            } lt(pos, end) {
                pos := add(pos, 32)
            } {
                if xor(mload(pos), mul(not(pos), GARBAGE)) {
                    clean := 0
                }
            }
        }
    }

    /// @dev Runs a statement that writes nothing itself.
    function _isCoverageRun() private pure returns (bool) {
        soil(1);
        Mem.load(0);
        return !_isGarbage(0, 1);
    }

    /// @notice Takes memory as it is: what was in it stays there.
    /// @param size Bytes.
    function take(uint256 size) internal pure returns (uint256 pos) {
        assembly ("memory-safe") {
            pos := mload(0x40)
            mstore(0x40, and(add(add(pos, size), 31), not(31)))
        }
    }

    /// @return data Bytes that are whatever was in memory.
    function takeBytes(uint256 length) internal pure returns (bytes memory data) {
        uint256 pos = take(32 + length);
        assembly ("memory-safe") {
            data := pos
            mstore(data, length)
        }
    }

    /// @notice Takes a stretch of garbage that borders on what is allocated before and after.
    function guard() internal pure returns (uint256 pos) {
        soil(GUARD / 32);
        return take(GUARD);
    }

    /// @return clean Whether nothing was written to a guard.
    function isIntact(uint256 guard_) internal pure returns (bool clean) {
        assembly ("memory-safe") {
            clean := 1
            let pos := guard_
            for {
                let end := add(pos, GUARD)
            } lt(pos, end) {
                pos := add(pos, 32)
            } {
                if xor(mload(pos), mul(not(pos), GARBAGE)) {
                    clean := 0
                }
            }
        }
    }

    /// @return hash Of memory from `start` to `end`.
    function hashOf(uint256 start, uint256 end) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(start, sub(end, start))
        }
    }
}
