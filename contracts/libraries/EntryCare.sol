// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EntryCells} from "./EntryCells.sol";
import {EntryReasons} from "./EntryReasons.sol";
import {EntryStrip} from "./EntryStrip.sol";
import {Mem} from "./Mem.sol";

/// @title Entry care
/// @notice Takes eight entries of which one may be wrong, with the reason of each that is refused.
/// @dev What refuses an entry without money and book is asked for all eight at once, so that a strip of nothing but refused entries costs
/// its relayer little. Storage is read for an entry only once its money is there. An entry that the rest of `maxReserve` does not
/// cover ends the strip: what comes behind it is not looked at.
library EntryCare {
    using EntryCells for EntryStrip.Strip;
    using EntryReasons for EntryStrip.Strip;

    // `IOrderBook.EntryReason`.
    uint256 private constant ACCEPTED = 0;
    uint256 private constant OVER_CAP = 6;
    uint256 private constant OVER_RESERVE = 7;
    uint256 private constant TICK_FULL = 8;
    /// @dev None of an entry: an older period still needs the group of its slot.
    uint256 private constant BUSY = 9;

    uint256 private constant BYTES_OF_ONE = type(uint256).max / 255;

    /// @notice Makes room for reasons: none so far.
    function begin(EntryStrip.Strip memory s, uint256 count) internal pure {
        s.refused = 0;
        Mem.wipe(s.reasons, count);
    }

    /// @notice Takes the next entries: eight of them, and as many eights behind as are refused as a whole.
    /// @param pos Where they start in memory.
    /// @param entries Where those of the strip start.
    /// @param end Where they end, and the prefixes start.
    /// @return reached Where the next ones start; the end if none is left to look at.
    /// @return busy Whether it stopped at a slot whose group an older period still needs, before its entry.
    function take(
        EntryStrip.Strip memory s,
        uint256 pos,
        uint256 entries,
        uint256 end
    ) internal view returns (uint256 reached, bool busy) {
        unchecked {
            while (pos < end) {
                uint256 reasons = s.judge(pos, end);
                if (!s.areAll(reasons)) return _takeEach(s, pos, entries, end, reasons);
                uint256 index = (pos - entries) >> 2;
                uint256 count = (end - pos) >> 2;
                if (count > 8) count = 8;
                uint256 to = s.reasons + index;
                // What is behind may not be reasons any more.
                Mem.store(to, Mem.load(to) | ((s.packed(reasons) >> (64 - 8 * count)) << (256 - 8 * count)));
                Mem.store(end + (index << s.laneLog), type(uint256).max);
                s.refused += count;
                pos += 32;
            }
            return (end, false);
        }
    }

    /// @notice Gives back what was accepted of the entries before `pos`.
    function undoAccepted(EntryStrip.Strip memory s, uint256 entries, uint256 pos) internal pure {
        unchecked {
            for (; pos > entries; pos -= 4) {
                if (Mem.load(s.reasons + ((pos - 4 - entries) >> 2)) >> 248 == ACCEPTED) s.undo(pos - 4, pos);
            }
        }
    }

    /// @dev Takes eight entries, or as many as there are, one by one.
    function _takeEach(
        EntryStrip.Strip memory s,
        uint256 pos,
        uint256 entries,
        uint256 end,
        uint256 reasons
    ) private view returns (uint256, bool) {
        unchecked {
            uint256 stop = end - pos > 32 ? pos + 32 : end;
            for (; pos < stop; pos += 4) {
                uint256 index = (pos - entries) >> 2;
                uint256 out = end + (index << s.laneLog);
                uint256 reason = reasons >> 224;
                reasons <<= 32;
                if (reason == EntryReasons.NONE) reason = _takeOne(s, Mem.load(pos) >> 224, out);
                if (reason == ACCEPTED) continue;
                if (reason == BUSY) return (pos, true);
                if (reason == OVER_RESERVE) {
                    uint256 count = (end - pos) >> 2;
                    Mem.fill(s.reasons + index, count, OVER_RESERVE * BYTES_OF_ONE);
                    Mem.fill(out, count << s.laneLog, type(uint256).max);
                    s.refused += count;
                    return (end, false);
                }
                Mem.storeByte(s.reasons + index, reason);
                Mem.store(out, type(uint256).max);
                ++s.refused;
            }
            return (stop, false);
        }
    }

    /// @dev Takes an entry that is in order, on the grid, open and of lots.
    /// @param out Where its prefix goes, and up to a word more.
    /// @return reason Why it was not accepted.
    function _takeOne(EntryStrip.Strip memory s, uint256 entry, uint256 out) private view returns (uint256 reason) {
        unchecked {
            uint256 lots = uint16(entry);
            uint256 key = entry >> 16;
            uint256 sum = lots;
            if ((key ^ s.taken) >> 7 == 0) sum += s.side;
            if (sum > (key & 0x80 == 0 ? s.buyCap : s.sellCap)) return OVER_CAP;
            uint256 total = s.total + s.fee + lots * amountOf(s, key);
            if (total >= s.limit) return OVER_RESERVE;
            uint256 place = s.placeOf(entry);
            uint256 word = Mem.load(place);
            if (lots > word & s.laneMask) {
                place = s.bring(entry);
                if (place == 0) return BUSY;
                word = Mem.load(place);
                if (lots > word & s.laneMask) return TICK_FULL;
            }
            Mem.store(place, word - lots);
            Mem.store(out, ~word << s.laneShift);
            (s.total, s.taken, s.side) = (total, key, sum);
            return ACCEPTED;
        }
    }

    /// @return amount Amount word of a lot: a buyer's worst case is its limit and the network fee; a seller's that it buys all of it back at
    /// the import price, but at least a tick.
    function amountOf(EntryStrip.Strip memory s, uint256 key) internal pure returns (uint256 amount) {
        unchecked {
            amount = (key & 0x7f) * s.tickAmount;
            if (key & 0x80 == 0) return amount + s.buyFloor;
            uint256 importPrice = Mem.load(s.prices + 4 * (key >> 8)) >> 240;
            amount = importPrice * s.lotAmount - (amount + s.sellFloor);
            if (int256(amount) < int256(s.sellLeast)) amount = s.sellLeast;
        }
    }
}
