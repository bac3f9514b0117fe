// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "./Mem.sol";

/// @title Tick totals
/// @notice What the members of a metered auction want and offer at each price tick, slot by slot.
/// @dev Of one call: rows of octets, see `NetLoops`, for each tick and side that a member has named; 32 bits a slot hold 256 members.
/// Of a period: words. The first one says at which ticks something is wanted (high half, a bit for each tick) and offered
/// (low half). Rows follow by tick, of a tick the bids before the asks, with 64 bits a slot, the first slot of a word highest. Nothing
/// is stored but their hash: whoever counts the next chunk brings them.
library TickTotals {
    using Mem for uint256[];

    /// @notice A tick of nobody: it does not buy, or does not sell.
    uint256 internal constant NONE = 255;

    uint256 private constant TICKS = 128;
    uint256 private constant HALVES = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;

    /// @notice Where the rows of a call are in memory.
    /// @param octets Words of a row.
    /// @param places Of the bids of each tick, then of its asks; 0 where there is none.
    /// @param spare For what has no tick.
    struct Rows {
        uint256 octets;
        uint256[] places;
        uint256 spare;
    }

    function newRows(uint256 octets) internal pure returns (Rows memory r) {
        (r.octets, r.places, r.spare) = (octets, new uint256[](2 * TICKS), Mem.zeros(octets));
    }

    /// @notice Makes room for what a member takes or gives, before memory is marked.
    function open(Rows memory r, uint256 buyTick, uint256 sellTick) internal pure {
        if (buyTick < TICKS && r.places.wordAt(buyTick) == 0) r.places[buyTick] = Mem.zeros(r.octets);
        sellTick += TICKS;
        if (sellTick < 2 * TICKS && r.places.wordAt(sellTick) == 0) r.places[sellTick] = Mem.zeros(r.octets);
    }

    /// @return bids Where the row of the bids of a tick is, or the spare one.
    function bidsOf(Rows memory r, uint256 tick) internal pure returns (uint256 bids) {
        bids = tick < TICKS ? r.places.wordAt(tick) : 0;
        if (bids == 0) bids = r.spare;
    }

    /// @return asks Likewise.
    function asksOf(Rows memory r, uint256 tick) internal pure returns (uint256 asks) {
        asks = tick < TICKS ? r.places.wordAt(TICKS + tick) : 0;
        if (asks == 0) asks = r.spare;
    }

    /// @notice Totals with those of one call added.
    /// @param start Totals before; empty before the first chunk.
    function plus(uint256[] memory start, Rows memory r) internal pure returns (uint256[] memory words) {
        unchecked {
            uint256 live = start.length == 0 ? 0 : start[0];
            uint256 from = start.words() + 32;
            // Written behind the end of memory, and taken once their number is known.
            uint256 begin = Mem.mark() + 32;
            uint256 to = begin + 32;
            uint256 found = 0;
            for (uint256 i = 0; i < 2 * TICKS; ++i) {
                // Of each tick the bids, then the asks.
                uint256 tick = i >> 1;
                uint256 bit = i & 1 == 0 ? 1 << (tick + TICKS) : 1 << tick;
                uint256 row = r.places.wordAt(i & 1 == 0 ? tick : tick + TICKS);
                uint256 old = live & bit != 0 ? from : 0;
                if (old | row == 0) continue;
                if (_plusRow(to, old, row, r.octets)) {
                    found |= bit;
                    to += 64 * r.octets;
                }
                if (old != 0) from += 64 * r.octets;
            }
            words = Mem.wordsOf((to - begin) / 32);
            words[0] = found;
        }
    }

    /// @param to Where the sum goes.
    /// @param old A row of a period; 0 for none.
    /// @param row One of a call; 0 for none.
    /// @return any Whether there is anything.
    function _plusRow(uint256 to, uint256 old, uint256 row, uint256 octets) private pure returns (bool any) {
        unchecked {
            uint256 all = 0;
            for (uint256 i = 0; i < octets; (++i, to += 64)) {
                uint256 octet = row == 0 ? 0 : Mem.load(row + 32 * i);
                (uint256 left, uint256 right) = ((octet >> 32) & HALVES, octet & HALVES);
                if (old != 0) {
                    (left, right) = (left + Mem.load(old), right + Mem.load(old + 32));
                    old += 64;
                }
                all |= left | right;
                Mem.store(to, left);
                Mem.store(to + 32, right);
            }
            return all != 0;
        }
    }

    /// @return pos Where the row of a side of a tick is in memory; 0 where it is not.
    function rowOf(
        uint256[] memory words,
        uint256 tick,
        bool bids,
        uint256 octets
    ) internal pure returns (uint256 pos) {
        if (words.length == 0) return 0;
        unchecked {
            uint256 live = words[0];
            if ((live >> (bids ? tick + TICKS : tick)) & 1 == 0) return 0;
            uint256 below = (1 << tick) - 1;
            uint256 before = _count(live & below) + _count((live >> TICKS) & below);
            if (!bids) before += (live >> (tick + TICKS)) & 1;
            return words.words() + 32 + 64 * octets * before;
        }
    }

    function _count(uint256 bits) private pure returns (uint256 count) {
        unchecked {
            for (; bits != 0; ++count) bits &= bits - 1;
        }
    }

    /// @return hash Of totals; 0 where there are none.
    function hashOf(uint256[] memory words) internal pure returns (uint256 hash) {
        return words.length == 0 ? 0 : uint256(Mem.hashAt(words.words(), 32 * words.length));
    }
}
