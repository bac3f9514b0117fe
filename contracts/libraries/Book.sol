// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SlotHeader, newHeader} from "../types/SlotHeader.sol";
import {Words} from "./Words.sol";

/// @title Book
/// @notice The tick volumes of one period while a batch is accepted: read once, changed in memory, written back once.
/// @dev A slot takes `stride` words in `cells`: its header, a bitmap of the tick words that are in memory, then the tick words, bids
/// first. In storage a slot takes 64 words: its header, then the tick words in the same order. Volumes are lots.
library Book {
    /// @param cells The memory copy.
    /// @param area Start of the period's ring entry in storage.
    /// @param firstSlot Slot of offset 0.
    /// @param lanes log2 of ticks per word.
    /// @param width log2 of bits per tick.
    /// @param mask Largest volume of a tick.
    /// @param wordsPerSide Tick words of one side.
    /// @param stride Words per slot in `cells`.
    struct Copy {
        uint256[] cells;
        uint256 area;
        uint256 firstSlot;
        uint256 lanes;
        uint256 width;
        uint256 mask;
        uint256 wordsPerSide;
        uint256 stride;
    }

    uint256 internal constant STORED_STRIDE_LOG2 = 6;

    function open(
        uint256 area,
        uint256 firstSlot,
        uint256 slots,
        uint256 ticks,
        bool wide
    ) internal pure returns (Copy memory b) {
        b.area = area;
        b.firstSlot = firstSlot;
        (b.lanes, b.width, b.mask) = wide ? (3, 5, type(uint32).max) : (4, 4, type(uint16).max);
        b.wordsPerSide = ticks >> b.lanes;
        b.stride = 2 + 2 * b.wordsPerSide;
        b.cells = new uint256[](slots * b.stride);
    }

    /// @notice Makes a slot ready for use.
    /// @return free False while the ring entry belongs to an older slot that has volume and is not cleared.
    function touch(Copy memory b, uint256 offset) internal view returns (bool free) {
        unchecked {
            uint256 pos = offset * b.stride;
            if (b.cells[pos] != 0) return true;
            uint256 slot = b.firstSlot + offset;
            SlotHeader h = SlotHeader.wrap(Words.load(b.area + (offset << STORED_STRIDE_LOG2)));
            if (!h.isFreeFor(slot)) return false;
            b.cells[pos] = SlotHeader.unwrap(h.slotOf() == slot ? h : newHeader(slot, 0));
            return true;
        }
    }

    /// @notice Adds lots to a tick, if they fit. The slot has been touched.
    /// @return prefix Volume before.
    /// @return fits Whether the lots were added.
    function add(
        Copy memory b,
        uint256 offset,
        uint256 side,
        uint256 tick,
        uint256 lots
    ) internal view returns (uint256 prefix, bool fits) {
        unchecked {
            // All indices lie within a slot's stride: the caller has checked offset and tick against the grid.
            uint256[] memory cells = b.cells;
            uint256 pos = offset * b.stride;
            uint256 index = (side * b.wordsPerSide) + (tick >> b.lanes);
            uint256 shift = (tick & ((1 << b.lanes) - 1)) << b.width;
            uint256 bit = 1 << index;
            if (cells[pos + 1] & bit == 0) {
                if (SlotHeader.wrap(cells[pos]).live() & bit != 0) {
                    cells[pos + 2 + index] = Words.load(b.area + (offset << STORED_STRIDE_LOG2) + 1 + index);
                }
                cells[pos + 1] |= bit;
            }
            uint256 word = cells[pos + 2 + index];
            prefix = (word >> shift) & b.mask;
            if (prefix + lots > b.mask) return (prefix, false);
            cells[pos + 2 + index] = word + (lots << shift);
            cells[pos] |= bit << 40;
            return (prefix, true);
        }
    }

    /// @notice Takes back lots that `add` added in this batch.
    function remove(Copy memory b, uint256 offset, uint256 side, uint256 tick, uint256 lots) internal pure {
        unchecked {
            uint256 pos = offset * b.stride;
            uint256 index = (side * b.wordsPerSide) + (tick >> b.lanes);
            uint256 word = b.cells[pos + 2 + index] - (lots << ((tick & ((1 << b.lanes) - 1)) << b.width));
            b.cells[pos + 2 + index] = word;
            if (word == 0) b.cells[pos] &= ~(uint256(1) << (40 + index));
        }
    }

    /// @notice Writes every changed word back.
    function flush(Copy memory b) internal {
        unchecked {
            uint256[] memory cells = b.cells;
            uint256 stride = b.stride;
            uint256 tickWords = 2 * b.wordsPerSide;
            uint256 to = b.area;
            for (uint256 pos = 0; pos < cells.length; pos += stride) {
                uint256 changed = cells[pos + 1] & SlotHeader.wrap(cells[pos]).live();
                if (changed != 0) {
                    Words.store(to, cells[pos]);
                    for (uint256 index = 0; index < tickWords; ++index) {
                        if (changed & (1 << index) != 0) Words.store(to + 1 + index, cells[pos + 2 + index]);
                    }
                }
                to += 1 << STORED_STRIDE_LOG2;
            }
        }
    }

    /// @notice Reads the volumes of a slot out of storage.
    /// @param bids Filled, lots per tick.
    /// @param asks Filled, same length.
    function read(uint256 pos, SlotHeader h, bool wide, uint256[] memory bids, uint256[] memory asks) internal view {
        uint256 half = bids.length >> (wide ? 3 : 4);
        _readSide(pos + 1, h.live(), wide, bids);
        _readSide(pos + 1 + half, h.live() >> half, wide, asks);
    }

    function _readSide(uint256 pos, uint256 live, bool wide, uint256[] memory volumes) private view {
        unchecked {
            (uint256 perWord, uint256 bits, uint256 mask) = wide
                ? (8, 32, type(uint32).max)
                : (16, 16, type(uint16).max);
            uint256 tick = 0;
            while (tick < volumes.length) {
                uint256 word = live & 1 != 0 ? Words.load(pos) : 0;
                for (uint256 end = tick + perWord; tick < end; ++tick) {
                    volumes[tick] = word & mask;
                    word >>= bits;
                }
                live >>= 1;
                ++pos;
            }
        }
    }
}
