// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EntryCare} from "./EntryCare.sol";
import {EntryCells} from "./EntryCells.sol";
// Assembly names the constants, which the linter does not see.
/* solhint-disable no-unused-import */
import {
    BUY_CAP,
    BUY_FLOOR,
    EntryStrip,
    FRONTIER,
    LOT_AMOUNT,
    OPEN_FROM,
    PRICES,
    SELL_CAP,
    SELL_FLOOR,
    SELL_LEAST,
    TICK_AMOUNT
} from "./EntryStrip.sol";
/* solhint-enable no-unused-import */
import {EntrySweep} from "./EntrySweep.sol";
import {Mem} from "./Mem.sol";

/// @title Entry loops
/// @notice Accepts the entries of a strip into the tick volumes: the work that the order book does once per entry.
/// @dev It is most of the cost of a market, so what runs per entry is in assembly; `EntryLoopsPlain` in the tests says the same without,
/// and both run against the same inputs. A few entries are taken one by one, whole or not at all. More are swept, eight at a time
/// (`EntrySweep`), as far as nothing is wrong; eight of which one is wrong are taken with care (`EntryCare`), and the sweep goes on
/// behind them.
library EntryLoops {
    using EntryCare for EntryStrip.Strip;
    using EntryCells for EntryStrip.Strip;
    using EntryStrip for EntryStrip.Strip;
    using EntrySweep for EntryStrip.Strip;

    /// @dev Strips of no more entries are not worth a sweep of eights.
    uint256 private constant FEW = 4;

    /// @dev Bytes of entries that are swept before the sum is compared with `maxReserve`; eights.
    uint256 private constant BLOCK = 4 * 128;

    /// @dev All below an entry's key.
    uint256 private constant BEHIND_KEY = type(uint256).max >> 16;

    /// @notice Runs the entries in order: the checks of `IOrderBook.EntryReason`, by number, then tick volume and prefix.
    /// @param entries Where the entries start in memory. Their prefixes follow at once, and then a spare word.
    /// @param count Number of entries, at least one.
    /// @return sums Amount word: fees and reserves so far and accepted energy, see `usedOf` and `headOf`.
    /// @return whole Whether every entry was accepted without care. Only if not, the strip holds `refused`, the reasons and `slotEnd`.
    /// @return busy Whether it stopped at a slot whose group an older period still needs; then the book is as it was.
    function accept(
        EntryStrip.Strip memory s,
        uint256 entries,
        uint256 count
    ) internal view returns (uint256 sums, bool whole, bool busy) {
        unchecked {
            uint256 end = entries + 4 * count;
            if (count <= FEW) {
                uint256 reached;
                (sums, reached) = _short(s, entries, end);
                if (reached == end && sums < s.limit) return (sums, true, false);
                s.undo(entries, reached);
            }
            return _long(s, entries, end);
        }
    }

    /// @dev Takes the entries of a long strip.
    function _long(
        EntryStrip.Strip memory s,
        uint256 entries,
        uint256 end
    ) private view returns (uint256 total, bool whole, bool busy) {
        unchecked {
            s.prepare();
            whole = true;
            uint256 pos = entries;
            while (true) {
                uint256 side = s.side;
                uint256 stop = end - pos > BLOCK ? pos + BLOCK : end;
                uint256 out = end + (((pos - entries) >> 2) << s.laneLog);
                (uint256 reached, uint256 tally) = s.run(pos, stop, out);
                total = s.total + s.amountOf(tally, reached - pos);
                if (total < s.limit) {
                    if (reached == end) return (total, whole, false);
                    s.total = total;
                    if (reached != pos) s.passed(reached);
                    pos = reached;
                    if (pos == stop) continue;
                } else {
                    // One of them ends the strip.
                    s.undo(pos, reached);
                    s.side = side;
                }
                if (whole) s.begin((end - entries) >> 2);
                whole = false;
                stop = reached;
                do (pos, busy) = s.take(pos, entries, end); while (pos < stop && !busy);
                if (busy) s.undoAccepted(entries, pos);
                if (pos == end || busy) return (s.total, false, busy);
            }
        }
    }

    /// @dev Takes the entries of a short strip one by one, as long as nothing is wrong with one.
    /// @return total Amount word.
    /// @return reached Where it stopped: at the end, or else it has taken what is before that.
    function _short(
        EntryStrip.Strip memory s,
        uint256 pos,
        uint256 end
    ) private view returns (uint256 total, uint256 reached) {
        unchecked {
            reached = pos;
            uint256 entry = Mem.load(pos);
            bool good;
            assembly ("memory-safe") {
                good := or(lt(byte(0, entry), mload(add(s, OPEN_FROM))), lt(byte(0, entry), mload(add(s, FRONTIER))))
            }
            if (good) return (0, reached);
            total = s.total;
            uint256 sum = 0; // lots in the slot and side of `entry`
            uint256 out = end;
            while (true) {
                uint256 lots = uint16(entry >> 224);
                uint256 amount;
                sum += lots;
                assembly ("memory-safe") {
                    let key := byte(1, entry)
                    amount := mul(and(key, 0x7f), mload(add(s, TICK_AMOUNT)))
                    good := lt(entry, mload(s))
                    switch gt(key, 0x7f)
                    case 0 {
                        amount := add(amount, mload(add(s, BUY_FLOOR)))
                        good := gt(good, gt(sum, mload(add(s, BUY_CAP))))
                    }
                    default {
                        amount := sub(
                            mul(
                                shr(240, mload(add(mload(add(s, PRICES)), shl(2, byte(0, entry))))),
                                mload(add(s, LOT_AMOUNT))
                            ),
                            add(amount, mload(add(s, SELL_FLOOR)))
                        )
                        if slt(amount, mload(add(s, SELL_LEAST))) {
                            amount := mload(add(s, SELL_LEAST))
                        }
                        good := gt(good, gt(sum, mload(add(s, SELL_CAP))))
                    }
                }
                if (!good) return (total, reached);
                uint256 place = s.placeOf(entry >> 224);
                uint256 volume = ~Mem.load(place) << s.laneShift;
                // Lots do not raise it if there are none, or so many that it carries out of the word.
                if (volume + (lots << s.laneShift) <= volume) {
                    if (entry & s.noTick != 0) return (total, reached);
                    // Storage is not read for what the member cannot pay.
                    if (total + s.fee + lots * amount >= s.limit) return (total, reached);
                    place = s.bring(entry >> 224);
                    if (place == 0) return (total, reached);
                    volume = ~Mem.load(place) << s.laneShift;
                    if (volume + (lots << s.laneShift) <= volume) return (total, reached);
                }
                Mem.store(place, Mem.load(place) - lots);
                Mem.store(out, volume);
                total += s.fee + lots * amount;
                reached += 4;
                if (reached == end) return (total, reached);
                out += 1 << s.laneLog;
                uint256 next = Mem.load(reached);
                if (next <= entry | BEHIND_KEY) return (total, reached);
                if ((next ^ entry) >> 247 != 0) sum = 0;
                entry = next;
            }
        }
    }

    /// @param end Where the entries of a strip that was taken whole end.
    /// @return One past the offset of the last entry.
    function slotEndAt(uint256 end) internal pure returns (uint256) {
        unchecked {
            return (Mem.load(end - 4) >> 248) + 1;
        }
    }

    /// @param end Where the entries of a strip end of which some were accepted.
    /// @return One past the offset of the last entry, or of the last that was accepted if that is off the grid or behind the other.
    function slotEnd(EntryStrip.Strip memory s, uint256 end) internal pure returns (uint256) {
        unchecked {
            uint256 offset = s.taken >> 8;
            uint256 last = Mem.load(end - 4) >> 248;
            return (last > offset && last << 248 < s.beyond ? last : offset) + 1;
        }
    }
}
