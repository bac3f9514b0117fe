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

    /// @return Network fee of a version that `DataBlob` holds, without loading it.
    function networkFeeIn(address blob) internal view returns (uint256) {
        return _u16In(blob, 0);
    }

    /// @param index Of the entry: slots of the classes before its own, and its slot's offset.
    /// @return Import price, likewise.
    function importPriceIn(address blob, uint256 index) internal view returns (uint256) {
        unchecked {
            return _u16In(blob, 2 + 4 * index);
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

    /// @return lowest Import price of a slot among all classes.
    /// @return highest Export price.
    function boundsAt(
        bytes memory tariff,
        uint256 classes,
        uint256 slots,
        uint256 offset
    ) internal pure returns (uint256 lowest, uint256 highest) {
        lowest = type(uint16).max;
        for (uint256 class = 0; class < classes; ++class) {
            (uint256 importPrice, uint256 exportPrice) = pricesAt(tariff, class, slots, offset);
            if (importPrice < lowest) lowest = importPrice;
            if (exportPrice > highest) highest = exportPrice;
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
        uint256 from = entriesOf(tariff, class, slots);
        uint256 to = Mem.words(prices);
        unchecked {
            for (uint256 end = from + 4 * slots; from < end; (from, to) = (from + 16, to + 64)) {
                uint256 entries = Mem.load(from) >> 128; // of four slots, the first one highest
                Mem.store(to + 32, _spread(entries));
                Mem.store(to, _spread(entries >> 16));
            }
            uint256 rest = slots & 3;
            if (rest == 0) return prices;
            uint256 mask = (1 << (64 * rest)) - 1; // of the last quads only the slots of the period
            Mem.store(to - 64, Mem.load(to - 64) & mask);
            Mem.store(to - 32, Mem.load(to - 32) & mask);
        }
    }

    /// @return quad The low 16 bits of four entries of 32 bits, those of the highest in the lowest quarter.
    function _spread(uint256 entries) private pure returns (uint256 quad) {
        quad = (entries >> 96) & 0xffff;
        quad |= ((entries >> 64) & 0xffff) << 64;
        quad |= ((entries >> 32) & 0xffff) << 128;
        quad |= (entries & 0xffff) << 192;
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

    function _u16In(address blob, uint256 pos) private view returns (uint256 word) {
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(blob, 30, add(pos, 1), 2) // behind the zero byte
            word := mload(0)
        }
    }
}
