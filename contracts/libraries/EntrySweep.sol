// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EntryCells} from "./EntryCells.sol";
// Assembly names the constants, which the linter does not see.
/* solhint-disable no-unused-import */
import {
    BUY_CAP,
    CAPS,
    CAP_STEP,
    EntryStrip,
    FLOORS,
    FRONTIER,
    LANE_LOG,
    LANE_MASK,
    LOT_AMOUNT,
    NEXT,
    NO_TICK,
    ODD,
    ONES,
    OPEN_FROM,
    PAIRS,
    PRICES,
    QUADS,
    ROOMS,
    SELL_CAP,
    SELL_FLOOR,
    SELL_LEAST,
    SIDE,
    TABLE,
    TAKEN,
    TICK_STEP
} from "./EntryStrip.sol";
/* solhint-enable no-unused-import */

/// @title Entry sweep
/// @notice Takes entries into the book in memory, eight at a time, for as long as nothing is wrong with one.
/// @dev It works on words of eight lanes, see `EntryStrip`. Order, grid, caps and room are checked for all eight at once. It never
/// refuses an entry: it stops before the eight that it cannot take, and whoever called it finds out why.
library EntrySweep {
    using EntryCells for EntryStrip.Strip;
    using EntrySweep for EntryStrip.Strip;

    // Words of eight lanes, see `EntryStrip`.
    uint256 private constant EACH = 0x0000000100000001000000010000000100000001000000010000000100000001;
    uint256 private constant TOPS = 0x8000000080000000800000008000000080000000800000008000000080000000;
    uint256 private constant BELOW_TOPS = 0x7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff;
    uint256 private constant LOW_HALVES = 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
    uint256 private constant LOW_BYTES = 0x000000ff000000ff000000ff000000ff000000ff000000ff000000ff000000ff;
    // Of an entry's key: slot and side, tick.
    uint256 private constant SIDES = 0x0000ff800000ff800000ff800000ff800000ff800000ff800000ff800000ff80;
    uint256 private constant TICKS = 0x0000007f0000007f0000007f0000007f0000007f0000007f0000007f0000007f;
    // The lower of every two lanes, the lower two of every four.
    uint256 private constant LOW_PAIRS = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
    uint256 private constant LOW_QUADS = 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;

    /// @dev Lots that are too many for a lane: eight times fewer, times a price of 16 bits, stay within one.
    uint256 private constant LARGE = 0xe000;

    // What one lot is in a tally.
    uint256 private constant BOUGHT = 1;
    uint256 private constant SOLD = 1 << 64;

    /// @dev Above every sum of lots.
    uint256 private constant MAY_REPEAT = 0x100000000;

    /// @dev The first key of offset 256.
    uint256 private constant ALL_CLOSED = 0x10000;

    /// @notice Makes what eights need: of the grid and the prices once in a batch, of the caps for each strip.
    function prepare(EntryStrip.Strip memory s) internal pure {
        assembly ("memory-safe") {
            if iszero(mload(add(s, ODD))) {
                let unit := mload(add(s, LOT_AMOUNT))
                let least := mload(add(s, SELL_LEAST))
                mstore(add(s, TICK_STEP), div(least, unit))
                mstore(add(s, FLOORS), mul(div(add(mload(add(s, SELL_FLOOR)), least), unit), EACH))
                mstore(add(s, ROOMS), mul(mload(add(s, LANE_MASK)), EACH))
                mstore(add(s, PAIRS), LOW_PAIRS)
                mstore(add(s, QUADS), LOW_QUADS)
                mstore(add(s, ONES), EACH)
                mstore(add(s, ODD), mul(or(shr(224, mload(add(s, NO_TICK))), LARGE), EACH))
            }
            mstore(add(s, CAPS), add(mul(mload(add(s, BUY_CAP)), EACH), TOPS))
            mstore(add(s, CAP_STEP), sub(mload(add(s, SELL_CAP)), mload(add(s, BUY_CAP))))
            mstore(add(s, NEXT), 0)
            mstore(add(s, SIDE), 0)
        }
    }

    /// @notice Takes entries. Their prefixes are written behind one another, and then up to a word more.
    /// @param pos Where the entries start in memory.
    /// @param end Where they end, behind the first.
    /// @param out Where their prefixes go.
    /// @return reached Where it stopped: at the end, or before the first eight that it cannot take.
    /// @return tally What the entries before `reached` are worth, see `amountOf`.
    // solhint-disable-next-line function-max-lines
    function run(
        EntryStrip.Strip memory s,
        uint256 pos,
        uint256 end,
        uint256 out
    ) internal view returns (uint256 reached, uint256 tally) {
        unchecked {
            reached = pos;
            uint256 last; // key before the entries: below the first that is open, or the largest seen; -1 for none
            uint256 sum; // lots in its slot and side
            assembly ("memory-safe") {
                last := shl(8, mload(add(s, OPEN_FROM)))
                if lt(last, shl(8, mload(add(s, FRONTIER)))) {
                    last := shl(8, mload(add(s, FRONTIER)))
                }
                // No entry has an offset above 255, but a gate can: 256 closes everything, more would wrap around.
                if gt(last, ALL_CLOSED) {
                    last := ALL_CLOSED
                }
                if lt(last, mload(add(s, NEXT))) {
                    last := mload(add(s, NEXT))
                }
                last := sub(last, 1)
                sum := mload(add(s, SIDE))
                if and(xor(last, mload(add(s, TAKEN))), 0xff80) {
                    sum := 0
                }
            }
            while (true) {
                uint256 keys;
                uint256 lots;
                uint256 next;
                uint256 odd;
                uint256 tops;
                assembly ("memory-safe") {
                    lots := mload(reached)
                    odd := and(lots, mload(add(s, ODD)))
                    keys := and(shr(16, lots), LOW_HALVES)
                    lots := xor(lots, shl(16, keys))
                    odd := or(odd, and(not(add(lots, BELOW_TOPS)), TOPS))
                    next := add(reached, 0x20)
                    tops := TOPS
                    if gt(next, end) {
                        let cut := shl(3, sub(next, end))
                        keys := shl(cut, shr(cut, keys))
                        lots := shl(cut, shr(cut, lots))
                        odd := or(shr(cut, odd), iszero(lt(mload(sub(end, 4)), mload(s))))
                        tops := shl(cut, tops)
                        next := end
                    }
                    // Of eight in order the last names the largest slot.
                    odd := or(odd, iszero(lt(shl(240, keys), mload(s))))
                }
                if (odd != 0) break;
                uint256 sumAfter = lots & 0xffff;
                if (~_inOrder(s, keys, lots, last) & tops != 0) {
                    (odd, sumAfter) = _inCurve(s, keys, lots, last, sum);
                    if (~odd & tops != 0) break;
                }
                uint256 tallyAfter = tally + _worth(s, keys, lots, sumAfter);
                uint256 rooms = 0;
                if (_hasCell(s, keys)) {
                    rooms = _takeEight(s, keys, lots);
                    if (rooms == 0) s.undo(reached, next);
                }
                if (rooms == 0) {
                    // Storage is not read for what the member cannot pay.
                    if (s.total + s.amountOf(tallyAfter, next - pos) >= s.limit) break;
                    if (!s.bringAll(reached, next)) break;
                    rooms = _takeEight(s, keys, lots);
                    if (rooms == 0) {
                        s.undo(reached, next);
                        break;
                    }
                }
                tally = tallyAfter;
                sum = sumAfter;
                last = keys & 0xffff;
                reached = next;
                assembly ("memory-safe") {
                    rooms := xor(rooms, mload(add(s, ROOMS)))
                    next := 0x20
                    if eq(mload(add(s, LANE_LOG)), 1) {
                        rooms := and(or(rooms, shr(16, rooms)), mload(add(s, PAIRS)))
                        rooms := and(or(rooms, shr(32, rooms)), mload(add(s, QUADS)))
                        rooms := shl(128, or(rooms, shr(64, rooms)))
                        next := 0x10
                    }
                    mstore(out, rooms)
                    out := add(out, next)
                }
                if (reached == end) break;
            }
            s.side = uint32(sum);
        }
    }

    /// @dev The caps of eight entries, by their sides; tops are set.
    function _capsOf(EntryStrip.Strip memory s, uint256 keys) private pure returns (uint256 caps) {
        assembly ("memory-safe") {
            caps := add(mload(add(s, CAPS)), mul(mload(add(s, CAP_STEP)), and(shr(7, keys), EACH)))
        }
    }

    /// @dev Tops stay set where entries ascend by slot and are within the caps. `last` is the key before them, -1 for none.
    function _inOrder(
        EntryStrip.Strip memory s,
        uint256 keys,
        uint256 lots,
        uint256 last
    ) private pure returns (uint256 good) {
        uint256 caps = _capsOf(s, keys);
        assembly ("memory-safe") {
            let before := or(shr(32, or(keys, LOW_BYTES)), shl(224, or(last, 0xff)))
            good := and(sub(add(keys, BELOW_TOPS), before), sub(caps, lots))
        }
    }

    /// @dev The same where slots repeat. `sum` are the lots before them in the slot and side of `last`; afterwards those of the last
    /// of them, and a bit that says that slots may repeat.
    function _inCurve(
        EntryStrip.Strip memory s,
        uint256 keys,
        uint256 lots,
        uint256 last,
        uint256 sum
    ) private pure returns (uint256 good, uint256 sumAfter) {
        uint256 caps = _capsOf(s, keys);
        assembly ("memory-safe") {
            let before := or(shr(32, keys), shl(224, last))
            good := sub(add(keys, BELOW_TOPS), before)
            // Ones below the top of each entry in the slot and side of the one before, which continues its sum.
            let same := and(not(add(and(xor(keys, before), SIDES), BELOW_TOPS)), TOPS)
            same := sub(same, shr(31, same))
            lots := add(lots, and(shl(224, sum), same))
            lots := add(lots, and(shr(32, lots), same))
            same := and(same, shr(32, same))
            lots := add(lots, and(shr(64, lots), same))
            same := and(same, shr(64, same))
            lots := add(lots, and(shr(128, lots), same))
            good := and(good, sub(caps, lots))
            sumAfter := or(and(lots, 0xffffffff), MAY_REPEAT)
        }
    }

    /// @dev The import prices of the slots of eight entries, below something else.
    function _importsOf(EntryStrip.Strip memory s, uint256 keys, uint256 sum) private pure returns (uint256 imports) {
        unchecked {
            bool inRow;
            assembly ("memory-safe") {
                imports := shr(16, mload(add(mload(add(s, PRICES)), shl(2, byte(2, keys)))))
                inRow := iszero(or(and(sum, MAY_REPEAT), xor(sub(byte(30, keys), byte(2, keys)), 7)))
            }
            if (inRow) return imports; // mostly they are
            assembly ("memory-safe") {
                let prices := sub(mload(add(s, PRICES)), 30)
                for {
                    let place := 0x20
                } place {
                    place := sub(place, 8)
                } {
                    mstore(place, mload(add(prices, and(shr(6, keys), 0x3fc))))
                    mstore(sub(place, 4), mload(add(prices, and(shr(38, keys), 0x3fc))))
                    keys := shr(64, keys)
                }
                imports := mload(0x20)
            }
        }
    }

    /// @dev Lots bought and sold by eight entries, in 64 bits each, and in the upper half the lots times what each costs above the least of
    /// its side, in base units per Wh. `sum` as `_inCurve` says.
    function _worth(
        EntryStrip.Strip memory s,
        uint256 keys,
        uint256 lots,
        uint256 sum
    ) private pure returns (uint256 value) {
        uint256 prices;
        uint256 sells;
        assembly ("memory-safe") {
            prices := mul(and(keys, TICKS), mload(add(s, TICK_STEP)))
            sells := and(shl(24, keys), TOPS)
            value := shr(224, mul(lots, EACH))
        }
        if (sells != 0) {
            uint256 imports = _importsOf(s, keys, sum);
            assembly ("memory-safe") {
                // The import price above the limit, less the least, if that is not negative.
                let above := sub(or(and(imports, LOW_HALVES), TOPS), prices)
                above := sub(above, mload(add(s, FLOORS)))
                let positive := and(above, sells)
                above := and(above, sub(positive, shr(31, positive)))
                sells := sub(sells, shr(31, sells))
                prices := add(and(prices, not(sells)), above)
                value := add(value, mul(shr(224, mul(and(lots, sells), EACH)), sub(SOLD, BOUGHT)))
            }
        }
        assembly ("memory-safe") {
            // The highest lane of a product by the lanes in reverse is the sum of the lanes' products.
            prices := or(shr(128, prices), shl(128, prices))
            let low := mload(add(s, QUADS))
            prices := or(and(shr(64, prices), low), shl(64, and(prices, low)))
            low := mload(add(s, PAIRS))
            prices := or(and(shr(32, prices), low), shl(32, and(prices, low)))
            value := add(value, shl(128, shr(224, mul(lots, prices))))
        }
    }

    /// @dev Whether the slot of the first of eight is in memory.
    function _hasCell(EntryStrip.Strip memory s, uint256 keys) private pure returns (bool has) {
        assembly ("memory-safe") {
            has := mload(add(add(mload(add(s, TABLE)), 0x20), shl(5, byte(2, keys))))
        }
    }

    /// @dev Takes eight entries. The last one comes first, so that what is written above its room is overwritten by the next; entries of no
    /// lots change nothing.
    /// @return rooms What they found, or 0 if one of them found too little.
    function _takeEight(EntryStrip.Strip memory s, uint256 keys, uint256 lots) private pure returns (uint256 rooms) {
        assembly ("memory-safe") {
            let table := mload(add(s, TABLE))
            // From where the table says that a slot's cell is to the place of the entry's tick.
            let spots := sub(mul(table, EACH), shl(mload(add(s, LANE_LOG)), and(keys, LOW_BYTES)))
            table := add(table, 0x20)
            let place := add(mload(add(table, and(shr(3, keys), 0x1fe0))), and(spots, 0xffffffff))
            let word := mload(place)
            mstore(0x20, word)
            mstore(place, sub(word, and(lots, 0xffff)))
            place := add(mload(add(table, and(shr(35, keys), 0x1fe0))), and(shr(32, spots), 0xffffffff))
            word := mload(place)
            mstore(0x1c, word)
            mstore(place, sub(word, and(shr(32, lots), 0xffff)))
            place := add(mload(add(table, and(shr(67, keys), 0x1fe0))), and(shr(64, spots), 0xffffffff))
            word := mload(place)
            mstore(0x18, word)
            mstore(place, sub(word, and(shr(64, lots), 0xffff)))
            place := add(mload(add(table, and(shr(99, keys), 0x1fe0))), and(shr(96, spots), 0xffffffff))
            word := mload(place)
            mstore(0x14, word)
            mstore(place, sub(word, and(shr(96, lots), 0xffff)))
            place := add(mload(add(table, and(shr(131, keys), 0x1fe0))), and(shr(128, spots), 0xffffffff))
            word := mload(place)
            mstore(0x10, word)
            mstore(place, sub(word, and(shr(128, lots), 0xffff)))
            place := add(mload(add(table, and(shr(163, keys), 0x1fe0))), and(shr(160, spots), 0xffffffff))
            word := mload(place)
            mstore(0x0c, word)
            mstore(place, sub(word, and(shr(160, lots), 0xffff)))
            place := add(mload(add(table, and(shr(195, keys), 0x1fe0))), and(shr(192, spots), 0xffffffff))
            word := mload(place)
            mstore(0x08, word)
            mstore(place, sub(word, and(shr(192, lots), 0xffff)))
            place := add(mload(add(table, and(shr(227, keys), 0x1fe0))), shr(224, spots))
            word := mload(place)
            mstore(0x04, word)
            mstore(place, sub(word, shr(224, lots)))
            rooms := and(mload(0x20), mload(add(s, ROOMS)))
            // A top that is set in a room says enough.
            if and(not(or(rooms, sub(or(rooms, TOPS), lots))), TOPS) {
                rooms := 0
            }
        }
    }

    /// @return amount The amount word of a tally: fees and reserves, energy sold and bought.
    /// @param size Bytes of its entries.
    function amountOf(EntryStrip.Strip memory s, uint256 tally, uint256 size) internal pure returns (uint256 amount) {
        unchecked {
            amount = uint64(tally) * s.buyFloor + uint64(tally >> 64) * s.sellLeast;
            amount += (tally >> 128) * s.lotAmount + (size >> 2) * s.fee;
        }
    }
}
