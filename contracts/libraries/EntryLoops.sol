// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "./Mem.sol";

/// @title Entry loops
/// @notice The loop that the order book runs once per entry to accept it into the tick volumes.
/// @dev It is most of the cost of a market, so it is in assembly; `EntryLoopsPlain` in the tests says the same without, and both run
/// against the same inputs. Words of the struct are addressed by their position: keep the order.
///
/// An entry is `slot offset 8 | side 1 | tick 7 | lots 16`, its key the upper 16 bits. Sums stay far below 256 bits: at most 2,048
/// entries of 16-bit lots, 10-bit Wh per lot and 17-bit prices.
library EntryLoops {
    /// @notice Everything that accepting a strip reads or changes.
    /// @dev An amount word holds base units in its upper 128 bits, lots sold and lots bought in 64 bits each below: one multiplication
    /// and one addition count money and lots.
    /// @param beyond Above every entry of the period's slots, as entries lie in memory: in the upper bits of a word.
    /// @param noTick Bits that are set for a tick off the grid, likewise.
    /// @param buyCap Largest lots per slot; the seller's follows.
    /// @param buyFloor Amount word of a lot bought at tick 0, network fee included.
    /// @param sellFloor Amount word that a lot sold at tick 0 takes off the import price.
    /// @param sellLeast Amount word of the least that a lot sold reserves.
    /// @param tickAmount Amount word of a lot's price step.
    /// @param lotAmount Amount word of a lot at one base unit per Wh.
    /// @param limit Above every amount word within the strip's `maxReserve`.
    /// @param fee Amount word per accepted entry.
    /// @param prices Tariff entries of the member's class, in memory; import in the upper two of four bytes.
    /// @param laneLog log2 of the bytes of a tick volume and of a prefix: 1, or 2 where ticks are wide.
    /// @param step From an entry and its prefix to the next: bytes in the upper and in the lower 128 bits.
    /// @param laneShift Bits of a word above a volume in its lowest ones.
    /// @param laneMask Largest tick volume.
    /// @param table Where the table of the book in memory starts, see `Book`.
    /// @param newest Top of the cell of the book that was made last, 0 for none.
    /// @param tickWords Tick words of one side.
    /// @param reasons Where the reasons go, in memory: one byte per entry, unless the strip was taken in one sweep.
    /// @param quads `LOW_QUADS`, for which there is no room in the code each time.
    /// @param area The book in storage.
    /// @param period Whose slots these are.
    /// @param frontier The member's frontier; earlier offsets are covered.
    /// @param openFrom Offset of the first slot whose gate is open.
    /// @param total Amount word so far: fees and reserves.
    /// @param nextKey One above the largest key seen.
    /// @param offGrid Once a slot off the grid was named: two above the largest key on the grid; 0 before.
    /// @param refused Entries.
    /// @param seen Entries read; fewer than there are if a slot's group is busy.
    /// @param start Where the entries start, in the upper 128 bits, and where they end.
    /// @param end Where the entries end, in the upper 128 bits.
    /// @param last The largest entry passed or closed.
    /// @param eager Whether all live words of a slot are read at its first visit, as a large batch will want them.
    /// @param caps In eight lanes, tops set, what a buyer may have per slot; and `capStep` what a seller may have more.
    /// @param tickStep Price step of a tick, base units per Wh.
    /// @param floors In eight lanes: the price of tick 0 and the least that a seller reserves, base units per Wh.
    /// @param odd In eight lanes: bits of an entry that a sweep leaves to the loop. 0 as long as what sweeps need is not made.
    /// @param rooms In eight lanes: largest tick volume.
    /// @param pairs `LOW_PAIRS`, likewise.
    struct Strip {
        uint256 beyond;
        uint256 noTick;
        uint256 buyCap;
        uint256 sellCap;
        uint256 buyFloor;
        uint256 sellFloor;
        uint256 sellLeast;
        uint256 tickAmount;
        uint256 lotAmount;
        uint256 limit;
        uint256 fee;
        uint256 prices;
        uint256 laneLog;
        uint256 step;
        uint256 laneShift;
        uint256 laneMask;
        uint256 table;
        uint256 newest;
        uint256 tickWords;
        uint256 reasons;
        uint256 quads;
        uint256 area;
        uint256 period;
        uint256 frontier;
        uint256 openFrom;
        uint256 total;
        uint256 nextKey;
        uint256 offGrid;
        uint256 refused;
        uint256 seen;
        uint256 start;
        uint256 end;
        uint256 last;
        uint256 eager;
        uint256 caps;
        uint256 capStep;
        uint256 tickStep;
        uint256 floors;
        uint256 odd;
        uint256 rooms;
        uint256 pairs;
    }

    // The fields' places, as assembly needs them; `beyond` is the first.
    uint256 private constant NO_TICK = 0x20;
    uint256 private constant BUY_CAP = 0x40;
    uint256 private constant SELL_CAP = 0x60;
    uint256 private constant BUY_FLOOR = 0x80;
    uint256 private constant SELL_FLOOR = 0xa0;
    uint256 private constant SELL_LEAST = 0xc0;
    uint256 private constant TICK_AMOUNT = 0xe0;
    uint256 private constant LOT_AMOUNT = 0x100;
    uint256 private constant LIMIT = 0x120;
    uint256 private constant FEE = 0x140;
    uint256 private constant PRICES = 0x160;
    uint256 private constant LANE_LOG = 0x180;
    uint256 private constant STEP = 0x1a0;
    uint256 private constant LANE_SHIFT = 0x1c0;
    uint256 private constant LANE_MASK = 0x1e0;
    uint256 private constant TABLE = 0x200;
    uint256 private constant NEWEST = 0x220;
    uint256 private constant TICK_WORDS = 0x240;
    uint256 private constant REASONS = 0x260;
    uint256 private constant QUADS = 0x280;
    uint256 private constant AREA = 0x2a0;
    uint256 private constant PERIOD = 0x2c0;
    uint256 private constant FRONTIER = 0x2e0;
    uint256 private constant OPEN_FROM = 0x300;
    uint256 private constant TOTAL = 0x320;
    uint256 private constant NEXT_KEY = 0x340;
    uint256 private constant OFF_GRID = 0x360;
    uint256 private constant REFUSED = 0x380;
    uint256 private constant SEEN = 0x3a0;
    uint256 private constant START = 0x3c0;
    uint256 private constant END = 0x3e0;
    uint256 private constant LAST = 0x400;
    uint256 private constant EAGER = 0x420;
    uint256 private constant CAPS = 0x440;
    uint256 private constant CAP_STEP = 0x460;
    uint256 private constant TICK_STEP = 0x480;
    uint256 private constant FLOORS = 0x4a0;
    uint256 private constant ODD = 0x4c0;
    uint256 private constant ROOMS = 0x4e0;
    uint256 private constant PAIRS = 0x500;

    // Words of eight lanes, one per entry, first entry highest: a lane holds less than 2^31, and its top bit, where that is set before a
    // subtraction, stays if the lane's difference is not negative.
    uint256 private constant ONES = 0x0000000100000001000000010000000100000001000000010000000100000001;
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
    uint256 private constant LOW_QUAD = 0xffffffffffffffff;

    /// @dev Lots that sweeps leave to the loop: eight times fewer, times a price of 16 bits, stay within a lane.
    uint256 private constant LARGE = 0xe000;

    /// @dev Strips of no more entries are not worth a sweep of eights.
    uint256 private constant FEW = 4;

    /// @dev Above every sum of lots.
    uint256 private constant MAY_REPEAT = 0x100000000;

    /// @dev Bytes from a book's table to the groups.
    uint256 private constant GROUPS = 0x420;

    /// @dev The first entry of offset 256.
    uint256 private constant ALL_CLOSED = 0x100000000;

    // What an entry leads to where it was neither accepted nor refused; above every entry.
    uint256 private constant STOP = 0x200000000;
    uint256 private constant RETRY = 0x100000000;

    uint256 private constant BOUGHT = 1;
    uint256 private constant SOLD = 1 << 64;
    uint256 private constant MONEY = 1 << 128;

    // Parts of an entry in the upper bits of a word: the side, and all below the key or the lots.
    uint256 private constant SELLS = 0x80000000000000000000000000000000000000000000000000000000000000;
    uint256 private constant BEHIND_KEY = 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;
    uint256 private constant BEHIND_LOTS = 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffff;

    /// @dev The lower half of a word.
    uint256 private constant LOW = 0xffffffffffffffffffffffffffffffff;

    /// @notice Runs the entries in order: the checks of `IOrderBook.EntryReason`, by number, then tick volume and prefix.
    /// @dev A strip is tried first in a way that takes it whole or not at all: of a few entries one by one, of more in a sweep, eight
    /// at a time. Where that fails, entry by entry, one test tells whether it passes all checks. Where it fails, the second part finds out why: the entry is
    /// refused, or its slot or tick word was not in memory yet, then it is tried again.
    /// @param entries Where the entries start in memory. Their prefixes follow at once, and then a spare word.
    /// @param count Number of entries, at least one.
    /// @return sums Amount word: fees and reserves so far and accepted lots, see `usedOf` and `lotsOf`.
    /// @return whole Whether every entry was accepted. Only if not, the strip holds `refused`, `seen`, the reasons and `slotEnd`.
    /// @return busy Whether it stopped at a slot whose group an older period still needs.
    // solhint-disable-next-line function-max-lines
    function accept(
        Strip memory s,
        uint256 entries,
        uint256 count
    ) internal view returns (uint256 sums, bool whole, bool busy) {
        assembly ("memory-safe") {
            // Notes why the entry at an index was refused.
            function refuse(e, index, reason) {
                mstore8(add(mload(add(e, REASONS)), index), reason)
                mstore(add(e, REFUSED), add(mload(add(e, REFUSED)), 1))
            }
            // Which of the first five reasons it is; the caller knows that it is one of them. `low` is one above the largest key
            // that passed them, or the first key whose slot is open.
            function judge(e, index, entry, low) -> nextLow {
                let key := shr(16, entry)
                let offset := shr(24, entry)
                nextLow := low
                let seen := mload(add(e, NEXT_KEY))
                let first := shl(8, mload(add(e, OPEN_FROM)))
                if lt(first, shl(8, mload(add(e, FRONTIER)))) {
                    first := shl(8, mload(add(e, FRONTIER)))
                }
                if and(gt(low, first), gt(low, seen)) {
                    seen := low
                }
                if lt(key, seen) {
                    // Behind a slot off the grid it may still name the largest slot on the grid.
                    let last := mload(add(e, OFF_GRID))
                    if last {
                        if and(lt(shl(224, entry), mload(e)), gt(add(key, 2), last)) {
                            mstore(add(e, OFF_GRID), add(key, 2))
                        }
                    }
                    refuse(e, index, 1) // NotAscending
                    leave
                }
                mstore(add(e, NEXT_KEY), add(key, 1))
                if iszero(lt(shl(224, entry), mload(e))) {
                    if iszero(mload(add(e, OFF_GRID))) {
                        mstore(add(e, OFF_GRID), add(seen, 1))
                    }
                    nextLow := add(key, 1)
                    refuse(e, index, 2) // OffGrid
                    leave
                }
                let reason := 5 // GateClosed
                if lt(offset, mload(add(e, FRONTIER))) {
                    reason := 4 // BehindFrontier
                }
                if iszero(and(entry, 0xffff)) {
                    reason := 3 // ZeroLots
                }
                if and(shl(224, entry), mload(add(e, NO_TICK))) {
                    reason := 2
                }
                if gt(add(key, 1), low) {
                    nextLow := add(key, 1)
                }
                refuse(e, index, reason)
            }
            // Where a tick word is kept, bids first; `top` is the slot's first bid word.
            function wordAt(e, top, index) -> place {
                let half := mload(add(e, TICK_WORDS))
                place := sub(top, shl(5, index))
                if iszero(lt(index, half)) {
                    // An ask lies 128 lanes behind the bid of its tick.
                    place := sub(add(place, shl(5, half)), shl(add(7, mload(add(e, LANE_LOG))), 1))
                }
            }
            // The words of a side of a new cell, from `first` on: empty ones without volume, live ones full, to be read on the first
            // visit; or read here from storage at `pos`, if `eager` is 1.
            function fill(first, words, live, pos, eager) {
                for {
                    let end := sub(first, shl(5, words))
                } gt(first, end) {
                    first := sub(first, 0x20)
                } {
                    let room := sub(and(live, 1), 1)
                    if and(live, eager) {
                        room := not(sload(pos))
                    }
                    mstore(first, room)
                    live := shr(1, live)
                    pos := add(pos, 1)
                }
            }
            // The word of a group of slots, which it brings into memory on the first visit; 0 if an older period still needs it. A
            // slot has `words` live bits and a cleared bit, see `SlotGroup`; `fit` slots are in a group.
            function groupOf(e, index, fit, words) -> group {
                let place := sub(sub(mload(add(e, TABLE)), GROUPS), shl(5, index))
                group := mload(place)
                if group {
                    leave
                }
                group := sload(add(mload(add(e, AREA)), shl(6, index)))
                if xor(and(group, 0xffffffff), mload(add(e, PERIOD))) {
                    // Another period's: free if each slot is cleared or never had volume. Adding all ones to live bits carries into
                    // the place of the cleared bit unless they are zero.
                    let ones := div(sub(shl(mul(fit, add(words, 1)), 1), 1), sub(shl(words, 2), 1))
                    let all := mul(ones, sub(shl(words, 1), 1))
                    group := shr(32, group)
                    group := and(and(add(and(group, all), all), not(group)), shl(words, ones))
                    group := mul(iszero(group), mload(add(e, PERIOD)))
                }
                mstore(place, group)
            }
            // Makes a slot's cell on the first visit. False if an older period still needs the slot's group.
            function open(e, offset) -> free {
                let half := mload(add(e, TICK_WORDS))
                let words := shl(1, half)
                let fit := div(224, add(words, 1))
                let index := div(offset, fit)
                let live := groupOf(e, index, fit, words)
                if iszero(live) {
                    leave
                }
                free := 1
                let shift := add(32, mul(sub(offset, mul(index, fit)), add(words, 1)))
                live := and(shr(shift, live), sub(shl(words, 1), 1))
                let pos := add(add(mload(add(e, AREA)), shl(6, offset)), 1)
                let span := shl(add(7, mload(add(e, LANE_LOG))), 1) // from a bid to the ask of its tick
                let top := sub(add(mload(0x40), shl(1, span)), 0x20)
                // Lanes of ticks off the grid are zero: copying from beyond the end of calldata writes that.
                calldatacopy(mload(0x40), calldatasize(), shl(1, span))
                mstore(0x40, add(top, 0x80))
                // A large batch will want every word.
                let eager := iszero(iszero(mload(add(e, EAGER))))
                fill(top, half, live, pos, eager)
                fill(sub(top, span), half, shr(half, live), add(pos, half), eager)
                mstore(add(top, 0x20), or(or(offset, shl(8, index)), shl(16, shift)))
                mstore(add(top, 0x40), mul(iszero(eager), live))
                mstore(add(top, 0x60), mload(add(e, NEWEST)))
                mstore(add(e, NEWEST), top)
                let table := mload(add(e, TABLE))
                mstore(add(add(table, 0x20), shl(5, offset)), sub(top, table))
            }
            // Brings a live tick word into memory on the first visit; 0 if there is nothing to bring.
            function fetch(e, entry, top) -> fetched {
                let index := shr(sub(5, mload(add(e, LANE_LOG))), and(shr(16, entry), 0x7f))
                if and(entry, 0x800000) {
                    index := add(index, mload(add(e, TICK_WORDS)))
                }
                let unread := mload(add(top, 0x40))
                fetched := and(shr(index, unread), 1)
                if fetched {
                    mstore(add(top, 0x40), xor(unread, shl(index, 1)))
                    let word := sload(add(add(mload(add(e, AREA)), shl(6, shr(24, entry))), add(index, 1)))
                    mstore(wordAt(e, top, index), not(word))
                }
            }

            // Why an entry did not pass. The largest entry passed or closed afterwards, if it was refused; `RETRY` if its slot or its
            // tick word was brought into memory, `STOP` at a busy group.
            function explain(e, at, entry, last, sum, amount) -> next {
                let index := shr(130, sub(at, mload(add(e, START))))
                let known := and(gt(entry, last), lt(shl(224, entry), mload(e)))
                known := gt(known, and(shl(224, entry), mload(add(e, NO_TICK))))
                if iszero(and(known, lt(0, and(entry, 0xffff)))) {
                    next := shl(16, judge(e, index, entry, shr(16, add(last, 1))))
                    next := sub(next, iszero(iszero(next)))
                    leave
                }
                let top := mload(add(e, TABLE))
                let relative := add(add(top, 0x20), shl(5, shr(24, entry)))
                if iszero(mload(relative)) {
                    next := shr(open(e, shr(24, entry)), STOP)
                    if eq(next, RETRY) {
                        pop(fetch(e, entry, add(top, mload(relative))))
                    }
                    leave
                }
                top := add(top, mload(relative))
                next := or(entry, 0xffff)
                if gt(sum, mload(add(e, add(BUY_CAP, shr(18, and(entry, 0x800000)))))) {
                    refuse(e, index, 6) // OverCap
                    leave
                }
                if iszero(lt(amount, mload(add(e, LIMIT)))) {
                    refuse(e, index, 7) // OverReserve
                    leave
                }
                if fetch(e, entry, top) {
                    next := RETRY
                    leave
                }
                refuse(e, index, 8) // TickFull
            }
            // Leaves what the loop has found, having read the entries before `at`.
            function finish(e, at, total, last) {
                mstore(add(e, TOTAL), total)
                mstore(add(e, SEEN), shr(130, sub(at, mload(add(e, START)))))
                mstore(add(e, LAST), shr(224, last))
            }
            // The entries in order, in a function of its own that keeps its variables on the stack. `at` holds where the next entry is in
            // its upper and where its prefix goes in its lower half. Entries are taken as they lie in memory, in the upper 32 bits of a
            // word with whatever follows behind them.
            function run(e, at, last) {
                let total := mload(add(e, TOTAL))
                let side := 0 // lots accepted in the slot and side of `last`
                for {} lt(at, mload(add(e, END))) {
                    at := add(at, mload(add(e, STEP)))
                } {
                    let entry := mload(shr(128, at))
                    let wanted := and(shr(224, entry), 0xffff)
                    let sum := add(mul(side, lt(xor(last, entry), SELLS)), wanted)
                    // A buyer's worst case is its limit and the network fee; a seller's that it buys all of it back at the import
                    // price, but at least a tick.
                    let amount := mul(and(shr(240, entry), 0x7f), mload(add(e, TICK_AMOUNT)))
                    let bad := and(entry, mload(add(e, NO_TICK)))
                    switch and(entry, SELLS)
                    case 0 {
                        amount := add(amount, mload(add(e, BUY_FLOOR)))
                        bad := or(bad, gt(sum, mload(add(e, BUY_CAP))))
                    }
                    default {
                        amount := sub(
                            mul(
                                shr(240, mload(add(mload(add(e, PRICES)), shl(2, shr(248, entry))))),
                                mload(add(e, LOT_AMOUNT))
                            ),
                            add(amount, mload(add(e, SELL_FLOOR)))
                        )
                        if slt(amount, mload(add(e, SELL_LEAST))) {
                            amount := mload(add(e, SELL_LEAST))
                        }
                        bad := or(bad, gt(sum, mload(add(e, SELL_CAP))))
                    }
                    amount := add(add(total, mload(add(e, FEE))), mul(wanted, amount))
                    // The table may end with the slots of the period: beyond them an entry is looked up at the first.
                    let good := lt(entry, mload(e))
                    let place := mload(add(e, TABLE))
                    place := add(place, mload(add(add(place, 0x20), mul(good, and(shr(243, entry), 0x1fe0)))))
                    place := sub(place, shl(mload(add(e, LANE_LOG)), and(shr(240, entry), 0xff)))
                    good := and(and(good, gt(entry, last)), lt(amount, mload(add(e, LIMIT))))
                    let word := mload(place)
                    good := and(good, lt(sub(wanted, 1), and(word, mload(add(e, LANE_MASK)))))
                    if gt(good, bad) {
                        mstore(place, sub(word, wanted))
                        mstore(and(at, LOW), shl(mload(add(e, LANE_SHIFT)), not(word)))
                        total := amount
                        side := sum
                        last := or(entry, BEHIND_KEY)
                        continue
                    }
                    let next := explain(e, at, shr(224, entry), shr(224, last), sum, amount)
                    if gt(next, RETRY) {
                        finish(e, at, total, last)
                        leave
                    }
                    if eq(next, RETRY) {
                        at := sub(at, mload(add(e, STEP)))
                        continue
                    }
                    next := or(shl(224, next), BEHIND_LOTS)
                    side := mul(side, lt(xor(next, last), SELLS))
                    last := next
                    mstore(and(at, LOW), not(0))
                }
                finish(e, at, total, last)
            }

            // Where the room at an entry's tick is kept.
            function placeOf(e, entry) -> place {
                place := mload(add(e, TABLE))
                place := add(place, mload(add(add(place, 0x20), and(shr(19, entry), 0x1fe0))))
                place := sub(place, shl(mload(add(e, LANE_LOG)), and(shr(16, entry), 0xff)))
            }
            // Brings an entry's slot and tick word into memory, as far as they are not there. 0 if there is no such place.
            function bring(e, entry) -> place {
                let known := lt(shl(224, entry), mload(e))
                if iszero(gt(known, and(shl(224, entry), mload(add(e, NO_TICK))))) {
                    leave
                }
                let table := mload(add(e, TABLE))
                let at := add(add(table, 0x20), shl(5, shr(24, entry)))
                if iszero(mload(at)) {
                    if iszero(open(e, shr(24, entry))) {
                        leave
                    }
                }
                pop(fetch(e, entry, add(table, mload(at))))
                place := placeOf(e, entry)
            }
            // Makes what sweeps need of the grid and the prices, once.
            function prepare(e) {
                if mload(add(e, ODD)) {
                    leave
                }
                let unit := mload(add(e, LOT_AMOUNT))
                let least := mload(add(e, SELL_LEAST))
                mstore(add(e, TICK_STEP), div(least, unit))
                mstore(add(e, FLOORS), mul(div(add(mload(add(e, SELL_FLOOR)), least), unit), ONES))
                mstore(add(e, ROOMS), mul(mload(add(e, LANE_MASK)), ONES))
                mstore(add(e, PAIRS), LOW_PAIRS)
                mstore(add(e, QUADS), LOW_QUADS)
                mstore(add(e, ODD), mul(or(shr(224, mload(add(e, NO_TICK))), LARGE), ONES))
            }
            // The caps of eight entries, by their sides; tops are set.
            function capsOf(e, keys) -> caps {
                caps := add(mload(add(e, CAPS)), mul(mload(add(e, CAP_STEP)), and(shr(7, keys), ONES)))
            }
            // Tops stay set where entries ascend by slot and are within the caps. `last` is the key before them.
            function inOrder(e, keys, lots, last) -> good {
                let before := or(shr(32, or(keys, LOW_BYTES)), shl(224, or(last, 0xff)))
                good := and(sub(add(keys, BELOW_TOPS), before), sub(capsOf(e, keys), lots))
            }
            // The same where slots repeat. `sum` are the lots before them in the slot and side of `last`; afterwards those of the last
            // of them, and a bit that says that slots may repeat.
            function inCurve(e, keys, lots, last, sum) -> good, sumAfter {
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
                good := and(good, sub(capsOf(e, keys), lots))
                sumAfter := or(and(lots, 0xffffffff), MAY_REPEAT)
            }
            // Takes eight entries: the rooms that they found, or 0 if one of them found too little. The last entry comes first, so that
            // what is written above its room is overwritten by the next; entries of no lots change nothing.
            function takeEight(e, keys, lots, spots, table) -> rooms {
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
                rooms := and(mload(0x20), mload(add(e, ROOMS)))
                // A top that is set in a room says enough.
                if and(not(or(rooms, sub(or(rooms, TOPS), lots))), TOPS) {
                    rooms := 0
                }
            }
            // Brings what the entries from `pos` on need into memory. False if there is no such place.
            function bringAll(e, pos, end) -> known {
                for {} lt(pos, end) {
                    pos := add(pos, 4)
                } {
                    if iszero(bring(e, shr(224, mload(pos)))) {
                        leave
                    }
                }
                known := 1
            }
            // The import prices of the slots of eight entries, below something else.
            function importsOf(e, keys, sum) -> imports {
                let prices := mload(add(e, PRICES))
                // Mostly they lie in a row.
                if iszero(or(and(sum, MAY_REPEAT), xor(sub(byte(30, keys), byte(2, keys)), 7))) {
                    imports := shr(16, mload(add(prices, shl(2, byte(2, keys)))))
                    leave
                }
                prices := sub(prices, 30)
                for {
                    let at := 0x20
                } at {
                    at := sub(at, 4)
                } {
                    mstore(at, mload(add(prices, and(shr(6, keys), 0x3fc))))
                    keys := shr(32, keys)
                }
                imports := mload(0x20)
            }
            // Lots bought and sold by eight entries, as an amount word counts them, and in its upper half the lots times what each costs
            // above the least of its side, in base units per Wh.
            function worth(e, keys, lots, sum) -> tally {
                let prices := mul(and(keys, TICKS), mload(add(e, TICK_STEP)))
                let sells := and(shl(24, keys), TOPS)
                tally := shr(224, mul(lots, ONES))
                if sells {
                    // The import price above the limit, less the least, if that is not negative.
                    let above := sub(or(and(importsOf(e, keys, sum), LOW_HALVES), TOPS), prices)
                    above := sub(above, mload(add(e, FLOORS)))
                    let positive := and(above, sells)
                    above := and(above, sub(positive, shr(31, positive)))
                    sells := sub(sells, shr(31, sells))
                    prices := add(and(prices, not(sells)), above)
                    tally := add(tally, mul(shr(224, mul(and(lots, sells), ONES)), sub(SOLD, BOUGHT)))
                }
                // The highest lane of a product by the lanes in reverse is the sum of the lanes' products.
                prices := or(shr(128, prices), shl(128, prices))
                let low := mload(add(e, QUADS))
                prices := or(and(shr(64, prices), low), shl(64, and(prices, low)))
                low := mload(add(e, PAIRS))
                prices := or(and(shr(32, prices), low), shl(32, and(prices, low)))
                tally := add(tally, shl(128, shr(224, mul(lots, prices))))
            }
            // The entries eight by eight, as long as nothing is wrong with one. `last` is the key below the first that is open, -1 for
            // none. A sum of what `worth` says, and where it stopped: at the end, or else it has taken what is before that.
            function sweep(e, pos, end, out, last) -> tally, reached {
                let sum := 0 // lots in the slot and side of `last`
                reached := pos
                for {} lt(reached, end) {} {
                    let lots := mload(reached)
                    let odd := and(lots, mload(add(e, ODD)))
                    let keys := and(shr(16, lots), LOW_HALVES)
                    lots := xor(lots, shl(16, keys))
                    odd := or(odd, and(not(add(lots, BELOW_TOPS)), TOPS))
                    let next := add(reached, 0x20)
                    let tops := TOPS
                    if gt(next, end) {
                        let cut := shl(3, sub(next, end))
                        keys := shl(cut, shr(cut, keys))
                        lots := shl(cut, shr(cut, lots))
                        odd := shr(cut, odd)
                        tops := shl(cut, tops)
                        next := end
                    }
                    // Of eight in order the last names the largest slot.
                    odd := or(odd, iszero(lt(shl(240, keys), mload(e))))
                    if odd {
                        leave
                    }
                    switch and(not(inOrder(e, keys, lots, last)), tops)
                    case 0 {
                        sum := and(lots, 0xffff)
                    }
                    default {
                        odd, sum := inCurve(e, keys, lots, last, sum)
                        if and(not(odd), tops) {
                            leave
                        }
                    }
                    last := and(keys, 0xffff)
                    let table := mload(add(e, TABLE))
                    // From where the table says that a slot's cell is to the place of the entry's tick.
                    let spots := sub(mul(table, ONES), shl(mload(add(e, LANE_LOG)), and(keys, LOW_BYTES)))
                    table := add(table, 0x20)
                    if iszero(mload(add(table, shl(5, byte(2, keys))))) {
                        if iszero(bringAll(e, reached, next)) {
                            leave
                        }
                    }
                    let rooms := takeEight(e, keys, lots, spots, table)
                    if iszero(rooms) {
                        undo(e, reached, next)
                        if iszero(bringAll(e, reached, next)) {
                            leave
                        }
                        rooms := takeEight(e, keys, lots, spots, table)
                        if iszero(rooms) {
                            undo(e, reached, next)
                            leave
                        }
                    }
                    reached := next
                    tally := add(tally, worth(e, keys, lots, sum))
                    rooms := xor(rooms, mload(add(e, ROOMS)))
                    next := 0x20
                    if eq(mload(add(e, LANE_LOG)), 1) {
                        rooms := and(or(rooms, shr(16, rooms)), mload(add(e, PAIRS)))
                        rooms := and(or(rooms, shr(32, rooms)), mload(add(e, QUADS)))
                        rooms := shl(128, or(rooms, shr(64, rooms)))
                        next := 0x10
                    }
                    mstore(out, rooms)
                    out := add(out, next)
                }
            }
            // The entries of a short strip one by one, as long as nothing is wrong with one. The total, and where it stopped: at the end,
            // or else it has taken what is before that. Entries are as in `run`.
            function short(e, pos, end, out) -> total, reached {
                reached := pos
                let entry := mload(pos)
                if or(lt(byte(0, entry), mload(add(e, OPEN_FROM))), lt(byte(0, entry), mload(add(e, FRONTIER)))) {
                    leave
                }
                total := mload(add(e, TOTAL))
                let sum := 0 // lots in the slot and side of `entry`
                for {} 1 {} {
                    let lots := and(shr(224, entry), 0xffff)
                    sum := add(sum, lots)
                    let key := byte(1, entry)
                    let amount := mul(and(key, 0x7f), mload(add(e, TICK_AMOUNT)))
                    let good := lt(entry, mload(e))
                    switch gt(key, 0x7f)
                    case 0 {
                        amount := add(amount, mload(add(e, BUY_FLOOR)))
                        good := gt(good, gt(sum, mload(add(e, BUY_CAP))))
                    }
                    default {
                        amount := sub(
                            mul(
                                shr(240, mload(add(mload(add(e, PRICES)), shl(2, byte(0, entry))))),
                                mload(add(e, LOT_AMOUNT))
                            ),
                            add(amount, mload(add(e, SELL_FLOOR)))
                        )
                        if slt(amount, mload(add(e, SELL_LEAST))) {
                            amount := mload(add(e, SELL_LEAST))
                        }
                        good := gt(good, gt(sum, mload(add(e, SELL_CAP))))
                    }
                    if iszero(good) {
                        leave
                    }
                    let place := mload(add(e, TABLE))
                    place := add(place, mload(add(add(place, 0x20), shl(5, byte(0, entry)))))
                    place := sub(place, shl(mload(add(e, LANE_LOG)), key))
                    let volume := shl(mload(add(e, LANE_SHIFT)), not(mload(place)))
                    // Lots do not raise it if there are none, or so many that it carries out of the word.
                    if iszero(gt(add(volume, shl(mload(add(e, LANE_SHIFT)), lots)), volume)) {
                        place := bring(e, shr(224, entry))
                        if iszero(place) {
                            leave
                        }
                        volume := shl(mload(add(e, LANE_SHIFT)), not(mload(place)))
                        if iszero(gt(add(volume, shl(mload(add(e, LANE_SHIFT)), lots)), volume)) {
                            leave
                        }
                    }
                    mstore(place, sub(mload(place), lots))
                    mstore(out, volume)
                    total := add(add(total, mload(add(e, FEE))), mul(lots, amount))
                    reached := add(reached, 4)
                    if eq(reached, end) {
                        leave
                    }
                    out := add(out, shl(mload(add(e, LANE_LOG)), 1))
                    let next := mload(reached)
                    if iszero(gt(next, or(entry, BEHIND_KEY))) {
                        leave
                    }
                    sum := mul(sum, lt(xor(next, entry), SELLS))
                    entry := next
                }
            }
            // Gives back what the entries before `reached` took, the last taken first within each eight: then even a tick that had too
            // little room gets back what it lent from its neighbours.
            function undo(e, pos, reached) {
                for {} lt(pos, reached) {
                    pos := add(pos, 4)
                } {
                    let entry := shr(224, mload(pos))
                    let place := placeOf(e, entry)
                    mstore(place, add(mload(place), and(entry, 0xffff)))
                }
            }

            // The first entry that is open.
            function gate(e) -> last {
                last := shl(24, mload(add(e, OPEN_FROM)))
                if lt(last, shl(24, mload(add(e, FRONTIER)))) {
                    last := shl(24, mload(add(e, FRONTIER)))
                }
                // No entry has an offset above 255, but a gate can: 256 closes everything, more would wrap around.
                if gt(last, ALL_CLOSED) {
                    last := ALL_CLOSED
                }
            }
            // The entries of a long strip in a sweep, as `short` takes those of a short one.
            function long(e, pos, end) -> total, reached {
                prepare(e)
                mstore(add(e, CAPS), add(mul(mload(add(e, BUY_CAP)), ONES), TOPS))
                mstore(add(e, CAP_STEP), sub(mload(add(e, SELL_CAP)), mload(add(e, BUY_CAP))))
                let tally := 0
                reached := pos
                // The last of fewer than eight; `sweep` looks at that of every eight.
                if lt(mload(sub(end, 4)), mload(e)) {
                    tally, reached := sweep(e, pos, end, end, sub(shr(16, gate(e)), 1))
                }
                total := mul(and(tally, LOW_QUAD), mload(add(e, BUY_FLOOR)))
                total := add(total, mul(and(shr(64, tally), LOW_QUAD), mload(add(e, SELL_LEAST))))
                total := add(total, mul(shr(128, tally), mload(add(e, LOT_AMOUNT))))
                total := add(add(total, mload(add(e, TOTAL))), mul(shr(2, sub(end, pos)), mload(add(e, FEE))))
            }
            // The entries with a reason for each that is refused.
            function careful(e, pos, end) {
                calldatacopy(mload(add(e, REASONS)), calldatasize(), shr(2, sub(end, pos)))
                mstore(add(e, NEXT_KEY), 0)
                mstore(add(e, OFF_GRID), 0)
                mstore(add(e, REFUSED), 0)
                let last := gate(e)
                last := or(shl(224, sub(last, iszero(iszero(last)))), BEHIND_LOTS)
                let at := or(shl(128, pos), end)
                mstore(add(e, START), at)
                mstore(add(e, END), shl(128, end))
                run(e, at, last)
                last := shr(16, add(mload(add(e, LAST)), 1))
                if gt(last, mload(add(e, NEXT_KEY))) {
                    mstore(add(e, NEXT_KEY), last)
                }
            }

            let end := add(entries, shl(2, count))
            let reached := entries
            switch gt(count, FEW)
            case 0 {
                sums, reached := short(s, entries, end, end)
            }
            default {
                sums, reached := long(s, entries, end)
            }
            whole := and(eq(reached, end), lt(sums, mload(add(s, LIMIT))))
            if iszero(whole) {
                undo(s, entries, reached)
                careful(s, entries, end)
                sums := mload(add(s, TOTAL))
                busy := lt(mload(add(s, SEEN)), count)
            }
        }
    }

    /// @notice Sets what a lot costs.
    /// @param lotWh Wh per lot.
    /// @param floorPrice Price of tick 0, base units per Wh.
    /// @param tickSize Price step, base units per Wh.
    /// @param networkFee Base units per Wh.
    function setPrices(
        Strip memory s,
        uint256 lotWh,
        uint256 floorPrice,
        uint256 tickSize,
        uint256 networkFee
    ) internal pure {
        unchecked {
            // Prices are below 2^17, a lot is at most 1,000 Wh.
            s.lotAmount = lotWh * MONEY;
            s.tickAmount = tickSize * s.lotAmount;
            s.buyFloor = (floorPrice + networkFee) * s.lotAmount + BOUGHT;
            s.sellFloor = floorPrice * s.lotAmount - SOLD;
            s.sellLeast = s.tickAmount + SOLD;
        }
    }

    /// @notice Sets the grid: slots of the period, ticks, and whether tick volumes take 32 bits instead of 16.
    function setGrid(Strip memory s, uint256 slots, uint256 ticks, uint256 laneLog) internal pure {
        unchecked {
            s.beyond = slots << 248;
            s.noTick = (128 - ticks) << 240; // the number of ticks is a power of two
            s.laneLog = laneLog;
            s.step = (4 << 128) | (1 << laneLog);
            s.laneShift = 256 - (8 << laneLog);
            s.laneMask = (1 << (8 << laneLog)) - 1;
            s.odd = 0;
        }
    }

    /// @notice Sets what the signer and the member's registration allow; amounts in base units, caps in lots.
    function setLimits(
        Strip memory s,
        uint256 buyCap,
        uint256 sellCap,
        uint256 maxReserve,
        uint256 feePerEntry
    ) internal pure {
        unchecked {
            (s.buyCap, s.sellCap) = (buyCap, sellCap);
            s.limit = (maxReserve + 1) << 128; // 96 bits
            s.fee = feePerEntry << 128; // 32 bits
        }
    }

    /// @notice Makes the state ready for a strip.
    /// @param initial Base units already taken of `maxReserve`.
    function reset(Strip memory s, uint256 frontier, uint256 initial) internal pure {
        s.frontier = frontier;
        s.total = initial << 128;
    }

    /// @return Base units of `maxReserve` that were taken.
    function usedOf(uint256 total) internal pure returns (uint256) {
        return total >> 128;
    }

    /// @return bought Accepted lots.
    /// @return sold Accepted lots.
    function lotsOf(uint256 total) internal pure returns (uint256 bought, uint256 sold) {
        return (uint64(total), uint64(total >> 64));
    }

    /// @param end Where the entries of a strip that was taken whole end.
    /// @return One past the offset of the last entry.
    function slotEndAt(uint256 end) internal pure returns (uint256) {
        unchecked {
            return (Mem.load(end - 4) >> 248) + 1;
        }
    }

    /// @return One past the largest offset that an entry named on the grid; at least the frontier. Not of a strip taken whole.
    function slotEnd(Strip memory s) internal pure returns (uint256) {
        unchecked {
            uint256 next = s.offGrid;
            next = next == 0 ? s.nextKey : next - 1; // one above the largest key
            uint256 end = (next + 255) >> 8;
            return end > s.frontier ? end : s.frontier;
        }
    }
}
