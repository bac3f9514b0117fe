// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Mem
/// @notice Words of memory by address, for the loops in which the bounds check of an array would cost more than the work.
library Mem {
    function load(uint256 pos) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(pos)
        }
    }

    function store(uint256 pos, uint256 word) internal pure {
        assembly ("memory-safe") {
            mstore(pos, word)
        }
    }

    /// @notice Copies bytes out of calldata.
    function copy(uint256 pos, bytes calldata data) internal pure {
        assembly ("memory-safe") {
            calldatacopy(pos, data.offset, data.length)
        }
    }

    /// @return free Where memory is free from here on.
    function mark() internal pure returns (uint256 free) {
        assembly ("memory-safe") {
            free := mload(0x40)
        }
    }

    /// @notice Frees what was allocated since `mark`: nothing may refer to it any more. Without it the memory of a batch grows with
    /// its items, and its cost with the square of that.
    function release(uint256 free) internal pure {
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
    }

    /// @return pos Where the words of an array start.
    function words(uint256[] memory array) internal pure returns (uint256 pos) {
        assembly ("memory-safe") {
            pos := add(array, 32)
        }
    }

    /// @return pos Where the bytes of an array start.
    function start(bytes memory data) internal pure returns (uint256 pos) {
        assembly ("memory-safe") {
            pos := add(data, 32)
        }
    }
}
