// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice `Packed` without assembly: big-endian integers, byte by byte.
library PackedPlain {
    function read(bytes memory data, uint256 pos, uint256 width) internal pure returns (uint256 value) {
        for (uint256 i = 0; i < width; ++i) value = (value << 8) | uint8(data[pos + i]);
    }
}
