// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "./Mem.sol";
import {NetLoops} from "./NetLoops.sol";

/// @title Tick totals
/// @notice What the members of a metered auction want and offer at each price tick, slot by slot.
/// @dev Of one call: rows of quads as `NetLoops` has them, one for each tick that a member has named; halves of 32 bits hold 256 members.
/// Of a period: words. The first one says at which ticks something is wanted (high half, a bit for each tick) and offered
/// (low half). Rows follow by tick, of a tick the bids before the asks, each of as many words as a reading has quads, with 64 bits a
/// slot, the first slot highest. Nothing is stored but their hash: whoever counts the next chunk brings them.
library TickTotals {
    using Mem for uint256[];

    /// @notice A tick of nobody: it does not buy, or does not sell.
    uint256 internal constant NONE = 255;

    uint256 private constant TICKS = 128;

    /// @notice Makes room for what a member takes or gives at a tick, before memory is marked.
    /// @param rows Where the row of each tick is; 0 where there is none.
    /// @param quads Words of a row.
    function open(uint256[] memory rows, uint256 tick, uint256 quads) internal pure {
        if (tick < rows.length && rows[tick] == 0) rows[tick] = Mem.zeros(quads);
    }

    /// @notice Totals with those of one call added.
    /// @param start Totals before; empty before the first chunk.
    function plus(
        uint256[] memory start,
        uint256[] memory rows,
        uint256 quads
    ) internal pure returns (uint256[] memory words) {
        unchecked {
            uint256 live = start.length == 0 ? 0 : start[0];
            uint256 from = start.words() + 32;
            // Written behind the end of memory, and taken once their number is known.
            uint256 begin = Mem.mark() + 32;
            uint256 to = begin + 32;
            uint256 found = 0;
            for (uint256 tick = 0; tick < rows.length; ++tick) {
                for (uint256 shift = 32; ; shift = 0) {
                    uint256 bit = 1 << (shift == 0 ? tick : tick + TICKS);
                    bool old = live & bit != 0;
                    if (_plusRow(to, old ? from : 0, rows.wordAt(tick), shift, quads)) {
                        found |= bit;
                        to += 32 * quads;
                    }
                    if (old) from += 32 * quads;
                    if (shift == 0) break;
                }
            }
            words = Mem.wordsOf((to - begin) / 32);
            words[0] = found;
        }
    }

    /// @param to Where the sum goes.
    /// @param old A row of a period; 0 for none.
    /// @param row One of a call; 0 for none.
    /// @param shift Of its half.
    /// @return any Whether there is anything.
    function _plusRow(
        uint256 to,
        uint256 old,
        uint256 row,
        uint256 shift,
        uint256 quads
    ) private pure returns (bool any) {
        if (old | row == 0) return false;
        unchecked {
            uint256 all = 0;
            for (uint256 i = 0; i < 32 * quads; i += 32) {
                uint256 word = row == 0 ? 0 : (Mem.load(row + i) >> shift) & NetLoops.GIVEN;
                if (old != 0) word += Mem.load(old + i);
                all |= word;
                Mem.store(to + i, word);
            }
            return all != 0;
        }
    }

    /// @return pos Where the row of a side of a tick is in memory; 0 where it is not.
    function rowOf(uint256[] memory words, uint256 tick, bool bids, uint256 quads) internal pure returns (uint256 pos) {
        if (words.length == 0) return 0;
        unchecked {
            uint256 live = words[0];
            if ((live >> (bids ? tick + TICKS : tick)) & 1 == 0) return 0;
            uint256 below = (1 << tick) - 1;
            uint256 before = _count(live & below) + _count((live >> TICKS) & below);
            if (!bids) before += (live >> (tick + TICKS)) & 1;
            return words.words() + 32 + 32 * quads * before;
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
