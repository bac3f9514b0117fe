// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StorageSlot} from "@openzeppelin/contracts/utils/StorageSlot.sol";

/// @title Words
/// @notice Large arrays of packed words at fixed places, so that a touch needs no hash.
/// @dev An area starts at `keccak256(name)` with its low 128 bits cleared; an index uses only those bits. Two areas collide no
/// sooner than two 128-bit hash prefixes do.
library Words {
    /// @return Start of the area called `name`.
    function area(string memory name) internal pure returns (uint256) {
        return uint256(keccak256(bytes(name))) & ~uint256(type(uint128).max);
    }

    function load(uint256 pos) internal view returns (uint256) {
        return StorageSlot.getUint256Slot(bytes32(pos)).value;
    }

    function store(uint256 pos, uint256 word) internal {
        StorageSlot.getUint256Slot(bytes32(pos)).value = word;
    }
}
