// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SlotHeader} from "../types/SlotHeader.sol";
import {Mem} from "./Mem.sol";
import {SlotBook} from "./SlotBook.sol";
import {Words} from "./Words.sol";

/// @title Book
/// @notice The tick volumes of one period while a batch is accepted: read once, changed in memory, written back once.
/// @dev In storage a slot takes 64 words: its header, then the tick words, bids first, tick 0 in the low bits. In memory a slot is a
/// cell that holds, instead of each tick's volume, the room that is left there: the complement of the word. So a word of zeros, which
/// is not in memory yet, has no room, and one check covers both. The words go downwards from the first bid word (`top`), so that
/// `top - lane bytes * (128 * side + tick)` addresses the word whose low bits are the tick's. Above `top` follow the header and a
/// bitmap of the live words that were read. Volumes are lots.
library Book {
    using Mem for uint256[];
    using SlotBook for SlotBook.View;

    /// @param cells The memory copy.
    /// @param top First bid word of offset 0.
    /// @param area Start of the period's ring entry in storage.
    /// @param laneLog log2 of bytes per tick.
    /// @param wordsPerSide Tick words of one side.
    /// @param stride Bytes per cell.
    struct Copy {
        uint256[] cells;
        uint256 top;
        uint256 area;
        uint256 laneLog;
        uint256 wordsPerSide;
        uint256 stride;
    }

    uint256 internal constant STORED_STRIDE_LOG2 = 6;

    /// @dev Place of the live bits in a header.
    uint256 private constant LIVE = 40;

    /// @dev Lanes between a bid and the ask of the same tick.
    uint256 private constant SIDE_LANES_LOG2 = 7;

    /// @dev A word without volume.
    uint256 private constant EMPTY = type(uint256).max;

    function open(uint256 area, uint256 slots, uint256 ticks, bool wide) internal pure returns (Copy memory b) {
        b.area = area;
        b.laneLog = wide ? 2 : 1;
        b.wordsPerSide = (ticks << b.laneLog) / 32;
        // Down to the last ask word, and two words above the first bid word.
        b.stride = (1 << (SIDE_LANES_LOG2 + b.laneLog)) + 32 * b.wordsPerSide + 64;
        b.cells = new uint256[]((slots * b.stride) / 32);
        b.top = b.cells.words() + b.stride - 96;
    }

    /// @notice Takes back lots that were added in this batch.
    /// @param key Side and tick.
    function remove(Copy memory b, uint256 offset, uint256 key, uint256 lots) internal pure {
        unchecked {
            uint256 place = b.top + offset * b.stride - (key << b.laneLog);
            Mem.store(place, Mem.load(place) + lots);
        }
    }

    /// @notice Writes every word that was used back, and the headers of their slots. A word that stayed empty does not become live.
    function flush(Copy memory b) internal {
        unchecked {
            uint256 to = b.area;
            uint256 end = b.top + 32 * b.cells.length;
            for (uint256 top = b.top; top < end; top += b.stride) {
                uint256 header = Mem.load(top + 32);
                if (header != 0) _flushSlot(b, top, header, to);
                to += 1 << STORED_STRIDE_LOG2;
            }
        }
    }

    function _flushSlot(Copy memory b, uint256 top, uint256 header, uint256 to) private {
        unchecked {
            uint256 unread = (header >> LIVE) & ~Mem.load(top + 64);
            uint256 from = top;
            uint256 next = to;
            uint256 bit = 1;
            for (uint256 side = 0; side < 2; ++side) {
                uint256 end = from - 32 * b.wordsPerSide;
                for (uint256 place = from; place != end; place -= 32) {
                    ++next;
                    uint256 room = Mem.load(place);
                    if (room != EMPTY && unread & bit == 0) {
                        header |= bit << LIVE;
                        Words.store(next, ~room);
                    }
                    bit <<= 1;
                }
                from -= 1 << (SIDE_LANES_LOG2 + b.laneLog);
            }
            if (header >> LIVE != 0) Words.store(to, header);
        }
    }

    /// @notice Turns a view to a slot of the copy. Words that the copy has not read are in storage.
    /// @return h The slot's header, of which `live` tells only what storage holds. If the batch has not opened the slot, it is what
    /// storage has there, and may be another slot's.
    function turnToCopied(Copy memory b, SlotBook.View memory v, uint256 offset) internal view returns (SlotHeader h) {
        unchecked {
            uint256 pos = b.area + (offset << STORED_STRIDE_LOG2);
            uint256 top = b.top + offset * b.stride;
            h = SlotHeader.wrap(Mem.load(top + 32));
            if (SlotHeader.unwrap(h) == 0) return v.turnToStored(pos);
            v.turnToMemory(top, top - (1 << (SIDE_LANES_LOG2 + b.laneLog)), pos, h.live() & ~Mem.load(top + 64));
        }
    }
}
