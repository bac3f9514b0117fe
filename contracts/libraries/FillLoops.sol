// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "./Mem.sol";

/// @title Fill loops
/// @notice The loop that the order book runs over the entries of a journal: what they filled.
/// @dev In assembly, with its plain twin in `EntryLoopsPlain`. What it needs to know of a slot is made once for all members, in a context
/// that is laid out for it:
///
/// - a word with lotWh in the low 16 bits, bytes per prefix in the 8 bits above, number of slots in the 8 bits above these;
/// - margins, 4 bytes per slot, where an entry has its own: `| waiting 1 | - 6 | 256 less the marginal tick 9 | - 16 |`, high bit first;
/// - pairs, 16 bytes per slot: `| bid volume 32 | bid allotment 32 | ask volume 32 | ask allotment 32 |`;
/// - prices, 8 bytes per slot, from the last slot to the first: so those of any four slots in a row are a word with the first slot in the
///   lowest quarter, see `SlotLoops`.
///
/// Each part starts with a word of its own. Eight entries that were all accepted are looked at together, and only those at the margin one
/// by one; cheapest where their slots are in a row. What is left goes one by one. What entries fill is multiplied by its price at once, but
/// for eight entries whose slots are not in a row: then the whole position is.
library FillLoops {
    /// @dev The margin of a slot that is not cleared: nothing fills in it, and whoever has an accepted entry there has to wait.
    uint256 private constant WAITING = 0x80010000;

    /// @dev The lowest bit of eight entries in a word.
    uint256 private constant ONES = 0x0000000100000001000000010000000100000001000000010000000100000001;

    /// @dev Of eight entries: their slots, sides and ticks, and the bit above a side. Slots in a row.
    uint256 private constant SLOT = 0x0100000001000000010000000100000001000000010000000100000001000000;
    uint256 private constant SLOTS = 0xff000000ff000000ff000000ff000000ff000000ff000000ff000000ff000000;
    uint256 private constant SIDES = 0x0080000000800000008000000080000000800000008000000080000000800000;
    uint256 private constant BOTH = 0x00ff000000ff000000ff000000ff000000ff000000ff000000ff000000ff0000;
    uint256 private constant TICKS = 0x007f0000007f0000007f0000007f0000007f0000007f0000007f0000007f0000;
    uint256 private constant WAITS = 0x8000000080000000800000008000000080000000800000008000000080000000;
    uint256 private constant ROW = 0x0000000001000000020000000300000004000000050000000600000007000000;

    /// @dev The highest bit of eight prefixes of two bytes at the top of a word.
    uint256 private constant HALVES = 0x8000800080008000800080008000800000000000000000000000000000000000;

    /// @dev The low 32 bits of each lane of a quad.
    uint256 private constant LOW32 = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;

    /// @dev The lowest and the third lane of a quad.
    uint256 private constant PAIR = 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;

    /// @dev Where what a position amounts to is added up, before its quads: that of bids, then that of asks, in the highest 64 bits.
    uint256 internal constant WORTH = 128;

    /// @notice Where the parts of a context start: in memory while it is filled, in calldata where it is read.
    struct Parts {
        uint256 lotWh;
        uint256 prefixBytes;
        uint256 slots;
        uint256 margins;
        uint256 pairs;
        uint256 prices; // those of the first four slots
        uint256 tops; // the highest bit of eight prefixes
    }

    uint256 private constant PARTS_WORDS = 7;

    /// @return Words of a context.
    function wordsFor(uint256 slots) internal pure returns (uint256) {
        unchecked {
            return 1 + (slots + 7) / 8 + (slots + 1) / 2 + (slots + 3) / 4;
        }
    }

    /// @return context With its head, and nothing yet about its slots.
    function newContext(
        uint256 lotWh,
        uint256 prefixBytes,
        uint256 slots
    ) internal pure returns (uint256[] memory context) {
        context = new uint256[](wordsFor(slots));
        context[0] = lotWh | (prefixBytes << 16) | (slots << 24);
    }

    /// @param context In memory, not empty: to be filled.
    /// @return one The parts.
    function partsOf(uint256[] memory context) internal pure returns (Parts[] memory one) {
        uint256 pos;
        assembly ("memory-safe") {
            pos := add(context, 32)
        }
        return _locate(Mem.load(pos), pos);
    }

    /// @param context In calldata, not empty: to be read.
    /// @return one The parts.
    function partsIn(uint256[] calldata context) internal pure returns (Parts[] memory one) {
        uint256 pos;
        assembly ("memory-safe") {
            pos := context.offset
        }
        return _locate(context[0], pos);
    }

    /// @dev A variable of its own would be written word by word before it is filled; an array is left alone.
    /// @param pos Where the context starts with `head`.
    function _locate(uint256 head, uint256 pos) private pure returns (Parts[] memory one) {
        uint256 free = Mem.mark();
        Mem.release(free + 32 * (2 + PARTS_WORDS));
        assembly ("memory-safe") {
            one := free
            mstore(one, 1)
            mstore(add(one, 32), add(one, 64))
        }
        Parts memory p = one[0];
        unchecked {
            (p.lotWh, p.prefixBytes, p.slots) = (head & 0xffff, (head >> 16) & 0xff, (head >> 24) & 0xff);
            p.margins = pos + 32;
            p.pairs = p.margins + 32 * ((p.slots + 7) / 8);
            p.prices = p.pairs + 32 * ((p.slots + 1) / 2) + 8 * p.slots - 32;
            p.tops = p.prefixBytes == 4 ? ONES << 31 : HALVES;
        }
    }

    /// @notice Writes the results of a period's slots into a context, as `SlotResult.unpack` tells them.
    /// @param pos Where the first word of them is stored, see `SlotResults`.
    /// @param floorPrice Base units per Wh.
    /// @param tickSize Base units per Wh.
    function put(Parts memory p, uint256 pos, uint256 period, uint256 floorPrice, uint256 tickSize) internal view {
        assembly ("memory-safe") {
            // The result of a slot. The scratch space holds the price of tick 0 and of a tick.
            function putOne(slot, result, bits, parts) {
                let margin := shl(224, WAITING)
                let to
                if result {
                    let tick := 255 // no trade
                    if gt(result, 1) {
                        tick := and(shr(2, result), 0x7f)
                        let price := tick
                        let mask := sub(shl(bits, 1), 1)
                        let allotment := and(shr(9, result), mask)
                        let pairs := shl(32, and(shr(add(9, bits), result), mask)) // the volume
                        switch and(result, 3)
                        case 1 {
                            pairs := or(or(pairs, allotment), shl(64, 0x0000000100000001))
                        }
                        case 2 {
                            pairs := or(shl(64, or(pairs, allotment)), 0x0000000100000001)
                        }
                        default {
                            price := allotment
                            pairs := or(shl(64, pairs), 0x0000000100000001)
                        }
                        to := add(mload(add(parts, 128)), shl(4, slot))
                        mstore(to, or(mload(to), shl(128, pairs)))
                        to := sub(mload(add(parts, 160)), shl(3, slot))
                        mstore(to, or(mload(to), add(mload(0), mul(price, mload(32)))))
                    }
                    margin := shl(240, sub(256, tick))
                }
                to := add(mload(add(parts, 96)), shl(2, slot))
                mstore(to, or(mload(to), margin))
            }

            function run(pos_, period_, slots, bits, parts) {
                let size := add(16, mul(3, bits))
                let mask := sub(shl(size, 1), 1)
                for {
                    let slot := 0
                } lt(slot, slots) {
                    pos_ := add(pos_, 1)
                } {
                    let word := sload(pos_)
                    word := mul(shr(32, word), eq(and(word, 0xffffffff), period_)) // nothing of another period's
                    for {
                        let left := sub(4, shr(4, bits))
                    } left {
                        left := sub(left, 1)
                    } {
                        putOne(slot, and(word, mask), bits, parts)
                        word := shr(size, word)
                        slot := add(slot, 1)
                        if eq(slot, slots) {
                            break
                        }
                    }
                }
            }

            mstore(0, floorPrice)
            mstore(32, tickSize)
            run(pos, period, mload(add(p, 64)), shl(3, mload(add(p, 32))), p)
        }
    }

    /// @notice Adds up what accepted entries filled; `fillOf` of `SlotResult` says how much of an entry does.
    /// @param p The context, in calldata.
    /// @param position Where the quads of the position start in memory; fills are added to them, what they amount to before them.
    /// @param payload Entries, then prefixes. In memory: the compiler would read calldata again at each use of a variable.
    /// @return cleared False if a slot of an accepted entry is not cleared.
    /// @return rows False if something was not multiplied by its price.
    // solhint-disable-next-line function-max-lines
    function fills(
        Parts memory p,
        uint256 position,
        bytes memory payload
    ) internal pure returns (bool cleared, bool rows) {
        uint256 waits;
        assembly ("memory-safe") {
            // The share of an entry at the margin: volume that is filled up to its end less what is filled up to its start.
            function share(pair, lots, prefix) -> filled {
                let volume := and(shr(32, pair), 0xffffffff)
                if iszero(volume) {
                    leave // no trade
                }
                pair := and(pair, 0xffffffff) // the allotment
                filled := sub(div(mul(add(prefix, lots), pair), volume), div(mul(prefix, pair), volume))
            }

            // Adds lots of an entry to its slot, in Wh: those of a bid 32 bits above those of an ask. And what they amount to.
            function put(entry, lots, parts, place) {
                let slot := shl(3, byte(0, entry))
                let side := and(shr(242, entry), 32)
                lots := mul(lots, mload(parts))
                let to := add(sub(place, WORTH), side)
                mstore(to, add(mload(to), shl(192, mul(lots, calldataload(sub(mload(add(parts, 160)), slot))))))
                to := add(place, slot)
                mstore(to, add(mload(to), shl(sub(224, side), lots)))
            }

            // Adds what an entry at the margin fills.
            function rationed(entry, prefix, parts, place) {
                let pair := calldataload(add(mload(add(parts, 128)), shl(4, byte(0, entry))))
                pair := shr(sub(192, and(shr(241, entry), 64)), pair)
                put(entry, share(pair, and(shr(224, entry), 0xffff), prefix), parts, place)
            }

            // Entries one by one.
            function single(pos, end, prefixes, width, parts, place) -> waiting {
                for {} lt(pos, end) {
                    pos := add(pos, 4)
                    prefixes := add(prefixes, width)
                } {
                    let prefix := mload(prefixes)
                    if iszero(shr(sub(256, shl(3, width)), not(prefix))) {
                        continue // refused
                    }
                    let entry := mload(pos)
                    let margin := calldataload(add(mload(add(parts, 96)), shl(2, byte(0, entry))))
                    waiting := or(waiting, and(margin, WAITS))
                    // Side and tick of an entry minus the marginal tick: 0 is a bid, 128 an ask at the margin; between them are bids
                    // above and asks below it, which fill whole; beyond them lies what fills not at all.
                    let over := sub(add(byte(1, entry), and(shr(240, margin), 0x1ff)), 256)
                    if gt(over, 128) {
                        continue
                    }
                    if and(over, 127) {
                        put(entry, and(shr(224, entry), 0xffff), parts, place)
                        continue
                    }
                    rationed(entry, shr(sub(256, shl(3, width)), prefix), parts, place)
                }
                waiting := and(waiting, shl(255, 1)) // of the entry's own slot alone
            }

            // Those of eight entries that are at the margin: one bit of `which` each.
            function atMargin(which, pos, prefixes, width, parts, place) {
                for {} which {} {
                    let zeros := clz(which)
                    which := xor(which, shr(zeros, shl(255, 1)))
                    zeros := shr(5, zeros) // entries before it
                    let prefix := mload(add(prefixes, mul(zeros, width)))
                    rationed(mload(add(pos, shl(2, zeros))), shr(sub(256, shl(3, width)), prefix), parts, place)
                }
            }

            // Wh of eight entries as two quads: the upper part of each pair moves up.
            function quads(wh) -> first, second {
                first := shr(128, wh)
                first := and(or(first, shl(64, first)), PAIR)
                first := and(or(first, shl(32, first)), LOW32)
                second := and(wh, 0xffffffffffffffffffffffffffffffff)
                second := and(or(second, shl(64, second)), PAIR)
                second := and(or(second, shl(32, second)), LOW32)
            }

            // Of eight entries the lots that fill whole, and those entries at the margin.
            function split(entries, margins) -> lots, which {
                // As in `single`, in the ninth bit and the eight below it.
                let over := add(and(entries, BOTH), margins)
                let apart := and(add(and(over, TICKS), TICKS), SIDES) // not at the margin
                let whole := and(and(apart, not(over)), shr(1, over))
                which := and(xor(apart, SIDES), shr(1, over))
                lots := and(entries, sub(shr(7, whole), shr(23, whole)))
            }

            // Adds Wh of eight entries whose slots are in a row, of one side, and what they amount to.
            function addRow(wh, side, slot, parts, place) {
                let first, second := quads(wh)
                let worths := sub(mload(add(parts, 160)), slot)
                worths := add(mul(first, calldataload(worths)), mul(second, calldataload(sub(worths, 32))))
                let to := add(sub(place, WORTH), side)
                mstore(to, add(mload(to), worths))
                side := sub(32, side)
                to := add(place, slot)
                mstore(to, add(mload(to), shl(side, first)))
                to := add(to, 32)
                mstore(to, add(mload(to), shl(side, second)))
            }

            // The margins of the slots of eight entries: each overwrites all but the first four bytes of the one before.
            function gather(entries, margins) -> eight {
                mstore(0, calldataload(add(margins, shl(2, byte(0, entries)))))
                mstore(4, calldataload(add(margins, shl(2, byte(4, entries)))))
                mstore(8, calldataload(add(margins, shl(2, byte(8, entries)))))
                mstore(12, calldataload(add(margins, shl(2, byte(12, entries)))))
                mstore(16, calldataload(add(margins, shl(2, byte(16, entries)))))
                mstore(20, calldataload(add(margins, shl(2, byte(20, entries)))))
                mstore(24, calldataload(add(margins, shl(2, byte(24, entries)))))
                mstore(28, calldataload(add(margins, shl(2, byte(28, entries)))))
                eight := mload(0)
            }

            // Adds a quad to the slots of four entries.
            function scatter(entries, quad, place) {
                let to := add(place, shl(3, byte(0, entries)))
                mstore(to, add(mload(to), and(quad, shl(192, 0xffffffffffffffff))))
                to := add(place, shl(3, byte(4, entries)))
                mstore(to, add(mload(to), and(shl(64, quad), shl(192, 0xffffffffffffffff))))
                to := add(place, shl(3, byte(8, entries)))
                mstore(to, add(mload(to), and(shl(128, quad), shl(192, 0xffffffffffffffff))))
                to := add(place, shl(3, byte(12, entries)))
                mstore(to, add(mload(to), shl(192, quad)))
            }

            // Adds Wh of eight entries wherever their slots are.
            function addEach(entries, wh, side, place) {
                let first, second := quads(wh)
                scatter(entries, shl(sub(32, side), first), place)
                scatter(shl(128, entries), shl(sub(32, side), second), place)
            }

            // Of eight entries adds the Wh of those on one side, in a row or not.
            function addSide(entries, wh, side, apart, parts, place) {
                if apart {
                    addEach(entries, wh, side, place)
                    leave
                }
                addRow(wh, side, shl(3, byte(0, entries)), parts, place)
            }

            // Adds Wh of eight entries. All on the same side, as most often, or on both.
            function addAll(entries, wh, apart, parts, place) {
                let sides := and(entries, SIDES)
                if iszero(eq(sides, SIDES)) {
                    let asks := 0
                    if sides {
                        asks := and(wh, mul(shr(23, sides), 0xffffffff))
                        wh := xor(wh, asks)
                    }
                    addSide(entries, wh, 0, apart, parts, place)
                    wh := asks
                }
                if wh {
                    addSide(entries, wh, 32, apart, parts, place)
                }
            }

            // Eight entries at a time. In a function of its own that keeps its variables on the stack.
            function run(pos, end, prefixes, width, parts, place) -> waiting, apart {
                if iszero(lt(pos, end)) {
                    leave
                }
                for {} lt(add(pos, 31), end) {
                    pos := add(pos, 32)
                    prefixes := add(prefixes, shl(3, width))
                } {
                    // One of them may be refused: then its prefix is all ones.
                    if and(mload(prefixes), mload(add(parts, 192))) {
                        waiting := or(waiting, single(pos, add(pos, 32), prefixes, width, parts, place))
                        continue
                    }
                    let entries := mload(pos)
                    // In a row what belongs to them lies in a row too.
                    let odd := 0
                    let margins := mload(add(parts, 96))
                    switch xor(and(entries, SLOTS), add(mul(byte(0, entries), SLOT), ROW))
                    case 0 {
                        margins := calldataload(add(margins, shl(2, byte(0, entries))))
                    }
                    default {
                        odd := 1
                        apart := 1
                        margins := gather(entries, margins)
                    }
                    waiting := or(waiting, margins)
                    let lots, which := split(entries, margins)
                    if which {
                        atMargin(which, pos, prefixes, width, parts, place)
                    }
                    // Here already: the compiler would work out the lots a second time rather than keep them.
                    let wh := mul(lots, mload(parts))
                    if wh {
                        addAll(entries, wh, odd, parts, place)
                    }
                }
                if lt(pos, end) {
                    waiting := or(waiting, single(pos, end, prefixes, width, parts, place))
                }
            }

            let start := add(payload, 32)
            let width := mload(add(p, 32))
            let end := add(start, shl(2, div(mload(payload), add(4, width))))
            waits, rows := run(start, end, end, width, p, position)
            rows := iszero(rows)
        }
        cleared = waits & WAITS == 0;
    }

    /// @notice What a position amounts to at the prices of its slots.
    /// @param p The context, in calldata.
    /// @param position Where its quads start in memory, with a zero word behind them: two are taken a turn.
    /// @param rows Whether `fills` has multiplied all of it.
    /// @return paid Base units.
    /// @return received Base units.
    function worth(Parts memory p, uint256 position, bool rows) internal pure returns (uint256 paid, uint256 received) {
        if (rows) {
            unchecked {
                return (Mem.load(position - WORTH) >> 192, Mem.load(position - WORTH + 32) >> 192);
            }
        }
        assembly ("memory-safe") {
            // In a function of its own that keeps its variables on the stack.
            function run(pos, price, end) -> buys, sales {
                if iszero(lt(pos, end)) {
                    leave
                }
                for {} lt(pos, end) {
                    pos := add(pos, 64)
                    price := sub(price, 64)
                } {
                    // Behind the last slot prices mean nothing, but there nothing is multiplied by them.
                    let prices := calldataload(price)
                    let wh := mload(pos)
                    buys := add(buys, mul(and(shr(32, wh), LOW32), prices))
                    sales := add(sales, mul(and(wh, LOW32), prices))
                    prices := calldataload(sub(price, 32))
                    wh := mload(add(pos, 32))
                    buys := add(buys, mul(and(shr(32, wh), LOW32), prices))
                    sales := add(sales, mul(and(wh, LOW32), prices))
                }
            }
            paid, received := run(position, mload(add(p, 160)), add(position, shl(3, mload(add(p, 64)))))
            paid := shr(192, paid)
            received := shr(192, received)
        }
    }
}
