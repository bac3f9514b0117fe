// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SlotHeader} from "../types/SlotHeader.sol";
import {Mem} from "./Mem.sol";
import {Words} from "./Words.sol";

/// @title Book
/// @notice The tick volumes of one period while a batch is accepted: read once, changed in memory, written back once.
/// @dev In memory a slot is a cell of words: its header, a bitmap of the tick words that are in memory, then the tick words, bids
/// first. In storage a slot takes 64 words: its header, then the tick words in the same order. Volumes are lots.
library Book {
    using Mem for uint256[];

    /// @param cells The memory copy.
    /// @param area Start of the period's ring entry in storage.
    /// @param firstSlot Slot of offset 0.
    /// @param lanes log2 of ticks per word.
    /// @param width log2 of bits per tick.
    /// @param mask Largest volume of a tick.
    /// @param wordsPerSide Tick words of one side.
    /// @param stride Bytes per cell.
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

    /// @dev Place of the live bits in a header.
    uint256 private constant LIVE = 40;

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
        uint256 words = 2 + 2 * b.wordsPerSide;
        b.stride = 32 * words;
        b.cells = new uint256[](slots * words);
    }

    /// @notice Takes back lots that were added in this batch.
    function remove(Copy memory b, uint256 offset, uint256 side, uint256 tick, uint256 lots) internal pure {
        unchecked {
            uint256 cell = b.cells.words() + offset * b.stride;
            uint256 place = cell + 64 + (((side * b.wordsPerSide) + (tick >> b.lanes)) << 5);
            uint256 shift = (tick & ((1 << b.lanes) - 1)) << b.width;
            Mem.store(place, Mem.load(place) - (lots << shift));
        }
    }

    /// @notice Writes every loaded word back, and the headers of their slots. A word that stayed empty does not become live.
    function flush(Copy memory b) internal {
        unchecked {
            uint256 to = b.area;
            uint256 stride = b.stride;
            uint256 cell = b.cells.words();
            uint256 end = cell + 32 * b.cells.length;
            for (; cell < end; cell += stride) {
                uint256 loaded = Mem.load(cell + 32);
                if (loaded != 0) _flushSlot(cell, loaded, to);
                to += 1 << STORED_STRIDE_LOG2;
            }
        }
    }

    function _flushSlot(uint256 cell, uint256 loaded, uint256 to) private {
        unchecked {
            uint256 header = Mem.load(cell);
            uint256 from = cell + 64;
            uint256 bit = 1 << LIVE;
            uint256 next = to;
            while (loaded != 0) {
                ++next;
                if (loaded & 1 != 0) {
                    uint256 word = Mem.load(from);
                    if (word == 0) header &= ~bit;
                    else Words.store(next, word);
                }
                from += 32;
                bit <<= 1;
                loaded >>= 1;
            }
            Words.store(to, header);
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
            uint256 place = volumes.words();
            uint256 end = place + 32 * volumes.length;
            while (place < end) {
                uint256 word = live & 1 != 0 ? Words.load(pos) : 0;
                for (uint256 next = place + 32 * perWord; place < next; place += 32) {
                    Mem.store(place, word & mask);
                    word >>= bits;
                }
                live >>= 1;
                ++pos;
            }
        }
    }
}
