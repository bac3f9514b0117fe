// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SlotHeader} from "../types/SlotHeader.sol";
import {Mem} from "./Mem.sol";
import {SlotBook} from "./SlotBook.sol";
import {Words} from "./Words.sol";

/// @title Book
/// @notice The tick volumes of one period while a batch is accepted: read once, changed in memory, written back once.
/// @dev In storage a slot takes 64 words: its header, then the tick words, bids first, tick 0 in the low bits. In memory a slot that the
/// batch uses is a cell that holds, instead of each tick's volume, the room that is left there: the complement of the word. So a word
/// of zeros, which is not in memory yet, has no room, and one check covers both. The words go downwards from the first bid word
/// (`top`), so that `top - lane bytes * (128 * side + tick)` addresses the word whose low bits are the tick's. Above `top` follow the
/// header, a bitmap of the live words that were read, and the top of the cell that was made before.
///
/// A table says where the cells are, relative to its own start; a slot without one leads to a stretch of zeros below it, where nothing
/// has room. Volumes are lots.
library Book {
    using Mem for uint256[];
    using SlotBook for SlotBook.View;

    /// @param table Where the table starts in memory, one word before that of offset 0.
    /// @param area Start of the period's ring entry in storage.
    /// @param firstSlot Slot of offset 0.
    /// @param laneLog log2 of bytes per tick.
    /// @param wordsPerSide Tick words of one side.
    struct Copy {
        uint256 table;
        uint256 area;
        uint256 firstSlot;
        uint256 laneLog;
        uint256 wordsPerSide;
    }

    uint256 internal constant STORED_STRIDE_LOG2 = 6;

    /// @dev As many slots as an entry can name.
    uint256 private constant TABLE_WORDS = 256;

    /// @dev Place of the live bits in a header.
    uint256 private constant LIVE = 40;

    /// @dev Lanes between a bid and the ask of the same tick.
    uint256 private constant SIDE_LANES_LOG2 = 7;

    /// @dev A word without volume.
    uint256 private constant EMPTY = type(uint256).max;

    /// @param firstSlot Slot of offset 0.
    function open(uint256 area, uint256 firstSlot, uint256 ticks, bool wide) internal pure returns (Copy memory b) {
        b.area = area;
        b.firstSlot = firstSlot;
        b.laneLog = wide ? 2 : 1;
        b.wordsPerSide = (ticks << b.laneLog) / 32;
        uint256 zeros = (2 << (SIDE_LANES_LOG2 + b.laneLog)) / 32;
        b.table = new uint256[](zeros + 1 + TABLE_WORDS).words() + 32 * zeros;
    }

    /// @return top First bid word of the cell of a slot that the batch uses.
    function cellOf(Copy memory b, uint256 offset) internal pure returns (uint256 top) {
        unchecked {
            return b.table + Mem.load(b.table + 32 * (offset + 1));
        }
    }

    /// @notice Takes back lots that were added in this batch.
    /// @param key Side and tick.
    function remove(Copy memory b, uint256 offset, uint256 key, uint256 lots) internal pure {
        unchecked {
            uint256 place = cellOf(b, offset) - (key << b.laneLog);
            Mem.store(place, Mem.load(place) + lots);
        }
    }

    /// @notice Writes every word that was used back, and the headers of their slots. A word that stayed empty does not become live.
    /// @param newest Top of the cell that was made last, 0 if there is none.
    function flush(Copy memory b, uint256 newest) internal {
        unchecked {
            for (uint256 top = newest; top != 0; top = Mem.load(top + 96)) {
                uint256 header = Mem.load(top + 32);
                uint256 to = b.area + ((uint32(header) - b.firstSlot) << STORED_STRIDE_LOG2);
                uint256 live = header >> LIVE;
                uint256 unread = live & ~Mem.load(top + 64);
                uint256 asks = top - (1 << (SIDE_LANES_LOG2 + b.laneLog));
                uint256 used =
                    _flushSide(b, top, to, unread) |
                        (_flushSide(b, asks, to + b.wordsPerSide, unread >> b.wordsPerSide) << b.wordsPerSide);
                // Storage has the header unless the slot is new there or a word became live.
                if (used & ~live != 0) Words.store(to, header | (used << LIVE));
            }
        }
    }

    /// @return used Which of the side's words were written.
    function _flushSide(Copy memory b, uint256 from, uint256 to, uint256 unread) private returns (uint256 used) {
        unchecked {
            for (uint256 i = 0; i < b.wordsPerSide; ++i) {
                uint256 room = Mem.load(from - 32 * i);
                if (room == EMPTY || (unread >> i) & 1 != 0) continue;
                used |= 1 << i;
                Words.store(to + 1 + i, ~room);
            }
        }
    }

    /// @notice Turns a view to a slot of the copy. Words that the copy has not read are in storage.
    /// @return h The slot's header, of which `live` tells only what storage holds. If the batch has not opened the slot, it is what
    /// storage has there, and may be another slot's.
    function turnToCopied(Copy memory b, SlotBook.View memory v, uint256 offset) internal view returns (SlotHeader h) {
        unchecked {
            uint256 pos = b.area + (offset << STORED_STRIDE_LOG2);
            uint256 top = cellOf(b, offset);
            if (top == b.table) return v.turnToStored(pos);
            h = SlotHeader.wrap(Mem.load(top + 32));
            v.turnToMemory(top, top - (1 << (SIDE_LANES_LOG2 + b.laneLog)), pos, h.live() & ~Mem.load(top + 64));
        }
    }
}
