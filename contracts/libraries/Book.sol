// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SlotGroup, slotsInGroup} from "../types/SlotGroup.sol";
import {Mem} from "./Mem.sol";
import {SlotBook} from "./SlotBook.sol";
import {Words} from "./Words.sol";

/// @title Book
/// @notice The tick volumes of one period while a batch is accepted: read once, changed in memory, written back once.
/// @dev In storage a slot takes 64 words: one that is not its own, then the tick words, bids first, tick 0 in the low bits. The first
/// word of the period's first slot holds the `SlotGroup` of the first slots, that of the second slot the next one, and so on. In memory
/// a slot that the batch uses is a cell that holds, instead of each tick's volume, the room that is left there: the complement of the
/// word. So a word of zeros, which is not in memory yet, has no room, and one check covers both. The words go downwards from the first
/// bid word (`top`), so that `top - lane bytes * (128 * side + tick)` addresses the word whose low bits are the tick's. Above `top`
/// follow where the slot is, a bitmap of the live words that were not read, and the top of the cell that was made before. Where it is:
/// `| offset 8 | group 8 | shift |`, of which the last is where its bits start in the group.
///
/// A table says where the cells are, relative to its own start; a slot without one leads to a stretch of zeros below it, where nothing
/// has room. Below that stretch are the groups of which a slot has a cell, as storage has them, or with nothing but the period where
/// storage has another's, the first one uppermost. Volumes are lots.
library Book {
    using SlotBook for SlotBook.View;

    /// @param table Where the table starts in memory, one word before that of offset 0.
    /// @param area Start of the period's ring entry in storage.
    /// @param period What its groups are of.
    /// @param laneLog log2 of bytes per tick.
    /// @param wordsPerSide Tick words of one side.
    struct Copy {
        uint256 table;
        uint256 area;
        uint256 period;
        uint256 laneLog;
        uint256 wordsPerSide;
    }

    uint256 internal constant STORED_STRIDE_LOG2 = 6;

    /// @dev Bytes below the table where nothing has room: as much as the ticks of both sides take if they are wide.
    uint256 private constant NOTHING = 1024;

    /// @dev Bytes from the first group up to the table; the others lie below it.
    uint256 private constant GROUPS = NOTHING + 32;

    /// @dev Lanes between a bid and the ask of the same tick.
    uint256 private constant SIDE_LANES_LOG2 = 7;

    /// @param slots Of the period.
    function open(Copy memory b, uint256 area, uint256 period, uint256 ticks, bool wide, uint256 slots) internal pure {
        unchecked {
            uint256 laneLog = wide ? 2 : 1;
            (b.area, b.period, b.laneLog) = (area, period, laneLog);
            b.wordsPerSide = (ticks << laneLog) / 32;
            uint256 below = 32 * (1 + slots / slotsInGroup(2 * b.wordsPerSide)) + NOTHING; // bytes
            b.table = Mem.zeros(below / 32 + 1 + slots) + below;
        }
    }

    /// @return top First bid word of the cell of a slot that the batch uses.
    function cellOf(Copy memory b, uint256 offset) internal pure returns (uint256 top) {
        unchecked {
            return b.table + Mem.load(b.table + 32 * (offset + 1));
        }
    }

    /// @notice Writes every word that was used back, and each group in which one became live. A word that stayed empty does not.
    /// @param newest Top of the cell that was made last, 0 if there is none.
    function flush(Copy memory b, uint256 newest) internal {
        unchecked {
            uint256 place = b.table - GROUPS;
            uint256 group = Mem.load(place);
            for (uint256 top = newest; top != 0; top = Mem.load(top + 96)) {
                uint256 bits = Mem.load(top + 32);
                uint256 next = b.table - GROUPS - 32 * ((bits >> 8) & 0xff);
                if (next != place) {
                    _flushGroup(b, place, group);
                    (place, group) = (next, Mem.load(next));
                }
                group |= _flushSlot(b, top, bits & 0xff) << (bits >> 16);
            }
            _flushGroup(b, place, group);
        }
    }

    /// @param place Where the group is in memory.
    /// @param group What it is to be.
    function _flushGroup(Copy memory b, uint256 place, uint256 group) private {
        unchecked {
            if (group == Mem.load(place)) return;
            Mem.store(place, group);
            Words.store(b.area + (((b.table - GROUPS - place) / 32) << STORED_STRIDE_LOG2), group);
        }
    }

    /// @return used Which of the slot's words were written.
    function _flushSlot(Copy memory b, uint256 top, uint256 offset) private returns (uint256 used) {
        unchecked {
            uint256 to = b.area + (offset << STORED_STRIDE_LOG2);
            uint256 unread = Mem.load(top + 64);
            uint256 bit = 1;
            for (uint256 side = 0; side < 2; ++side) {
                uint256 end = top - 32 * b.wordsPerSide;
                for (uint256 from = top; from != end; from -= 32) {
                    uint256 volumes = ~Mem.load(from);
                    ++to;
                    // Two questions: the compiler would write the answer to both down.
                    if (volumes != 0) {
                        if (unread & bit == 0) {
                            used |= bit;
                            Words.store(to, volumes);
                        }
                    }
                    bit <<= 1;
                }
                top -= 1 << (SIDE_LANES_LOG2 + b.laneLog);
            }
        }
    }

    /// @notice The group at an index of the period's, as the batch has it, or else as it is stored, where it may be another period's.
    /// @return Its live bits tell only what storage holds.
    function groupAt(Copy memory b, uint256 index) internal view returns (SlotGroup) {
        unchecked {
            uint256 group = Mem.load(b.table - GROUPS - 32 * index);
            return SlotGroup.wrap(group != 0 ? group : Words.load(b.area + (index << STORED_STRIDE_LOG2)));
        }
    }

    /// @notice Turns a view to a slot of the copy. Words that the copy has not read are in storage.
    /// @param live The slot's live bits.
    function turnToCopied(Copy memory b, SlotBook.View memory v, uint256 offset, uint256 live) internal pure {
        unchecked {
            uint256 pos = b.area + (offset << STORED_STRIDE_LOG2);
            uint256 top = cellOf(b, offset);
            if (top == b.table) v.turnToStored(pos, live);
            else v.turnToMemory(top, top - (1 << (SIDE_LANES_LOG2 + b.laneLog)), pos, Mem.load(top + 64));
        }
    }
}
