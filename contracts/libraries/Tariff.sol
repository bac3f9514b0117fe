// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "./Mem.sol";
import {Packed} from "./Packed.sol";
import {SlotLoops} from "./SlotLoops.sol";

/// @title Tariff
/// @notice A tariff version as bytes: network fee (2), then per class and slot import (2) and export price (2), base units per
/// Wh, big-endian.
library Tariff {
    using Packed for bytes;

    /// @return Length in bytes.
    function lengthOf(uint256 classCount, uint256 slots) internal pure returns (uint256) {
        return 2 + 4 * classCount * slots;
    }

    /// @notice Loads a version that `DataBlob` holds; one zero byte keeps the code from running.
    function load(address blob) internal view returns (bytes memory tariff) {
        bytes memory code = blob.code;
        assembly ("memory-safe") {
            // Drop the leading zero byte: move the start one byte on and write the length into its place.
            let length := sub(mload(code), 1)
            tariff := add(code, 1)
            mstore(tariff, length)
        }
    }

    /// @return Network fee of locally traded energy, base units per Wh.
    function networkFee(bytes memory tariff) internal pure returns (uint256) {
        return tariff.u16m(0);
    }

    /// @return importPrice Base units per Wh.
    /// @return exportPrice Base units per Wh.
    function pricesAt(
        bytes memory tariff,
        uint256 class,
        uint256 slots,
        uint256 offset
    ) internal pure returns (uint256 importPrice, uint256 exportPrice) {
        unchecked {
            uint256 both = tariff.u32m(2 + 4 * (class * slots + offset));
            return (both >> 16, both & 0xffff);
        }
    }

    /// @return pos Where the entries of a class start in memory.
    function entriesOf(bytes memory tariff, uint256 class, uint256 slots) internal pure returns (uint256 pos) {
        assembly ("memory-safe") {
            pos := add(add(tariff, 34), mul(4, mul(class, slots)))
        }
    }

    /// @return prices The prices of a class as `SlotLoops` takes them.
    function quadsOf(
        bytes memory tariff,
        uint256 class,
        uint256 slots
    ) internal pure returns (uint256[] memory prices) {
        prices = SlotLoops.room(slots, 4);
        uint256 start = entriesOf(tariff, class, slots);
        uint256 words = Mem.words(prices);
        unchecked {
            for (uint256 k = 0; k < slots; ++k) {
                uint256 entry = Mem.load(start + 4 * k) >> 224;
                uint256 to = words + 64 * (k >> 2);
                uint256 shift = 64 * (k & 3);
                Mem.store(to, Mem.load(to) | ((entry >> 16) << shift));
                Mem.store(to + 32, Mem.load(to + 32) | ((entry & 0xffff) << shift));
            }
        }
    }

    /// @return dearest Highest import price of the class in the period.
    /// @return cheapest Lowest export price.
    function extremes(
        bytes memory tariff,
        uint256 class,
        uint256 slots
    ) internal pure returns (uint256 dearest, uint256 cheapest) {
        cheapest = type(uint16).max;
        for (uint256 offset = 0; offset < slots; ++offset) {
            (uint256 importPrice, uint256 exportPrice) = pricesAt(tariff, class, slots, offset);
            if (importPrice > dearest) dearest = importPrice;
            if (exportPrice < cheapest) cheapest = exportPrice;
        }
    }
}
