// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SlotGroup} from "../types/SlotGroup.sol";
import {SlotResults} from "../types/SlotResult.sol";
import {Lanes} from "./Lanes.sol";
import {Mem} from "./Mem.sol";
import {Words} from "./Words.sol";

/// @title Slot book
/// @notice The tick words of one slot, each read when it is asked for and where it is: in storage, or in memory as the complement that a
/// cell of `Book.Copy` holds.
/// @dev One view serves slot after slot: `SlotBook.turnToStored` for a slot that is in storage alone, `Book.turnToCopied` for one that a
/// batch has in memory.
library SlotBook {
    using Lanes for uint256;
    using Mem for uint256[];

    /// @param wide Whether a tick's volume takes 32 bits instead of 16.
    /// @param perWord Ticks per word.
    /// @param words Tick words of one side.
    /// @param pos The slot's first tick word in storage.
    /// @param stored One bit per word that has to be read there, as in `SlotGroup.live`.
    /// @param bids What `word` needs for bids: where in memory the complement of word 0 is.
    /// @param asks Likewise, where it would be if asks were not counted behind the bids.
    /// @param step Bytes down from a word to the next; 0 where there is but the empty word.
    /// @param empty Where the complement of an empty word is.
    /// @param groupAt Where the last slot's group is stored, 0 before the first.
    /// @param group That group as it is to be stored.
    /// @param before That group as it was.
    /// @param resultsAt Where the last slot's result is stored, 0 before the first.
    /// @param results The word there as it is to be stored.
    /// @param stale That word as it was.
    struct View {
        bool wide;
        uint256 perWord;
        uint256 words;
        uint256 pos;
        uint256 stored;
        uint256 bids;
        uint256 asks;
        uint256 step;
        uint256 empty;
        uint256 groupAt;
        SlotGroup group;
        SlotGroup before;
        uint256 resultsAt;
        SlotResults results;
        SlotResults stale;
    }

    /// @notice A view for slots of so many ticks.
    function create(uint256 ticks, bool wide) internal pure returns (View memory v) {
        unchecked {
            v.wide = wide;
            v.perWord = Lanes.perWord(wide);
            v.words = ticks / v.perWord;
            v.empty = Mem.mark();
            Mem.store(v.empty, type(uint256).max);
            Mem.release(v.empty + 32);
        }
    }

    /// @notice Turns the view to a group, after storing the last one as far as it was changed.
    /// @param pos Where it is stored.
    function turnToGroup(View memory v, uint256 pos, SlotGroup group) internal {
        _keepGroup(v);
        (v.groupAt, v.group, v.before) = (pos, group, group);
    }

    /// @notice Turns the view to a word of results, after storing the last one as far as it was changed.
    /// @param pos Where it is stored.
    function turnToResults(View memory v, uint256 pos) internal {
        _keepResults(v);
        SlotResults results = SlotResults.wrap(Words.load(pos));
        (v.resultsAt, v.results, v.stale) = (pos, results, results);
    }

    /// @notice Stores what was changed of the last slot's group and results.
    function keep(View memory v) internal {
        _keepGroup(v);
        _keepResults(v);
    }

    /// @notice Turns the view to the slot in storage at `pos`.
    /// @param live Its live bits.
    function turnToStored(View memory v, uint256 pos, uint256 live) internal pure {
        unchecked {
            (v.pos, v.stored) = (pos + 1, live);
            (v.bids, v.asks, v.step) = (v.empty, v.empty, 0);
        }
    }

    /// @notice Turns the view to a slot in memory.
    /// @param bids Where the complement of the first bid word is; the others lie below it.
    /// @param asks Likewise.
    /// @param pos The slot in storage.
    /// @param stored One bit per word that is not in memory.
    function turnToMemory(View memory v, uint256 bids, uint256 asks, uint256 pos, uint256 stored) internal pure {
        unchecked {
            (v.pos, v.stored) = (pos + 1, stored);
            (v.bids, v.asks, v.step) = (bids, asks + 32 * v.words, 32);
        }
    }

    /// @param index Among all tick words of the slot: bids, then asks.
    /// @param side `bids` or `asks` of the view.
    /// @return Volumes, low ticks in the low bits.
    function word(View memory v, uint256 index, uint256 side) internal view returns (uint256) {
        unchecked {
            return (v.stored >> index) & 1 != 0 ? Words.load(v.pos + index) : ~Mem.load(side - v.step * index);
        }
    }

    /// @return Whether no tick has volume.
    function isEmpty(View memory v) internal view returns (bool) {
        unchecked {
            uint256 some = v.stored; // a live word has volume
            for (uint256 i = 0; i < v.words && some == 0; ++i) some = word(v, i, v.bids) | word(v, v.words + i, v.asks);
            return some == 0;
        }
    }

    function _keepGroup(View memory v) private {
        uint256 group = SlotGroup.unwrap(v.group);
        if (group != SlotGroup.unwrap(v.before)) Words.store(v.groupAt, group);
    }

    function _keepResults(View memory v) private {
        uint256 results = SlotResults.unwrap(v.results);
        if (results != SlotResults.unwrap(v.stale)) Words.store(v.resultsAt, results);
    }

    /// @return bids Lots per tick.
    /// @return asks Lots per tick.
    function volumes(View memory v) internal view returns (uint256[] memory bids, uint256[] memory asks) {
        unchecked {
            bids = new uint256[](v.words * v.perWord);
            asks = new uint256[](bids.length);
            for (uint256 tick = 0; tick < bids.length; ++tick) {
                (uint256 index, uint256 lane) = (tick / v.perWord, tick % v.perWord);
                bids[tick] = word(v, index, v.bids).get(lane, v.wide);
                asks[tick] = word(v, v.words + index, v.asks).get(lane, v.wide);
            }
        }
    }
}
